import { type Label, rocAuc, rocCurve } from '../statistics/binary-classification.ts'
import { sameLength } from '../statistics/summary.ts'

/** Error rates of one target under one kind of corruption, by severity. */
export type CorruptionErrors = Readonly<Record<string, readonly number[]>>

export interface CorruptionSummary {
  /** CE of each kind against the baseline; null where the baseline's errors add up to 0. */
  errors: Record<string, number | null>
  /** Mean over the kinds that have one; null when none has. */
  meanError: number | null
  /** Kinds left out because their baseline sum is not above 0. */
  excluded: string[]
}

/**
 * Corruption errors Σ_s err / Σ_s err^base of each kind and their mean (mCE). With `clean` error rates, those are taken
 * off first on both sides (relative mCE): what corruption adds. Kinds that the baseline lacks are excluded. Raises when a
 * kind has different numbers of severities.
 * D. Hendrycks and T. Dietterich, Benchmarking neural network robustness, ICLR 2019; S. Chun et al., 2020.
 */
export function corruptionErrors(
  target: CorruptionErrors,
  baseline: CorruptionErrors,
  clean?: { target: number; baseline: number },
): CorruptionSummary {
  const errors: Record<string, number | null> = {}
  const excluded: string[] = []
  let [sum, kinds] = [0, 0]
  for (const [kind, rates] of Object.entries(target)) {
    const reference = baseline[kind] ?? []
    if (reference.length > 0) sameLength('corruptionErrors', rates, reference)
    const above = (list: readonly number[], floor: number) => list.reduce((total, rate) => total + rate - floor, 0)
    const bottom = above(reference, clean?.baseline ?? 0)
    // A sum that is 0 but for rounding is no denominator.
    if (!(bottom > 1e-12)) {
      errors[kind] = null
      excluded.push(kind)
      continue
    }
    const ratio = above(rates, clean?.target ?? 0) / bottom
    errors[kind] = ratio
    sum += ratio
    kinds++
  }
  return { errors, meanError: kinds === 0 ? null : sum / kinds, excluded }
}

/** How well confidence tells known kinds of input (positive) from foreign ones. */
export interface OutOfDistributionDetection {
  rocAuc: number | null
  /** Share of foreign inputs accepted at the highest threshold that accepts 95 % of the known. */
  falsePositiveRateAt95: number | null
  /** min over thresholds of ½(1 − TPR + FPR), in [0, ½]. */
  detectionError: number | null
}

/** All null when only one kind is there. S. Liang et al., ODIN, ICLR 2018. */
export function outOfDistributionDetection(
  confidences: ArrayLike<number>,
  inDistribution: ArrayLike<Label>,
): OutOfDistributionDetection {
  const curve = rocCurve(confidences, inDistribution)
  if (!curve) return { rocAuc: null, falsePositiveRateAt95: null, detectionError: null }
  return {
    rocAuc: rocAuc(confidences, inDistribution),
    falsePositiveRateAt95: falsePositiveRateAtRecall(confidences, inDistribution, 0.95),
    detectionError: Math.min(
      ...curve.map(({ truePositiveRate, falsePositiveRate }) => (1 - truePositiveRate + falsePositiveRate) / 2),
    ),
  }
}

/** False positive rate at the highest threshold whose true positive rate is at least `recall`; null of one class. */
export const falsePositiveRateAtRecall = (
  scores: ArrayLike<number>,
  labels: ArrayLike<Label>,
  recall: number,
): number | null =>
  rocCurve(scores, labels)?.find(({ truePositiveRate }) => truePositiveRate >= recall - 1e-12)?.falsePositiveRate ??
  null

/** (accuracy − 1/choices)/(1 − 1/choices): 0 of guessing, 1 of all right, negative below guessing. Raises below two choices. */
export function chanceCorrected(accuracy: number, choices: number): number {
  if (!(choices >= 2)) throw new RangeError(`chanceCorrected: need at least two choices, got ${choices}`)
  return (accuracy - 1 / choices) / (1 - 1 / choices)
}
