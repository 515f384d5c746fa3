import type { BenchmarkReport, Curve, Metric, NullReason, Table } from '../../../schema/report.ts'
import { predictionRejectionRatio } from '../../methods/selective/rejection.ts'
import { rocAuc } from '../../methods/statistics/binary-classification.ts'
import { mean, quantile } from '../../methods/statistics/summary.ts'
import { entropyShift } from '../../methods/uncertainty/dropout.ts'
import type { ReportContext, Row } from '../define.ts'
import { degenerateLevel, fewClusters, lostItems } from '../report/caveats.ts'
import {
  type MetricText,
  meanMetric,
  missingMetric,
  shareMetric,
  shareOf,
  statisticMetric,
  withReading,
} from '../report/metrics.ts'
import { type Reported, reportedRows, worstItems } from '../report/rows.ts'
import type { DropoutDetail, DropoutParams, Measures } from './dropout-uncertainty.ts'

type DropoutRow = Reported<DropoutDetail>

interface Estimator {
  id: string
  title: string
  of: (row: DropoutRow) => number | null
  /** Passes over the answer beside the one that wrote it. */
  passes: (row: DropoutRow) => number
}

const NAMES: readonly (keyof Measures)[] = ['MI', 'EPKL', 'RMI', 'TU', 'DU', 'variance']
const TITLES: Record<keyof Measures, string> = {
  MI: 'mutual information',
  EPKL: 'expected pairwise KL',
  RMI: 'reverse mutual information',
  TU: 'total uncertainty',
  DU: 'data uncertainty',
  variance: 'variance of the token’s probability',
}

/** Estimators at one place of the rates. */
const withDropout = (at: number, over: 'mean' | 'max'): Estimator[] =>
  NAMES.map((name) => ({
    id: over === 'mean' ? name : `${name}:max`,
    title: over === 'mean' ? TITLES[name] : `${TITLES[name]}, largest position`,
    of: (row) => row.detail.rates[at]?.[over][name] ?? null,
    passes: (row) => row.detail.passes,
  }))

const SINGLE: readonly Estimator[] = [
  {
    id: 'MeanTokenEntropy',
    title: 'mean token entropy, no dropout',
    of: (row) => row.detail.meanTokenEntropy,
    passes: () => 0,
  },
  {
    id: 'Perplexity',
    title: 'mean negative log-likelihood, no dropout',
    of: (row) => row.detail.perplexity,
    passes: () => 0,
  },
]

const ESTIMATORS: readonly Estimator[] = [...withDropout(0, 'mean'), ...SINGLE]

/** Known and foreign questions as they stand; corrupted ones are a question of their own. */
const plainOf = (rows: readonly DropoutRow[]): DropoutRow[] => rows.filter((row) => row.detail.severity === 0)
const known = (row: DropoutRow): boolean => row.detail.split === 'id'
const valued = (rows: readonly DropoutRow[], { of }: Estimator) => rows.filter((row) => of(row) !== null)

const foreignAuc = (rows: readonly DropoutRow[], estimator: Estimator): number | null => {
  const some = valued(plainOf(rows), estimator)
  return rocAuc(
    some.map((row) => estimator.of(row) as number),
    some.map((row) => !known(row)),
  )
}
const judgedOf = (rows: readonly DropoutRow[], estimator: Estimator) =>
  valued(plainOf(rows), estimator).filter((row) => row.detail.correct !== null)

const errorAuc = (rows: readonly DropoutRow[], estimator: Estimator): number | null => {
  const some = judgedOf(rows, estimator)
  return rocAuc(
    some.map((row) => estimator.of(row) as number),
    some.map((row) => !row.detail.correct),
  )
}
const rejection = (rows: readonly DropoutRow[], estimator: Estimator): number | null => {
  const some = judgedOf(rows, estimator)
  return predictionRejectionRatio(
    some.map((row) => estimator.of(row) as number),
    some.map((row) => Number(row.detail.correct)),
  )
}

