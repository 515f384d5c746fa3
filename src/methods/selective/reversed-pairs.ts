import { inversions } from '../statistics/correlation.ts'
import { ascendingOrder, sameLength, tiedRuns } from '../statistics/summary.ts'

/**
 * Share of ordered pairs in the wrong order: #{(i, j): u_j < u_i and q_j < q_i} / N²; in [0, ½), lower is better.
 * Ties on either side are not reversed. O(n log n). Null of an empty list.
 */
export function reversedPairs(uncertainties: ArrayLike<number>, qualities: ArrayLike<number>): number | null {
  sameLength('reversedPairs', uncertainties, qualities)
  const count = uncertainties.length
  if (count === 0) return null
  const order = ascendingOrder(uncertainties)
  // Best quality first inside a tie, so that no pair of the tie counts.
  for (const [start, end] of tiedRuns(uncertainties, order))
    if (end - start > 1) order.subarray(start, end).sort((a, b) => (qualities[b] as number) - (qualities[a] as number))
  return inversions(Float64Array.from(order, (i) => -(qualities[i] as number))) / (count * count)
}
