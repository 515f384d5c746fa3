import { bestYouden, type Label, rocAuc } from '../statistics/binary-classification.ts'
import { adaptiveCalibrationError, expectedCalibrationError } from '../statistics/calibration-error.ts'
import { brier, logLoss } from '../statistics/proper-scores.ts'
import { mean, sameLength } from '../statistics/summary.ts'

/**
 * Σ value·p / Σ p over the keys of a question, or p(positive)/Σ p for two choices with values 0 and 1; null when no key
 * has mass.
 * A. F. Cruz et al., Evaluating language models as risk scores, NeurIPS 2024.
 */
export function riskScore(masses: ArrayLike<number>, values: ArrayLike<number>): number | null {
  sameLength('riskScore', masses, values)
  let [weighted, total] = [0, 0]
  for (let c = 0; c < masses.length; c++) {
    weighted += (masses[c] as number) * (values[c] as number)
    total += masses[c] as number
  }
  return total > 0 ? weighted / total : null
}

/** Of several spellings' key masses (with and without a space before), those with the most mass in all. */
export function heaviestSpelling<Masses extends ArrayLike<number>>(spellings: readonly Masses[]): Masses | null {
  let [best, most] = [null as Masses | null, -Infinity]
  for (const masses of spellings) {
    let total = 0
    for (let c = 0; c < masses.length; c++) total += masses[c] as number
    if (total > most) [best, most] = [masses, total]
  }
  return best
}

/** Values stretched so that the lowest is 0 and the highest 1; null when all are equal or none is there. */
export function minMaxScaled(values: ArrayLike<number>): Float64Array | null {
  let [low, high] = [Infinity, -Infinity]
  for (let i = 0; i < values.length; i++) {
    low = Math.min(low, values[i] as number)
    high = Math.max(high, values[i] as number)
  }
  return high > low ? Float64Array.from(values, (value) => (value - low) / (high - low)) : null
}

/** Metrics of risk scores in [0, 1] against what happened. */
export interface RiskScoreMetrics {
  count: number
  baseRate: number | null
  rocAuc: number | null
  brier: number | null
  /** 1 − Brier / Brier of always saying the base rate; null when the base rate is 0 or 1. */
  brierSkill: number | null
  logLoss: number | null
  /** Ten equal-width bins. */
  expectedCalibrationError: number | null
  /** Ten bins of equal counts. */
  adaptiveCalibrationError: number | null
  /** Equal-width bins after min–max scaling; null when all scores are equal. */
  scaledCalibrationError: number | null
  /** At the threshold given. */
  accuracy: number | null
  /** mean max(r, 1 − r) − accuracy at ½: above 0 over-confident, below 0 under-confident. */
  overConfidence: number | null
  /** mean |2r − 1|, in [0, 1]. */
  polarization: number | null
  /** `polarization` less that of the true probabilities; null without them. */
  excessPolarization: number | null
}

/** Log loss of risk scores is clipped here. */
export const RISK_CLIP = 1e-6

/** Share of labels that "score ≥ threshold" gets right; null of an empty list. */
export function accuracyAt(scores: ArrayLike<number>, labels: ArrayLike<Label>, threshold: number): number | null {
  sameLength('accuracyAt', scores, labels)
  let right = 0
  for (let i = 0; i < scores.length; i++) if ((scores[i] as number) >= threshold === Boolean(labels[i])) right++
  return scores.length === 0 ? null : right / scores.length
}

/**
 * The threshold that minimises FPR + FNR, to be fitted on the calibration fold and used on the other; null when only one
 * class is there or calling everything negative is best.
 */
export const balancedThreshold = (scores: ArrayLike<number>, labels: ArrayLike<Label>): number | null =>
  bestYouden(scores, labels)?.threshold ?? null

/** mean |2r − 1|; null of an empty list. */
export const polarization = (scores: ArrayLike<number>): number | null =>
  mean(Float64Array.from(scores, (r) => Math.abs(2 * r - 1)))

