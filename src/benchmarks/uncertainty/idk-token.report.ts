import type { BenchmarkReport, Metric, NullReason, Table } from '../../../schema/report.ts'
import { precisionRecallCurve, rocAuc } from '../../methods/statistics/binary-classification.ts'
import type { ReportContext, Row } from '../define.ts'
import { type Abstention, summarizeAbstention, thresholdAtError } from '../report/abstention.ts'
import { degenerateLevel, fewClusters, lostItems } from '../report/caveats.ts'
import { foldsOf } from '../report/folds.ts'
import {
  countMetric,
  type MetricText,
  missingMetric,
  shareMetric,
  shareOf,
  statisticMetric,
  withReading,
} from '../report/metrics.ts'
import { groupBy, type Reported, reportedRows, worstItems } from '../report/rows.ts'
import type { IdkDetail, IdkParams } from './idk-token.ts'

/** IDK-error that the headline's threshold may have on the calibration fold. */
const MOST_ERROR = 0.05

type IdkRow = Reported<IdkDetail>

const right = (row: IdkRow) => row.detail.baselineCorrect
const massOf = (row: IdkRow) => row.detail.mass as number
const saysIdk = (row: IdkRow, threshold: number) =>
  row.detail.greedyIdk || (row.detail.mass !== null && row.detail.mass >= threshold)

