import { createRoute, z } from '@hono/zod-openapi'
import { pageOf, pageQuery } from '../../schema/pagination.ts'
import { run, runRequest } from '../../schema/run.ts'
import { finishedStatuses, runStatus } from '../../schema/states.ts'
import { cancelRun } from '../runs/cancel.ts'
import { startRun } from '../runs/plan.ts'
import { wakeStalled } from '../runs/wake.ts'
import { openDatabase } from '../store/database.ts'
import { getPublishedRun, getRun, listRuns, type RunRow, runView, setPublished } from '../store/runs.ts'
import { requireIdentity } from './auth.ts'
import { type Api, type ApiContext, openWhenPublished } from './environment.ts'
import { answerOnce, idempotencyHeader } from './idempotency.ts'
import { notFound, ProblemError, problemAnswers } from './problem.ts'

const tags = ['Runs']
export const runParams = z.object({ runId: z.string() })
const answer = (description: string) => ({ description, content: { 'application/json': { schema: run } } })

const create = createRoute({
  method: 'post',
  path: '/v1/runs',
  tags,
  summary: 'Start a run',
  description:
    'A target and either a suite or benchmarks. Refused at once where nothing could be measured. Send an Idempotency-Key to make a repeated request start nothing twice.',
  request: {
    headers: z.object({ [idempotencyHeader.toLowerCase()]: z.string().max(255).optional() }),
    body: { required: true, content: { 'application/json': { schema: runRequest } } },
  },
  responses: { 201: answer('The run, queued'), ...problemAnswers(401, 404, 409, 422) },
})

const list = createRoute({
  method: 'get',
  path: '/v1/runs',
  tags,
  summary: 'List runs',
  request: {
    query: pageQuery.extend({
      // Each run of a page counts its items: fewer at once than in other lists.
      limit: z.coerce.number().int().min(1).max(50).default(20),
      status: runStatus.optional(),
      targetId: z.string().max(100).optional(),
    }),
  },
  responses: {
    200: { description: 'Newest first', content: { 'application/json': { schema: pageOf(run, 'RunPage') } } },
    ...problemAnswers(401, 422),
  },
})

const show = createRoute({
  method: 'get',
  path: '/v1/runs/{runId}',
  tags,
  summary: 'Show a run and how far it is',
  security: openWhenPublished,
  request: { params: runParams },
  responses: { 200: answer('The run'), ...problemAnswers(401, 404) },
})

const cancel = createRoute({
  method: 'post',
  path: '/v1/runs/{runId}/cancel',
  tags,
  summary: 'Cancel a run',
  description:
    'What was scored stays and is reported. Cancelling twice is no error; a run that has ended is in conflict.',
  request: { params: runParams },
  responses: { 202: answer('The run, ending'), ...problemAnswers(401, 404, 409) },
})

const publication = (path: 'publish' | 'unpublish', summary: string) =>
  createRoute({
    method: 'post',
    path: `/v1/runs/{runId}/${path}`,
    tags,
    summary,
    request: { params: runParams },
    responses: { 200: answer('The run'), ...problemAnswers(401, 404) },
  })
const publish = publication('publish', 'Show a run, its answers and its place on the leaderboard to everybody')
const unpublish = publication('unpublish', 'Hide a published run again')

/** A run of the asking tenant. Raises 401 and 404 problems. */
export async function ownRun(context: ApiContext, runId: string): Promise<RunRow> {
  const { tenantId } = requireIdentity(context)
  const row = await getRun(openDatabase(context.env.DB), tenantId, runId)
  if (!row) throw notFound('run')
  return row
}

/** A run that the caller may read: an own one, or one that is published. Wakes it where its workers died. */
export async function readableRun(context: ApiContext, runId: string): Promise<RunRow> {
  const db = openDatabase(context.env.DB)
  const identity = context.get('identity')
  const row = (identity && (await getRun(db, identity.tenantId, runId))) ?? (await getPublishedRun(db, runId))
  if (row) {
    await wakeStalled(context.env, row)
    return row
  }
  requireIdentity(context)
  throw notFound('run')
}

export function addRuns(api: Api): void {
  api.openapi(create, async (context) => {
    const { tenantId } = requireIdentity(context)
    const request = context.req.valid('json')
    const made = await answerOnce(context, tenantId, request, async () => {
      const row = await startRun(context.env, tenantId, request, { source: 'api' })
      return { status: 201 as const, body: await runView(openDatabase(context.env.DB), row) }
    })
    const headers: Record<string, string> = { location: `/v1/runs/${made.body.id}` }
    if (made.replayed) headers['idempotency-replayed'] = 'true'
    return context.json(made.body, 201, headers)
  })

  api.openapi(list, async (context) => {
    const { tenantId } = requireIdentity(context)
    const db = openDatabase(context.env.DB)
    const page = await listRuns(db, tenantId, context.req.valid('query'))
    const items = await Promise.all(page.items.map((row) => runView(db, row)))
    return context.json({ items, next: page.next }, 200)
  })

  api.openapi(show, async (context) => {
    const row = await readableRun(context, context.req.valid('param').runId)
    return context.json(await runView(openDatabase(context.env.DB), row), 200)
  })

  api.openapi(cancel, async (context) => {
    const row = await ownRun(context, context.req.valid('param').runId)
    if (finishedStatuses.includes(row.status) && row.status !== 'cancelled') {
      throw new ProblemError('conflict', `The run has ended already, as ${row.status}; there is nothing to cancel.`)
    }
    await cancelRun(context.env, row.tenantId, row.id)
    const after = await ownRun(context, row.id)
    return context.json(await runView(openDatabase(context.env.DB), after), 202)
  })

  for (const [route, published] of [
    [publish, true],
    [unpublish, false],
  ] as const) {
    api.openapi(route, async (context) => {
      const row = await ownRun(context, context.req.valid('param').runId)
      const db = openDatabase(context.env.DB)
      await setPublished(db, row.tenantId, row.id, published)
      return context.json(await runView(db, { ...row, published }), 200)
    })
  }
}
