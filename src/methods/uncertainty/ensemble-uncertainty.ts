/** Uncertainty of an ensemble at one position, in nats. */
export interface EnsembleUncertainty {
  /** Entropy of the mean distribution. */
  total: number
  /** Mean entropy of the members. */
  data: number
  /** total − data, ≥ 0. */
  mutualInformation: number
  /** Mean divergence of each ordered pair of different members; null when infinite or with one member. */
  expectedPairwiseKl: number | null
  /** Mean divergence of the members from the mean distribution; null when infinite. */
  reverseMutualInformation: number | null
}

/**
 * Decomposes the disagreement of members' distributions over one vocabulary (each summing to 1). Null without members.
 * Identity: expectedPairwiseKl·(M − 1)/M = mutualInformation + reverseMutualInformation.
 * A. Malinin and M. Gales, Uncertainty estimation in autoregressive structured prediction, ICLR 2021.
 */
export function ensembleUncertainty(members: readonly ArrayLike<number>[]): EnsembleUncertainty | null {
  const first = members[0]
  if (!first) return null
  const count = members.length
  let [total, data, crossEntropy, selfAndCross] = [0, 0, 0, 0]
  for (let v = 0; v < first.length; v++) {
    let [sum, logSum, own] = [0, 0, 0]
    for (const member of members) {
      const p = member[v] as number
      sum += p
      logSum += Math.log(p)
      if (p > 0) own += p * Math.log(p)
    }
    data -= own / count
    if (sum === 0) continue
    const average = sum / count
    total -= average * Math.log(average)
    // Infinite where some member has no mass and another has.
    crossEntropy -= (average * logSum) / count
    selfAndCross += count * own - sum * logSum
  }
  const mutualInformation = Math.max(0, total - data)
  const finite = Number.isFinite(crossEntropy)
  return {
    total,
    data,
    mutualInformation,
    expectedPairwiseKl: finite && count > 1 ? Math.max(0, selfAndCross / (count * (count - 1))) : null,
    reverseMutualInformation: finite ? Math.max(0, crossEntropy - total) : null,
  }
}
