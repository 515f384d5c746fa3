import type { Label } from './binary-classification.ts'
import { sameLength } from './summary.ts'

/** brier = reliability − resolution + uncertainty, exactly. */
export interface BrierDecomposition {
  brier: number
  /** Mean squared gap between a stated probability and the rate at which it comes true, ≥ 0, lower is better. */
  reliability: number
  /** Mean squared gap between those rates and the base rate, ≥ 0, higher is better. */
  resolution: number
  /** base rate·(1 − base rate). */
  uncertainty: number
}

/**
 * Murphy's decomposition over the distinct probabilities stated, so that nothing is lost to bins. Many distinct values
 * leave few cases each: round the probabilities first to compare targets. Null of an empty list.
 * A. H. Murphy, A new vector partition of the probability score, Journal of Applied Meteorology 12 (1973).
 */
export function brierDecomposition(
  probabilities: ArrayLike<number>,
  labels: ArrayLike<Label>,
): BrierDecomposition | null {
  sameLength('brierDecomposition', probabilities, labels)
  const count = probabilities.length
  if (count === 0) return null
  const groups = new Map<number, [count: number, positive: number]>()
  let positive = 0
  for (let i = 0; i < count; i++) {
    const p = probabilities[i] as number
    const group = groups.get(p) ?? [0, 0]
    group[0]++
    if (labels[i]) {
      group[1]++
      positive++
    }
    groups.set(p, group)
  }
  const base = positive / count
  let [brier, reliability, resolution] = [0, 0, 0]
  for (const [p, [size, hits]] of groups) {
    const rate = hits / size
    brier += (hits * (1 - p) ** 2 + (size - hits) * p ** 2) / count
    reliability += (size * (p - rate) ** 2) / count
    resolution += (size * (rate - base) ** 2) / count
  }
  return { brier, reliability, resolution, uncertainty: base * (1 - base) }
}
