import { createRoute, z } from '@hono/zod-openapi'
import { apiKey, createdKey, keyRequest } from '../../schema/key.ts'
import { pageOf, pageQuery } from '../../schema/pagination.ts'
import { openDatabase } from '../store/database.ts'
import { insertKey, keyView, listKeys, revokeKey } from '../store/keys.ts'
import { insertTenant } from '../store/tenants.ts'
import { bearerToken, equalSecrets, requireIdentity } from './auth.ts'
import type { Api, ApiContext } from './environment.ts'
import { notFound, ProblemError, problemAnswers } from './problem.ts'

const tags = ['Keys']

const create = createRoute({
  method: 'post',
  path: '/v1/keys',
  tags,
  summary: 'Make a key',
  description:
    'With the bootstrap secret as bearer token: makes a tenant and its first key. With an ordinary key: another key of the same tenant.',
  request: { body: { required: true, content: { 'application/json': { schema: keyRequest } } } },
  responses: {
    201: { description: 'The key, this once', content: { 'application/json': { schema: createdKey } } },
    ...problemAnswers(401, 422),
  },
})

const list = createRoute({
  method: 'get',
  path: '/v1/keys',
  tags,
  summary: 'List keys',
  request: { query: pageQuery },
  responses: {
    200: { description: 'Newest first', content: { 'application/json': { schema: pageOf(apiKey, 'ApiKeyPage') } } },
    ...problemAnswers(401, 422),
  },
})

const revoke = createRoute({
  method: 'delete',
  path: '/v1/keys/{keyId}',
  tags,
  summary: 'Revoke a key',
  description: 'It stops working at once, and so do page sessions opened with it.',
  request: { params: z.object({ keyId: z.string() }) },
  responses: { 204: { description: 'Revoked' }, ...problemAnswers(401, 404) },
})

/** The bearer token is the bootstrap secret. Never so where no secret, or a short one, is set. */
async function isBootstrap(context: ApiContext): Promise<boolean> {
  const secret = context.env.BOOTSTRAP_SECRET
  const token = bearerToken(context)
  return secret !== undefined && secret.length >= 16 && token !== null && (await equalSecrets(token, secret))
}

export function addKeys(api: Api): void {
  api.openapi(create, async (context) => {
    const request = context.req.valid('json')
    const db = openDatabase(context.env.DB)
    const now = Date.now()
    let tenantId: string
    if (await isBootstrap(context)) {
      tenantId = (await insertTenant(db, request.tenant ?? 'default', now)).id
    } else {
      tenantId = requireIdentity(context).tenantId
      if (request.tenant !== undefined) {
        const detail = 'Only the bootstrap secret makes tenants; leave `tenant` out to make a key of your own.'
        throw new ProblemError('invalid-request', detail, [{ pointer: '/tenant', detail }])
      }
    }
    const { row, key } = await insertKey(db, tenantId, request.name, now)
    return context.json({ ...keyView(row), key }, 201, { 'cache-control': 'no-store' })
  })

  api.openapi(list, async (context) => {
    const { tenantId } = requireIdentity(context)
    const page = await listKeys(openDatabase(context.env.DB), tenantId, context.req.valid('query'))
    return context.json({ items: page.items.map(keyView), next: page.next }, 200)
  })

  api.openapi(revoke, async (context) => {
    const { tenantId } = requireIdentity(context)
    const { keyId } = context.req.valid('param')
    const found = await revokeKey(openDatabase(context.env.DB), tenantId, keyId, Date.now())
    if (!found) throw notFound('key')
    return context.body(null, 204)
  })
}
