import { type PageContext, tenantOf } from './context.ts'
import { Page } from './layout.tsx'

/** A page that says that there is nothing here to see, and what to do. */
export function notFoundPage(context: PageContext, what: string, way: string) {
  const loggedIn = tenantOf(context) !== null
  return context.html(
    <Page title="Not found" path={context.req.path} loggedIn={loggedIn}>
      <div class="title">
        <p class="crumb">404</p>
        <h1>{what}</h1>
        <p class="lead">{way}</p>
      </div>
      <p class="row">
        <a class="button" href="/">
          Leaderboard
        </a>
        {loggedIn ? null : (
          <a class="button quiet" href={`/login?next=${encodeURIComponent(context.req.path)}`}>
            Log in
          </a>
        )}
      </p>
    </Page>,
    404,
  )
}
