import type { BenchmarkReport, Table } from '../../../schema/report.ts'
import { precisionRecallCurve } from '../../methods/statistics/binary-classification.ts'
import { type Abstention, summarizeAbstention, thresholdAtError } from '../report/abstention.ts'
import { shareOf } from '../report/metrics.ts'
import { groupBy, type Reported } from '../report/rows.ts'
import type { IdkDetail } from './idk-token.ts'

/** IDK-error that the headline's threshold may have on the calibration fold. */
export const MOST_ERROR = 0.05

/** A reported item of this benchmark. */
export type IdkRow = Reported<IdkDetail>

/** Whether the forced answer is right. */
export const right = (row: IdkRow) => row.detail.baselineCorrect
export const massOf = (row: IdkRow) => row.detail.mass as number
/** Whether it says IDK in words or by a mass of at least the threshold. */
export const saysIdk = (row: IdkRow, threshold: number) =>
  row.detail.greedyIdk || (row.detail.mass !== null && row.detail.mass >= threshold)

/** What becomes of an item at a threshold on the mass; infinity: spoken IDKs alone. */
export const abstentionAt =
  (threshold: number) =>
  (row: IdkRow): Abstention => ({
    abstained: saysIdk(row, threshold),
    correct: row.detail.correct,
    baselineCorrect: right(row),
  })

/** Precision and recall of answers over thresholds, and of errors found by the mass. */
export function curvesOf(weighed: IdkRow[], items: IdkRow[]): BenchmarkReport['curves'] {
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

/** Answered right, answered wrong or IDK, by what the forced answer was, in all and by stratum. */
export function outcomeTable(items: IdkRow[]): Table {
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
export function waysTable(
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
        `Largest class of ${samples} samples ≤ half (:${sampled.some((row) => row.detail.classesBy === 'exact') ? 'exact' : 'nli'})`,
        sampled,
        forced((row) => (row.detail.largestClass as number) <= 0.5),
      ),
    ],
    note: folds
      ? 'On the report fold; thresholds fitted on the calibration fold at 5 % IDK-error. An empty line: not asked, not given by the target, or no threshold stays within 5 %.'
      : 'On all items: too few to fit thresholds. An empty line: not asked, not given by the target, or not fitted.',
  }
}

/** IDKs and mean mass on unanswerable questions, by kind. */
export function unanswerableTable(rows: IdkRow[]): Table {
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
