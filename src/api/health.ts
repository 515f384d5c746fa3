import { createRoute, z } from '@hono/zod-openapi'
import { sql } from 'drizzle-orm'
import { openDatabase } from '../store/database.ts'
import type { Api } from './environment.ts'
import { problemAnswers } from './problem.ts'
import { version } from './version.ts'

const health = z.object({ status: z.literal('ok'), version: z.string() }).meta({ id: 'Health' })

const route = createRoute({
  method: 'get',
  path: '/healthz',
  tags: ['Health'],
  summary: 'Whether the service and its database answer',
  security: [],
  responses: {
    200: { description: 'It does', content: { 'application/json': { schema: health } } },
    ...problemAnswers(),
  },
})

export function addHealth(api: Api): void {
  api.openapi(route, async (context) => {
    await openDatabase(context.env.DB).get(sql`select 1`)
    return context.json({ status: 'ok' as const, version }, 200)
  })
}
