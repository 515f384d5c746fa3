import { createRoute, z } from '@hono/zod-openapi'
import { leaderboard, leaderboardQuery } from '../../schema/leaderboard.ts'
import { catalogue, summarize } from '../benchmarks/catalogue.ts'
import { openDatabase } from '../store/database.ts'
import { readLeaderboard } from '../store/leaderboard.ts'
import { type Api, openWhenPublished } from './environment.ts'
import { problemAnswers } from './problem.ts'

const route = createRoute({
  method: 'get',
  path: '/v1/leaderboard',
  tags: ['Leaderboard'],
  summary: 'Models by benchmarks',
  description: 'What is published, from every tenant; with a key also your own runs.',
  security: openWhenPublished,
  request: {
    query: leaderboardQuery.extend({
      scope: z
        .enum(['all', 'published'])
        .default('all')
        .meta({ description: '`published`: leave your own unpublished runs out' }),
    }),
  },
  responses: {
    200: { description: 'The leaderboard', content: { 'application/json': { schema: leaderboard } } },
    ...problemAnswers(422),
  },
})

export function addLeaderboard(api: Api): void {
  api.openapi(route, async (context) => {
    const { scope, ...query } = context.req.valid('query')
    const tenantId = scope === 'published' ? null : (context.get('identity')?.tenantId ?? null)
    return context.json(
      await readLeaderboard(openDatabase(context.env.DB), catalogue.map(summarize), query, tenantId),
      200,
    )
  })
}
