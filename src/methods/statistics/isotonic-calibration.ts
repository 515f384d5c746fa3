import { ascendingOrder, sameLength, tiedRuns } from './summary.ts'

/** A fitted map from score to probability. */
export type Calibrator = (score: number) => number

/**
 * Fits the non-decreasing map from score to mean target that has the least squared error (pool adjacent violators);
 * between scores it interpolates linearly, outside it is constant. Equal scores are pooled first. Null of an empty list.
 * R. E. Barlow et al., Statistical inference under order restrictions (1972).
 */
export function isotonicCalibration(
  scores: ArrayLike<number>,
  targets: ArrayLike<number | boolean>,
): Calibrator | null {
  sameLength('isotonicCalibration', scores, targets)
  if (scores.length === 0) return null
  const order = ascendingOrder(scores)
  const points: number[] = []
  const blocks: { sum: number; weight: number; points: number }[] = []
  for (const [start, end] of tiedRuns(scores, order)) {
    let block = { sum: 0, weight: end - start, points: 1 }
    for (let i = start; i < end; i++) block.sum += Number(targets[order[i] as number])
    points.push(scores[order[start] as number] as number)
    for (let last = blocks.at(-1); last && last.sum / last.weight >= block.sum / block.weight; last = blocks.at(-1)) {
      blocks.pop()
      block = { sum: last.sum + block.sum, weight: last.weight + block.weight, points: last.points + block.points }
    }
    blocks.push(block)
  }
  const levels = blocks.flatMap((block) => new Array<number>(block.points).fill(block.sum / block.weight))
  return (score) => interpolate(points, levels, score)
}

function interpolate(points: readonly number[], levels: readonly number[], score: number): number {
  let [low, high] = [0, points.length - 1]
  if (score <= (points[low] as number)) return levels[low] as number
  if (score >= (points[high] as number)) return levels[high] as number
  while (high - low > 1) {
    const middle = (low + high) >> 1
    if ((points[middle] as number) <= score) low = middle
    else high = middle
  }
  const share = (score - (points[low] as number)) / ((points[high] as number) - (points[low] as number))
  return (levels[low] as number) + share * ((levels[high] as number) - (levels[low] as number))
}
