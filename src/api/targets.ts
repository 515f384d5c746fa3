import { createRoute, z } from '@hono/zod-openapi'
import type { Capabilities } from '../../schema/capabilities.ts'
import { pageOf, pageQuery } from '../../schema/pagination.ts'
import { target, targetPatch, targetRequest } from '../../schema/target.ts'
import { type Database, newId, openDatabase } from '../store/database.ts'
import { sealSecret } from '../store/seal.ts'
import {
  deleteTarget,
  getTarget,
  insertTarget,
  listTargets,
  openRunOfTarget,
  type TargetChange,
  type TargetRow,
  targetConnection,
  targetView,
  updateTarget,
} from '../store/targets.ts'
import { requireIdentity } from './auth.ts'
import type { Api, ApiContext } from './environment.ts'
import { probe } from './probe.ts'
import { notFound, ProblemError, problemAnswers } from './problem.ts'

const tags = ['Targets']
const params = z.object({ targetId: z.string() })
const answer = (description: string) => ({ description, content: { 'application/json': { schema: target } } })
const force = z.object({
  force: z
    .stringbool()
    .default(false)
    .meta({ type: 'boolean', description: 'Store the target even where it does not answer its probe' }),
})

const create = createRoute({
  method: 'post',
  path: '/v1/targets',
  tags,
  summary: 'Register a target and probe it',
  description: 'Asks the server what it can do. Nothing is stored where it does not answer, unless `force=true`.',
  request: { query: force, body: { required: true, content: { 'application/json': { schema: targetRequest } } } },
  responses: { 201: answer('The target and its probed capabilities'), ...problemAnswers(401, 422, 503) },
})

const list = createRoute({
  method: 'get',
  path: '/v1/targets',
  tags,
  summary: 'List targets',
  request: { query: pageQuery },
  responses: {
    200: { description: 'Newest first', content: { 'application/json': { schema: pageOf(target, 'TargetPage') } } },
    ...problemAnswers(401, 422),
  },
})

const show = createRoute({
  method: 'get',
  path: '/v1/targets/{targetId}',
  tags,
  summary: 'Show a target',
  request: { params },
  responses: { 200: answer('The target'), ...problemAnswers(401, 404) },
})

const change = createRoute({
  method: 'patch',
  path: '/v1/targets/{targetId}',
  tags,
  summary: 'Change a target',
  description:
    'Probes again where the address, model, dialect or key changes. Under an open run address, model, dialect and tags of reasoning stay as they are.',
  request: {
    params,
    query: force,
    body: { required: true, content: { 'application/json': { schema: targetPatch } } },
  },
  responses: { 200: answer('The target as it is now'), ...problemAnswers(401, 404, 409, 422, 503) },
})

const probeAgain = createRoute({
  method: 'post',
  path: '/v1/targets/{targetId}/probe',
  tags,
  summary: 'Probe a target again',
  request: { params },
  responses: { 200: answer('The target with what was found now'), ...problemAnswers(401, 404, 422, 503) },
})

const remove = createRoute({
  method: 'delete',
  path: '/v1/targets/{targetId}',
  tags,
  summary: 'Remove a target',
  description: 'Its finished runs stay. Refused while a run of it is open.',
  request: { params },
  responses: { 204: { description: 'Removed' }, ...problemAnswers(401, 404, 409) },
})

async function ownTarget(context: ApiContext, targetId: string): Promise<{ db: Database; row: TargetRow }> {
  const { tenantId } = requireIdentity(context)
  const db = openDatabase(context.env.DB)
  const row = await getTarget(db, tenantId, targetId)
  if (!row) throw notFound('target')
  return { db, row }
}

async function refuseWhileOpen(db: Database, row: TargetRow, what: string): Promise<void> {
  const runId = await openRunOfTarget(db, row.tenantId, row.id)
  if (runId === null) return
  throw new ProblemError(
    'conflict',
    `The run ${runId} still works with this target; ${what} when it ends, or cancel it.`,
  )
}

