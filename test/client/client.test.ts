import { readFileSync } from 'node:fs'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { ApiProblem, type Client, ConnectionError, collect, createClient } from '../../src/client/client.ts'

const document = JSON.parse(readFileSync(new URL('../../docs/openapi.json', import.meta.url), 'utf8'))

interface Operation {
  name: string
  pattern: RegExp
  query: string[]
}
const operations: Operation[] = Object.entries(document.paths).flatMap(([path, methods]) =>
  Object.entries(methods as Record<string, { parameters?: { in: string; name: string }[] }>).map(
    ([method, { parameters = [] }]) => ({
      name: `${method.toUpperCase()} ${path}`,
      pattern: new RegExp(`^${method.toUpperCase()} ${path.replace(/\{\w+\}/g, '[^/]+')}$`),
      query: parameters.filter((one) => one.in === 'query').map(({ name }) => name),
    }),
  ),
)

/** A client whose requests are only noted. */
function noting() {
  const sent: { operation: string; query: string[]; headers: Record<string, string>; body: unknown }[] = []
  const client = createClient({
    baseUrl: 'https://assay.test/',
    apiKey: 'ask_test',
    fetch: async (address, init) => {
      const url = new URL(address)
      sent.push({
        operation: `${init.method} ${url.pathname}`,
        query: [...url.searchParams.keys()],
        headers: init.headers as Record<string, string>,
        body: init.body,
      })
      return Response.json({ items: [], next: null })
    },
  })
  return { client, sent }
}

/** Calls every method of the client once, with arguments that use each query parameter. */
async function callAll(client: Client): Promise<void> {
  const page = { cursor: 'c', limit: 2 }
  const { keys, targets, benchmarks, datasets, estimators, runs, hooks } = client
  await client.health()
  await client.leaderboard({ suite: 'core', sort: 'model', scope: 'published' })
  await keys.create({ name: 'x' })
  await keys.list(page)
  await keys.revoke('key_1')
  await targets.create({ name: 'x', baseUrl: 'https://x.example', model: 'x', dialect: 'openai' }, { force: true })
  await targets.list(page)
  await collect(targets.all())
  await targets.get('tgt_1')
  await targets.update('tgt_1', { name: 'y' }, { force: true })
  await targets.probe('tgt_1')
  await targets.remove('tgt_1')
  await benchmarks.list({ family: 'refusal', suite: 'core' })
  await benchmarks.get('factor')
  await datasets.create({ benchmark: 'factor', name: 'x', importer: 'factor-csv' }, 'a,b', 'text/csv')
  await datasets.list(page)
  await collect(datasets.all())
  await datasets.get('ds_1')
  await datasets.items('ds_1', page)
  await datasets.remove('ds_1')
  await estimators.list()
  await estimators.estimate({ items: [{ samples: ['a', 'b'] }] })
  await runs.create({ targetId: 'tgt_1', suite: 'core' }, { idempotencyKey: 'k' })
  await runs.list({ ...page, status: 'done', targetId: 'tgt_1' })
  for (const method of ['get', 'cancel', 'publish', 'unpublish', 'report', 'rescore'] as const)
    await runs[method]('run_1')
  await runs.rows('run_1', { ...page, benchmarkId: 'factor', status: 'error' })
  await collect(runs.allRows('run_1'))
  await runs.exportRows('run_1', { format: 'csv', benchmarkId: 'factor' })
  await runs.evidence('run_1', 'factor', 3)
  await collect(runs.follow('run_1', { attempts: 1 })).catch(() => {})
  await hooks.create({ direction: 'out', name: 'x', url: 'https://x.example' })
  await hooks.list(page)
  for (const method of ['get', 'rotate', 'test', 'remove'] as const) await hooks[method]('hook_1')
  await hooks.update('hook_1', { disabled: true })
  await hooks.deliveries('hook_1', page)
}

