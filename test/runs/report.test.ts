import { expect, test } from 'vitest'
import type { BenchmarkReport } from '../../schema/report.ts'
import { itemEvidence } from '../../src/runs/evidence.ts'
import { endStatus } from '../../src/runs/finish.ts'
import { countRows, reportOf } from '../../src/runs/report.ts'
import { rescoreRun } from '../../src/runs/rescore.ts'
import { openDatabase } from '../../src/store/database.ts'
import { runReportView } from '../../src/store/runs.ts'
import { allCapabilities, find, oneCall, openPlace, twoCalls } from './place.ts'

const run = {
  seed: 0,
  target: { name: 't', model: 'm', dialect: 'openai', capabilities: allCapabilities, price: null },
}
const benchmark = { title: 'One call', params: {}, size: 3 }

test('numbers that JSON cannot hold become null with a reason, and points of curves go', () => {
  const base = oneCall.report([], { params: oneCall.params.parse({}), seed: 0, capabilities: allCapabilities })
  const unsound: BenchmarkReport = {
    ...base,
    headline: {
      ...base.headline,
      value: Number.NaN,
      reason: undefined,
      interval: { low: 0, high: 1, confidence: 0.95, method: 'wilson' },
    },
    metrics: [
      {
        ...base.headline,
        value: 0.5,
        interval: { low: Number.NEGATIVE_INFINITY, high: 1, confidence: 0.95, method: 'bootstrap' },
      },
    ],
    curves: [
      {
        id: 'c',
        title: 'c',
        x: { title: 'x' },
        y: { title: 'y' },
        kind: 'line',
        series: [
          {
            name: 's',
            points: [
              [0, 1],
              [1, Number.NaN],
              [2, 3],
            ],
            band: [
              [0, 2],
              [0, 1],
              [2, Number.POSITIVE_INFINITY],
            ],
          },
        ],
      },
    ],
    tables: [{ id: 't', title: 't', columns: [{ title: 'a' }], rows: [[Number.NaN], [1]] }],
  }
  const report = reportOf({ ...oneCall, report: () => unsound }, benchmark, run, [])
  expect(report.headline).toMatchObject({ value: null, reason: 'undefined', interval: null })
  expect(report.metrics[0]).toMatchObject({ value: 0.5, interval: null })
  expect(report.curves[0]?.series[0]).toEqual({ name: 's', points: [[0, 1]], band: [[0, 2]] })
  expect(report.tables[0]?.rows).toEqual([[null], [1]])
  expect(JSON.parse(JSON.stringify(report))).toEqual(report)
})

test('a report that raises, is malformed, or has no benchmark any more says so', () => {
  const raising = reportOf(
    {
      ...oneCall,
      report: () => {
        throw new RangeError('no such fold')
      },
    },
    benchmark,
    run,
    [],
  )
  expect(raising.headline).toMatchObject({ value: null, reason: 'undefined' })
  expect(raising.caveats[0]).toEqual({ code: 'report_failed', message: 'no such fold' })
  const malformed = reportOf({ ...oneCall, report: () => ({}) as BenchmarkReport }, benchmark, run, [])
  expect(malformed.caveats[0]?.code).toBe('report_failed')
  expect(reportOf(undefined, benchmark, run, []).caveats[0]?.message).toMatch(/no longer/)
})

test('the state in which a run ends follows from what was lost', () => {
  const counts = (error: number, open: number, total = 100) => [
    { total, scored: total - error - open, refused: 0, error, skipped: 0, open, reasons: {} },
  ]
  expect(endStatus(null, counts(20, 0))).toBe('done')
  expect(endStatus(null, counts(21, 0))).toBe('degraded')
  expect(endStatus(null, counts(100, 0))).toBe('failed')
  expect(endStatus(null, [])).toBe('done')
  expect(endStatus('cancelled', counts(0, 90))).toBe('cancelled')
  expect(endStatus('budget_calls', counts(0, 20))).toBe('done')
  expect(endStatus('budget_calls', counts(0, 60))).toBe('degraded')
  expect(endStatus('target_unauthorized', counts(0, 1))).toBe('failed')
  expect(countRows([], 3)).toEqual({ total: 3, scored: 0, refused: 0, error: 0, skipped: 0, open: 3, reasons: {} })
})

