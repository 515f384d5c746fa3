import type { Curve, Table } from '../../../schema/report.ts'
import { mean, quantile } from '../../methods/statistics/summary.ts'
import {
  type DropoutRow,
  ESTIMATORS,
  type Estimator,
  errorAuc,
  foreignAuc,
  known,
  plainOf,
  rejection,
  SINGLE,
  shiftOf,
  valued,
  withDropout,
} from './dropout-uncertainty.estimators.ts'
import type { DropoutParams } from './dropout-uncertainty.ts'

/** Every estimator, by mean and by largest position, on the same answers. */
export const estimatorTable = (plain: DropoutRow[]): Table => ({
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

/** Mutual information by rate of dropout. */
export function rateTable(all: readonly DropoutRow[], { rate, otherRates }: DropoutParams): Table {
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

/** Mutual information of known and foreign questions, and uncertainty by severity of corruption. */
export function curvesOf(all: readonly DropoutRow[]): Curve[] {
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