const abstentionAt =
  (threshold: number) =>
  (row: IdkRow): Abstention => ({
    abstained: saysIdk(row, threshold),
    correct: row.detail.correct,
    baselineCorrect: right(row),
  })

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
      : abstentionMetric(text('f1AtThreshold', 'F1 at that threshold', 'higher', suffix), tuned, cut, 'f1', seed),
  ]
  const infinite = Number.POSITIVE_INFINITY
  const greedy = (id: Rate, title: string, direction: Metric['direction']) =>
    abstentionMetric({ id, title, direction }, items, infinite, id, seed)
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
    greedy('f1', 'F1 of given answers', 'higher'),
    greedy('idkPrecision', 'IDK-precision: abstentions that would have been wrong', 'higher'),
    greedy('idkRecall', 'IDK-recall: would-be errors turned into IDK', 'higher'),
    greedy('idkError', 'IDK-error: would-be right answers turned into IDK', 'lower'),
    greedy('knowledgeLoss', 'Knowledge loss: right answers no longer given', 'lower'),
    weighed.length === 0
      ? missingMetric(text('rocAuc', 'ROC AUC of the IDK mass for errors', 'higher', suffix), massReason(items.length))
      : statisticMetric(
          text('rocAuc', 'ROC AUC of the IDK mass for errors', 'higher', suffix),
          weighed,
          (some) =>
            rocAuc(
              some.map(massOf),
              some.map((row) => !right(row)),
            ),
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

type Rate = 'precision' | 'recall' | 'f1' | 'idkPrecision' | 'idkRecall' | 'idkError' | 'knowledgeLoss'

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

function abstentionMetric(named: MetricText, rows: IdkRow[], threshold: number, rate: Rate, seed: number): Metric {
  return statisticMetric(named, rows, (some) => summarizeAbstention(some.map(abstentionAt(threshold)))[rate], seed)
}

function curvesOf(weighed: IdkRow[], items: IdkRow[]): BenchmarkReport['curves'] {
  const thresholds = [...new Set(weighed.map(massOf))].sort((first, second) => first - second)
  const step = Math.max(1, Math.ceil(thresholds.length / 100))
  const points = thresholds
    .filter((_, place) => place % step === 0 || place === thresholds.length - 1)
    .flatMap((threshold): [number, number][] => {
      const { precision, recall } = summarizeAbstention(weighed.map(abstentionAt(threshold)))
      return precision === null || recall === null ? [] : [[recall, precision]]
    })
  const greedy = summarizeAbstention(items.map(abstentionAt(Number.POSITIVE_INFINITY)))
  const detector = precisionRecallCurve(
    weighed.map(massOf),
    weighed.map((row) => !right(row)),
  )
  return [
    {
      id: 'precisionRecall',
      title: 'Precision and recall of answers as the IDK threshold moves',
      x: { title: 'Recall of right answers', domain: [0, 1] },
      y: { title: 'Precision of given answers', domain: [0, 1] },
      kind: 'line',
      series: [
        { name: 'threshold on the IDK mass', points },
        {
          name: 'spoken IDK only',
          points: greedy.precision === null || greedy.recall === null ? [] : [[greedy.recall, greedy.precision]],
        },
      ],
    },
    {
      id: 'errorDetection',
      title: 'Finding would-be errors by the IDK mass',
      x: { title: 'Share of errors found', domain: [0, 1] },
      y: { title: 'Share of found that are errors', domain: [0, 1] },
      kind: 'line',
      series: [
        {
          name: 'IDK mass',
          points: detector ? detector.recall.map((recall, place) => [recall, detector.precision[place] as number]) : [],
        },
      ],
    },
  ]
}

function outcomeTable(items: IdkRow[]): Table {
  const count = (rows: IdkRow[], baseline: boolean, outcome: 'correct' | 'wrong' | 'idk') =>
    rows.filter(
      (row) =>
        right(row) === baseline &&
        (row.detail.greedyIdk ? 'idk' : row.detail.correct ? 'correct' : 'wrong') === outcome,
    ).length
  const lines = (name: string, rows: IdkRow[]) =>
    [true, false].map((baseline) => [
      name,
      baseline ? 'right' : 'wrong',
      count(rows, baseline, 'correct'),
      count(rows, baseline, 'wrong'),
      count(rows, baseline, 'idk'),
    ])
  const strata = [...groupBy(items, (row) => row.detail.stratum ?? 'none')].sort(([a], [b]) => (a < b ? -1 : 1))
  return {
    id: 'outcomes',
    title: 'What became of its right and wrong answers once it may say IDK',
    columns: [
      { title: 'Stratum' },
      { title: 'When it must answer' },
      { title: 'Answered right', unit: 'count' },
      { title: 'Answered wrong', unit: 'count' },
      { title: 'IDK', unit: 'count' },
    ],
    rows: [...lines('all', items), ...strata.flatMap(([name, rows]) => lines(name, rows))],
  }
}

/** The source's ways to abstain, on the same items: the model's own IDK against three uses of a model that always answers. */
function waysTable(
  folds: { calibration: IdkRow[]; report: IdkRow[] } | null,
  items: IdkRow[],
  threshold: number | null,
  samples: number,
): Table {
  const shown = folds?.report ?? items
  const line = (name: string, rows: IdkRow[] | null, judge: (row: IdkRow) => Abstention) => {
    const some = rows && rows.length > 0 ? summarizeAbstention(rows.map(judge)) : null
    return [
      name,
      some ? some.answered : null,
      some?.precision ?? null,
      some?.recall ?? null,
      some?.f1 ?? null,
      some?.idkPrecision ?? null,
      some?.idkRecall ?? null,
      some?.idkError ?? null,
    ]
  }
  const forced = (abstains: (row: IdkRow) => boolean) => (row: IdkRow) => ({
    abstained: abstains(row),
    correct: right(row),
    baselineCorrect: right(row),
  })
  const withFirst = (rows: IdkRow[]) => rows.filter((row) => row.detail.firstTokenProbability !== null)
  const doubt = (row: IdkRow) => 1 - (row.detail.firstTokenProbability as number)
  const firstCut =
    folds && withFirst(folds.calibration).length === folds.calibration.length
      ? thresholdAtError(
          folds.calibration.map((row) => ({ score: doubt(row), anyway: false, baselineCorrect: right(row) })),
          MOST_ERROR,
        )
      : null
  const judged = shown.filter((row) => row.detail.pTrue !== null)
  const sampled = shown.filter((row) => row.detail.largestClass !== null)
  return {
    id: 'waysToAbstain',
    title: 'Four ways to abstain on the same items',
    columns: [
      { title: 'Way' },
      { title: 'Answered', unit: 'count' },
      { title: 'Precision', unit: 'share' },
      { title: 'Recall', unit: 'share' },
      { title: 'F1', unit: 'share' },
      { title: 'IDK-precision', unit: 'share' },
      { title: 'IDK-recall', unit: 'share' },
      { title: 'IDK-error', unit: 'share' },
    ],
    rows: [
      line('Says IDK', shown, abstentionAt(Number.POSITIVE_INFINITY)),
      line('Says IDK, or IDK mass ≥ θ', threshold === null ? null : shown, abstentionAt(threshold ?? 0)),
      line(
        'Probability of the first answer token < θ',
        firstCut === null ? null : withFirst(shown),
        forced((row) => doubt(row) >= (firstCut ?? 0)),
      ),
      line(
        'Calls its own answer false',
        judged,
        forced((row) => (row.detail.pTrue as number) < 0.5),
      ),
      line(
        `Largest class of ${samples} samples ≤ half (:exact)`,
        sampled,
        forced((row) => (row.detail.largestClass as number) <= 0.5),
      ),
    ],
    note: folds
      ? 'On the report fold; thresholds fitted on the calibration fold at 5 % IDK-error. An empty line: not asked, not given by the target, or no threshold stays within 5 %.'
      : 'On all items: too few to fit thresholds. An empty line: not asked, not given by the target, or not fitted.',
  }
}

function unanswerableTable(rows: IdkRow[]): Table {
  return {
    id: 'unanswerable',
    title: 'Unanswerable questions, kept apart',
    columns: [
      { title: 'Kind' },
      { title: 'Items', unit: 'count' },
      { title: 'Says IDK', unit: 'share' },
      { title: 'Mean IDK mass', unit: 'share' },
    ],
    rows: [...groupBy(rows, (row) => row.detail.stratum ?? 'none')].map(([kind, some]) => {
      const weighed = some.filter((row) => row.detail.mass !== null)
      return [
        kind,
        some.length,
        shareOf(some.filter((row) => row.detail.greedyIdk).length, some.length),
        shareOf(
          weighed.reduce((sum, row) => sum + massOf(row), 0),
          weighed.length,
        ),
      ]
    }),
  }
}

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
