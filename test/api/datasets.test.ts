import { env } from 'cloudflare:workers'
import { createHash } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import { datasetLimits } from '../../schema/dataset.ts'
import { serveHosts } from './model-server.ts'
import { newTenant, newTenantWithTarget, workOff } from './tenant.ts'

type Tenant = Awaited<ReturnType<typeof newTenant>>
const query = 'benchmark=self-evaluation&name=Mine'
const item = (id: string, more: object = {}) =>
  JSON.stringify({ id, question: `What is ${id}?`, answers: ['x'], ...more })

const upload = (
  tenant: Tenant,
  body: string | ReadableStream | FormData,
  params = query,
  type = 'application/x-ndjson',
) =>
  tenant.send('POST', `/v1/datasets?${params}`, {
    body,
    headers: body instanceof FormData ? {} : { 'content-type': type },
  })
const counted = async (table: string) =>
  (await env.DB.prepare(`select count(*) as n from ${table}`).first<{ n: number }>())?.n

describe('POST /v1/datasets', () => {
  it('stores JSON lines in order and tells their hash', async () => {
    const tenant = await newTenant()
    const made = await upload(tenant, `${item('a')}\n\n${item('b')}\r\n${item('c')}`)
    expect(made.status, made.text).toBe(201)
    expect(made.body).toMatchObject({ name: 'Mine', benchmarkId: 'self-evaluation', importer: null, itemCount: 3 })
    const page = await tenant.send('GET', `/v1/datasets/${made.body.id}/items?limit=2`)
    expect(page.body.items.map((one: { itemId: string }) => one.itemId)).toEqual(['a', 'b'])
    const rest = await tenant.send('GET', `/v1/datasets/${made.body.id}/items?limit=2&cursor=${page.body.next}`)
    expect(rest.body).toMatchObject({ next: null, items: [{ index: 2, itemId: 'c' }] })
    const lines = [...page.body.items, ...rest.body.items].map(
      (one: { item: unknown }) => `${JSON.stringify(one.item)}\n`,
    )
    expect(made.body.sha256).toBe(createHash('sha256').update(lines.join('')).digest('hex'))
  })

  it('takes thousands of items in a stream, and characters cut between its pieces', async () => {
    const tenant = await newTenant()
    const bytes = new TextEncoder().encode(
      Array.from({ length: 3000 }, (_, index) => item(`item-${index}`, { question: 'ü€😀'.repeat(20) })).join('\n'),
    )
    let at = 0
    const stream = new ReadableStream({
      pull(controller) {
        if (at >= bytes.length) return controller.close()
        controller.enqueue(bytes.slice(at, at + 9973))
        at += 9973
      },
    })
    const made = await upload(tenant, stream)
    expect(made.status, made.text).toBe(201)
    expect(made.body.itemCount).toBe(3000)
    expect(await counted('items')).toBe(3000)
    const last = await tenant.send('GET', `/v1/datasets/${made.body.id}/items?cursor=2999`)
    expect(last.body.items[0]).toMatchObject({ itemId: 'item-2999', item: { question: 'ü€😀'.repeat(20) } })
  })

  it.each([
    ['no JSON', '{"id":', /no JSON/],
    ['a NUL', item('a', { question: 'x\u0000y' }), /NUL/],
    ['half a surrogate pair', '{"id":"a","question":"\\ud800","answers":["x"]}', /surrogate/],
    ['__proto__', '{"id":"a","question":"x","answers":["x"],"__proto__":{"a":1}}', /__proto__/],
    ['deep nesting', `{"id":"a","question":${'['.repeat(5000)}${']'.repeat(5000)},"answers":["x"]}`, /nested deeper/],
    ['an id twice', item('first'), /already, in line 1/],
    ['another shape', '{"id":"a"}', /question/],
    ['a number', '42', /Line 2/],
  ])('names the line that holds %s, and stores nothing', async (_, line, words) => {
    const tenant = await newTenant()
    const refused = await upload(tenant, `${item('first')}\n${line}\n${item('third')}`)
    expect(refused.status, refused.text).toBe(422)
    expect(refused.body.type).toBe('urn:assay:problem:invalid-file')
    expect(refused.body.errors[0].pointer).toMatch(/^\/2(\/|$)/)
    expect(refused.body.errors[0].detail).toMatch(words)
    expect([await counted('datasets'), await counted('items')]).toEqual([0, 0])
  })

  it('stops at twenty problems', async () => {
    const tenant = await newTenant()
    const refused = await upload(tenant, 'x\n'.repeat(100))
    expect(refused.body.errors).toHaveLength(datasetLimits.problemsShown)
    expect(refused.body.errors[19].pointer).toBe('/20')
  })

  it('removes what it had stored when a late line is wrong', async () => {
    const tenant = await newTenant()
    const lines = Array.from({ length: 1200 }, (_, index) => item(`i${index}`))
    const refused = await upload(tenant, [...lines, 'oops'].join('\n'))
    expect(refused.body.errors[0].pointer).toBe('/1201')
    expect([await counted('datasets'), await counted('items')]).toEqual([0, 0])
  })

  it('refuses one endless line, too many bytes, bytes that are no text, and nothing at all', async () => {
    const tenant = await newTenant()
    const endless = await upload(tenant, 'x'.repeat(datasetLimits.lineBytes + 2))
    expect([endless.status, endless.body.errors[0].detail]).toEqual([422, expect.stringMatching(/longer than/)])
    const told = await tenant.send('POST', `/v1/datasets?${query}`, {
      body: 'x',
      headers: { 'content-type': 'text/plain', 'content-length': String(datasetLimits.bytes + 1) },
    })
    expect(told.status).toBe(413)
    const binary = await upload(tenant, new Blob([new Uint8Array([0x7b, 0xff, 0xfe])]).stream())
    expect(binary.body.detail).toMatch(/UTF-8/)
    expect((await upload(tenant, '\n\n')).body.detail).toMatch(/no items/)
  })

  it('refuses other types with the way out', async () => {
    const tenant = await newTenant()
    const parquet = await upload(tenant, 'PAR1', query, 'application/vnd.apache.parquet')
    expect([parquet.status, parquet.body.detail]).toEqual([415, expect.stringMatching(/text\/csv/)])
    const curl = await upload(tenant, item('a'), query, 'application/x-www-form-urlencoded')
    expect([curl.status, curl.body.detail]).toEqual([415, expect.stringMatching(/curl/)])
  })

  it('names an unknown benchmark and importer', async () => {
    const tenant = await newTenant()
    const unknown = await upload(tenant, item('a'), 'benchmark=nothing&name=x')
    expect([unknown.status, unknown.body.errors[0].pointer]).toEqual([422, '/benchmark'])
    const importer = await upload(tenant, item('a'), 'benchmark=factor&name=x&importer=toString')
    expect([importer.status, importer.body.errors[0].pointer]).toEqual([422, '/importer'])
    expect(importer.body.detail).toContain('factor-csv')
    const table = await upload(tenant, 'a,b\n1,2', 'benchmark=factor&name=x', 'text/csv')
    expect([table.status, table.body.errors[0].pointer]).toEqual([422, '/importer'])
    expect(table.body.detail).toContain('factor-csv')
  })

  it('takes the file as a field of a form, too', async () => {
    const tenant = await newTenant()
    const form = new FormData()
    form.set('file', new Blob([`${item('a')}\n${item('b')}\n`]), 'items.jsonl')
    const made = await upload(tenant, form)
    expect(made.status, made.text).toBe(201)
    expect(made.body.itemCount).toBe(2)
    const none = new FormData()
    none.set('other', 'x')
    expect((await upload(tenant, none)).body.detail).toMatch(/`file`/)
  })
})

