import { env } from 'cloudflare:workers'
import { beforeEach, describe, expect, it } from 'vitest'
import type { BenchmarkSummary } from '../../schema/benchmark.ts'
import { leaderboard, leaderboardQuery } from '../../schema/leaderboard.ts'
import { type Database, openDatabase } from '../../src/store/database.ts'
import { readLeaderboard } from '../../src/store/leaderboard.ts'
import { reportOf, type SeededRun, seedRun, seedTarget, seedTenant, share } from './seed.ts'

const summary = (id: string, more: Partial<BenchmarkSummary> = {}): BenchmarkSummary => ({
  id,
  family: 'uncertainty',
  version: 1,
  title: id,
  question: '',
  formula: '',
  source: { title: '', card: 'A1' },
  needs: ['text'],
  wants: [],
  roles: [],
  params: {},
  item: {},
  callsPerItem: { typical: 1, most: 1 },
  sizes: { smoke: 1, demo: 1, full: 1 },
  builtin: true,
  suites: ['core'],
  importers: [],
  ...more,
})
const catalogue = [summary('first'), summary('second', { family: 'refusal', suites: [] }), summary('third')]

let db: Database
let tenantId: string

beforeEach(async () => {
  db = openDatabase(env.DB)
  tenantId = await seedTenant(db)
})

const read = (query: Record<string, unknown> = {}, tenant: string | null = null) =>
  readLeaderboard(db, catalogue, leaderboardQuery.parse(query), tenant)

/** A run of benchmark `first` alone. */
async function measured(
  name: string,
  value: number | null,
  half: number,
  more: Partial<SeededRun> & { version?: number; params?: Record<string, unknown> } = {},
) {
  const { version = 1, params = {}, ...run } = more
  return seedRun(db, {
    tenantId,
    targetId: run.targetId ?? (await seedTarget(db, tenantId, name)),
    name,
    benchmarks: [{ id: 'first', version, params, report: reportOf(share(value, half)) }],
    ...run,
  })
}

const ranks = async (query = {}) =>
  Object.fromEntries(
    (await read(query)).models.map((model) => {
      const rank = model.entries[0]?.rank
      return [model.name, rank ? [rank.best, rank.worst, rank.of] : null]
    }),
  )

