import { predictionRejectionRatio } from '../../methods/selective/rejection.ts'
import { rocAuc } from '../../methods/statistics/binary-classification.ts'
import { entropyShift } from '../../methods/uncertainty/dropout.ts'
import type { Reported } from '../report/rows.ts'
import type { DropoutDetail, Measures } from './dropout-uncertainty.ts'

export type DropoutRow = Reported<DropoutDetail>

export interface Estimator {
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
export const withDropout = (at: number, over: 'mean' | 'max'): Estimator[] =>
  NAMES.map((name) => ({
    id: over === 'mean' ? name : `${name}:max`,
    title: over === 'mean' ? TITLES[name] : `${TITLES[name]}, largest position`,
    of: (row) => row.detail.rates[at]?.[over][name] ?? null,
    passes: (row) => row.detail.passes,
  }))

/** Estimators of the single pass, without dropout. */
export const SINGLE: readonly Estimator[] = [
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

/** Estimators whose figures stand among the metrics: those of the first rate by mean, and the single pass. */
export const ESTIMATORS: readonly Estimator[] = [...withDropout(0, 'mean'), ...SINGLE]

/** Known and foreign questions as they stand; corrupted ones are a question of their own. */
export const plainOf = (rows: readonly DropoutRow[]): DropoutRow[] => rows.filter((row) => row.detail.severity === 0)

/** Whether the question is one that can be known. */
export const known = (row: DropoutRow): boolean => row.detail.split === 'id'

/** Rows that the estimator has a value for. */
export const valued = (rows: readonly DropoutRow[], { of }: Estimator) => rows.filter((row) => of(row) !== null)

/** ROC AUC of uncertainty, foreign against known questions; null of one class only. */
export const foreignAuc = (rows: readonly DropoutRow[], estimator: Estimator): number | null => {
  const some = valued(plainOf(rows), estimator)
  return rocAuc(
    some.map((row) => estimator.of(row) as number),
    some.map((row) => !known(row)),
  )
}
const judgedOf = (rows: readonly DropoutRow[], estimator: Estimator) =>
  valued(plainOf(rows), estimator).filter((row) => row.detail.correct !== null)

/** ROC AUC of uncertainty, wrong against right answers; null of one class only. */
export const errorAuc = (rows: readonly DropoutRow[], estimator: Estimator): number | null => {
  const some = judgedOf(rows, estimator)
  return rocAuc(
    some.map((row) => estimator.of(row) as number),
    some.map((row) => !row.detail.correct),
  )
}

/** Prediction–rejection ratio over judged answers; null where all are alike. */
export const rejection = (rows: readonly DropoutRow[], estimator: Estimator): number | null => {
  const some = judgedOf(rows, estimator)
  return predictionRejectionRatio(
    some.map((row) => estimator.of(row) as number),
    some.map((row) => Number(row.detail.correct)),
  )
}

/** Mean uncertainty on foreign less that on known questions; null where either has none. */
export const shiftOf = (rows: readonly DropoutRow[], { of }: Estimator): number | null =>
  entropyShift(
    rows.filter(known).map((row) => of(row) as number),
    rows.filter((row) => !known(row)).map((row) => of(row) as number),
  )