/** The report: what passes with dropout tell beyond the single pass. */
export function reportDropoutUncertainty(
  rows: Row<DropoutDetail>[],
  { seed, params }: Pick<ReportContext<DropoutParams>, 'seed' | 'params'>,
): BenchmarkReport {
  const all = reportedRows(rows).filter((row) => row.detail.rates.length > 0)
  const plain = plainOf(all)
  const [information, entropy] = [ESTIMATORS[0] as Estimator, SINGLE[0] as Estimator]
  const both = valued(valued(plain, information), entropy)
  const reason: NullReason = all.length === 0 ? 'no_items' : 'single_class'
  const text: MetricText = {
    id: 'foreignGain',
    title: 'ROC AUC of MI against foreign questions minus that of mean token entropy',
    direction: 'higher',
    unit: 'none',
  }
  const headline =
    both.length === 0
      ? missingMetric(text, 'no_items')
      : statisticMetric(
          text,
          both,
          (some) => {
            const [own, other] = [foreignAuc(some, information), foreignAuc(some, entropy)]
            return own === null || other === null ? null : own - other
          },
          seed,
          reason,
        )
  const judged = plain.filter((row) => row.detail.correct !== null)
  return {
    headline: withReading(
      headline,
      'How much better passes with dropout tell foreign questions from known ones than the single pass that wrote the answer; 0 is no gain for its price.',
    ),
    metrics: [
      ...ESTIMATORS.flatMap((estimator) => estimatorMetrics(estimator, plain, seed)),
      meanMetric(
        {
          id: 'groupSpread',
          title: 'Spread of MI over five groups of passes',
          direction: 'lower',
          unit: 'nats',
          note: 'Against the MI itself it tells whether the passes are enough.',
        },
        all.filter((row) => row.detail.rates[0]?.groupSpread != null),
        (row) => row.detail.rates[0]?.groupSpread as number,
        seed,
      ),
      meanMetric(
        { id: 'costRatio', title: 'Passes over the answer for one that wrote it', direction: 'lower', unit: 'ratio' },
        all,
        (row) => row.detail.passes,
        seed,
      ),
      shareMetric(
        { id: 'accuracy', title: 'Accuracy on known questions', direction: 'higher' },
        judged,
        (row) => row.detail.correct === true,
        seed,
      ),
    ],
    curves: all.length === 0 ? [] : curvesOf(all),
    tables: [estimatorTable(plain), rateTable(all, params)],
    caveats: [
      ...lostItems(rows, null),
      ...degenerateLevel(shareOf(judged.filter((row) => row.detail.correct).length, judged.length)),
      ...fewClusters(all),
      ...ownCaveats(all),
    ],
    worst: worstItems(
      plain,
      (row) => {
        const value = information.of(row)
        return value === null || row.detail.correct === true ? null : -value
      },
      ({ detail }) =>
        detail.split === 'ood'
          ? `Nobody can know this, and no pass doubts it: “${detail.answer}”.`
          : `Wrong, and no pass doubts it: “${detail.answer}”, right is “${detail.gold ?? ''}”.`,
    ),
  }
}

function estimatorMetrics(estimator: Estimator, plain: DropoutRow[], seed: number): Metric[] {
  const text = (id: string, title: string, unit: Metric['unit'] = 'none'): MetricText => ({
    id: `${id}.${estimator.id}`,
    title: `${title}, ${estimator.title}`,
    direction: 'higher',
    unit,
  })
  const some = valued(plain, estimator)
  return [
    statisticMetric(
      text('foreignRocAuc', 'ROC AUC against foreign questions'),
      some,
      (rows) => foreignAuc(rows, estimator),
      seed,
      'single_class',
    ),
    statisticMetric(
      text('errorRocAuc', 'ROC AUC against wrong answers'),
      some.filter((row) => row.detail.correct !== null),
      (rows) => errorAuc(rows, estimator),
      seed,
      'single_class',
    ),
    statisticMetric(
      text('prr', 'PRR'),
      some.filter((row) => row.detail.correct !== null),
      (rows) => rejection(rows, estimator),
      seed,
      'single_class',
    ),
    statisticMetric(
      text('shift', 'Mean on foreign minus mean on known questions', 'nats'),
      some,
      (rows) => shiftOf(rows, estimator),
      seed,
      'single_class',
    ),
  ]
}

const shiftOf = (rows: readonly DropoutRow[], { of }: Estimator): number | null =>
  entropyShift(
    rows.filter(known).map((row) => of(row) as number),
    rows.filter((row) => !known(row)).map((row) => of(row) as number),
  )

const estimatorTable = (plain: DropoutRow[]): Table => ({
  id: 'estimators',
  title: 'Every estimator on the same answers',
  columns: [
    { title: 'Estimator' },
    { title: 'Answers', unit: 'count' },
    { title: 'Foreign: ROC AUC' },
    { title: 'Wrong: ROC AUC' },
    { title: 'PRR' },
    { title: 'Shift' },
    { title: 'Passes beside the one that wrote it' },
  ],
  rows: [...withDropout(0, 'mean'), ...withDropout(0, 'max'), ...SINGLE].map((estimator) => {
    const some = valued(plain, estimator)
    return [
      estimator.title,
      some.length,
      foreignAuc(some, estimator),
      errorAuc(some, estimator),
      rejection(some, estimator),
      some.length === 0 ? null : shiftOf(some, estimator),
      mean(some.map(estimator.passes)),
    ]
  }),
  note: 'The analytic variance of the source is that of circuits; for transformers only the sampled form is measured.',
})

