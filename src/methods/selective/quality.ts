import { averagePrecision, rocAuc } from '../statistics/binary-classification.ts'
import { spearman } from '../statistics/correlation.ts'
import { predictionRejectionRatio } from './rejection.ts'
import { reversedPairs } from './reversed-pairs.ts'
import { riskCoverageAuc } from './risk-coverage.ts'

/** How well uncertainties order answers by quality. Each is null where it is not defined. */
export interface UncertaintyQuality {
  /** Of certainty for quality ≥ ½; null (single class) when all answers are right or all are wrong. */
  rocAuc: number | null
  /** Of certainty for quality ≥ ½. */
  averagePrecision: number | null
  predictionRejectionRatio: number | null
  /** The same when at most half of the items are rejected. */
  predictionRejectionRatioHalf: number | null
  /** Lower is better. */
  riskCoverageAuc: number | null
  /** Lower is better. */
  reversedPairs: number | null
  /** Of certainty with quality. */
  spearman: number | null
}

/**
 * All quality metrics of an uncertainty score: `uncertainties` (higher = less certain) against `qualities` in [0, 1].
 * Raises when the lists differ in length.
 */
export function uncertaintyQuality(uncertainties: ArrayLike<number>, qualities: ArrayLike<number>): UncertaintyQuality {
  const certainties = Float64Array.from(uncertainties, (u) => -u)
  const correct = Array.from(qualities, (quality) => quality >= 0.5)
  return {
    rocAuc: rocAuc(certainties, correct),
    averagePrecision: averagePrecision(certainties, correct),
    predictionRejectionRatio: predictionRejectionRatio(uncertainties, qualities),
    predictionRejectionRatioHalf: predictionRejectionRatio(uncertainties, qualities, 0.5),
    riskCoverageAuc: riskCoverageAuc(uncertainties, qualities),
    reversedPairs: reversedPairs(uncertainties, qualities),
    spearman: spearman(certainties, qualities),
  }
}
