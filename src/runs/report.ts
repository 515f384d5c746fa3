import {
  type BenchmarkReport,
  benchmarkReport,
  type ItemCounts,
  type Metric,
  type NullReason,
} from '../../schema/report.ts'
import type { AnyBenchmark, ReportContext, Row } from '../benchmarks/define.ts'
import type { RunBenchmarkRow, RunRow } from '../store/runs.ts'
import type { BenchmarkScore } from '../store/scores.ts'

/** A stored row as a benchmark's report gets it. */
export const reportRow = (row: BenchmarkScore): Row<unknown> => ({
  index: row.itemIndex,
  itemId: row.itemId,
  cluster: row.cluster,
  status: row.status,
  score: row.score,
  reason: row.reason,
  detail: row.detail === null || row.status === 'error' ? null : JSON.parse(row.detail),
})

/** How many items of each state there are, from all rows of a benchmark. */
export function countRows(rows: readonly BenchmarkScore[], total: number): ItemCounts {
  const counts: ItemCounts = {
    total,
    scored: 0,
    refused: 0,
    error: 0,
    skipped: 0,
    open: total - rows.length,
    reasons: {},
  }
  for (const { status, reason } of rows) {
    counts[status]++
    if (status !== 'error' && status !== 'skipped') continue
    const why = reason ?? 'unknown'
    counts.reasons[why] = (counts.reasons[why] ?? 0) + 1
  }
  // In the order of the alphabet: the same rows give the same bytes whoever wrote them first.
  counts.reasons = Object.fromEntries(Object.entries(counts.reasons).sort(([a], [b]) => (a < b ? -1 : 1)))
  return counts
}

/**
 * What a benchmark says of its rows, fit to be stored: no number in it is NaN or infinite, and a report that raises
 * becomes one without a value whose caveat says why, as does one whose benchmark is gone (undefined). A benchmark that the target could not be asked says so.
 */
export function reportOf(
  benchmark: AnyBenchmark | undefined,
  row: Pick<RunBenchmarkRow, 'title' | 'params' | 'size'>,
  run: Pick<RunRow, 'seed' | 'target'>,
  rows: readonly BenchmarkScore[],
): BenchmarkReport {
  const context: ReportContext<unknown> = {
    params: row.params,
    seed: run.seed,
    capabilities: run.target.capabilities,
  }
  if (benchmark === undefined) return withoutValue(row.title, 'The benchmark is no longer in the catalogue.')
  let report: BenchmarkReport
  try {
    const parsed = benchmarkReport.safeParse(finite(benchmark.report(rows.map(reportRow), context)))
    report = parsed.success ? parsed.data : withoutValue(row.title, `The report is malformed: ${parsed.error.message}`)
  } catch (error) {
    report = withoutValue(row.title, error instanceof Error ? error.message : String(error))
  }
  if (rows.length > 0 && rows.every((one) => one.reason === 'out_of_world'))
    return nulled(report, 'out_of_world', 'Not asked: its prompts have words that the model’s closed vocabulary lacks.')
  return row.size === 0 ? lacking(report, benchmark, run) : report
}

/** Every value null for one reason, which a caveat tells. */
function nulled(report: BenchmarkReport, reason: NullReason, message: string): BenchmarkReport {
  const nothing = <M extends Metric>(metric: M): M => ({ ...metric, value: null, interval: null, reason })
  return {
    ...report,
    headline: nothing(report.headline),
    metrics: report.metrics.map(nothing),
    caveats: [{ code: reason, message }, ...report.caveats],
  }
}

/** Where no item could be asked: every value is null for that reason. */
function lacking(
  report: BenchmarkReport,
  benchmark: AnyBenchmark,
  { target }: Pick<RunRow, 'target'>,
): BenchmarkReport {
  const missing = benchmark.needs.filter((need) => !target.capabilities[need])
  const why = missing.map((need) => `${need} (${target.capabilities.missing[need] ?? 'not found by the probe'})`)
  const message = `Not asked: the target lacks ${why.join(', ')}.`
  return nulled(report, 'capability_missing', message)
}

const withoutValue = (title: string, message: string): BenchmarkReport => ({
  headline: {
    id: 'headline',
    title,
    value: null,
    reason: 'undefined',
    n: 0,
    unit: 'none',
    direction: 'neutral',
    reading: 'There is no result: the report could not be made from the rows.',
  },
  metrics: [],
  curves: [],
  tables: [],
  caveats: [{ code: 'report_failed', message: message.slice(0, 1000) }],
  worst: [],
})

const isFiniteOrAbsent = (value: number | null | undefined) => value == null || Number.isFinite(value)

/** A metric whose value is no number becomes null with its reason; an interval without numbers goes. */
function finiteMetric<M extends Metric>(metric: M): M {
  const sound = isFiniteOrAbsent(metric.value)
  const { interval } = metric
  const kept = interval != null && Number.isFinite(interval.low) && Number.isFinite(interval.high) ? interval : null
  return {
    ...metric,
    ...(sound ? {} : { value: null, reason: metric.reason ?? ('undefined' as const) }),
    ...(interval === undefined ? {} : { interval: sound ? kept : null }),
  }
}

const finitePairs = (pairs: [number, number][]) => pairs.filter((pair) => pair.every(Number.isFinite))

/** The report without numbers that JSON cannot hold: a point of a curve goes, a cell of a table is empty. */
function finite(report: BenchmarkReport): BenchmarkReport {
  return {
    ...report,
    headline: finiteMetric(report.headline),
    metrics: report.metrics.map(finiteMetric),
    curves: report.curves.map((curve) => ({
      ...curve,
      series: curve.series.map(({ points, band, ...series }) => {
        const whole = points.map((point, place) => [...point, ...(band?.[place] ?? [])].every(Number.isFinite))
        return {
          ...series,
          points: finitePairs(points.filter((_, place) => whole[place] ?? true)),
          ...(band ? { band: finitePairs(band.filter((_, place) => whole[place] ?? true)) } : {}),
        }
      }),
    })),
    tables: report.tables.map((table) => ({
      ...table,
      rows: table.rows.map((cells) =>
        cells.map((cell) => (typeof cell === 'number' && !Number.isFinite(cell) ? null : cell)),
      ),
    })),
  }
}