function rateTable(all: readonly DropoutRow[], { rate, otherRates }: DropoutParams): Table {
  const rates = [...new Set([rate, ...otherRates])]
  const at = (row: DropoutRow, wanted: number) => row.detail.rates.findIndex((one) => one.rate === wanted)
  return {
    id: 'rates',
    title: 'By share of activations dropped',
    columns: [
      { title: 'Rate' },
      { title: 'Answers', unit: 'count' },
      { title: 'Mean MI', unit: 'nats' },
      { title: 'Spread of MI over groups', unit: 'nats' },
      { title: 'Foreign: ROC AUC of MI' },
      { title: 'Wrong: ROC AUC of MI' },
    ],
    rows: rates
      .sort((first, second) => first - second)
      .map((one) => {
        const some = all.filter((row) => at(row, one) >= 0)
        const read = (row: DropoutRow) => row.detail.rates[at(row, one)]
        const estimator: Estimator = { id: 'MI', title: 'MI', of: (row) => read(row)?.mean.MI ?? null, passes: () => 0 }
        return [
          one,
          some.length,
          mean(some.flatMap((row) => read(row)?.mean.MI ?? [])),
          mean(some.flatMap((row) => read(row)?.groupSpread ?? [])),
          foreignAuc(some, estimator),
          errorAuc(some, estimator),
        ]
      }),
  }
}

const BINS = 12

function curvesOf(all: readonly DropoutRow[]): Curve[] {
  const plain = plainOf(all)
  const information = ESTIMATORS[0] as Estimator
  const values = valued(plain, information).map((row) => information.of(row) as number)
  // A few answers without bound would press all others into one bin.
  const top = Math.max(quantile(values, 0.98) ?? 1, 1e-9)
  const histogram = (name: string, rows: readonly DropoutRow[]): Curve['series'][number] => {
    const counts = new Array<number>(BINS).fill(0)
    for (const row of rows) {
      const bin = Math.min(BINS - 1, Math.floor((BINS * (information.of(row) as number)) / top))
      counts[bin] = (counts[bin] as number) + 1
    }
    return {
      name,
      points: counts.map((count, bin): [number, number] => [
        ((bin + 0.5) * top) / BINS,
        rows.length === 0 ? 0 : count / rows.length,
      ]),
    }
  }
  const some = valued(plain, information)
  const severities = [...new Set(all.filter(known).map((row) => row.detail.severity))].sort((a, b) => a - b)
  const bySeverity = (estimator: Estimator): Curve['series'][number] => ({
    name: estimator.title,
    points: severities.flatMap((severity): [number, number][] => {
      const value = mean(
        all.filter((row) => known(row) && row.detail.severity === severity).flatMap((row) => estimator.of(row) ?? []),
      )
      return value === null ? [] : [[severity, value]]
    }),
  })
  return [
    {
      id: 'histogram',
      title: 'Mutual information of known and of foreign questions',
      x: { title: 'Mutual information, nats (the last bin holds all above)', domain: [0, top] },
      y: { title: 'Share of the questions' },
      kind: 'bars',
      series: [
        histogram('known', some.filter(known)),
        histogram(
          'foreign',
          some.filter((row) => !known(row)),
        ),
      ],
    },
    {
      id: 'bySeverity',
      title: 'Uncertainty by severity of the corruption',
      x: { title: 'Severity (0: none)' },
      y: { title: 'Mean uncertainty, nats' },
      kind: 'line',
      series: [information, SINGLE[0] as Estimator].map(bySeverity),
    },
  ]
}

function ownCaveats(all: readonly DropoutRow[]): BenchmarkReport['caveats'] {
  const list: BenchmarkReport['caveats'] = []
  if (all.some((row) => row.detail.rates[0]?.inserted))
    list.push({
      code: 'inserted_dropout',
      message: 'The model has no dropout of its own: it was inserted after its layers, which it was not trained with.',
    })
  const still = all.filter((row) => row.detail.rates[0]?.differs === false).length
  if (still > 0)
    list.push({
      code: 'dropout_off',
      message: `On ${still} answers all passes agree to the last bit: dropout may not have been on.`,
    })
  const information = mean(all.flatMap((row) => row.detail.rates[0]?.mean.MI ?? []))
  const spread = mean(all.flatMap((row) => row.detail.rates[0]?.groupSpread ?? []))
  if (information !== null && spread !== null && information > 0 && spread > information)
    list.push({
      code: 'not_converged',
      message: 'Groups of passes differ by more than the mutual information itself: more passes are needed.',
    })
  return list
}
