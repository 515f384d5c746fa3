import { env, exports } from 'cloudflare:workers'
import { beforeEach, describe, expect, it } from 'vitest'
import { type Database, inOneBatch, openDatabase } from '../../src/store/database.ts'
import { insertKey } from '../../src/store/keys.ts'
import { noteLoad } from '../../src/store/load.ts'
import { makeSession, sessionCookie } from '../../src/store/sessions.ts'
import { reportOf, seedRun, seedTarget, seedTenant, share } from './seed.ts'

let db: Database
let tenantId: string
let cookie: string

beforeEach(async () => {
  db = openDatabase(env.DB)
  tenantId = await seedTenant(db)
  cookie = await cookieOf(tenantId)
})

async function cookieOf(tenant: string): Promise<string> {
  const { row } = await insertKey(db, tenant, 'test', Date.now())
  return `${sessionCookie}=${await makeSession(env, row.id, Date.now())}`
}

async function get(path: string, as?: string) {
  const response = await exports.default.fetch(`https://assay.test${path}`, {
    redirect: 'manual',
    headers: as === undefined ? {} : { cookie: as },
  })
  return { status: response.status, headers: response.headers, text: await response.text() }
}

/** A model measured on idk-token (higher is better) and perplexity-suite (lower is better). */
async function measure(
  name: string,
  recall: number | null,
  bits: number,
  more: { published?: boolean; tenant?: string } = {},
) {
  const owner = more.tenant ?? tenantId
  return seedRun(db, {
    tenantId: owner,
    targetId: await seedTarget(db, owner, name),
    name,
    published: more.published ?? true,
    benchmarks: [
      { id: 'idk-token', report: reportOf(share(recall, 0.1)) },
      {
        id: 'perplexity-suite',
        family: 'likelihood',
        report: reportOf(
          share(null, 0, {
            unit: 'bits/byte',
            direction: 'lower',
            value: bits,
            reason: undefined,
            interval: { low: bits - 0.05, high: bits + 0.05, confidence: 0.95, method: 'bootstrap' },
          }),
        ),
      },
    ],
  })
}

const positions = (text: string, ...words: string[]) => words.map((word) => text.indexOf(word))
const ascending = (numbers: number[]) =>
  numbers.every((number, place) => number >= 0 && number > (numbers[place - 1] ?? -1))

