import { env } from 'cloudflare:workers'
import { describe, expect, it } from 'vitest'
import { stateId } from '../../src/api/run-events.ts'
import { modelKey, serveHosts } from './model-server.ts'
import { newTenant, newTenantWithTarget, send, workOff } from './tenant.ts'

const wish = (targetId: string, more: object = {}) => ({
  targetId,
  benchmarks: [{ id: 'exact-match', size: 12 }],
  ...more,
})
const countRuns = async () => (await env.DB.prepare('select count(*) as n from runs').first<{ n: number }>())?.n

async function startedRun(more: object = {}) {
  serveHosts()
  const tenant = await newTenantWithTarget()
  const { body: run } = await tenant.send('POST', '/v1/runs', { body: wish(tenant.targetId, more) })
  return { tenant, runId: run.id as string }
}
async function endedRun(more: object = {}) {
  const started = await startedRun(more)
  await workOff(started.runId)
  return started
}

describe('POST /v1/runs', () => {
  it('writes a queued run and says where it is', async () => {
    serveHosts()
    const tenant = await newTenantWithTarget()
    const made = await tenant.send('POST', '/v1/runs', { body: wish(tenant.targetId, { seed: 7 }) })
    expect(made.status, made.text).toBe(201)
    expect(made.headers.get('location')).toBe(`/v1/runs/${made.body.id}`)
    expect(made.body).toMatchObject({
      status: 'queued',
      seed: 7,
      source: 'api',
      published: false,
      progress: { total: 12, done: 0 },
    })
    expect((await tenant.send('GET', `/v1/runs/${made.body.id}`)).body).toEqual(made.body)
  })

  it.each([
    [{ benchmarks: [{ id: 'no-such-benchmark' }] }, 422, '/benchmarks/0/id'],
    [{ benchmarks: [{ id: 'exact-match', params: { maxTokens: 0 } }] }, 422, '/benchmarks/0/params/maxTokens'],
    [{ benchmarks: [{ id: 'factor', params: { passage: 3 } }] }, 422, '/benchmarks/0/params/passage'],
    [{ benchmarks: undefined }, 422, ''],
    [{ benchmarks: [] }, 422, '/benchmarks'],
    [{ seed: -1 }, 422, '/seed'],
    [{ budget: { microUsd: 5 } }, 422, '/budget/microUsd'],
    [{ targetId: 'tgt_unknown' }, 404, '/targetId'],
    [{ sed: 1 }, 422, '/sed'],
  ])('refuses %j with the place', async (change, status, pointer) => {
    serveHosts()
    const tenant = await newTenantWithTarget()
    const refused = await tenant.send('POST', '/v1/runs', { body: wish(tenant.targetId, change) })
    expect(refused.status, refused.text).toBe(status)
    expect(refused.body.errors[0].pointer).toBe(pointer)
    expect(await countRuns()).toBe(0)
  })

  it('refuses a target of another tenant and one that was never probed', async () => {
    serveHosts()
    const [tenant, other] = [await newTenantWithTarget(), await newTenant('other')]
    expect((await other.send('POST', '/v1/runs', { body: wish(tenant.targetId) })).status).toBe(404)
    await env.DB.prepare('update targets set capabilities = null').run()
    const refused = await tenant.send('POST', '/v1/runs', { body: wish(tenant.targetId) })
    expect([refused.status, refused.body.detail]).toEqual([409, expect.stringMatching(/probe/)])
  })
})

describe('an Idempotency-Key', () => {
  const headers = { 'idempotency-key': 'order-1' }

  it('answers a repeated request alike and starts nothing twice', async () => {
    serveHosts()
    const tenant = await newTenantWithTarget()
    const first = await tenant.send('POST', '/v1/runs', { body: wish(tenant.targetId), headers })
    const again = await tenant.send('POST', '/v1/runs', { body: wish(tenant.targetId), headers })
    expect([again.status, again.body]).toEqual([201, first.body])
    expect([first.headers.get('idempotency-replayed'), again.headers.get('idempotency-replayed')]).toEqual([
      null,
      'true',
    ])
    expect(await countRuns()).toBe(1)
  })

  it('lets one of two requests at once through', async () => {
    serveHosts()
    const tenant = await newTenantWithTarget()
    const both = await Promise.all(
      [1, 2].map(() => tenant.send('POST', '/v1/runs', { body: wish(tenant.targetId), headers })),
    )
    expect(both.map(({ status }) => status)).toContain(201)
    for (const { status, body } of both)
      if (status !== 201) expect(body.type).toBe('urn:assay:problem:request-in-flight')
    expect(await countRuns()).toBe(1)
  })

  it('belongs to one request of one tenant', async () => {
    serveHosts()
    const [tenant, other] = [await newTenantWithTarget(), await newTenantWithTarget('other')]
    await tenant.send('POST', '/v1/runs', { body: wish(tenant.targetId), headers })
    const reused = await tenant.send('POST', '/v1/runs', { body: wish(tenant.targetId, { seed: 1 }), headers })
    expect([reused.status, reused.body.type]).toEqual([422, 'urn:assay:problem:key-reused'])
    const theirs = await other.send('POST', '/v1/runs', { body: wish(other.targetId), headers })
    expect(theirs.status).toBe(201)
  })

  it('is free again after a refusal, and after a day', async () => {
    serveHosts()
    const tenant = await newTenantWithTarget()
    const refused = await tenant.send('POST', '/v1/runs', { body: wish('tgt_unknown'), headers })
    expect(refused.status).toBe(404)
    expect((await tenant.send('POST', '/v1/runs', { body: wish(tenant.targetId), headers })).status).toBe(201)
    await env.DB.prepare('update idempotency_keys set created_at = created_at - 86400001').run()
    const later = await tenant.send('POST', '/v1/runs', { body: wish(tenant.targetId, { seed: 1 }), headers })
    expect([later.status, await countRuns()]).toEqual([201, 2])
  })
})

