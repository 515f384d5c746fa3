import { normalized } from '../statistics/divergence.ts'
import { sameLength } from '../statistics/summary.ts'

type Matrix = readonly ArrayLike<number>[]

export interface PairCheating {
  /** p(y), summing to 1 over the outcomes. */
  probabilities: Float64Array
  /** p(y2 | y1), row y1, each summing to 1. */
  conditional: Float64Array[]
  /** S(y1, y2) = p(y1)·(p(y2 | y1) − p(y2)), row y1. */
  covariance: Float64Array[]
  /** p(y)·(p(y | y) − p(y)), which may be negative by noise: what means and bins are taken of. */
  signedVariance: Float64Array
  /** V(y) = max(0, signed): estimated squared gap E[(p* − p)²]. */
  variance: Float64Array
  /** Σ p(y)·(p(y | y) − p(y)), in (−1, 1); 0 of an expert. */
  cheat: number
  /** `cheat` less that of the placebo; null without one. */
  netCheat: number | null
  /** C(y) of each outcome, see `cheatConfidence`. */
  confidence: (number | null)[]
}

/**
 * Cheat-corrected epistemic confidence min(1, p(y)/p(y | y)), in [0, 1]: 0 when p(y) is 0, null when p(y | y) is 0 below
 * a positive p(y).
 * D. Johnson et al., Experts don't cheat: learning what you don't know by predicting pairs, ICML 2024.
 */
export function cheatConfidence(probability: number, probabilityGivenItself: number): number | null {
  if (probability === 0) return 0
  if (probabilityGivenItself === 0) return null
  return Math.min(1, probability / probabilityGivenItself)
}

/**
 * What pairs of answers tell about one question: `probabilities` of its outcomes, and row y1 of `conditional` their
 * probabilities once an independent draw y1 has been shown (`placebo`: once it has been shown for an unrelated setting).
 * All are renormalised over the outcomes first; null where one cannot be. Raises when shapes differ. Source as above.
 */
export function pairCheating(
  probabilities: ArrayLike<number>,
  conditional: Matrix,
  placebo?: Matrix,
): PairCheating | null {
  const p = normalized(probabilities)
  const q = rowsOf(probabilities.length, conditional)
  if (!p || !q) return null
  const covariance = q.map((row, i) => row.map((share, j) => (p[i] as number) * (share - (p[j] as number))))
  const signedVariance = Float64Array.from(covariance, (row, i) => row[i] as number)
  const cheat = signedVariance.reduce((sum, v) => sum + v, 0)
  const other = placebo ? rowsOf(probabilities.length, placebo) : null
  return {
    probabilities: p,
    conditional: q,
    covariance,
    signedVariance,
    variance: signedVariance.map((v) => Math.max(0, v)),
    cheat,
    netCheat: other && cheat - p.reduce((sum, share, i) => sum + share * ((other[i]?.[i] as number) - share), 0),
    confidence: Array.from(p, (share, i) => cheatConfidence(share, q[i]?.[i] as number)),
  }
}

function rowsOf(count: number, rows: Matrix): Float64Array[] | null {
  sameLength('pairCheating', { length: count }, rows)
  const list: Float64Array[] = []
  for (const row of rows) {
    sameLength('pairCheating', { length: count }, row)
    const shares = normalized(row)
    if (!shares) return null
    list.push(shares)
  }
  return list
}

/** Bounds of a true probability, within [0, 1]. */
export interface ProbabilityBound {
  low: number
  high: number
}

/**
 * p ± √(V/δ), clipped to [0, 1] (Chebyshev): holds p* with probability at least 1 − δ if the model is second-order
 * calibrated. Raises unless δ is in (0, 1].
 */
export function chebyshevBound(probability: number, variance: number, delta = 0.1): ProbabilityBound {
  if (!(delta > 0 && delta <= 1)) throw new RangeError(`chebyshevBound: δ must lie in (0, 1], got ${delta}`)
  const half = Math.sqrt(Math.max(0, variance) / delta)
  return { low: Math.max(0, probability - half), high: Math.min(1, probability + half) }
}

/** Variances below this are raised to it before errors are divided by them. */
export const LEAST_VARIANCE = 0.001

/** (p* − p)²/W with W = max(V, 0.001): the ratio whose mean recalibrates the bound. */
export const squaredErrorRatio = (trueProbability: number, probability: number, variance: number): number =>
  (trueProbability - probability) ** 2 / Math.max(variance, LEAST_VARIANCE)

