import type { BenchmarkReport, Curve, Metric, NullReason, Table } from '../../../schema/report.ts'
import { expectedCalibrationError } from '../../methods/statistics/calibration-error.ts'
import { mean } from '../../methods/statistics/summary.ts'
import { type AccuracyAtSamples, samplesSaved } from '../../methods/uncertainty/perplexity-consistency.ts'
import type { ReportContext, Row } from '../define.ts'
import { degenerateLevel, fewClusters, lostItems } from '../report/caveats.ts'
import {
  type MetricText,
  meanMetric,
  missingMetric,
  shareMetric,
  statisticMetric,
  withReading,
} from '../report/metrics.ts'
import { groupBy, type Reported, reportedRows, worstItems } from '../report/rows.ts'
import type { ReasoningDetail, ReasoningParams } from './perplexity-consistency.ts'
import { METHODS, type Method, SUBSETS } from './perplexity-consistency.votes.ts'

type ReasoningRow = Reported<ReasoningDetail>

const TITLES: Record<Method, string> = {
  SC: 'self-consistency',
  PPL: 'likeliest path',
  PC: 'perplexity consistency',
  RPC: 'pruned perplexity consistency',
}

const at = (method: Method): number => METHODS.indexOf(method)

/** The value of one subset; where all samples were taken there is only one. */
const subsetValue = (
  values: ReasoningDetail['credits'],
  method: Method,
  count: number,
  subset: number,
): number | null => {
  const list = values[at(method)]?.[count] ?? []
  return (list.length === 1 ? list[0] : list[subset]) ?? null
}

/** Mean credit over subsets at that place of `counts`. */
const creditOf = (row: ReasoningRow, method: Method, count: number): number | null =>
  mean((row.detail.credits[at(method)]?.[count] ?? []).flatMap((value) => value ?? []))

const accuracyCurve = (rows: readonly ReasoningRow[], method: Method, counts: readonly number[]): AccuracyAtSamples[] =>
  counts.map((samples, place) => ({
    samples,
    accuracy: mean(rows.map((row) => creditOf(row, method, place) ?? 0)) ?? 0,
  }))

/** ECE of the winner's confidence in one subset; null without a confidence. */
function calibrationError(rows: readonly ReasoningRow[], method: Method, count: number, subset: number): number | null {
  const found = rows.flatMap((row) => {
    const confidence = subsetValue(row.detail.confidences, method, count, subset)
    const credit = subsetValue(row.detail.credits, method, count, subset)
    return confidence === null || credit === null ? [] : [{ confidence, credit }]
  })
  return expectedCalibrationError(
    found.map((one) => Math.min(1, one.confidence)),
    found.map((one) => one.credit),
  )
}

const brierOf = (row: ReasoningRow, method: Method, last: number): number | null => {
  const confidence = subsetValue(row.detail.confidences, method, last, 0)
  const credit = subsetValue(row.detail.credits, method, last, 0)
  return confidence === null || credit === null ? null : (confidence - credit) ** 2
}

