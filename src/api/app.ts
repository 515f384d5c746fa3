import { OpenAPIHono } from '@hono/zod-openapi'
import type { Bindings } from '../../schema/bindings.ts'

/** The HTTP API: what production serves and what tests call. */
export function createApi() {
  const app = new OpenAPIHono<{ Bindings: Bindings }>()
  app.get('/healthz', (context) => context.json({ status: 'ok' }))
  return app
}
