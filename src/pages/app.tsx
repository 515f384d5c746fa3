import { Hono } from 'hono'
import { secureHeaders } from 'hono/secure-headers'
import { benchmarkPage, benchmarksPage } from './benchmarks.tsx'
import type { PageContext, PageEnvironment, PageServices } from './context.ts'
import { itemPage } from './item.tsx'
import { iconSvg } from './layout.tsx'
import { leaderboardPage } from './leaderboard.tsx'
import { loginPage } from './login.tsx'
import { notFoundPage } from './message.tsx'
import { runPage } from './run.tsx'
import { runsPage } from './runs.tsx'
import { stylePath, styleSheet } from './style.ts'
import { trustPage } from './trust.tsx'

/** No script anywhere, no inline style, nothing from elsewhere: a model's words can do nothing but be read. */
const headers = secureHeaders({
  contentSecurityPolicy: {
    defaultSrc: ["'none'"],
    styleSrc: ["'self'"],
    imgSrc: ["'self'"],
    formAction: ["'self'"],
    baseUri: ["'none'"],
    frameAncestors: ["'none'"],
  },
  referrerPolicy: 'same-origin',
  xFrameOptions: 'DENY',
})

/** What people get who ask for a page that is not there. */
export async function missingPage(context: PageContext): Promise<Response> {
  await headers(context, async () => {
    context.res = await notFoundPage(
      context,
      'There is no such page',
      'The address is mistyped, or what it named is gone.',
    )
  })
  return context.res
}

/**
 * The pages people read: server-rendered, without script. `services` brings what lies in rooms that pages may not
 * import; what is left out does nothing.
 */
export function createPages(services: Partial<PageServices> = {}) {
  const app = new Hono<PageEnvironment>()
  const complete: PageServices = { wake: async () => {}, itemEvidence: async () => [], ...services }

  for (const path of ['/', '/runs', '/runs/*', '/benchmarks', '/benchmarks/*', '/trust', '/login'])
    app.get(path, headers, async (context, next) => {
      context.set('services', complete)
      await next()
      // What a page shows depends on who asks.
      context.header('cache-control', 'private, no-cache')
      context.header('vary', 'Cookie')
    })
  app.get('/', leaderboardPage)
  app.get('/runs', runsPage)
  app.get('/runs/:runId', runPage)
  app.get('/runs/:runId/items/:benchmarkId/:index', itemPage)
  app.get('/benchmarks', benchmarksPage)
  app.get('/benchmarks/:benchmarkId', benchmarkPage)
  app.get('/trust', trustPage)
  app.get('/login', loginPage)

  const forEver = { 'cache-control': 'public, max-age=31536000, immutable', 'x-content-type-options': 'nosniff' }
  app.get(stylePath, (context) =>
    context.body(styleSheet, 200, { 'content-type': 'text/css; charset=utf-8', ...forEver }),
  )
  app.get('/icon.svg', (context) =>
    context.body(iconSvg, 200, { 'content-type': 'image/svg+xml', 'cache-control': 'public, max-age=86400' }),
  )
  return app
}
