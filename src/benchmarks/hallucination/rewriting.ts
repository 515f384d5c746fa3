import { type LogisticModel, logisticRegression } from '../../methods/statistics/logistic-regression.ts'
import { foldsOf } from '../report/folds.ts'
import type { Clustered } from '../report/metrics.ts'
import { remembered } from '../report/rows.ts'
import { queryFeatures } from './query-features.ts'
import type { QueryDetail, QueryVariant } from './query-perturbation.ts'

export type QueryRow = Clustered & { index: number; itemId: string; detail: QueryDetail }

export const hallucinationRate = remembered(
  ({ detail }: QueryRow): number => detail.variants.filter((one) => !one.correct).length / detail.variants.length,
)
export const isHallucinatory = (row: QueryRow): boolean => hallucinationRate(row) > 0.5
const original = (row: QueryRow): QueryVariant => row.detail.variants[0] as QueryVariant

/** A classifier of questions fitted on the calibration fold, and what it is judged on. */
export interface FittedPredictor {
  /** Predicted risk of the question as it was asked. */
  risk: (row: QueryRow) => number
  /** The rewording with the lowest predicted risk, the first of equals; null where there is none. */
  rewrite: (row: QueryRow) => QueryVariant | null
  /** Highest risk at which at most 10 % of sound questions of the calibration fold are called hallucinatory. */
  threshold: number
  calibration: QueryRow[]
  report: QueryRow[]
}

const MOST_FALSE_ALARMS = 0.1
/** Keeps the weights finite where a feature tells the few items of a fold apart. */
const PENALTY = 1

/** Fits the risk of a question from its wording alone; null with too few items or one class in a fold. */
export function fitPredictor(rows: readonly QueryRow[], seed: number): FittedPredictor | null {
  const folds = foldsOf(rows, seed, isHallucinatory)
  if (!folds) return null
  const model = logisticRegression(
    folds.calibration.map((row) => queryFeatures(original(row).text)),
    folds.calibration.map(isHallucinatory),
    { penalty: PENALTY },
  )
  if (!model) return null
  const sound = folds.calibration.filter((row) => !isHallucinatory(row)).map((row) => riskOf(model, original(row).text))
  const candidates = [...new Set(sound)].sort((first, second) => first - second)
  const threshold =
    candidates.find((cut) => sound.filter((risk) => risk > cut).length <= MOST_FALSE_ALARMS * sound.length) ?? 1
  return {
    risk: remembered((row: QueryRow) => riskOf(model, original(row).text)),
    rewrite: remembered((row: QueryRow) => lowest(row.detail.variants.slice(1), (one) => riskOf(model, one.text))),
    threshold,
    ...folds,
  }
}

const riskOf = (model: LogisticModel, question: string): number => model.predict(queryFeatures(question))

/** The rewording whose first answer most of the answers agree with, the first of equals; null where there is none. */
export const rankedByConsensus = remembered(({ detail }: QueryRow): QueryVariant | null => {
  const agreeing = (one: QueryVariant) => detail.variants.filter((other) => other.class === one.class).length
  return lowest(detail.variants.slice(1), (one) => -agreeing(one))
})

/** The rewording whose first answer is right, where there is one: an oracle, for a bound. */
export const rankedByGold = remembered(({ detail }: QueryRow): QueryVariant | null =>
  lowest(detail.variants.slice(1), (one) => (one.correct ? 0 : 1)),
)

function lowest<T>(list: readonly T[], costOf: (one: T) => number): T | null {
  let best: { one: T; cost: number } | null = null
  for (const one of list) {
    const cost = costOf(one)
    if (!best || cost < best.cost) best = { one, cost }
  }
  return best?.one ?? null
}

type Choose = (row: QueryRow) => QueryVariant | null

/** Right answers asked anew with the chosen wording, less those with the question as it was; null without rows. */
export function gainOf(rows: readonly QueryRow[], choose: Choose): number | null {
  const pairs = rows.flatMap((row) => {
    const chosen = choose(row)
    return chosen ? [Number(chosen.freshCorrect) - Number(original(row).freshCorrect)] : []
  })
  return pairs.length === 0 ? null : pairs.reduce((sum, one) => sum + one, 0) / pairs.length
}

/**
 * Share of hallucinatory questions whose chosen wording answers right anew, less the share of sound ones that turn wrong,
 * less the same for the question simply asked again (which takes out regression to the mean). Null without hallucinatory ones.
 */
export function transitionOf(rows: readonly QueryRow[], choose: Choose): number | null {
  const net = (pick: Choose): number | null => {
    const share = (some: QueryRow[], right: boolean) =>
      some.length === 0 ? 0 : some.filter((row) => pick(row)?.freshCorrect === right).length / some.length
    const hallucinatory = rows.filter((row) => isHallucinatory(row) && pick(row))
    const sound = rows.filter((row) => !isHallucinatory(row) && pick(row))
    return hallucinatory.length === 0 ? null : share(hallucinatory, true) - share(sound, false)
  }
  const [chosen, again] = [net(choose), net(original)]
  return chosen === null || again === null ? null : chosen - again
}

export const asItWas: Choose = original
