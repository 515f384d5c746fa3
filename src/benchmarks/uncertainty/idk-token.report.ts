import type { BenchmarkReport, Metric, NullReason } from '../../../schema/report.ts'
import type { ReportContext, Row } from '../define.ts'
import { ABSTENTION_RATES, type AbstentionRate, summarizeAbstention, thresholdAtError } from '../report/abstention.ts'
import { degenerateLevel, fewClusters, lostItems } from '../report/caveats.ts'
import { foldsOf } from '../report/folds.ts'
import {
  aucStatistic,
  averagePrecisionStatistic,
  countMetric,
  type MetricText,
  missingMetric,
  pairsMetric,
  shareMetric,
  shareOf,
  statisticMetric,
  valueMetric,
  withReading,
} from '../report/metrics.ts'
import { reportedRows, worstItems } from '../report/rows.ts'
import {
  abstentionAt,
  curvesOf,
  type IdkRow,
  MOST_ERROR,
  massOf,
  outcomeTable,
  right,
  saysIdk,
  unanswerableTable,
  waysTable,
} from './idk-token.tables.ts'
import type { IdkDetail, IdkParams } from './idk-token.ts'

/** The report of one run: answerable items carry every figure, the unanswerable ones stand apart. */
export function reportIdkToken(
  rows: Row<IdkDetail>[],
  { seed, params }: Pick<ReportContext<IdkParams>, 'seed' | 'params'>,
): BenchmarkReport {
  const all = reportedRows(rows)
  const items = all.filter((row) => !row.detail.unanswerable)
  const unanswerable = all.filter((row) => row.detail.unanswerable)
  const weighed = items.filter((row) => row.detail.mass !== null)
  const by = weighed[0]?.detail.massBy ?? null
  const suffix = by === null || by === 'phrase' || by === 'token' ? '' : `:${by}`
  const folds = foldsOf(weighed, seed, right)
  const threshold =
    folds &&
    thresholdAtError(
      folds.calibration.map((row) => ({
        score: massOf(row),
        anyway: row.detail.greedyIdk,
        baselineCorrect: right(row),
      })),
      MOST_ERROR,
    )
  const headline = headlineMetric(weighed, items.length, folds?.report ?? null, threshold, suffix, seed)
  const tuned = threshold === null ? [] : (folds?.report ?? [])
  const cut = threshold ?? Number.POSITIVE_INFINITY
  const noThreshold: NullReason = folds ? 'undefined' : 'too_few'

  const atThreshold: Metric[] = [
    valueMetric(
      {
        ...text('threshold', 'Threshold on the IDK mass', 'neutral', suffix),
        note: 'Fitted on the calibration fold. No value: no mass may abstain within 5 % IDK-error.',
        unit: 'share',
      },
      threshold,
      noThreshold,
      folds?.calibration.length ?? 0,
    ),
    threshold === null
      ? missingMetric(text('idkErrorAtThreshold', 'IDK-error at that threshold', 'lower', suffix), noThreshold)
      : shareMetric(
          text('idkErrorAtThreshold', 'IDK-error at that threshold', 'lower', suffix),
          tuned.filter(right),
          (row) => saysIdk(row, cut),
          seed,
        ),
    threshold === null
      ? missingMetric(text('f1AtThreshold', 'F1 at that threshold', 'higher', suffix), noThreshold)
      : f1Metric(text('f1AtThreshold', 'F1 at that threshold', 'higher', suffix), tuned, cut, seed),
  ]
  const infinite = Number.POSITIVE_INFINITY
  const greedy = (id: AbstentionRate, title: string, direction: Metric['direction']) =>
    rateMetric({ id, title, direction }, items, infinite, id, seed)
  const metrics: Metric[] = [
    ...atThreshold,
    shareMetric(
      { id: 'baselineAccuracy', title: 'Accuracy when it must answer', direction: 'higher' },
      items,
      right,
      seed,
    ),
    greedy('precision', 'Precision of given answers', 'higher'),
    greedy('recall', 'Recall of right answers', 'higher'),
    f1Metric({ id: 'f1', title: 'F1 of given answers', direction: 'higher' }, items, infinite, seed),
    greedy('idkPrecision', 'IDK-precision: abstentions that would have been wrong', 'higher'),
    greedy('idkRecall', 'IDK-recall: would-be errors turned into IDK', 'higher'),
    greedy('idkError', 'IDK-error: would-be right answers turned into IDK', 'lower'),
    greedy('knowledgeLoss', 'Knowledge loss: right answers no longer given', 'lower'),
    weighed.length === 0
      ? missingMetric(text('rocAuc', 'ROC AUC of the IDK mass for errors', 'higher', suffix), massReason(items.length))
      : pairsMetric(
          text('rocAuc', 'ROC AUC of the IDK mass for errors', 'higher', suffix),
          weighed,
          aucStatistic(massOf, (row) => !right(row)),
          seed,
          'single_class',
        ),
    weighed.length === 0
      ? missingMetric(
          text('averagePrecision', 'Average precision of the IDK mass for errors', 'higher', suffix),
          massReason(items.length),
        )
      : pairsMetric(
          text('averagePrecision', 'Average precision of the IDK mass for errors', 'higher', suffix),
          weighed,
          averagePrecisionStatistic(massOf, (row) => !right(row)),
          seed,
          'single_class',
        ),
    shareMetric(
      {
        id: 'unanswerableIdk',
        title: 'IDK on unanswerable questions',
        direction: 'higher',
        note: 'Always answering IDK would give 1: never read it alone.',
      },
      unanswerable,
      (row) => row.detail.greedyIdk,
      seed,
    ),
    threshold === null
      ? missingMetric(
          text('unanswerableIdkAtThreshold', 'IDK on unanswerable questions at the threshold', 'higher', suffix),
          noThreshold,
          unanswerable.length,
        )
      : shareMetric(
          text('unanswerableIdkAtThreshold', 'IDK on unanswerable questions at the threshold', 'higher', suffix),
          unanswerable,
          (row) => saysIdk(row, cut),
          seed,
        ),
    shareMetric(
      { id: 'multiAnswerRate', title: 'Answers that name several values', direction: 'lower' },
      items,
      (row) => row.detail.severalValues,
      seed,
    ),
    countMetric(
      { id: 'truncatedMass', title: 'Items whose IDK mass lies below the top-k', direction: 'neutral' },
      all.filter((row) => row.detail.massTruncated).length,
    ),
  ]
  const accuracy = shareOf(items.filter(right).length, items.length)
  return {
    headline: withReading(
      headline,
      'Of the questions it would get wrong, the share it gives up on, at a threshold that costs at most 5 % of its right answers.',
    ),
    metrics,
    curves: curvesOf(weighed, items),
    tables: [outcomeTable(items), waysTable(folds, items, threshold, params.samples), unanswerableTable(unanswerable)],
    caveats: [
      ...lostItems(rows, headline),
      ...degenerateLevel(accuracy),
      ...fewClusters(items),
      ...massCaveats(weighed, by),
    ],
    worst: worstItems(
      items,
      (row) => (right(row) ? null : 1 - (row.detail.mass ?? 0) + (row.detail.greedyIdk ? -1 : 0)),
      (row) =>
        `Wrong without a sign of doubt (IDK mass ${row.detail.mass === null ? 'unknown' : row.detail.mass.toPrecision(2)}): “${row.detail.baseline}”, right is “${row.detail.gold}”.`,
    ),
  }
}

