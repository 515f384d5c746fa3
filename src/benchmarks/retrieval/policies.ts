import { logisticRegression } from '../../methods/statistics/logistic-regression.ts'
import { ascendingOrder } from '../../methods/statistics/summary.ts'

export type PolicyKind = 'threshold' | 'logistic' | 'tree'

/** Whether to retrieve at this uncertainty. */
export type Policy = (uncertainty: number) => boolean

/** Fits "the closed-book answer will be wrong" from one uncertainty; null where nothing can be fitted (one class). */
export function fitPolicy(
  kind: PolicyKind,
  uncertainties: readonly number[],
  wrong: readonly boolean[],
): Policy | null {
  if (new Set(wrong).size < 2) return null
  if (kind === 'logistic') {
    const model = logisticRegression(
      uncertainties.map((u) => [u]),
      wrong,
      { penalty: 1e-3 },
    )
    return model && ((u) => model.predict([u]) > 0.5)
  }
  return kind === 'threshold' ? fitThreshold(uncertainties, wrong) : fitTree(uncertainties, wrong, 2)
}

/** The cut with most right decisions; of equals the one that retrieves least. Retrieves above it. */
function fitThreshold(uncertainties: readonly number[], wrong: readonly boolean[]): Policy {
  const order = [...ascendingOrder(uncertainties)].reverse()
  let right = wrong.filter((one) => !one).length
  let best = { cut: Number.POSITIVE_INFINITY, right }
  for (const [place, index] of order.entries()) {
    right += wrong[index] ? 1 : -1
    const here = uncertainties[index] as number
    const below = order[place + 1]
    if (below !== undefined && uncertainties[below] === here) continue
    if (right > best.right)
      best = {
        cut: below === undefined ? Number.NEGATIVE_INFINITY : (here + (uncertainties[below] as number)) / 2,
        right,
      }
  }
  return (u) => u > best.cut
}

/** Fewest items in a leaf of a tree. */
const LEAST_LEAF = 5

/** A tree of at most `depth` splits in a row by Gini impurity; a leaf retrieves where most of its items are wrong. */
function fitTree(uncertainties: readonly number[], wrong: readonly boolean[], depth: number): Policy {
  const positives = wrong.filter(Boolean).length
  const leaf: Policy = () => positives > wrong.length / 2
  if (depth === 0 || positives === 0 || positives === wrong.length) return leaf
  const order = [...ascendingOrder(uncertainties)]
  const impurity = (hits: number, count: number) => (count === 0 ? 0 : 2 * hits * (1 - hits / count))
  let best: { cut: number; cost: number } | null = null
  let hits = 0
  for (let place = 0; place < order.length - 1; place++) {
    if (wrong[order[place] as number]) hits++
    const [here, next] = [
      uncertainties[order[place] as number] as number,
      uncertainties[order[place + 1] as number] as number,
    ]
    const left = place + 1
    if (here === next || left < LEAST_LEAF || order.length - left < LEAST_LEAF) continue
    const cost = impurity(hits, left) + impurity(positives - hits, order.length - left)
    if (!best || cost < best.cost) best = { cut: (here + next) / 2, cost }
  }
  if (!best || best.cost >= impurity(positives, wrong.length)) return leaf
  const { cut } = best
  const side = (low: boolean): Policy => {
    const kept = uncertainties.flatMap((u, i) => (u <= cut === low ? [i] : []))
    return fitTree(
      kept.map((i) => uncertainties[i] as number),
      kept.map((i) => wrong[i] as boolean),
      depth - 1,
    )
  }
  const [below, above] = [side(true), side(false)]
  return (u) => (u <= cut ? below(u) : above(u))
}
