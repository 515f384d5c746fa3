import { mean, variance } from '../statistics/summary.ts'
import { ensembleUncertainty } from './ensemble-uncertainty.ts'

/** Uncertainty of passes with dropout at one position, in nats, as sufficient statistics of T passes. */
export interface DropoutPosition {
  /** H(mean p). */
  predictiveEntropy: number
  /** mean H(p). */
  aleatoricEntropy: number
  /** MI = predictive − aleatoric, ≥ 0. */
  epistemicEntropy: number
  expectedPairwiseKl: number | null
  reverseMutualInformation: number | null
  /** Variance over passes of the chosen token's probability (divided by T). */
  probabilityVariance: number
}

/**
 * Statistics of one position from the T distributions of its passes (each over the vocabulary, summing to 1) and the
 * position of the chosen token. Null without passes.
 * A. Malinin and M. Gales, Uncertainty estimation in autoregressive structured prediction, ICLR 2021.
 */
export function dropoutPosition(passes: readonly ArrayLike<number>[], chosen: number): DropoutPosition | null {
  const uncertainty = ensembleUncertainty(passes)
  if (!uncertainty) return null
  const probabilities = passes.map((p) => p[chosen] as number)
  const centre = mean(probabilities) as number
  return {
    predictiveEntropy: uncertainty.total,
    aleatoricEntropy: uncertainty.data,
    epistemicEntropy: uncertainty.mutualInformation,
    expectedPairwiseKl: uncertainty.expectedPairwiseKl,
    reverseMutualInformation: uncertainty.reverseMutualInformation,
    probabilityVariance: mean(probabilities.map((p) => (p - centre) ** 2)) as number,
  }
}

export type DropoutMeasure = keyof DropoutPosition

/** Mean and largest value of one measure over the positions of an answer; null of an empty answer or where one is null. */
export function dropoutUncertainty(
  positions: readonly Pick<DropoutPosition, DropoutMeasure>[],
  measure: DropoutMeasure,
): { mean: number; max: number } | null {
  const values = positions.map((position) => position[measure])
  if (values.length === 0 || values.includes(null)) return null
  // Rounding may carry an information below 0.
  const kept = (values as number[]).map((value) => Math.max(0, value))
  return { mean: mean(kept) as number, max: Math.max(...kept) }
}

/**
 * How far Monte Carlo has converged: standard deviation over disjoint groups of passes of the answer-level mutual
 * information, from each position's value in each group. Null of fewer than two groups or an empty answer.
 */
export function groupSpread(groupsByPosition: readonly (readonly number[])[]): number | null {
  const groups = groupsByPosition[0]?.length ?? 0
  const levels = Array.from({ length: groups }, (_, g) =>
    mean(groupsByPosition.map((groups) => Math.max(0, groups[g] as number))),
  ) as number[]
  const spread = variance(levels)
  return spread === null ? null : Math.sqrt(spread)
}

/** EPKL·(T − 1)/T − (MI + RMI), which is 0 but for rounding; null where an information is infinite. */
export function pairwiseIdentityError(position: DropoutPosition, passes: number): number | null {
  const { expectedPairwiseKl, epistemicEntropy, reverseMutualInformation } = position
  if (expectedPairwiseKl === null || reverseMutualInformation === null) return null
  return (expectedPairwiseKl * (passes - 1)) / passes - (epistemicEntropy + reverseMutualInformation)
}

/**
 * Variance p/(1 − p)·Σ w²x² of y = Σ w·x·m/(1 − p) under independent masks m that drop with probability p in [0, 1).
 * F. Ventola et al., Probabilistic circuits that know what they don't know, UAI 2023.
 */
export function dropoutVariance(weights: ArrayLike<number>, inputs: ArrayLike<number>, rate: number): number {
  if (!(rate >= 0 && rate < 1)) throw new RangeError(`dropoutVariance: the rate must lie in [0, 1), got ${rate}`)
  let sum = 0
  for (let i = 0; i < weights.length; i++) sum += ((weights[i] as number) * (inputs[i] as number)) ** 2
  return (rate / (1 - rate)) * sum
}

/** mean(foreign) − mean(known): how much an uncertainty rises out of distribution. Null when either list is empty. */
export function entropyShift(known: ArrayLike<number>, foreign: ArrayLike<number>): number | null {
  const [inside, outside] = [mean(known), mean(foreign)]
  return inside === null || outside === null ? null : outside - inside
}