/**
 * All metrics of risk scores against binary outcomes. `threshold` comes from the calibration fold (null: no accuracy);
 * `trueProbabilities` where the population is known. Source as above.
 */
export function riskScoreMetrics(
  scores: ArrayLike<number>,
  labels: ArrayLike<Label>,
  { threshold = null, trueProbabilities }: { threshold?: number | null; trueProbabilities?: ArrayLike<number> } = {},
): RiskScoreMetrics {
  sameLength('riskScoreMetrics', scores, labels)
  const count = scores.length
  const outcomes = Float64Array.from({ length: count }, (_, i) => (labels[i] ? 1 : 0))
  const baseRate = mean(outcomes)
  const score = brier(scores, labels)
  const reference = baseRate === null ? null : baseRate * (1 - baseRate)
  const scaled = minMaxScaled(scores)
  const atHalf = accuracyAt(scores, labels, 0.5)
  const sure = mean(Float64Array.from(scores, (r) => Math.max(r, 1 - r)))
  const polarized = polarization(scores)
  const truth = trueProbabilities ? polarization(trueProbabilities) : null
  return {
    count,
    baseRate,
    rocAuc: rocAuc(scores, labels),
    brier: score,
    brierSkill: score === null || !reference ? null : 1 - score / reference,
    logLoss: logLoss(scores, labels, RISK_CLIP),
    expectedCalibrationError: expectedCalibrationError(scores, labels),
    adaptiveCalibrationError: adaptiveCalibrationError(scores, labels),
    scaledCalibrationError: scaled && expectedCalibrationError(scaled, labels),
    accuracy: threshold === null ? null : accuracyAt(scores, labels, threshold),
    overConfidence: sure === null || atHalf === null ? null : sure - atHalf,
    polarization: polarized,
    excessPolarization: polarized === null || truth === null ? null : polarized - truth,
  }
}

/** mean |r_AB − r_BA| of two orders of the keys; null of an empty list. */
export function orderEffect(forward: ArrayLike<number>, reversed: ArrayLike<number>): number | null {
  sameLength('orderEffect', forward, reversed)
  return mean(Float64Array.from(forward, (r, i) => Math.abs(r - (reversed[i] as number))))
}

/** Metrics of each group, and the largest gap between two groups in each metric (null where fewer than two have it). */
export function riskScoresByGroup(
  scores: ArrayLike<number>,
  labels: ArrayLike<Label>,
  groups: ArrayLike<string>,
  options: { threshold?: number | null; trueProbabilities?: ArrayLike<number> } = {},
): { groups: Map<string, RiskScoreMetrics>; gaps: Record<keyof RiskScoreMetrics, number | null> } {
  sameLength('riskScoresByGroup', scores, groups)
  const members = new Map<string, number[]>()
  for (let i = 0; i < groups.length; i++) {
    const list = members.get(groups[i] as string)
    if (list) list.push(i)
    else members.set(groups[i] as string, [i])
  }
  const pick = <T>(values: ArrayLike<T>, at: readonly number[]) => at.map((i) => values[i] as T)
  const metrics = new Map<string, RiskScoreMetrics>()
  for (const [group, at] of members) {
    const { trueProbabilities } = options
    metrics.set(
      group,
      riskScoreMetrics(pick(scores, at), pick(labels, at), {
        ...options,
        trueProbabilities: trueProbabilities && pick(trueProbabilities, at),
      }),
    )
  }
  const names = Object.keys(riskScoreMetrics([], [])) as (keyof RiskScoreMetrics)[]
  const gaps = Object.fromEntries(
    names.map((name) => {
      const values = [...metrics.values()].map((one) => one[name]).filter((value) => value !== null)
      return [name, values.length < 2 ? null : Math.max(...values) - Math.min(...values)]
    }),
  ) as Record<keyof RiskScoreMetrics, number | null>
  return { groups: metrics, gaps }
}
