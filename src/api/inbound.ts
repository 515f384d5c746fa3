import { createRoute, z } from '@hono/zod-openapi'
import { type InboundAnswer, inboundAnswer } from '../../schema/hook.ts'
import { runRequest } from '../../schema/run.ts'
import { readGithub } from '../hooks/github.ts'
import type { InboundMessage, InboundVerdict } from '../hooks/inbound.ts'
import { readStandard } from '../hooks/standard.ts'
import { PlanError, startRun } from '../runs/plan.ts'
import { type Database, newId, openDatabase } from '../store/database.ts'
import { type DeliveryRow, findDelivery, insertDelivery, updateDelivery } from '../store/deliveries.ts'
import { findHook, type HookRow, hookSecrets } from '../store/hooks.ts'
import type { Api, ApiContext } from './environment.ts'
import { issuesOf, notFound, ProblemError, problemAnswers } from './problem.ts'

type Told = Extract<InboundVerdict, { key: string }>

const inboundRoute = (provider: HookRow['provider'], summary: string, description: string) =>
  createRoute({
    method: 'post',
    path: `/v1/hooks/{hookId}/${provider}`,
    tags: ['Hooks'],
    summary,
    description,
    security: [],
    request: {
      params: z.object({ hookId: z.string() }),
      // Signatures are over the body's bytes, so nothing may parse it first.
      body: { content: { 'application/json': { schema: { type: 'object' as const } } } },
    },
    responses: {
      202: { description: 'Taken; says what came of it', content: { 'application/json': { schema: inboundAnswer } } },
      ...problemAnswers(400, 401, 404, 409, 422),
    },
  })

const github = inboundRoute(
  'github',
  'Where GitHub posts',
  'A `deployment_status` of state `success` starts the hook’s run, once per repository, sha and environment. Signed by X-Hub-Signature-256.',
)
const standard = inboundRoute(
  'standard',
  'Where any sender of Standard Webhooks posts',
  'Each message starts the hook’s run, once per `webhook-id`. The body may be empty, or name a `deploymentId`.',
)

async function liveHook(db: Database, hookId: string, provider: HookRow['provider']): Promise<HookRow> {
  const hook = await findHook(db, hookId)
  if (hook?.direction !== 'in' || hook.provider !== provider) throw notFound('hook')
  if (hook.disabledAt !== null) throw new ProblemError('conflict', 'This hook is disabled.')
  return hook
}

const answerOf = (row: DeliveryRow): InboundAnswer => ({
  status: row.status === 'ignored' ? 'ignored' : 'accepted',
  deliveryId: row.id,
  runId: row.runId,
  detail: row.detail ?? '',
})

/** Keeps what became of a message; one that failed before is brought up to date, as its sender tried again. */
async function keep(
  db: Database,
  hook: HookRow,
  told: Told,
  outcome: Pick<DeliveryRow, 'status' | 'detail' | 'runId'>,
): Promise<DeliveryRow> {
  const now = Date.now()
  const row: DeliveryRow = {
    ...outcome,
    id: newId('dlv'),
    tenantId: hook.tenantId,
    hookId: hook.id,
    direction: 'in',
    event: told.event,
    key: told.key,
    body: null,
    attempts: 1,
    nextAttemptAt: null,
    responseStatus: outcome.status === 'failed' ? 422 : 202,
    createdAt: now,
    finishedAt: now,
  }
  const inserted = await insertDelivery(db, row)
  if (inserted) return inserted
  const before = (await findDelivery(db, hook.id, told.key)) as DeliveryRow
  if (before.status !== 'failed') return before
  const change = { ...outcome, attempts: before.attempts + 1, responseStatus: row.responseStatus, finishedAt: now }
  await updateDelivery(db, before.id, change)
  return { ...before, ...change }
}

/** Starts the hook's run for a message; a run that cannot start is kept as a failed delivery, and raised. */
async function start(
  context: ApiContext,
  db: Database,
  hook: HookRow,
  told: Extract<InboundVerdict, { verdict: 'start' }>,
): Promise<DeliveryRow> {
  const template = runRequest.safeParse(hook.runTemplate)
  try {
    if (!template.success)
      throw new ProblemError(
        'invalid-request',
        'The hook’s runTemplate is not valid; set it again.',
        issuesOf(template.error),
      )
    const run = await startRun(context.env, hook.tenantId, template.data, {
      source: 'hook',
      hookId: hook.id,
      hookKey: told.hookKey,
      ...(told.deploymentId === null ? {} : { deploymentId: told.deploymentId }),
    })
    return keep(db, hook, told, { status: 'accepted', detail: told.why, runId: run.id })
  } catch (error) {
    if (error instanceof PlanError || error instanceof ProblemError) {
      await keep(db, hook, told, { status: 'failed', detail: error.message.slice(0, 1000), runId: null })
    }
    throw error
  }
}

async function receive(
  context: ApiContext,
  provider: HookRow['provider'],
  read: (hook: HookRow, message: InboundMessage, secrets: string[], now: number) => Promise<InboundVerdict>,
): Promise<InboundAnswer> {
  const db = openDatabase(context.env.DB)
  const hook = await liveHook(db, context.req.param('hookId') ?? '', provider)
  const now = Date.now()
  const message = { header: (name: string) => context.req.header(name), body: await context.req.text() }
  const verdict = await read(hook, message, await hookSecrets(context.env, hook, now), now)
  if (verdict.verdict === 'refused') throw new ProblemError('unauthorized', verdict.why)
  if (verdict.verdict === 'malformed') throw new ProblemError('bad-request', verdict.why)
  const before = await findDelivery(db, hook.id, verdict.key)
  if (before && before.status !== 'failed') return answerOf(before)
  if (verdict.verdict === 'start') return answerOf(await start(context, db, hook, verdict))
  return answerOf(await keep(db, hook, verdict, { status: 'ignored', detail: verdict.why, runId: null }))
}

export function addInbound(api: Api): void {
  api.openapi(github, async (context) =>
    context.json(
      await receive(context, 'github', (hook, message, secrets) => readGithub(message, secrets, hook.environments)),
      202,
    ),
  )
  api.openapi(standard, async (context) =>
    context.json(
      await receive(context, 'standard', (_, message, secrets, now) => readStandard(message, secrets, now)),
      202,
    ),
  )
}