/** The report: all votes at all numbers of samples, on the items that have as many paths as most. */
export function reportPerplexityConsistency(
  rows: Row<ReasoningDetail>[],
  { seed }: Pick<ReportContext<ReasoningParams>, 'seed'>,
): BenchmarkReport {
  const everything = reportedRows(rows)
  const counts = everything.reduce<number[]>(
    (longest, { detail }) => (detail.counts.length > longest.length ? detail.counts : longest),
    [],
  )
  // Subsets can be compared only where there are the same numbers of samples.
  const all = everything.filter(({ detail }) => detail.counts.join() === counts.join())
  const weighed = all.filter(({ detail }) => detail.weighed)
  const last = counts.length - 1
  const given = METHODS.filter((method) => method === 'SC' || weighed.length > 0)
  const rowsOf = (method: Method) => (method === 'SC' ? all : weighed)
  const reason: NullReason = all.length === 0 ? 'no_items' : 'capability_missing'
  const total = counts[last] ?? 0
  const eceAt = (some: readonly ReasoningRow[], method: Method) => calibrationError(some, method, last, 0)
  const deltaText: MetricText = {
    id: 'eceGain',
    title: `ECE of self-consistency minus that of pruned perplexity consistency, ${total} samples`,
    direction: 'higher',
    unit: 'none',
  }
  const delta =
    weighed.length === 0
      ? missingMetric(deltaText, reason)
      : statisticMetric(
          deltaText,
          weighed,
          (some) => {
            const [own, other] = [eceAt(some, 'RPC'), eceAt(some, 'SC')]
            return own === null || other === null ? null : other - own
          },
          seed,
          'no_answers',
        )
  const savedText: MetricText = {
    id: 'samplesSaved',
    title: `Samples saved by pruned perplexity consistency, at the accuracy of self-consistency with ${total}`,
    direction: 'higher',
    unit: 'share',
    note: `ECE gain at ${total} samples: ${delta.value === null ? 'none' : delta.value.toFixed(3)}. No value: it never gets there.`,
  }
  const headline: Metric =
    weighed.length === 0
      ? missingMetric(savedText, reason, all.length)
      : statisticMetric(
          savedText,
          weighed,
          (some) => samplesSaved(accuracyCurve(some, 'RPC', counts), accuracyCurve(some, 'SC', counts)),
          seed,
        )
  const accuracy = mean(all.map((row) => creditOf(row, 'SC', last) ?? 0))
  return {
    headline: withReading(
      headline,
      'The share of samples that can be left out for the accuracy that self-consistency has with all; 0 is no gain, below 0 it needs more.',
    ),
    metrics: [
      delta,
      ...METHODS.flatMap((method) => methodMetrics(method, rowsOf(method), last, total, reason, seed)),
      ...prunedMetrics(weighed, reason, seed),
      shareMetric(
        { id: 'invalidPaths', title: 'Paths without a valid answer', direction: 'lower' },
        all,
        (row) => row.detail.invalid / row.detail.paths,
        seed,
      ),
      shareMetric(
        { id: 'cutOffPaths', title: 'Paths cut off by the limit on tokens', direction: 'lower' },
        all,
        (row) => row.detail.cutOff / row.detail.paths,
        seed,
      ),
    ],
    curves: all.length === 0 ? [] : curvesOf(rowsOf, given, counts),
    tables: all.length === 0 ? [] : [countTable(rowsOf, given, counts), strataTable(rowsOf, given, all, last)],
    caveats: [
      ...lostItems(rows, null),
      ...degenerateLevel(accuracy),
      ...fewClusters(all),
      ...(all.length > 0 && weighed.length === 0
        ? [
            {
              code: 'capability_missing',
              message: 'The target shows no log-probabilities: only self-consistency can vote.',
            },
          ]
        : []),
      ...(all.length < everything.length
        ? [
            {
              code: 'fewer_paths',
              message: `${everything.length - all.length} items with fewer paths than the others are left out.`,
            },
          ]
        : []),
    ],
    worst: worstItems(
      all,
      (row) => (creditOf(row, 'SC', last) === 0 ? (subsetValue(row.detail.confidences, 'SC', last, 0) ?? null) : null),
      ({ detail }) => `Most of its ${detail.paths} paths agree on “${detail.answer ?? ''}”, right is “${detail.gold}”.`,
    ),
  }
}

function methodMetrics(
  method: Method,
  rows: readonly ReasoningRow[],
  last: number,
  total: number,
  reason: NullReason,
  seed: number,
): Metric[] {
  const text = (id: string, title: string, direction: Metric['direction']): MetricText => ({
    id: `${id}.${method}`,
    title: `${title}, ${TITLES[method]}`,
    direction,
    unit: 'none',
  })
  const accuracy: MetricText = { ...text('accuracy', `Accuracy with ${total} samples`, 'higher'), unit: 'share' }
  const [ece, brier, model] = [
    text('ece', `ECE with ${total} samples`, 'lower'),
    text('brier', `Brier score with ${total} samples`, 'lower'),
    text('modelError', 'Model error of the confidence', 'lower'),
  ]
  if (rows.length === 0) return [accuracy, ece, brier, model].map((one) => missingMetric(one, reason))
  const withBrier = rows.filter((row) => brierOf(row, method, last) !== null)
  const withModel = rows.filter((row) => row.detail.modelErrors[at(method)] !== null)
  const first = rows.filter((row) => row.detail.estimationErrors[at(method)]?.[0] != null)
  return [
    shareMetric(accuracy, rows, (row) => creditOf(row, method, last) ?? 0, seed),
    statisticMetric(ece, rows, (some) => calibrationError(some, method, last, 0), seed, 'no_answers'),
    meanMetric(brier, withBrier, (row) => brierOf(row, method, last) as number, seed),
    meanMetric(model, withModel, (row) => row.detail.modelErrors[at(method)] as number, seed),
    meanMetric(
      text('estimationError', `Estimation error of the confidence with ${rows[0]?.detail.counts[0]} samples`, 'lower'),
      first,
      (row) => row.detail.estimationErrors[at(method)]?.[0] as number,
      seed,
    ),
  ]
}