describe('the FACTOR importer', () => {
  const header = 'full_prefix,doc_id,completion,contradiction_0,contradiction_1,contradiction_2,turncated_prefixes'
  const row = (id: number, completion = 'is in Paris.') =>
    `"The tower, ""La dame"",\nis old. It",${id},${completion},is in Rome.,is in Oslo.,is in Bonn.,It`
  const params = 'benchmark=factor&name=FACTOR&importer=factor-csv'

  it('reads CSV with quotes, commas and newlines inside fields', async () => {
    const tenant = await newTenant()
    for (const ending of ['\n', '\r\n']) {
      const made = await upload(tenant, `\ufeff${[header, row(1), row(2), ''].join(ending)}`, params, 'text/csv')
      expect(made.status, made.text).toBe(201)
      expect(made.body).toMatchObject({ itemCount: 2, importer: 'factor-csv' })
      const { body } = await tenant.send('GET', `/v1/datasets/${made.body.id}/items`)
      expect(JSON.stringify(body.items[0].item)).toContain('The tower, \\"La dame\\",\\nis old.')
    }
  })

  it('names missing columns, uneven rows and quotes left open by row', async () => {
    const tenant = await newTenant()
    const missing = await upload(tenant, 'a,b\n1,2\n', params, 'text/csv')
    expect([missing.status, missing.body.errors[0].pointer]).toEqual([422, '/2'])
    expect(missing.body.errors[0].detail).toMatch(/missing: .*completion/)
    const uneven = await upload(tenant, `${header}\n${row(1)}\nx,y\n`, params, 'text/csv')
    expect(uneven.body.errors[0]).toMatchObject({ pointer: '/3', detail: expect.stringMatching(/2 fields under/) })
    const open = await upload(tenant, `${header}\n${row(1)}\n"${'never closed '.repeat(10)}`, params, 'text/csv')
    expect([open.status, open.body.errors[0].pointer]).toEqual([422, '/3'])
  })

  it('gives up on a bomb of quotes before it fills the memory', async () => {
    const tenant = await newTenant()
    let sent = 0
    const piece = new TextEncoder().encode('""'.repeat(32_768))
    const bomb = new ReadableStream({
      pull(controller) {
        controller.enqueue(sent === 0 ? new TextEncoder().encode(`${header}\n"`) : piece)
        sent += 1
        if (sent > 200) controller.close()
      },
    })
    const refused = await upload(tenant, bomb, params, 'text/csv')
    expect([refused.status, refused.body.errors[0].detail]).toEqual([422, expect.stringMatching(/quote left open/)])
    expect(sent).toBeLessThan(100)
  })
})

