import { expect } from 'vitest'
import { type BenchmarkReport, benchmarkReport } from '../../schema/report.ts'
import type { AnyBenchmark, Row } from '../../src/benchmarks/define.ts'
import { randomFrom } from '../../src/methods/random.ts'
import { buildBm25 } from '../../src/methods/text/bm25.ts'
import type { Model } from '../../src/model/model.ts'

export interface Trial {
  size?: number
  items?: unknown[]
  params?: Record<string, unknown>
  seed?: number
  roles?: Record<string, Model>
}

/** Runs a benchmark in memory as a run would: items, evaluation side by side, rows checked against their shape. */
export async function rowsOf(benchmark: AnyBenchmark, target: Model, trial: Trial = {}): Promise<Row<unknown>[]> {
  const seed = trial.seed ?? 7
  const params = benchmark.params.parse(trial.params ?? {})
  const made =
    trial.items ?? benchmark.builtin?.(randomFrom(seed, benchmark.id, 'items'), trial.size ?? 12, params) ?? []
  const items = made.map((item) => benchmark.item.parse(item))
  const passages = benchmark.corpus?.(randomFrom(seed, benchmark.id, 'corpus'), items.length, params) ?? []
  const index = buildBm25(passages)
  const retriever = {
    search: async (query: string, k: number) =>
      index.search(query, k).map(({ passage, score }) => ({ ...passage, title: passage.title ?? '', score })),
  }
  return Promise.all(
    items.map(async (item, place): Promise<Row<unknown>> => {
      const outcome = await benchmark.evaluate({
        item,
        target,
        roles: trial.roles ?? {},
        retriever: passages.length > 0 ? retriever : null,
        params,
        random: randomFrom(seed, benchmark.id, item.id),
      })
      const detail = benchmark.row.parse(JSON.parse(JSON.stringify(outcome.detail)))
      expect(outcome.detail, 'a row must survive JSON').toEqual(detail)
      return {
        index: place,
        itemId: item.id,
        cluster: item.cluster ?? null,
        status: outcome.status,
        score: outcome.score,
        reason: outcome.reason ?? null,
        detail,
      }
    }),
  )
}

/** The report of rows, checked: it has its shape, survives JSON unchanged (no NaN), and nulls carry a reason. */
export function reportOf(
  benchmark: AnyBenchmark,
  rows: Row<unknown>[],
  { params = {}, seed = 7, target }: { params?: Record<string, unknown>; seed?: number; target: Model },
): BenchmarkReport {
  const report = benchmark.report(rows, {
    params: benchmark.params.parse(params),
    seed,
    capabilities: target.capabilities,
  })
  expect(benchmarkReport.parse(JSON.parse(JSON.stringify(report)))).toEqual(JSON.parse(JSON.stringify(report)))
  for (const number of numbersIn(report))
    expect(Number.isFinite(number), 'a report holds finite numbers only').toBe(true)
  const metrics = [report.headline, ...report.metrics]
  for (const metric of metrics) {
    if (metric.value === null) expect(metric.reason, `${metric.id} is null without a reason`).toBeDefined()
    const { interval, value } = metric
    if (interval && value !== null) expect(interval.low).toBeLessThanOrEqual(interval.high)
  }
  const ids = report.metrics.map((metric) => metric.id)
  expect(new Set(ids).size, `metric ids must differ: ${ids.join(', ')}`).toBe(ids.length)
  return report
}

function* numbersIn(value: unknown): Generator<number> {
  if (typeof value === 'number') yield value
  else if (Array.isArray(value)) for (const member of value) yield* numbersIn(member)
  else if (typeof value === 'object' && value !== null)
    for (const member of Object.values(value)) yield* numbersIn(member)
}

/** The metric of that id, the headline included. */
export function metricOf(report: BenchmarkReport, id: string): BenchmarkReport['metrics'][number] {
  const metric = [...report.metrics, report.headline].find((one) => one.id === id)
  if (!metric) throw new Error(`no metric ${id} among ${report.metrics.map((one) => one.id).join(', ')}`)
  return metric
}

/**
 * What every report must survive: no rows, one row, all lost, all skipped, and rows in any order. Runs them and returns
 * the report of the rows as they are.
 */
export function checkEdges(
  benchmark: AnyBenchmark,
  rows: Row<unknown>[],
  context: { params?: Record<string, unknown>; seed?: number; target: Model },
): BenchmarkReport {
  const report = reportOf(benchmark, rows, context)
  expect(JSON.stringify(reportOf(benchmark, rows, context)), 'same rows, same bytes').toBe(JSON.stringify(report))
  const shuffled = randomFrom('order').shuffle(rows)
  expect(JSON.stringify(reportOf(benchmark, shuffled, context)), 'the order of rows does not matter').toBe(
    JSON.stringify(report),
  )
  const empty = reportOf(benchmark, [], context)
  expect(empty.headline.value).toBeNull()
  reportOf(benchmark, rows.slice(0, 1), context)
  const lost = rows.map(
    (row): Row<unknown> => ({ ...row, status: 'error', score: null, reason: 'timeout', detail: null }),
  )
  const allLost = reportOf(benchmark, lost, context)
  expect(allLost.headline.value).toBeNull()
  expect(allLost.caveats.map((caveat) => caveat.code)).toContain('lost_items')
  reportOf(
    benchmark,
    rows.map((row): Row<unknown> => ({ ...row, status: 'skipped', reason: 'too_long' })),
    context,
  )
  reportOf(
    benchmark,
    rows.map((row): Row<unknown> => ({ ...row, status: 'refused' })),
    context,
  )
  // Ties everywhere: the first row many times over.
  const [first] = rows
  if (first)
    reportOf(
      benchmark,
      rows.map((row, index): Row<unknown> => ({ ...first, index, itemId: row.itemId, cluster: null })),
      context,
    )
  return report
}
