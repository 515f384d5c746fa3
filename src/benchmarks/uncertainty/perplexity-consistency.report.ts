import type { BenchmarkReport, Metric, NullReason } from '../../../schema/report.ts'
import { mean } from '../../methods/statistics/summary.ts'
import { samplesSaved } from '../../methods/uncertainty/perplexity-consistency.ts'
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
import { reportedRows, worstItems } from '../report/rows.ts'
import {
  accuracyCurve,
  at,
  brierOf,
  calibrationError,
  creditOf,
  type ReasoningRow,
  subsetValue,
  TITLES,
} from './perplexity-consistency.measures.ts'
import { countTable, curvesOf, strataTable } from './perplexity-consistency.tables.ts'
import type { ReasoningDetail, ReasoningParams } from './perplexity-consistency.ts'
import { METHODS, type Method } from './perplexity-consistency.votes.ts'

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