describe('readLeaderboard', () => {
  it('has the shape that the API publishes', async () => {
    await measured('a', 0.5, 0.1)
    const board = await read()
    expect(leaderboard.parse(board)).toEqual(board)
    expect(await read({ benchmark: 'second' })).toEqual({ benchmarks: [], models: [], truncated: false })
  })

  it('gives the range of places that the intervals leave open', async () => {
    await measured('clear winner', 0.9, 0.02)
    await measured('middle a', 0.5, 0.1)
    await measured('middle b', 0.55, 0.1)
    await measured('clear last', 0.1, 0.02)
    await measured('nothing', null, 0)
    expect(await ranks()).toEqual({
      'clear winner': [1, 1, 4],
      'middle a': [2, 3, 4],
      'middle b': [2, 3, 4],
      'clear last': [4, 4, 4],
      nothing: null,
    })
  })

  it('turns places round where lower is better', async () => {
    for (const [name, value] of [
      ['low', 0.1],
      ['high', 0.9],
    ] as const)
      await measured(name, null, 0, {
        benchmarks: [{ id: 'first', report: reportOf(share(value, 0.05, { direction: 'lower' })) }],
      })
    expect(await ranks()).toEqual({ low: [1, 1, 2], high: [2, 2, 2] })
    expect((await read({ sort: 'first' })).models.map(({ name }) => name)).toEqual(['low', 'high'])
  })

  it('takes the latest finished run of a cell and leaves out what is not finished', async () => {
    const targetId = await seedTarget(db, tenantId, 'a')
    const at = (day: number) => Date.UTC(2026, 10, day)
    await measured('a', 0.2, 0.1, { targetId, createdAt: at(1) })
    const latest = await measured('a', 0.3, 0.1, { targetId, createdAt: at(2) })
    await measured('a', 0.4, 0.1, { targetId, createdAt: at(3), status: 'cancelled' })
    await measured('a', 0.5, 0.1, { targetId, createdAt: at(4), status: 'running' })
    await seedRun(db, {
      tenantId,
      targetId,
      name: 'a',
      revision: 'a-revision',
      createdAt: at(5),
      benchmarks: [{ id: 'second', family: 'refusal', report: reportOf(share(0.7)) }],
    })
    const [model, ...others] = (await read()).models
    expect(others).toEqual([])
    expect(model?.entries.map(({ benchmarkId, headline }) => [benchmarkId, headline.value])).toEqual([
      ['first', 0.3],
      ['second', 0.7],
    ])
    expect(model?.entries[0]?.runId).toBe(latest)
  })

  it("shows each target's newest deployment, or all of them", async () => {
    const targetId = await seedTarget(db, tenantId, 'a')
    await measured('a', 0.2, 0.1, {
      targetId,
      revision: 'old',
      deploymentId: 'sha-old',
      createdAt: Date.UTC(2026, 10, 1),
    })
    await measured('a', 0.3, 0.1, {
      targetId,
      revision: 'new',
      deploymentId: 'sha-new',
      createdAt: Date.UTC(2026, 10, 2),
    })
    expect((await read()).models.map(({ deploymentId }) => deploymentId)).toEqual(['sha-new'])
    expect(
      (await read({ revisions: 'all', sort: 'finishedAt' })).models.map(({ deploymentId }) => deploymentId),
    ).toEqual(['sha-new', 'sha-old'])
  })

  it('shows but does not place what was measured otherwise', async () => {
    await measured('a', 0.5, 0.1)
    await measured('b', 0.9, 0.01)
    await measured('old version', 0.99, 0.01, { version: 1, params: {} })
    for (const name of ['x', 'y']) await measured(name, 0.3, 0.01, { version: 2 })
    await measured('other params', 0.99, 0.01, { version: 2, params: { samples: 2 } })
    await measured('other metric', null, 0, {
      benchmarks: [
        {
          id: 'first',
          version: 2,
          report: reportOf(share(0.99, 0.01, { id: 'accuracy:empirical', title: 'By samples' })),
        },
      ],
    })
    const entries = Object.fromEntries((await read()).models.map(({ name, entries: [entry] }) => [name, entry]))
    expect(entries.x).toMatchObject({ comparable: true, rank: { best: 1, worst: 2, of: 2 } })
    expect(entries['old version']).toMatchObject({ comparable: false, rank: null })
    expect(entries['old version']?.differs).toContain('version 1')
    expect(entries['other params']?.differs).toContain('parameters')
    expect(entries['other metric']?.differs).toContain('By samples')
  })

  it('keeps results on uploaded items apart', async () => {
    await measured('a', 0.5, 0.1)
    expect((await read({ datasetId: 'ds_none' })).models).toEqual([])
  })

  it('shows published runs, and a tenant its own', async () => {
    await measured('hidden', 0.5, 0.1, { published: false })
    expect((await read()).models).toEqual([])
    expect((await read({}, await seedTenant(db, 'other'))).models).toEqual([])
    expect((await read({}, tenantId)).models.map(({ name }) => name)).toEqual(['hidden'])
  })

  it('puts models placed on less than half as many benchmarks last', async () => {
    const measuredOn = (name: string, value: number, ...ids: string[]) =>
      measured(name, null, 0, { benchmarks: ids.map((id) => ({ id, report: reportOf(share(value, 0.01)) })) })
    await measuredOn('good', 0.8, 'first', 'second', 'third')
    await measuredOn('poor', 0.2, 'first', 'second', 'third')
    await measuredOn('twice best', 0.9, 'first', 'second')
    await measuredOn('once best', 0.99, 'first')
    await measured('null', null, 0)
    expect((await read()).models.map(({ name, ranked }) => [name, ranked])).toEqual([
      ['twice best', 2],
      ['good', 3],
      ['poor', 3],
      ['null', 0],
      ['once best', 1],
    ])
  })

  it('finds its rows by indexes, with and without a tenant', async () => {
    await measured('a', 0.5, 0.1, { published: false })
    const asked: { text: string; values: unknown[] }[] = []
    const watched = openDatabase(
      new Proxy(env.DB, {
        get(target, name) {
          const value = Reflect.get(target, name)
          if (name !== 'prepare') return typeof value === 'function' ? value.bind(target) : value
          return (text: string) => {
            const statement = target.prepare(text)
            return {
              bind(...values: unknown[]) {
                asked.push({ text, values })
                return statement.bind(...values)
              },
            }
          }
        },
      }),
    )
    await readLeaderboard(watched, catalogue, leaderboardQuery.parse({}), null)
    await readLeaderboard(watched, catalogue, leaderboardQuery.parse({}), tenantId)
    expect(asked).toHaveLength(2)
    for (const [place, index] of [
      [0, ['runs_published']],
      [1, ['runs_published', 'runs_(tenant|target)']],
    ] as const) {
      const { text, values } = asked[place] as (typeof asked)[number]
      const plan = await env.DB.prepare(`explain query plan ${text}`)
        .bind(...values)
        .all<{ detail: string }>()
      const details = plan.results.map(({ detail }) => detail).join('\n')
      for (const name of index) expect(details).toMatch(new RegExp(`INDEX ${name} `))
      expect(details).toMatch(/SEARCH b USING INDEX run_benchmarks_run /)
      expect(details).not.toMatch(/SCAN (r|b|reports|runs)\b/)
    }
  })
})