test('a run scored again from its rows has the same report; by another version, one from stored answers', async () => {
  const place = await openPlace()
  const { id } = await place.start({
    benchmarks: [
      { id: 'one-call', size: 30 },
      { id: 'two-calls', size: 20 },
    ],
  })
  expect(await rescoreRun(place.env, place.tenantId, id, find)).toBe(false)
  await place.drain()
  const db = openDatabase(place.env.DB)
  const reports = async () => (await runReportView(db, await place.run(id))).benchmarks
  const before = await reports()
  const asked = place.requests.length
  expect(await rescoreRun(place.env, 'ten_other', id, find)).toBe(false)
  expect(await rescoreRun(place.env, place.tenantId, id, find)).toBe(true)
  expect(JSON.stringify(await reports())).toBe(JSON.stringify(before))

  const doubled = (one: string) => {
    const known = find(one)
    if (known?.id !== 'two-calls')
      return known && { ...known, version: 2, evaluate: async () => Promise.reject(new Error('new')) }
    return {
      ...twoCalls,
      version: 2,
      evaluate: async (context: Parameters<typeof twoCalls.evaluate>[0]) => {
        const outcome = await twoCalls.evaluate(context)
        return { ...outcome, score: 2 * (outcome.score ?? 0) }
      },
    }
  }
  expect(await rescoreRun(place.env, place.tenantId, id, doubled)).toBe(true)
  const after = await reports()
  expect(after[1]?.version).toBe(2)
  expect(after[1]?.report.headline.value).toBeCloseTo(2 * (before[1]?.report.headline.value ?? 0), 9)
  // What the new version of the first would ask was never asked: it stays as it was.
  expect(JSON.stringify(after[0])).toBe(JSON.stringify(before[0]))
  expect(place.requests.length).toBe(asked)
}, 20_000)

test('an item shows what was asked and answered, to its tenant', async () => {
  const place = await openPlace()
  const { id } = await place.start({ benchmarks: [{ id: 'two-calls', size: 5 }] })
  await place.drain()
  const asked = place.requests.length
  const exchanges = await itemEvidence(place.env, place.tenantId, id, 'two-calls', 3, find)
  expect(exchanges).toHaveLength(2)
  expect(exchanges[0]?.asked).toMatchObject({ kind: 'chat', messages: [{ role: 'user' }], temperature: 0 })
  expect(exchanges[1]?.asked).toMatchObject({ kind: 'chat', temperature: 1 })
  expect(JSON.stringify(exchanges[1]?.asked)).toContain('plus 3?')
  expect(exchanges[0]?.answered).toHaveProperty('samples')
  expect(await itemEvidence(place.env, place.tenantId, id, 'two-calls', 5, find)).toEqual([])
  expect(await itemEvidence(place.env, 'ten_other', id, 'two-calls', 3, find)).toEqual([])
  expect(place.requests.length).toBe(asked)
})

test('a benchmark that a closed vocabulary has no words for is null for that reason', () => {
  const row = { itemId: 'a', cluster: null, status: 'error' as const, score: null, detail: null }
  const lost = (reason: string, itemIndex: number) => ({ ...row, reason, itemIndex }) as never
  const all = reportOf(oneCall, benchmark, run as never, [lost('out_of_world', 0), lost('out_of_world', 1)])
  expect([all.headline, ...all.metrics].map(({ value, reason }) => [value, reason])).toEqual(
    [all.headline, ...all.metrics].map(() => [null, 'out_of_world']),
  )
  expect(all.caveats[0]?.code).toBe('out_of_world')
  const some = reportOf(oneCall, benchmark, run as never, [lost('out_of_world', 0), lost('timeout', 1)])
  expect(some.headline.reason).not.toBe('out_of_world')
})
