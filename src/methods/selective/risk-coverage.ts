import { mean } from '../statistics/summary.ts'
import { qualitiesByCertainty } from './rejection.ts'

/** Mean quality of the k most certain items, k = 1..N. */
function cumulativeMeans(uncertainties: ArrayLike<number>, qualities: ArrayLike<number>): Float64Array {
  const means = qualitiesByCertainty(uncertainties, qualities)
  let sum = 0
  for (let k = 0; k < means.length; k++) {
    sum += means[k] as number
    means[k] = sum / (k + 1)
  }
  return means
}

/**
 * Area under the risk–coverage curve: mean over k of the mean of 1 − quality among the k most certain items. In [0, 1]
 * for qualities in [0, 1], lower is better. Null of an empty list.
 * Y. Geifman and R. El-Yaniv, Selective classification for deep neural networks, NeurIPS 2017.
 */
export function riskCoverageAuc(uncertainties: ArrayLike<number>, qualities: ArrayLike<number>): number | null {
  const area = mean(cumulativeMeans(uncertainties, qualities))
  return area === null ? null : 1 - area
}

/**
 * Area under the curve of mean quality among the share α that scores highest, over α = 1/N..1; in [0, 1] for qualities
 * in [0, 1], higher is better; α = 1 is plain accuracy. Null of an empty list.
 * J. Ren et al., Self-evaluation improves selective generation in large language models, 2023.
 */
export const selectiveAuc = (scores: ArrayLike<number>, qualities: ArrayLike<number>): number | null =>
  mean(
    cumulativeMeans(
      Float64Array.from(scores, (score) => -score),
      qualities,
    ),
  )

/** A point of a risk–coverage curve: among the share `coverage` that is most certain, the mean of 1 − quality. */
export interface RiskCoveragePoint {
  coverage: number
  risk: number
}

/** The risk–coverage curve from the fewest items to all, thinned to at most `points` evenly spread points. */
export function riskCoverageCurve(
  uncertainties: ArrayLike<number>,
  qualities: ArrayLike<number>,
  points = 100,
): RiskCoveragePoint[] {
  const means = cumulativeMeans(uncertainties, qualities)
  const count = means.length
  const shown = Math.min(points, count)
  return Array.from({ length: shown }, (_, i) => {
    const k = Math.round(((i + 1) * count) / shown)
    return { coverage: k / count, risk: 1 - (means[k - 1] as number) }
  })
}
