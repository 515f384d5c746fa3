import { deleteCookie, setCookie } from 'hono/cookie'
import { openDatabase } from '../store/database.ts'
import { findKey } from '../store/keys.ts'
import { makeSession, sessionCookie, sessionSeconds } from '../store/sessions.ts'
import type { Api, ApiContext } from './environment.ts'
import { ProblemError } from './problem.ts'

/** A path of ours to go on to; anything that could lead elsewhere becomes `/`. */
export function ownPath(next: unknown): string {
  if (typeof next !== 'string' || !/^\/(?![/\\])[!-~]*$/.test(next) || next.includes('\\')) return '/'
  return next
}

const isSecure = (context: ApiContext) =>
  new URL(context.req.url).protocol === 'https:' || context.req.header('x-forwarded-proto') === 'https'

/** `POST /login` takes an API key from the login page's form and answers with a session cookie; `POST /logout` ends it. */
export function addSessions(api: Api): void {
  api.post('/login', async (context) => {
    if (!/^(application\/x-www-form-urlencoded|multipart\/form-data)/i.test(context.req.header('content-type') ?? '')) {
      throw new ProblemError('unsupported-media-type', 'Send the fields `key` and `next` as a form.')
    }
    const form = await context.req.parseBody()
    const next = ownPath(form.next)
    const key = typeof form.key === 'string' ? form.key.trim() : ''
    const row = await findKey(openDatabase(context.env.DB), key)
    if (!row) return context.redirect(`/login?error=key&next=${encodeURIComponent(next)}`, 303)
    setCookie(context, sessionCookie, await makeSession(context.env, row.id, Date.now()), {
      httpOnly: true,
      sameSite: 'Lax',
      secure: isSecure(context),
      path: '/',
      maxAge: sessionSeconds,
    })
    return context.redirect(next, 303)
  })

  api.post('/logout', (context) => {
    deleteCookie(context, sessionCookie, { path: '/', secure: isSecure(context) })
    return context.redirect('/', 303)
  })
}