describe('a dataset', () => {
  it('is listed, removed with its items, and then gone', async () => {
    const tenant = await newTenant()
    const { body: made } = await upload(tenant, item('a'))
    expect((await tenant.send('GET', '/v1/datasets')).body.items).toEqual([made])
    expect((await tenant.send('DELETE', `/v1/datasets/${made.id}`)).status).toBe(204)
    expect((await tenant.send('GET', `/v1/datasets/${made.id}`)).status).toBe(404)
    expect(await counted('items')).toBe(0)
  })

  it('is not removed while a run works through it; afterwards it is hidden, and the run stays as it was', async () => {
    serveHosts()
    const tenant = await newTenantWithTarget()
    const { body: made } = await tenant.send('POST', '/v1/datasets?benchmark=exact-match&name=Mine', {
      body: '{"id":"a","prompt":"What is a?","answers":["x"]}',
      headers: { 'content-type': 'application/x-ndjson' },
    })
    const wish = { targetId: tenant.targetId, benchmarks: [{ id: 'exact-match', datasetId: made.id }] }
    const { body: run } = await tenant.send('POST', '/v1/runs', { body: wish })
    const early = await tenant.send('DELETE', `/v1/datasets/${made.id}`)
    expect([early.status, early.body.detail]).toEqual([409, expect.stringContaining(run.id)])
    await workOff(run.id)
    const { body: before } = await tenant.send('GET', `/v1/runs/${run.id}/report`)
    expect((await tenant.send('DELETE', `/v1/datasets/${made.id}`)).status).toBe(204)
    expect((await tenant.send('GET', `/v1/datasets/${made.id}`)).status).toBe(404)
    const late = await tenant.send('POST', '/v1/runs', { body: wish })
    expect([late.status, late.body.errors?.[0].pointer]).toEqual([422, '/benchmarks/0/datasetId'])
    const { body: after } = await tenant.send('POST', `/v1/runs/${run.id}/rescore`)
    expect(after.benchmarks).toEqual(before.benchmarks)
  })
})
