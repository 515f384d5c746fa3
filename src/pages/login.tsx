import { type PageContext, tenantOf } from './context.ts'
import { Page } from './layout.tsx'

/** A path on this site and nothing else: `//host` and `/\host` would leave it. */
export const localPath = (path: string | undefined): string =>
  path !== undefined && /^\/(?![/\\])/.test(path) ? path : '/'

/** GET /login: takes an API key and posts it to the session route, which sets the cookie. */
export function loginPage(context: PageContext) {
  const next = localPath(context.req.query('next'))
  const failed = context.req.query('error') !== undefined
  return context.html(
    <Page title="Log in" path="/login" loggedIn={tenantOf(context) !== null}>
      <div class="title">
        <h1>Log in</h1>
        <p class="lead">With an API key you see your own runs beside what is published.</p>
      </div>
      <div class="panel narrow">
        {failed ? (
          <p class="notice bad" role="alert" id="failed">
            That key is not known here, or it was revoked. Check that you pasted it whole.
          </p>
        ) : null}
        <form class="login" method="post" action="/login">
          <input type="hidden" name="next" value={next} />
          <div class="stack">
            <label for="key">API key</label>
            <input
              id="key"
              name="key"
              type="password"
              autocomplete="current-password"
              required
              aria-describedby={failed ? 'failed key-note' : 'key-note'}
            />
            <p class="note" id="key-note">
              A cookie that no script can read keeps you logged in for a week; the key itself is not kept.
            </p>
          </div>
          <button class="button" type="submit">
            Log in
          </button>
        </form>
      </div>
      <p class="note">
        No key yet? The operator makes the first with <code>POST /v1/keys</code>; see the{' '}
        <a href="/docs">API reference</a>.
      </p>
    </Page>,
  )
}
