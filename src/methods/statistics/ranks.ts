import { ascendingOrder, tiedRuns } from './summary.ts'

/**
 * Ranks from 1, equal values sharing their mean rank; `tieSum` is Σ(t³ − t) over the tied groups, which corrections for
 * ties need.
 */
export function averageRanks(values: ArrayLike<number>): { ranks: Float64Array; tieSum: number } {
  const order = ascendingOrder(values)
  const ranks = new Float64Array(values.length)
  let tieSum = 0
  for (const [start, end] of tiedRuns(values, order)) {
    const size = end - start
    tieSum += size ** 3 - size
    for (let i = start; i < end; i++) ranks[order[i] as number] = (start + end + 1) / 2
  }
  return { ranks, tieSum }
}
