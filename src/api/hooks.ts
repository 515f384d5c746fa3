import { createRoute, z } from '@hono/zod-openapi'
import { createdHook, delivery, type HookRequest, hook, hookPatch, hookRequest } from '../../schema/hook.ts'
import { pageOf, pageQuery } from '../../schema/pagination.ts'
import type { RunRequest } from '../../schema/run.ts'
import { deliverTest } from '../hooks/outbound.ts'
import { makeSecret, SecretError, secretBytes } from '../hooks/signature.ts'
import { checkRun, PlanError } from '../runs/plan.ts'
import { type Database, newId, openDatabase } from '../store/database.ts'
import { deliveryView, listDeliveries } from '../store/deliveries.ts'
import {
  getHook,
  type HookChange,
  type HookRow,
  hookView,
  insertHook,
  listHooks,
  rotateHookSecret,
  updateHook,
} from '../store/hooks.ts'
import { requireIdentity } from './auth.ts'
import type { Api, ApiContext } from './environment.ts'
import { refuseAddress } from './probe.ts'
import { notFound, ProblemError, problemAnswers } from './problem.ts'

const tags = ['Hooks']
const params = z.object({ hookId: z.string() })
const json = <T extends z.ZodType>(description: string, schema: T) => ({
  description,
  content: { 'application/json': { schema } },
})
const body = <T extends z.ZodType>(schema: T) => ({ required: true, content: { 'application/json': { schema } } })

const create = createRoute({
  method: 'post',
  path: '/v1/hooks',
  tags,
  summary: 'Make a hook',
  description:
    '`in`: a deployment’s message starts the run of `runTemplate`; the sender posts to `receives`. `out`: `run.finished` goes to `url`, signed by Standard Webhooks.',
  request: { body: body(hookRequest) },
  responses: { 201: json('The hook and, this once, its secret', createdHook), ...problemAnswers(401, 422, 503) },
})
const list = createRoute({
  method: 'get',
  path: '/v1/hooks',
  tags,
  summary: 'List hooks',
  request: { query: pageQuery },
  responses: { 200: json('Newest first', pageOf(hook, 'HookPage')), ...problemAnswers(401, 422) },
})
const show = createRoute({
  method: 'get',
  path: '/v1/hooks/{hookId}',
  tags,
  summary: 'Show a hook',
  request: { params },
  responses: { 200: json('The hook', hook), ...problemAnswers(401, 404) },
})
const change = createRoute({
  method: 'patch',
  path: '/v1/hooks/{hookId}',
  tags,
  summary: 'Change, disable or enable a hook',
  request: { params, body: body(hookPatch) },
  responses: { 200: json('The hook as it is now', hook), ...problemAnswers(401, 404, 422) },
})
const rotate = createRoute({
  method: 'post',
  path: '/v1/hooks/{hookId}/rotate',
  tags,
  summary: 'Make a new secret',
  description: 'The old one stays good for 24 hours: inbound both verify, outbound messages carry both signatures.',
  request: { params },
  responses: { 200: json('The hook and, this once, its new secret', createdHook), ...problemAnswers(401, 404, 503) },
})
const remove = createRoute({
  method: 'delete',
  path: '/v1/hooks/{hookId}',
  tags,
  summary: 'Remove a hook',
  request: { params },
  responses: { 204: { description: 'Removed' }, ...problemAnswers(401, 404) },
})
const test = createRoute({
  method: 'post',
  path: '/v1/hooks/{hookId}/test',
  tags,
  summary: 'Send a test message now',
  request: { params },
  responses: { 200: json('What the receiver said', delivery), ...problemAnswers(401, 404, 409, 503) },
})
const deliveries = createRoute({
  method: 'get',
  path: '/v1/hooks/{hookId}/deliveries',
  tags,
  summary: "A hook's messages and what became of them",
  request: { params, query: pageQuery },
  responses: { 200: json('Newest first', pageOf(delivery, 'DeliveryPage')), ...problemAnswers(401, 404, 422) },
})

async function ownHook(context: ApiContext): Promise<{ db: Database; row: HookRow }> {
  const { tenantId } = requireIdentity(context)
  const db = openDatabase(context.env.DB)
  const row = await getHook(db, tenantId, context.req.param('hookId') ?? '')
  if (!row) throw notFound('hook')
  return { db, row }
}

const allowsPrivate = (context: ApiContext) => context.env.ALLOW_PRIVATE_TARGETS === 'true'

