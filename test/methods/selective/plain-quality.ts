import type { OrderQuality } from '../../../src/methods/selective/quality-intervals.ts'
import { predictionRejectionRatio } from '../../../src/methods/selective/rejection.ts'
import { reversedPairs } from '../../../src/methods/selective/reversed-pairs.ts'
import { riskCoverageAuc } from '../../../src/methods/selective/risk-coverage.ts'
import { averagePrecision, rocAuc } from '../../../src/methods/statistics/binary-classification.ts'
import { kendallTauB, spearman } from '../../../src/methods/statistics/correlation.ts'

/** Every measure of an order by its own function, the one that golden vectors hold: what resampling must agree with. */
export function plainQuality(uncertainties: ArrayLike<number>, qualities: ArrayLike<number>): OrderQuality {
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
    kendallTauB: kendallTauB(certainties, qualities),
  }
}