/** The same, unbiased, from two labels of which `first` and `second` tell whether they are y; may be negative. */
export const pairErrorRatio = (first: boolean, second: boolean, probability: number, variance: number): number =>
  ((Number(first) - probability) * (Number(second) - probability)) / Math.max(variance, LEAST_VARIANCE)

/**
 * The mean of (1[y1 = y] − p)(1[y2 = y] − p) over all ordered pairs of n ≥ 2 labels of which `count` are y: an unbiased
 * estimate of (p* − p)². Null of fewer than two labels.
 */
export function pairedSquaredError(count: number, labels: number, probability: number): number | null {
  const both = pairAgreement(count, labels)
  return both === null ? null : both - (2 * probability * count) / labels + probability * probability
}

/** Share of ordered pairs of different labels that are both y, c(c − 1)/(n(n − 1)): unbiased for p*²; null below two. */
export const pairAgreement = (count: number, labels: number): number | null =>
  labels < 2 ? null : (count * (count - 1)) / (labels * (labels - 1))

/** p ± √(γ·W/δ) in [0, 1], W = max(V, 0.001), γ the upper end of the mean `squaredErrorRatio` on the calibration fold. */
export const recalibratedBound = (
  probability: number,
  variance: number,
  gamma: number,
  delta = 0.1,
): ProbabilityBound => chebyshevBound(probability, Math.max(0, gamma) * Math.max(variance, LEAST_VARIANCE), delta)

/**
 * Share of true probabilities inside their bounds, and the bounds' mean width without which it means nothing (copying
 * has coverage 1 at width 1). Null of an empty list.
 */
export function boundCoverage(
  bounds: readonly ProbabilityBound[],
  trueProbabilities: ArrayLike<number>,
): { coverage: number; meanWidth: number } | null {
  sameLength('boundCoverage', bounds, trueProbabilities)
  if (bounds.length === 0) return null
  let [inside, width] = [0, 0]
  bounds.forEach(({ low, high }, i) => {
    const truth = trueProbabilities[i] as number
    // A bound that is exact by arithmetic must not lose its truth to the last bit.
    if (truth >= low - 1e-12 && truth <= high + 1e-12) inside++
    width += high - low
  })
  return { coverage: inside / bounds.length, meanWidth: width / bounds.length }
}

/**
 * Answers are accepted when their confidence is at least 1 − β; `falseAcceptRate` is the share of the accepted whose true
 * probability is 0 and should be at most β. Null confidences are not accepted. The rate is null when none is.
 */
export function acceptance(
  confidences: readonly (number | null)[],
  trueProbabilities: ArrayLike<number>,
  beta = 0.1,
): { accepted: number; falseAcceptRate: number | null } {
  sameLength('acceptance', confidences, trueProbabilities)
  let [accepted, wrong] = [0, 0]
  confidences.forEach((confidence, i) => {
    if (confidence === null || confidence < 1 - beta) return
    accepted++
    if (trueProbabilities[i] === 0) wrong++
  })
  return { accepted, falseAcceptRate: accepted === 0 ? null : wrong / accepted }
}

/**
 * What an exact Bayesian who weighs `hypotheses` (distributions over the outcomes) by `weights` says of two independent
 * draws: p(y) and p(y2 | y1). Fed to `pairCheating`, V is then the posterior variance of p*. Null when nothing can be
 * normalised.
 */
export function bayesianPairs(
  weights: ArrayLike<number>,
  hypotheses: readonly ArrayLike<number>[],
): { probabilities: Float64Array; conditional: Float64Array[] } | null {
  sameLength('bayesianPairs', weights, hypotheses)
  const posterior = normalized(weights)
  const first = hypotheses[0]
  if (!posterior || !first) return null
  const mix = (shares: ArrayLike<number>) =>
    Float64Array.from({ length: first.length }, (_, y) =>
      hypotheses.reduce((sum, hypothesis, h) => sum + (shares[h] as number) * (hypothesis[y] as number), 0),
    )
  const probabilities = mix(posterior)
  const conditional = Array.from(probabilities, (share, y1) =>
    // An outcome that cannot occur teaches nothing.
    share === 0
      ? Float64Array.from(probabilities)
      : mix(posterior.map((weight, h) => (weight * (hypotheses[h]?.[y1] as number)) / share)),
  )
  return { probabilities, conditional }
}