describe('the client', () => {
  it('has every operation of the OpenAPI document, and no other', async () => {
    const { client, sent } = noting()
    await callAll(client)
    const unknown = sent.filter(({ operation }) => !operations.some(({ pattern }) => pattern.test(operation)))
    expect(unknown.map(({ operation }) => operation)).toEqual([])
    const unused = operations.filter(({ pattern }) => !sent.some(({ operation }) => pattern.test(operation)))
    // Senders of webhooks call these, signed, and not with a key.
    expect(unused.map(({ name }) => name).sort()).toEqual([
      'POST /v1/hooks/{hookId}/github',
      'POST /v1/hooks/{hookId}/standard',
    ])
  })

  it('sends no query parameter that the operation does not have', async () => {
    const { client, sent } = noting()
    await callAll(client)
    for (const { operation, query } of sent) {
      const known = operations.find(({ pattern }) => pattern.test(operation))?.query ?? []
      expect(known, operation).toEqual(expect.arrayContaining(query))
    }
  })

  it('calls every one of its methods in these tests', async () => {
    const { client } = noting()
    const called = new Set<string>()
    const watched = Object.fromEntries(
      Object.entries(client).map(([group, methods]) => [
        group,
        typeof methods === 'function'
          ? (...given: unknown[]) => {
              called.add(group)
              return (methods as (...given: unknown[]) => unknown)(...given)
            }
          : new Proxy(methods, {
              get: (of, name) => {
                called.add(`${group}.${String(name)}`)
                return of[name as keyof typeof of]
              },
            }),
      ]),
    )
    await callAll(watched as unknown as Client)
    const all = Object.entries(client).flatMap(([group, methods]) =>
      typeof methods === 'function' ? [group] : Object.keys(methods).map((name) => `${group}.${name}`),
    )
    expect([...called].sort()).toEqual(all.sort())
  })

  it('sends its key, JSON, an idempotency key, and ids that cannot leave their place', async () => {
    const { client, sent } = noting()
    await client.runs.create({ targetId: 'tgt_1', suite: 'core' }, { idempotencyKey: 'k-1' })
    expect(sent[0]?.headers).toMatchObject({
      authorization: 'Bearer ask_test',
      'content-type': 'application/json',
      'idempotency-key': 'k-1',
    })
    expect(JSON.parse(String(sent[0]?.body))).toEqual({ targetId: 'tgt_1', suite: 'core' })
    await client.runs.get('../keys?x=1')
    expect(sent[1]?.operation).toBe('GET /v1/runs/..%2Fkeys%3Fx%3D1')
  })
})

describe('what goes wrong', () => {
  const answering = (response: () => Response | Promise<Response>) =>
    createClient({ baseUrl: 'https://assay.test', fetch: async () => response() })

  it('is the problem that the API said', async () => {
    const problem = {
      type: 'urn:assay:problem:not-found',
      title: 'Not found',
      status: 404,
      detail: 'There is no such run.',
      requestId: 'r-1',
    }
    const error = await answering(() => Response.json(problem, { status: 404 }))
      .runs.get('run_1')
      .catch((error: unknown) => error)
    expect(error).toBeInstanceOf(ApiProblem)
    expect(error).toMatchObject({ status: 404, code: 'not-found', message: 'There is no such run.', problem })
  })

  it('is told where something else answered', async () => {
    const page = () => new Response('<html>Bad gateway</html>', { status: 502, headers: { 'x-request-id': 'r-2' } })
    const error = await answering(page)
      .health()
      .catch((error: unknown) => error)
    expect(error).toBeInstanceOf(ApiProblem)
    expect(error).toMatchObject({ status: 502, message: expect.stringContaining('Bad gateway') })
  })

  it('names the address and the cause where nobody answers', async () => {
    const refused = Object.assign(new TypeError('fetch failed'), { cause: { code: 'ECONNREFUSED' } })
    const error = await answering(() => Promise.reject(refused))
      .health()
      .catch((error: unknown) => error)
    expect(error).toBeInstanceOf(ConnectionError)
    expect((error as Error).message).toBe('https://assay.test cannot be reached: ECONNREFUSED')
  })
})

