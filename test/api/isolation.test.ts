import { env } from 'cloudflare:workers'
import { describe, expect, it, vi } from 'vitest'
import { createApi } from '../../src/api/app.ts'
import { documentHead } from '../../src/api/documents.ts'
import { modelKey, serveHosts } from './model-server.ts'
import { bootstrapSecret, newTenant, newTenantWithTarget, send, workOff } from './tenant.ts'

/** One of everything, owned by one tenant. */
async function furnished() {
  serveHosts({ 'ci.example.com': () => new Response(null, { status: 204 }) })
  const tenant = await newTenantWithTarget()
  const { body: dataset } = await tenant.send('POST', '/v1/datasets?benchmark=exact-match&name=Mine', {
    body: '{"id":"a","prompt":"What is a?","answers":["x"]}',
    headers: { 'content-type': 'application/x-ndjson' },
  })
  const { body: hook } = await tenant.send('POST', '/v1/hooks', {
    body: { direction: 'out', name: 'CI', url: 'https://ci.example.com/hook' },
  })
  const { body: run } = await tenant.send('POST', '/v1/runs', {
    body: { targetId: tenant.targetId, benchmarks: [{ id: 'exact-match', size: 2 }] },
  })
  await workOff(run.id)
  const ids: Record<string, string> = {
    keyId: tenant.keyId,
    targetId: tenant.targetId,
    datasetId: dataset.id,
    hookId: hook.id,
    runId: run.id,
    benchmarkId: 'exact-match',
    index: '0',
  }
  return { tenant, ids, secrets: [tenant.key, modelKey, hook.secret.slice(6)] }
}

interface Operation {
  method: string
  path: string
  open: boolean
}

/** Every operation of the OpenAPI document; `open` where it needs no key. */
const operations: Operation[] = Object.entries(createApi().getOpenAPI31Document(documentHead).paths ?? {}).flatMap(
  ([path, methods]) =>
    Object.entries(methods as Record<string, { security?: object[] }>).map(([method, { security }]) => ({
      method: method.toUpperCase(),
      path,
      open: security?.length === 0,
    })),
)
const fill = (path: string, ids: Record<string, string>) =>
  path.replace(/\{(\w+)\}/g, (_, name: string) => ids[name] ?? '')
const bodyOf = ({ method, path }: Operation) =>
  method === 'PATCH' ? { body: { name: 'taken' } } : method === 'POST' && !path.includes('{') ? { body: {} } : {}

describe('another tenant', () => {
  it('finds nothing of what belongs to one, by any route that names it', async () => {
    const { tenant, ids } = await furnished()
    const other = await newTenant('other')
    const before = await Promise.all(
      ['targets', 'datasets', 'hooks', 'runs', 'api_keys'].map((table) =>
        env.DB.prepare(`select * from ${table} where tenant_id = ?`).bind(tenant.tenantId).all(),
      ),
    )
    const named = operations.filter(({ path, open }) => /\{(key|target|dataset|hook|run)Id\}/.test(path) && !open)
    expect(named.length).toBeGreaterThan(20)
    for (const operation of named) {
      const answer = await other.send(operation.method, fill(operation.path, ids), bodyOf(operation))
      expect(answer.status, `${operation.method} ${operation.path}: ${answer.text}`).toBe(404)
    }
    const after = await Promise.all(
      ['targets', 'datasets', 'hooks', 'runs', 'api_keys'].map((table) =>
        env.DB.prepare(`select * from ${table} where tenant_id = ?`).bind(tenant.tenantId).all(),
      ),
    )
    expect(after.map(({ results }) => results)).toEqual(before.map(({ results }) => results))
    for (const list of ['targets', 'datasets', 'hooks', 'runs']) {
      expect((await other.send('GET', `/v1/${list}`)).body.items).toEqual([])
    }
  })
})