describe('every page', () => {
  it('carries a policy without scripts, is not kept for others, and says its language', async () => {
    for (const path of ['/', '/benchmarks', '/benchmarks/idk-token', '/login', '/runs/none']) {
      const { headers, text } = await get(path)
      const policy = headers.get('content-security-policy') ?? ''
      expect(policy, path).toContain("default-src 'none'")
      expect(policy).not.toContain('unsafe')
      expect(policy).not.toContain('script-src')
      expect(headers.get('cache-control')).toBe('private, no-cache')
      expect(headers.get('vary')).toContain('Cookie')
      expect(text).toMatch(/^<!DOCTYPE html><html lang="en">/)
      expect(text).not.toMatch(/<script| style="|onclick=/)
    }
  })

  it('finds its style sheet under a name that changes with it', async () => {
    const { text } = await get('/')
    const path = /href="(\/style\.[0-9a-f]{12}\.css)"/.exec(text)?.[1] ?? ''
    const style = await get(path)
    expect(style.status).toBe(200)
    expect(style.headers.get('content-type')).toContain('text/css')
    expect(style.headers.get('cache-control')).toContain('immutable')
    expect(style.text).toContain('prefers-color-scheme: dark')
    expect((await get('/icon.svg')).headers.get('content-type')).toBe('image/svg+xml')
  })
})

describe('GET /', () => {
  it('tells how to begin where nothing is measured', async () => {
    const { text } = await get('/')
    expect(text).toContain('No model has been measured yet')
    expect(text).toContain('npm run demo')
  })

  it('shows values with intervals, places and their reasons where there is no value', async () => {
    const run = await measure('sure-model', 0.734, 0.9)
    await measure('null-model', null, 1.3)
    const { text } = await get('/')
    expect(text).toContain('73.4%')
    expect(text).toContain('63.4 – 83.4%')
    expect(text).toContain('too few items')
    expect(text).toContain('0.900')
    expect(text).toMatch(/place\s+1\s+of\s+2/)
    expect(text).toContain(`/runs/${run}#idk-token`)
    expect(text).toContain('href="/benchmarks/idk-token"')
    expect(text).toContain('class="whisker"')
  })

  it('sorts by a column in its own direction, nulls last in both orders', async () => {
    await measure('middle', 0.5, 1.1)
    await measure('best-recall', 0.9, 1.4)
    await measure('no-recall', null, 0.8)
    const board = async (query: string) => (await get(`/${query}`)).text
    const idk = await board('?sort=idk-token')
    expect(ascending(positions(idk, '>best-recall<', '>middle<', '>no-recall<'))).toBe(true)
    const worst = await board('?sort=idk-token&order=worst')
    expect(ascending(positions(worst, '>middle<', '>best-recall<', '>no-recall<'))).toBe(true)
    const bits = await board('?sort=perplexity-suite')
    expect(ascending(positions(bits, '>no-recall<', '>middle<', '>best-recall<'))).toBe(true)
    expect(bits).toContain('aria-sort="descending"')
    expect(
      ascending(positions(await board('?sort=model&order=worst'), '>no-recall<', '>middle<', '>best-recall<')),
    ).toBe(true)
  })

  it('filters by family and suite, keeps the filter in its links, and takes nonsense for nothing', async () => {
    await measure('a-model', 0.5, 1.1)
    const { text } = await get('/?family=likelihood')
    expect(text).toContain('href="/benchmarks/perplexity-suite"')
    expect(text).not.toContain('href="/benchmarks/idk-token"')
    expect(text).toContain('family=likelihood&amp;sort=perplexity-suite')
    expect((await get('/?suite=core')).text).toContain('href="/benchmarks/idk-token"')
    expect((await get('/?family=nonsense&order=sideways')).text).toContain('href="/benchmarks/idk-token"')
    expect((await get('/?family=refusal')).text).toContain('No finished run falls under this filter')
  })

  it('shows unpublished runs to their tenant only', async () => {
    await measure('secret-model', 0.5, 1.1, { published: false })
    const stranger = await seedTenant(db, 'stranger')
    expect((await get('/')).text).not.toContain('secret-model')
    expect((await get('/', await cookieOf(stranger))).text).not.toContain('secret-model')
    const own = (await get('/', cookie)).text
    expect(own).toContain('secret-model')
    expect(own).toContain('unpublished')
    expect((await get('/', `${cookie}x`)).text).not.toContain('secret-model')
  })
})

describe('GET /runs and /runs/:runId', () => {
  it('send strangers to the login and show a tenant its own runs', async () => {
    const away = await get('/runs')
    expect([away.status, away.headers.get('location')]).toEqual([302, '/login?next=%2Fruns'])
    expect((await get('/runs', cookie)).text).toContain('No runs yet')
    const run = await measure('a-model', 0.5, 1.1, { published: false })
    expect((await get('/runs', cookie)).text).toContain(`/runs/${run}`)
    expect((await get('/runs?cursor=nonsense', cookie)).status).toBe(404)
  })

  it('hide an unpublished run from everybody else', async () => {
    const run = await measure('a-model', 0.5, 1.1, { published: false })
    const other = await cookieOf(await seedTenant(db, 'stranger'))
    expect((await get(`/runs/${run}`)).status).toBe(404)
    expect((await get(`/runs/${run}`, other)).status).toBe(404)
    expect((await get(`/runs/${run}`, cookie)).status).toBe(200)
    expect((await get(`/runs/${run}/items/idk-token/0`)).status).toBe(404)
  })

  it('show progress and ask again while it runs', async () => {
    const targetId = await seedTarget(db, tenantId, 'slow')
    const rows = Array.from({ length: 15 }, (_, index) => ({ itemId: `item-${index}` }))
    const run = await seedRun(db, {
      tenantId,
      targetId,
      status: 'running',
      benchmarks: [{ id: 'idk-token', size: 60, report: null, rows }],
    })
    const { text } = await get(`/runs/${run}`)
    expect(text).toContain('<meta http-equiv="refresh" content="5"/>')
    expect(text).toMatch(/<progress[^>]* value="15" max="60"/)
    expect(text).toMatch(/15\s*\/\s*60/)
    expect(text).not.toMatch(/connections? in use|refused for load/)
    const load = { at: Date.now(), open: 3, allowed: 4, most: 8, requestsPerMinute: 240 }
    await inOneBatch(db, [noteLoad(db, run, 'somebody', load)])
    const asking = (await get(`/runs/${run}`)).text
    expect(asking).toContain('3 of 4 connections in use (at most 8), 240 requests a minute.')
    expect(asking).not.toContain('refused for load')
    await env.DB.prepare('update usage set throttled = 12 where run_id = ?').bind(run).run()
    expect((await get(`/runs/${run}`)).text).toContain(
      '12 requests refused for load (429 or 503), last 20 Nov 2026, 09:00 UTC.',
    )
    const done = await measure('done', 0.5, 1.1)
    expect((await get(`/runs/${done}`)).text).not.toContain('http-equiv="refresh"')
  })

  it('show headline, metrics, curves, tables, caveats, losses and cost', async () => {
    const targetId = await seedTarget(db, tenantId, 'whole')
    const run = await seedRun(db, {
      tenantId,
      targetId,
      name: 'whole',
      status: 'degraded',
      benchmarks: [
        {
          id: 'idk-token',
          title: 'Saying so',
          params: { samples: 4 },
          counts: { scored: 40, error: 20, reasons: { timeout: 19, odd_reason: 1 } },
          report: reportOf(share(0.25), {
            metrics: [share(null, 0, { title: 'Ranked by mass', reason: 'single_class' })],
            curves: [
              {
                id: 'kept',
                title: 'Kept quality',
                x: { title: 'Share answered', domain: [0, 1] },
                y: { title: 'Quality' },
                kind: 'line',
                series: [
                  {
                    name: 'one',
                    points: [
                      [0, 1],
                      [1, 0.4],
                    ],
                    band: [
                      [0.9, 1],
                      [0.3, 0.5],
                    ],
                  },
                  {
                    name: 'two',
                    points: [
                      [0, 0.5],
                      [1, 0.5],
                    ],
                  },
                ],
                reference: 'diagonal',
              },
              { id: 'none', title: 'Nothing drawn', x: { title: 'x' }, y: { title: 'y' }, kind: 'bars', series: [] },
            ],
            tables: [
              {
                id: 't',
                title: 'By stratum',
                columns: [{ title: 'Stratum' }, { title: 'Right', unit: 'share' }],
                rows: [
                  ['head', 0.5],
                  ['tail', null],
                ],
              },
            ],
            caveats: [{ code: 'few_clusters', message: 'Only 8 clusters.' }],
          }),
        },
      ],
    })
    const { text } = await get(`/runs/${run}`)
    for (const part of [
      '25.0%',
      'only one outcome seen',
      'Kept quality',
      'Nothing to draw',
      'By stratum',
      '50.0%',
      'Only 8 clusters.',
      'More than a fifth of the items were lost',
    ])
      expect(text).toContain(part)
    expect(text).toContain('the target did not answer in time (19), odd reason (1)')
    expect(text).toMatch(/<path class="stroke" d="M[\d.]+,[\d.]+L/)
    expect(text).toMatch(/<path class="band" d="M/)
    expect(text).toContain('class="reference"')
    expect(text).toMatch(/<title id="idk-token-kept-title">Kept quality<\/title><desc/)
    expect(text).toContain('Same answer')
    const exports = [...text.matchAll(/href="(\/v1\/[^"]+)"/g)].map(([, path = '']) => path.replaceAll('&amp;', '&'))
    expect(exports).toHaveLength(5)
    for (const path of exports) expect((await get(path)).status, path).toBe(200)
    expect(text).not.toMatch(/NaN|undefined|\[object/)
  })

  it('say why a run failed', async () => {
    const run = await seedRun(db, {
      tenantId,
      targetId: await seedTarget(db, tenantId, 'gone'),
      status: 'failed',
      stopReason: 'target_unreachable',
      stopDetail: 'connection refused',
      benchmarks: [],
    })
    const { text } = await get(`/runs/${run}`)
    expect(text).toContain('The target could not be reached.')
    expect(text).toContain('connection refused')
  })

  it("show the worst items in the model's own words, as words", async () => {
    const hostile = '<script>alert("taken")</script>"><img src=x onerror=alert(1)>'
    const run = await seedRun(db, {
      tenantId,
      targetId: await seedTarget(db, tenantId, hostile),
      name: hostile,
      benchmarks: [
        {
          id: 'idk-token',
          title: hostile,
          report: reportOf(share(0.1, 0.1, { title: hostile, note: hostile }), {
            worst: [
              { itemId: 'second', why: `It said ${hostile}` },
              { itemId: 'never-stored', why: 'lost' },
            ],
            tables: [{ id: 't', title: hostile, columns: [{ title: hostile }], rows: [[hostile]], note: hostile }],
            curves: [
              {
                id: 'c',
                title: hostile,
                x: { title: hostile },
                y: { title: hostile },
                kind: 'bars',
                categories: [hostile],
                series: [{ name: hostile, points: [[0, 1]] }],
              },
            ],
          }),
          rows: [
            { itemId: 'first', detail: JSON.stringify({ answer: 'fine' }) },
            {
              itemId: 'second',
              detail: JSON.stringify({ answer: hostile, [hostile]: [hostile, { [hostile]: hostile }] }),
            },
          ],
        },
      ],
    })
    for (const path of [`/runs/${run}`, `/runs/${run}/items/idk-token/1`, '/', '/benchmarks/idk-token']) {
      const { status, text } = await get(path)
      expect(status, path).toBe(200)
      expect(text, path).toContain('&lt;script&gt;')
      expect(text, path).not.toMatch(/<script|<img/)
    }
    const { text } = await get(`/runs/${run}`)
    expect(text).not.toContain('never-stored')
    expect(text).toContain(`/runs/${run}/items/idk-token/1`)
    expect((await get(`/runs/${run}/items/idk-token/9`)).status).toBe(404)
    expect((await get(`/runs/${run}/items/idk-token/1e0`)).status).toBe(404)
  })
})

describe('GET /benchmarks and /benchmarks/:benchmarkId', () => {
  it('list the catalogue and tell all of one', async () => {
    expect((await get('/benchmarks')).text).toContain('href="/benchmarks/idk-token"')
    await measure('a-model', 0.5, 1.1)
    const { text } = await get('/benchmarks/idk-token')
    expect(text).toContain('IDK-recall = IDKs among would-be errors')
    expect(text).toContain('Explicit Modeling of Uncertainty')
    expect(text).toContain('<code>maxTokens</code>')
    expect(text).toContain('integer, 1 to 256')
    expect(text).toContain('--benchmark idk-token')
    expect(text).toContain('/v1/runs')
    expect(text).toContain('>a-model<')
    expect(text).not.toContain('href="/benchmarks/perplexity-suite"')
    expect((await get('/benchmarks/nonsense')).status).toBe(404)
  })

  it('show an example item of every benchmark that makes its own', async () => {
    const ids = [...(await get('/benchmarks')).text.matchAll(/href="\/benchmarks\/([\w-]+)"/g)].map(([, id]) => id)
    expect(ids.length).toBeGreaterThan(4)
    for (const id of ids) {
      const { status, text } = await get(`/benchmarks/${id}`)
      expect(status, id).toBe(200)
      expect(text, id).toMatch(/<dt>Id<\/dt>|runs on the items that you upload/)
      expect(text, id).not.toMatch(/NaN|\[object/)
    }
  })
})

describe('GET /login', () => {
  it('posts the key to the session route and goes on only within this site', async () => {
    const { text } = await get('/login?next=%2Fruns')
    expect(text).toMatch(/<form[^>]*method="post"[^>]*action="\/login"/)
    expect(text).toContain('name="next" value="/runs"')
    expect(text).toContain('type="password"')
    for (const next of ['//evil.example', '/\\evil.example', 'https://evil.example', 'javascript:alert(1)'])
      expect((await get(`/login?next=${encodeURIComponent(next)}`)).text).toContain('name="next" value="/"')
    expect((await get('/login?error=key')).text).toContain('role="alert"')
  })
})

describe('a path that is not there', () => {
  const ask = (path: string, accept: string) =>
    exports.default.fetch(`https://assay.test${path}`, { headers: { accept } })

  it('is a page with ways on for browsers, under the same rules as other pages', async () => {
    const response = await ask('/nothing', 'text/html,application/xhtml+xml,*/*;q=0.8')
    expect(response.status).toBe(404)
    expect(response.headers.get('content-type')).toContain('text/html')
    expect(response.headers.get('content-security-policy')).toContain("default-src 'none'")
    expect(await response.text()).toContain('There is no such page')
  })

  it('is a problem for programs, and always below /v1', async () => {
    for (const [path, accept] of [
      ['/nothing', '*/*'],
      ['/nothing', 'application/json'],
      ['/v1/nothing', 'text/html'],
    ] as const) {
      const response = await ask(path, accept)
      expect([response.status, response.headers.get('content-type')]).toEqual([404, 'application/problem+json'])
    }
  })
})