const text = (id: string, title: string, direction: Metric['direction'], suffix = ''): MetricText => ({
  id: `${id}${suffix}`,
  title,
  direction,
})

const massReason = (items: number): NullReason => (items === 0 ? 'no_items' : 'capability_missing')

function headlineMetric(
  weighed: IdkRow[],
  items: number,
  report: IdkRow[] | null,
  threshold: number | null,
  suffix: string,
  seed: number,
): Metric {
  const named = text('idkRecallAtError5', 'IDK-recall at 5 % IDK-error', 'higher', suffix)
  if (weighed.length === 0) return missingMetric(named, massReason(items))
  if (!report) return missingMetric(named, 'too_few', weighed.length)
  if (threshold === null)
    return missingMetric(
      { ...named, note: 'Its spoken IDKs alone cost more than 5 % of its right answers.' },
      'undefined',
      weighed.length,
    )
  const shown = Number.isFinite(threshold)
    ? `at an IDK mass of ${threshold.toPrecision(3)}`
    : 'at its spoken IDKs alone'
  return shareMetric(
    { ...named, note: `On the report fold, ${shown} (fitted on the calibration fold).` },
    report.filter((row) => !right(row)),
    (row) => saysIdk(row, threshold),
    seed,
  )
}

/** A rate is a share of the items that it is about: its interval is a share's, which resampling all items would miss. */
function rateMetric(named: MetricText, rows: IdkRow[], threshold: number, rate: AbstentionRate, seed: number): Metric {
  const { among, hit } = ABSTENTION_RATES[rate]
  const told = abstentionAt(threshold)
  const some = rows.filter((row) => among(told(row)))
  if (some.length === 0 && rows.length > 0) return missingMetric(named, 'undefined')
  return shareMetric(named, some, (row) => hit(told(row)), seed)
}

const f1Metric = (named: MetricText, rows: IdkRow[], threshold: number, seed: number): Metric =>
  statisticMetric(named, rows, (some) => summarizeAbstention(some.map(abstentionAt(threshold))).f1, seed)

function massCaveats(weighed: IdkRow[], by: IdkDetail['massBy']): BenchmarkReport['caveats'] {
  const list: BenchmarkReport['caveats'] = []
  if (by === 'firstToken')
    list.push({
      code: 'first_token_mass',
      message:
        'The target gives no log-probabilities of given text, so the mass is that of the first token of the IDK phrases: it also counts other answers that start alike.',
    })
  if (by === 'empirical')
    list.push({
      code: 'empirical_mass',
      message: 'The target gives no log-probabilities: the IDK mass is the share of samples that decline.',
    })
  const truncated = weighed.filter((row) => row.detail.massTruncated)
  if (truncated.length > 0) {
    const most = Math.max(...truncated.map((row) => row.detail.massUpper ?? 0))
    list.push({
      code: 'mass_below_top_k',
      message: `On ${truncated.length} items no IDK token is among the alternatives; their mass counts as 0 and is at most ${most.toPrecision(2)}.`,
    })
  }
  return list
}