describe('what a request names beside its path', () => {
  it('is looked for among the tenant’s own', async () => {
    const { ids } = await furnished()
    const other = await newTenantWithTarget('other')
    const mine = other.targetId
    const wishes = (targetId: string, datasetId: string) => [
      { targetId, benchmarks: [{ id: 'exact-match', size: 2 }] },
      { targetId: mine, benchmarks: [{ id: 'exact-match', datasetId }] },
      { targetId: mine, benchmarks: [{ id: 'query-perturbation', size: 2 }], roles: { second: targetId } },
    ]
    const [theirs, nobodys] = [wishes(ids.targetId as string, ids.datasetId as string), wishes('tgt_none', 'ds_none')]
    for (const [place, body] of theirs.entries()) {
      const refused = await other.send('POST', '/v1/runs', { body })
      const unknown = await other.send('POST', '/v1/runs', { body: nobodys[place] })
      expect([404, 422], refused.text).toContain(refused.status)
      // Nothing tells an id of somebody else from one that is nowhere.
      const plain = (text: string) => text.replace(/(tgt|ds)_\w+/g, '$1').replace(/"requestId":"[^"]*"/, '')
      expect([refused.status, plain(refused.text)]).toEqual([unknown.status, plain(unknown.text)])
    }
    const hook = { direction: 'in', provider: 'github', name: 'x', runTemplate: theirs[0] }
    expect((await other.send('POST', '/v1/hooks', { body: hook })).status).toBe(422)
    expect((await other.send('GET', `/v1/runs?targetId=${ids.targetId}`)).body.items).toEqual([])
    expect((await other.send('GET', '/v1/leaderboard')).text).not.toContain(ids.runId)
  })

  it('is a page of a list only where a page gave the cursor out, and another tenant’s shows nothing of theirs', async () => {
    const { tenant, ids } = await furnished()
    await tenant.send('POST', '/v1/keys', { body: { name: 'second' } })
    const { body: page } = await tenant.send('GET', '/v1/keys?limit=1')
    const other = await newTenant('other')
    const lists = createApi().getOpenAPI31Document(documentHead).paths ?? {}
    const paged = Object.entries(lists).flatMap(([path, { get }]) =>
      (get?.parameters as { name: string }[] | undefined)?.some(({ name }) => name === 'cursor') ? [path] : [],
    )
    expect(paged.length).toBeGreaterThan(5)
    const forged = ['x', '%00', '-1', '1.1e9', '0x10', '9'.repeat(400), "' or 1=1 --", btoa('1:../x'), btoa('-1:a')]
    for (const path of paged) {
      for (const cursor of forged) {
        const asked = `${fill(path, ids)}?cursor=${encodeURIComponent(cursor)}`
        const answer = await tenant.send('GET', asked)
        expect(answer.status, `${asked}: ${answer.text}`).toBe(422)
        expect(answer.body.errors[0].pointer).toBe('/cursor')
      }
    }
    const theirs = await other.send('GET', `/v1/keys?limit=50&cursor=${page.next}`)
    const listed = (theirs.body.items as { id: string }[]).map(({ id }) => id)
    expect(listed.every((id) => id === other.keyId)).toBe(true)
  })
})

describe('somebody without a key, or with a revoked one', () => {
  it('is answered 401 on every route that is not open', async () => {
    const { ids } = await furnished()
    const revoked = await newTenant('revoked')
    await revoked.send('DELETE', `/v1/keys/${revoked.keyId}`)
    const closed = operations.filter(({ path, open }) => !open && path !== '/v1/leaderboard')
    for (const operation of closed) {
      for (const key of [null, revoked.key]) {
        const query = operation.path === '/v1/datasets' && operation.method === 'POST' ? '?benchmark=x&name=x' : ''
        const wellFormed: Record<string, unknown> = {
          '/v1/targets': { name: 'x', baseUrl: 'https://x.example', model: 'x', dialect: 'openai' },
          '/v1/runs': { targetId: 'tgt_x', suite: 'smoke' },
          '/v1/hooks': { direction: 'out', name: 'x', url: 'https://x.example' },
          '/v1/estimates': { items: [{ samples: ['a', 'b'] }] },
        }
        const body = operation.method === 'POST' && wellFormed[operation.path]
        const answer = await send(operation.method, fill(operation.path, ids) + query, {
          ...bodyOf(operation),
          ...(body ? { body } : {}),
          key,
        })
        expect(answer.status, `${operation.method} ${operation.path}: ${answer.text}`).toBe(401)
      }
    }
  })

  it('reads health, catalogue, documents and leaderboard', async () => {
    for (const path of ['/healthz', '/v1/benchmarks', '/v1/benchmarks/factor', '/v1/leaderboard', '/openapi.json']) {
      expect((await send('GET', path)).status, path).toBe(200)
    }
    const docs = await send('GET', '/docs')
    expect(docs.text).toContain('/assets/scalar.js')
    expect(docs.text).not.toMatch(/src="https?:/)
  })
})

describe('secrets', () => {
  it('are in no answer and no log line', async () => {
    const logs = (['log', 'info', 'warn', 'error', 'debug'] as const).map((level) => vi.spyOn(console, level))
    const { tenant, ids, secrets } = await furnished()
    await tenant.send('POST', `/v1/hooks/${ids.hookId}/test`)
    const answers: string[] = []
    for (const { path } of operations.filter(({ method }) => method === 'GET')) {
      answers.push((await tenant.send('GET', fill(path, ids))).text)
    }
    answers.push((await tenant.send('POST', `/v1/targets/${ids.targetId}/probe`)).text)
    const logged = logs.flatMap((log) => log.mock.calls.map((call) => JSON.stringify(call)))
    const stored = await Promise.all(
      ['api_keys', 'targets', 'hooks', 'deliveries', 'idempotency_keys', 'runs', 'scores'].map(async (table) =>
        JSON.stringify((await env.DB.prepare(`select * from ${table}`).all()).results),
      ),
    )
    for (const secret of [...secrets, bootstrapSecret]) {
      for (const text of [...answers, ...logged, ...stored]) expect(text).not.toContain(secret)
    }
    for (const log of logs) log.mockRestore()
  })
})