/** The probe's result as columns; with `force` a failed probe is noted instead of raised. */
async function probeColumns(
  row: TargetRow,
  connection: Parameters<typeof probe>[0],
  now: number,
  forced: boolean,
): Promise<Pick<TargetRow, 'capabilities' | 'probedAt' | 'probeError'>> {
  try {
    const capabilities: Capabilities = await probe(connection)
    return { capabilities, probedAt: now, probeError: null }
  } catch (error) {
    if (!forced || !(error instanceof ProblemError) || error.kind === 'address-refused') throw error
    return { capabilities: row.capabilities, probedAt: row.probedAt, probeError: error.message }
  }
}

export function addTargets(api: Api): void {
  api.openapi(create, async (context) => {
    const { tenantId } = requireIdentity(context)
    const { apiKey, ...fields } = context.req.valid('json')
    const now = Date.now()
    const row: TargetRow = {
      ...fields,
      id: newId('tgt'),
      tenantId,
      sealedKey: apiKey === null ? null : await sealSecret(context.env, apiKey),
      capabilities: null,
      probedAt: null,
      probeError: null,
      createdAt: now,
      updatedAt: now,
      deletedAt: null,
    }
    const connection = await targetConnection(context.env, row)
    const probed = { ...row, ...(await probeColumns(row, connection, now, context.req.valid('query').force)) }
    await insertTarget(openDatabase(context.env.DB), probed)
    return context.json(targetView(probed), 201, { location: `/v1/targets/${row.id}` })
  })

  api.openapi(list, async (context) => {
    const { tenantId } = requireIdentity(context)
    const page = await listTargets(openDatabase(context.env.DB), tenantId, context.req.valid('query'))
    return context.json({ items: page.items.map(targetView), next: page.next }, 200)
  })

  api.openapi(show, async (context) => {
    const { row } = await ownTarget(context, context.req.valid('param').targetId)
    return context.json(targetView(row), 200)
  })

  api.openapi(change, async (context) => {
    const { db, row } = await ownTarget(context, context.req.valid('param').targetId)
    const { apiKey, ...fields } = context.req.valid('json')
    const asked = (['baseUrl', 'model', 'dialect'] as const).some(
      (field) => fields[field] !== undefined && fields[field] !== row[field],
    )
    if (asked) await refuseWhileOpen(db, row, 'change what it asks')
    const { reasoningTags = row.reasoningTags } = fields
    // Half of its answers would hold their reasoning, or lose what is none.
    if (reasoningTags.join() !== row.reasoningTags.join())
      await refuseWhileOpen(db, row, 'change how its answers are read')
    const now = Date.now()
    const changed: TargetChange = { ...fields, updatedAt: now }
    if (apiKey !== undefined) changed.sealedKey = apiKey === null ? null : await sealSecret(context.env, apiKey)
    let next: TargetRow = { ...row, ...changed }
    if (asked || apiKey !== undefined) {
      const connection = await targetConnection(context.env, next)
      // What the old address could do says nothing of the new one.
      const base = asked ? { ...next, capabilities: null, probedAt: null } : next
      next = { ...next, ...(await probeColumns(base, connection, now, context.req.valid('query').force)) }
    }
    const { id, tenantId, createdAt, deletedAt, ...columns } = next
    await updateTarget(db, tenantId, id, columns)
    return context.json(targetView(next), 200)
  })

  api.openapi(probeAgain, async (context) => {
    const { db, row } = await ownTarget(context, context.req.valid('param').targetId)
    const now = Date.now()
    try {
      const capabilities = await probe(await targetConnection(context.env, row))
      const columns = { capabilities, probedAt: now, probeError: null, updatedAt: now }
      await updateTarget(db, row.tenantId, row.id, columns)
      return context.json(targetView({ ...row, ...columns }), 200)
    } catch (error) {
      if (error instanceof ProblemError) await updateTarget(db, row.tenantId, row.id, { probeError: error.message })
      throw error
    }
  })

  api.openapi(remove, async (context) => {
    const { db, row } = await ownTarget(context, context.req.valid('param').targetId)
    await refuseWhileOpen(db, row, 'remove it')
    await deleteTarget(db, row.tenantId, row.id, Date.now())
    return context.body(null, 204)
  })
}