describe('a refusal for the rate', () => {
  beforeEach(() => {
    vi.useFakeTimers()
  })
  afterEach(() => {
    vi.useRealTimers()
  })

  const tooMany = {
    type: 'urn:assay:problem:too-many-requests',
    title: 'Too many requests',
    status: 429,
    detail: 'Wait.',
    requestId: 'r-3',
  }
  /** A server that refuses so many requests, and when each came. */
  function refusing(times: number, headers: Record<string, string>) {
    const sent: { at: number; body: unknown }[] = []
    const client = createClient({
      baseUrl: 'https://assay.test',
      fetch: async (_, init) => {
        sent.push({ at: Date.now(), body: init.body })
        return sent.length > times
          ? Response.json({ id: 'run_1' })
          : Response.json(tooMany, { status: 429, headers: { 'content-type': 'application/problem+json', ...headers } })
      },
    })
    return { client, sent }
  }
  const settled = async (answer: Promise<unknown>) => {
    const outcome = answer.catch((error: unknown) => error)
    await vi.runAllTimersAsync()
    return outcome
  }

  it('is waited out as long as the server asks, and the same request sent again', async () => {
    const { client, sent } = refusing(2, { 'retry-after': '10' })
    const started = Date.now()
    const answer = await settled(client.runs.create({ targetId: 'tgt_1', suite: 'core' }))
    expect(answer).toEqual({ id: 'run_1' })
    expect(sent.map(({ at }) => at - started)).toEqual([0, 10_000, 20_000])
    expect(new Set(sent.map(({ body }) => body)).size).toBe(1)
  })

  it('is raised where it stays, and where waiting is not asked for or would be long', async () => {
    for (const [headers, requests] of [
      [{ 'retry-after': '1' }, 5],
      [{}, 1],
      [{ 'retry-after': '3600' }, 1],
    ] as const) {
      const { client, sent } = refusing(Number.POSITIVE_INFINITY, headers)
      expect(await settled(client.runs.get('run_1'))).toMatchObject({ status: 429, code: 'too-many-requests' })
      expect(sent).toHaveLength(requests)
    }
  })

  it('is raised for a stream, which is spent', async () => {
    const { client, sent } = refusing(1, { 'retry-after': '1' })
    const file = new Blob(['a,b']).stream()
    const answer = settled(client.datasets.create({ benchmark: 'factor', name: 'x' }, file, 'text/csv'))
    expect(await answer).toBeInstanceOf(ApiProblem)
    expect(sent).toHaveLength(1)
  })

  it('is not waited out once the caller gave up', async () => {
    const { client, sent } = refusing(1, { 'retry-after': '10' })
    const giveUp = new AbortController()
    const states = collect(client.runs.follow('run_1', { signal: giveUp.signal }))
    setTimeout(() => giveUp.abort(new Error('gave up')), 1000)
    expect(await settled(states)).toMatchObject({ message: 'gave up' })
    expect(sent).toHaveLength(1)
  })
})

it('reads a list page by page, as far as it is read', async () => {
  const asked: (string | null)[] = []
  const client = createClient({
    baseUrl: 'https://assay.test',
    fetch: async (url) => {
      const cursor = new URL(url).searchParams.get('cursor')
      asked.push(cursor)
      const at = Number(cursor ?? 0)
      return Response.json({ items: [{ index: at }, { index: at + 1 }], next: at < 4 ? String(at + 2) : null })
    },
  })
  const rows = await collect(client.runs.allRows('run_1'))
  expect(rows.map(({ index }) => index)).toEqual([0, 1, 2, 3, 4, 5])
  expect(asked).toEqual([null, '2', '4'])
  for await (const _ of client.runs.allRows('run_1')) break
  expect(asked).toHaveLength(4)
})