describe('a run', () => {
  it('has its report once it has ended', async () => {
    const { tenant, runId } = await startedRun()
    const early = await tenant.send('GET', `/v1/runs/${runId}/report`)
    expect([early.status, early.body.detail]).toEqual([409, expect.stringContaining('/events')])
    await workOff(runId)
    const { body: report } = await tenant.send('GET', `/v1/runs/${runId}/report`)
    expect(report.run).toMatchObject({ id: runId, status: 'done', progress: { total: 12, done: 12 } })
    expect(report.benchmarks[0]).toMatchObject({ benchmarkId: 'exact-match', size: 12, counts: { total: 12, open: 0 } })
    expect(report.benchmarks[0].report.headline).toMatchObject({ n: 12, interval: { confidence: 0.95 } })
    expect(report.execution.calls).toBeGreaterThanOrEqual(12)
    const { body: again } = await tenant.send('POST', `/v1/runs/${runId}/rescore`)
    expect(again.benchmarks[0].report).toEqual(report.benchmarks[0].report)
  })

  it('gives its rows page by page, filtered, and what was asked and answered', async () => {
    const { tenant, runId } = await endedRun()
    const indexes: number[] = []
    let cursor = ''
    for (let pages = 0; pages < 4; pages++) {
      const { body } = await tenant.send('GET', `/v1/runs/${runId}/rows?limit=5${cursor && `&cursor=${cursor}`}`)
      indexes.push(...body.items.map(({ index }: { index: number }) => index))
      if (body.next === null) break
      cursor = body.next
    }
    expect(indexes).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11])
    const errors = await tenant.send('GET', `/v1/runs/${runId}/rows?status=error`)
    expect(errors.body).toEqual({ items: [], next: null })
    const { body: evidence } = await tenant.send('GET', `/v1/runs/${runId}/benchmarks/exact-match/items/3/evidence`)
    expect(evidence.exchanges.length).toBeGreaterThan(0)
    expect(evidence.exchanges[0]).toMatchObject({ asked: expect.anything(), answered: expect.anything() })
  })

  it('exports rows as JSON lines and as CSV that no spreadsheet runs', async () => {
    serveHosts()
    const tenant = await newTenantWithTarget()
    const ids = ['=1+1', '+cmd', '-2', '@sum', 'with,comma', 'with"quote', 'plain']
    const { body: dataset } = await tenant.send('POST', '/v1/datasets?benchmark=exact-match&name=x', {
      body: ids.map((id) => JSON.stringify({ id, prompt: `What is ${id}?`, answers: ['x'] })).join('\n'),
      headers: { 'content-type': 'application/x-ndjson' },
    })
    expect(dataset.itemCount).toBe(ids.length)
    const { body: run } = await tenant.send('POST', '/v1/runs', {
      body: { targetId: tenant.targetId, benchmarks: [{ id: 'exact-match', datasetId: dataset.id }] },
    })
    await workOff(run.id)
    const lines = await tenant.send('GET', `/v1/runs/${run.id}/rows/export`)
    expect(lines.headers.get('content-type')).toMatch(/ndjson/)
    const parsed = lines.text
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line))
    expect(parsed.map(({ itemId }) => itemId)).toEqual(ids)
    const csv = await tenant.send('GET', `/v1/runs/${run.id}/rows/export?format=csv`)
    expect(csv.headers.get('content-disposition')).toBe(`attachment; filename="${run.id}.csv"`)
    const [header, ...rows] = csv.text.trimEnd().split('\r\n')
    expect(header).toBe('benchmarkId,index,itemId,cluster,status,score,reason,detail')
    expect(rows).toHaveLength(ids.length)
    for (const [at, id] of [
      `"'=1+1"`,
      `"'+cmd"`,
      `"'-2"`,
      `"'@sum"`,
      '"with,comma"',
      '"with""quote"',
      'plain',
    ].entries()) {
      expect(rows[at]).toContain(`exact-match,${at},${id},`)
    }
  })

  it('streams its states as events, each once, and ends with the last', async () => {
    const { tenant, runId } = await endedRun()
    const stream = await tenant.send('GET', `/v1/runs/${runId}/events`)
    expect(stream.headers.get('content-type')).toMatch(/text\/event-stream/)
    const { body: run } = await tenant.send('GET', `/v1/runs/${runId}`)
    const event = Object.fromEntries(
      stream.text
        .trim()
        .split('\n')
        .map((line) => [line.slice(0, line.indexOf(':')), line.slice(line.indexOf(':') + 2)]),
    )
    expect(event).toMatchObject({ event: 'finished', id: stateId(run) })
    expect(JSON.parse(event.data as string)).toEqual(run)
  })

  it('tells its progress while it works, and not what was seen before', async () => {
    const { tenant, runId } = await startedRun()
    const { body: run } = await tenant.send('GET', `/v1/runs/${runId}`)
    const seen = tenant.send('GET', `/v1/runs/${runId}/events`, { headers: { 'last-event-id': stateId(run) } })
    const fresh = tenant.send('GET', `/v1/runs/${runId}/events`)
    await workOff(runId)
    expect((await seen).text).not.toContain(`id: ${stateId(run)}`)
    const { text } = await fresh
    expect(text).toContain('event: finished')
    expect(text.indexOf('event: finished')).toBe(text.lastIndexOf('event: '))
  })

  it('can be cancelled, twice, and not after its end', async () => {
    const { tenant, runId } = await startedRun()
    const cancelled = await tenant.send('POST', `/v1/runs/${runId}/cancel`)
    expect([cancelled.status, cancelled.body.status]).toEqual([202, 'cancelled'])
    expect((await tenant.send('POST', `/v1/runs/${runId}/cancel`)).status).toBe(202)
    const { tenant: other, runId: ended } = await endedRun()
    expect((await other.send('POST', `/v1/runs/${ended}/cancel`)).status).toBe(409)
  })

  it('is open to everybody while it is published, and to nobody else otherwise', async () => {
    const { tenant, runId } = await endedRun()
    const reads = ['', '/report', '/rows', '/rows/export', '/benchmarks/exact-match/items/0/evidence', '/events']
    const statuses = async () =>
      Promise.all(reads.map(async (path) => (await send('GET', `/v1/runs/${runId}${path}`)).status))
    expect(await statuses()).toEqual(reads.map(() => 401))
    const published = await tenant.send('POST', `/v1/runs/${runId}/publish`)
    expect(published.body.published).toBe(true)
    expect(await statuses()).toEqual(reads.map(() => 200))
    expect((await send('POST', `/v1/runs/${runId}/rescore`)).status).toBe(401)
    const board = await send('GET', '/v1/leaderboard')
    expect(board.body.models).toMatchObject([
      { targetId: tenant.targetId, entries: [{ benchmarkId: 'exact-match', runId }] },
    ])
    await tenant.send('POST', `/v1/runs/${runId}/unpublish`)
    expect(await statuses()).toEqual(reads.map(() => 401))
    expect((await send('GET', '/v1/leaderboard')).body.models).toEqual([])
    expect((await tenant.send('GET', '/v1/leaderboard')).body.models).toHaveLength(1)
    expect((await tenant.send('GET', '/v1/leaderboard?scope=published')).body.models).toEqual([])
  })

  it('is listed newest first, by status and target', async () => {
    const { tenant, runId } = await endedRun()
    const { body: second } = await tenant.send('POST', '/v1/runs', { body: wish(tenant.targetId) })
    const list = async (query: string) =>
      (await tenant.send('GET', `/v1/runs${query}`)).body.items.map(({ id }: { id: string }) => id)
    expect(await list('')).toEqual([second.id, runId])
    expect(await list('?status=done')).toEqual([runId])
    expect(await list('?targetId=tgt_other')).toEqual([])
    expect((await tenant.send('GET', '/v1/runs?status=sleeping')).status).toBe(422)
  })
})

it('keeps the provider’s key out of every answer', async () => {
  const { tenant, runId } = await endedRun()
  for (const path of ['', '/report', '/rows', '/rows/export', '/benchmarks/exact-match/items/0/evidence', '/events']) {
    expect((await tenant.send('GET', `/v1/runs/${runId}${path}`)).text).not.toContain(modelKey)
  }
})
