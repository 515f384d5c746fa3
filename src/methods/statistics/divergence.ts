import { sameLength } from './summary.ts'

/** The list divided by its sum; null when a member is negative or not finite, or the sum is 0. */
export function normalized(weights: ArrayLike<number>): Float64Array | null {
  let sum = 0
  for (let i = 0; i < weights.length; i++) {
    const weight = weights[i] as number
    if (!(weight >= 0)) return null
    sum += weight
  }
  return sum > 0 && Number.isFinite(sum) ? Float64Array.from(weights, (weight) => weight / sum) : null
}

/** Shannon entropy of a distribution (normalised first), in nats; in [0, ln n]. Null when it cannot be normalised. */
export function entropy(weights: ArrayLike<number>): number | null {
  const p = normalized(weights)
  if (!p) return null
  let sum = 0
  for (const share of p) if (share > 0) sum -= share * Math.log(share)
  return Math.max(0, sum)
}

/**
 * Kullback–Leibler divergence of q from p (both normalised first), in nats, ≥ 0.
 * Null when one cannot be normalised, or when p puts mass where q has none: the divergence is infinite then.
 */
export function klDivergence(pWeights: ArrayLike<number>, qWeights: ArrayLike<number>): number | null {
  sameLength('klDivergence', pWeights, qWeights)
  const [p, q] = [normalized(pWeights), normalized(qWeights)]
  if (!p || !q) return null
  let sum = 0
  for (let i = 0; i < p.length; i++) {
    const [a, b] = [p[i] as number, q[i] as number]
    if (a === 0) continue
    if (b === 0) return null
    sum += a * Math.log(a / b)
  }
  return Math.max(0, sum)
}

/**
 * Jensen–Shannon divergence (not its square root) of two distributions (normalised first), in bits; in [0, 1].
 * Null when one cannot be normalised.
 * J. Lin, Divergence measures based on the Shannon entropy, IEEE Transactions on Information Theory 37 (1991).
 */
export function jensenShannonDivergence(pWeights: ArrayLike<number>, qWeights: ArrayLike<number>): number | null {
  sameLength('jensenShannonDivergence', pWeights, qWeights)
  const [p, q] = [normalized(pWeights), normalized(qWeights)]
  if (!p || !q) return null
  let sum = 0
  for (let i = 0; i < p.length; i++) {
    const [a, b] = [p[i] as number, q[i] as number]
    const middle = (a + b) / 2
    if (a > 0) sum += a * Math.log2(a / middle)
    if (b > 0) sum += b * Math.log2(b / middle)
  }
  return Math.min(1, Math.max(0, sum / 2))
}