/** The secret to keep: the caller's, where its provider can use it, else a new one. */
function secretOf(request: HookRequest): string {
  if (request.secret === undefined) return makeSecret()
  if (request.provider === 'github') return request.secret
  try {
    secretBytes(request.secret)
  } catch (error) {
    if (!(error instanceof SecretError)) throw error
    throw new ProblemError('invalid-request', error.message, [{ pointer: '/secret', detail: error.message }])
  }
  return request.secret
}

/** Refuses a template that no message could start: what it names must be there, belong to the tenant and fit together. */
async function refuseUnstartable(context: ApiContext, tenantId: string, template: RunRequest): Promise<void> {
  try {
    await checkRun(context.env, tenantId, template)
  } catch (error) {
    if (!(error instanceof PlanError)) throw error
    // A target that was not reached yet may be there when the message comes.
    if (error.code === 'conflict') return
    const errors = error.problems.map(({ pointer, detail }) => ({ pointer: `/runTemplate${pointer}`, detail }))
    const detail = errors.map((entry) => `${entry.pointer}: ${entry.detail}`).join('; ')
    throw new ProblemError('invalid-request', detail, errors)
  }
}

export function addHooks(api: Api): void {
  api.openapi(create, async (context) => {
    const { tenantId } = requireIdentity(context)
    const request = context.req.valid('json')
    const db = openDatabase(context.env.DB)
    if (request.direction === 'out') refuseAddress(request.url, allowsPrivate(context), '/url')
    else await refuseUnstartable(context, tenantId, request.runTemplate)
    const secret = secretOf(request)
    const row = await insertHook(
      context.env,
      db,
      {
        id: newId('hook'),
        tenantId,
        direction: request.direction,
        provider: request.provider,
        name: request.name,
        url: request.direction === 'out' ? request.url : null,
        runTemplate: request.direction === 'in' ? request.runTemplate : null,
        environments: request.direction === 'in' ? request.environments : [],
        disabledAt: null,
        createdAt: Date.now(),
        deletedAt: null,
      },
      secret,
    )
    return context.json({ ...hookView(row), secret }, 201, {
      location: `/v1/hooks/${row.id}`,
      'cache-control': 'no-store',
    })
  })

  api.openapi(list, async (context) => {
    const { tenantId } = requireIdentity(context)
    const page = await listHooks(openDatabase(context.env.DB), tenantId, context.req.valid('query'))
    return context.json({ items: page.items.map(hookView), next: page.next }, 200)
  })

  api.openapi(show, async (context) => context.json(hookView((await ownHook(context)).row), 200))

  api.openapi(change, async (context) => {
    const { db, row } = await ownHook(context)
    const { disabled, ...fields } = context.req.valid('json')
    const foreign = row.direction === 'in' ? (['url'] as const) : (['runTemplate', 'environments'] as const)
    const wrong = foreign.filter((name) => fields[name as keyof typeof fields] !== undefined)
    if (wrong.length > 0) {
      const detail = `A hook of direction \`${row.direction}\` has no such field.`
      const errors = wrong.map((name) => ({ pointer: `/${name}`, detail }))
      throw new ProblemError('invalid-request', detail, errors)
    }
    if (fields.url !== undefined) refuseAddress(fields.url, allowsPrivate(context), '/url')
    if (fields.runTemplate) await refuseUnstartable(context, row.tenantId, fields.runTemplate)
    const changed: HookChange = { ...fields }
    if (disabled !== undefined) changed.disabledAt = disabled ? (row.disabledAt ?? Date.now()) : null
    if (Object.keys(changed).length > 0) await updateHook(db, row.tenantId, row.id, changed)
    return context.json(hookView({ ...row, ...changed }), 200)
  })

  api.openapi(rotate, async (context) => {
    const { db, row } = await ownHook(context)
    const secret = makeSecret()
    await rotateHookSecret(context.env, db, row, secret, Date.now())
    return context.json({ ...hookView(row), secret }, 200, { 'cache-control': 'no-store' })
  })

  api.openapi(remove, async (context) => {
    const { db, row } = await ownHook(context)
    await updateHook(db, row.tenantId, row.id, { deletedAt: Date.now() })
    return context.body(null, 204)
  })

  api.openapi(test, async (context) => {
    const { row } = await ownHook(context)
    if (row.direction === 'in' || row.disabledAt !== null) {
      const why = row.direction === 'in' ? 'receives messages and sends none' : 'is disabled; enable it first'
      throw new ProblemError('conflict', `This hook ${why}.`)
    }
    return context.json(deliveryView(await deliverTest(context.env, row)), 200)
  })

  api.openapi(deliveries, async (context) => {
    const { db, row } = await ownHook(context)
    const page = await listDeliveries(db, row.id, context.req.valid('query'))
    return context.json({ items: page.items.map(deliveryView), next: page.next }, 200)
  })
}
