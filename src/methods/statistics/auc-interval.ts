import { normalQuantile } from './distributions/normal.ts'
import type { Interval } from './intervals.ts'

/**
 * Variance of an area under the ROC curve of `positives` against `negatives` (counts above 0, fractions as effective
 * sizes), in a form that is symmetric in the two.
 */
const variance = (auc: number, positives: number, negatives: number): number => {
  const half = (positives + negatives) / 2 - 1
  return ((auc * (1 - auc)) / (positives * negatives)) * (1 + (half * (1 - auc)) / (2 - auc) + (half * auc) / (1 + auc))
}

/**
 * Score interval of an area under the ROC curve: all areas θ with |auc − θ| ≤ z·√V(θ), within [0, 1]. It does not vanish
 * where the two classes are parted perfectly, as resampling does. Null without one of the classes.
 * R. Newcombe, Confidence intervals for an effect size measure based on the Mann–Whitney statistic, part 2, Statistics
 * in Medicine 25 (2006), method 5, after Hanley and McNeil.
 */
export function rocAucScoreInterval(
  auc: number,
  positives: number,
  negatives: number,
  confidence = 0.95,
): Interval | null {
  if (!(positives > 0 && negatives > 0)) return null
  const z = normalQuantile(1 - (1 - confidence) / 2)
  const inside = (theta: number) =>
    Math.abs(auc - theta) <= z * Math.sqrt(Math.max(0, variance(theta, positives, negatives)))
  const end = (outer: number): number => {
    if (inside(outer)) return outer
    let [within, beyond] = [auc, outer]
    for (let step = 0; step < 60; step++) {
      const middle = (within + beyond) / 2
      if (inside(middle)) within = middle
      else beyond = middle
    }
    return within
  }
  return { low: end(0), high: end(1) }
}
