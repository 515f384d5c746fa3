import { clusterMembers, LEAST_CLUSTERS } from './bootstrap.ts'
import { studentTQuantile } from './distributions/student-t.ts'
import { clopperPearsonInterval, type Interval } from './intervals.ts'
import { mean, sameLength } from './summary.ts'

export interface ClusteredMean {
  mean: number
  standardError: number
  clusters: number
  /** SE² over the SE² of independent items; null when all values are equal. */
  designEffect: number | null
  /** Number of independent items that would be as informative; null when all values are equal. */
  effectiveCount: number | null
}

/**
 * Mean and its cluster-robust standard error √(Σ_g (Σ_{i∈g}(x_i − x̄))²)/n, without a small-sample factor.
 * Null of an empty list. Raises when the lists differ in length.
 * K.-Y. Liang and S. L. Zeger, Longitudinal data analysis using generalized linear models, Biometrika 73 (1986).
 */
export function clusteredStandardError(
  values: ArrayLike<number>,
  clusters: ArrayLike<string | number>,
): ClusteredMean | null {
  sameLength('clusteredStandardError', values, clusters)
  const centre = mean(values)
  if (centre === null) return null
  const members = clusterMembers(values.length, clusters)
  let [between, alone] = [0, 0]
  for (const cluster of members) {
    let sum = 0
    for (const i of cluster) {
      const residual = (values[i] as number) - centre
      sum += residual
      alone += residual * residual
    }
    between += sum * sum
  }
  const designEffect = alone === 0 ? null : between / alone
  return {
    mean: centre,
    standardError: Math.sqrt(between) / values.length,
    clusters: members.length,
    designEffect,
    effectiveCount: designEffect ? values.length / designEffect : null,
  }
}

/**
 * Interval of a clustered mean: t quantile with G − 1 degrees of freedom times SE·√(G/(G − 1)).
 * Null with fewer than five clusters.
 */
export function clusteredMeanInterval(
  values: ArrayLike<number>,
  clusters: ArrayLike<string | number>,
  confidence = 0.95,
): Interval | null {
  const summary = clusteredStandardError(values, clusters)
  if (!summary || summary.clusters < LEAST_CLUSTERS) return null
  const { clusters: count, standardError } = summary
  const half = studentTQuantile(1 - (1 - confidence) / 2, count - 1) * standardError * Math.sqrt(count / (count - 1))
  return { low: summary.mean - half, high: summary.mean + half }
}

/** Fewer effective hits or misses than this, and a symmetric interval says little. */
const FEW = 10

/**
 * Interval of a share of hits (0 or 1) in clusters: `clusteredMeanInterval`, and where hits or misses are few the exact one
 * of as many trials as the clusters are worth, since the symmetric one vanishes at 0 and 1, and Wilson's has an end too
 * near where one cluster alone misses. The design effect is then estimated as if one more miss filled a whole cluster of
 * mean size: few misses do not show how they cluster. Null with fewer than five clusters.
 * E. L. Korn and B. I. Graubard, Confidence intervals for proportions with small expected number of positive counts
 * estimated from survey data, Survey Methodology 24 (1998), with that prior in place of their degrees of freedom.
 */
export function clusteredShareInterval(
  hits: ArrayLike<number>,
  clusters: ArrayLike<string | number>,
  confidence = 0.95,
): Interval | null {
  const summary = clusteredStandardError(hits, clusters)
  if (!summary || summary.clusters < LEAST_CLUSTERS) return null
  const { mean: share, clusters: count, designEffect } = summary
  const trials = hits.length
  const alone = trials * share * (1 - share)
  const effect = Math.max(1, ((designEffect ?? 0) * alone + trials / count) / (alone + 1))
  const effective = trials / effect
  return Math.min(share, 1 - share) * effective >= FEW
    ? clusteredMeanInterval(hits, clusters, confidence)
    : clopperPearsonInterval(share * effective, effective, confidence)
}