/** Share of the right and of the wrong paths that pruning takes away. */
const prunedMetrics = (rows: readonly ReasoningRow[], reason: NullReason, seed: number): Metric[] =>
  (['right', 'wrong'] as const).map((side) => {
    const text: MetricText = {
      id: `pruned.${side}`,
      title: `Share of the ${side} paths that are pruned`,
      direction: side === 'right' ? 'lower' : 'higher',
    }
    if (rows.length === 0) return missingMetric(text, reason)
    return statisticMetric(
      text,
      rows,
      (some) => {
        const valid = some.reduce((sum, { detail }) => sum + detail.valid[side], 0)
        return valid === 0 ? null : some.reduce((sum, { detail }) => sum + detail.pruned[side], 0) / valid
      },
      seed,
      'no_answers',
    )
  })

type RowsOf = (method: Method) => readonly ReasoningRow[]

/** Values over the subsets, as mean and range. */
function overSubsets(of: (subset: number) => number | null): { value: number; band: [number, number] } | null {
  const values = Array.from({ length: SUBSETS }, (_, subset) => of(subset)).filter((value) => value !== null)
  const value = mean(values)
  return value === null ? null : { value, band: [Math.min(...values), Math.max(...values)] }
}

function curvesOf(rowsOf: RowsOf, given: readonly Method[], counts: readonly number[]): Curve[] {
  const series = (of: (method: Method, place: number, subset: number) => number | null) =>
    given.map((method) => {
      const found = counts.flatMap((count, place) => {
        const over = overSubsets((subset) => of(method, place, subset))
        return over ? [{ count, ...over }] : []
      })
      return {
        name: TITLES[method],
        points: found.map(({ count, value }): [number, number] => [count, value]),
        band: found.map(({ band }) => band),
      }
    })
  return [
    {
      id: 'accuracy',
      title: 'Accuracy by number of samples',
      x: { title: 'Samples' },
      y: { title: 'Accuracy' },
      kind: 'line',
      series: series((method, place, subset) =>
        mean(rowsOf(method).map((row) => subsetValue(row.detail.credits, method, place, subset) ?? 0)),
      ),
    },
    {
      id: 'ece',
      title: 'Calibration error by number of samples',
      x: { title: 'Samples' },
      y: { title: 'ECE of the winner’s confidence' },
      kind: 'line',
      series: series((method, place, subset) => calibrationError(rowsOf(method), method, place, subset)),
    },
    {
      id: 'errors',
      title: 'What the error of a confidence is made of',
      x: { title: 'Vote' },
      y: { title: 'Mean squared error' },
      kind: 'bars',
      categories: given.map((method) => method),
      series: [
        {
          name: 'model error',
          points: given.flatMap((method, place): [number, number][] => {
            const value = mean(rowsOf(method).flatMap((row) => row.detail.modelErrors[at(method)] ?? []))
            return value === null ? [] : [[place, value]]
          }),
        },
        ...counts.slice(0, -1).map((count, of) => ({
          name: `estimation error with ${count} samples`,
          points: given.flatMap((method, place): [number, number][] => {
            const value = mean(rowsOf(method).flatMap((row) => row.detail.estimationErrors[at(method)]?.[of] ?? []))
            return value === null ? [] : [[place, value]]
          }),
        })),
      ],
    },
  ]
}

const countTable = (rowsOf: RowsOf, given: readonly Method[], counts: readonly number[]): Table => ({
  id: 'samples',
  title: `Each vote by number of samples, means over ${SUBSETS} subsets`,
  columns: [
    { title: 'Vote' },
    { title: 'Samples', unit: 'count' },
    { title: 'Accuracy', unit: 'share' },
    { title: 'ECE' },
    { title: 'Estimation error' },
  ],
  rows: given.flatMap((method) =>
    counts.map((count, place) => [
      TITLES[method],
      count,
      mean(rowsOf(method).map((row) => creditOf(row, method, place) ?? 0)),
      overSubsets((subset) => calibrationError(rowsOf(method), method, place, subset))?.value ?? null,
      mean(rowsOf(method).flatMap((row) => row.detail.estimationErrors[at(method)]?.[place] ?? [])),
    ]),
  ),
  note: 'For self-consistency the estimation error should be near h(1 − h)/K, less the share of the samples already taken.',
})

const strataTable = (rowsOf: RowsOf, given: readonly Method[], all: readonly ReasoningRow[], last: number): Table => ({
  id: 'strata',
  title: 'Accuracy by kind of problem, all samples',
  columns: [
    { title: 'Kind' },
    { title: 'Problems', unit: 'count' },
    ...given.map((method) => ({ title: TITLES[method], unit: 'share' as const })),
  ],
  rows: [...groupBy(all, (row) => row.detail.stratum ?? 'all')].map(([name, rows]) => [
    name,
    rows.length,
    ...given.map((method) =>
      mean(
        rowsOf(method)
          .filter((row) => (row.detail.stratum ?? 'all') === name)
          .map((row) => creditOf(row, method, last) ?? 0),
      ),
    ),
  ]),
})
