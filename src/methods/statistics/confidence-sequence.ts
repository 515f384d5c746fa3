import type { Interval } from './intervals.ts'

/** Number of values of the mean that are tried, from −1 to 1. */
const GRID = 401

/**
 * Confidence sequence of the mean of values in [−1, 1] that may be looked at after every value: all grid values m whose
 * two betting martingales (against "the mean is at most m" and "at least m") stay below 2/α. `plannedItems` sets the
 * size of the bets; without it they shrink with time. The answer never widens; before anything is excluded it is
 * [−1, 1], and null once everything is (which happens with probability at most α). Raises on a value outside [−1, 1].
 * I. Waudby-Smith and A. Ramdas, Estimating means of bounded random variables by betting, JRSS B 86 (2024).
 */
export function confidenceSequence({
  alpha = 0.05,
  plannedItems,
}: {
  alpha?: number
  plannedItems?: number
} = {}): (value: number) => Interval | null {
  const means = Float64Array.from({ length: GRID }, (_, i) => i / (GRID - 1))
  const [above, below] = [new Float64Array(GRID), new Float64Array(GRID)]
  const open = new Uint8Array(GRID).fill(1)
  const limit = Math.log(2 / alpha)
  let [count, sum, squares] = [0, 0.5, 0.25]
  return (value) => {
    if (!(value >= -1 && value <= 1))
      throw new RangeError(`confidenceSequence: a value must lie in [−1, 1], got ${value}`)
    const x = (value + 1) / 2
    // The stake is set from earlier values alone; this is what keeps the error bound.
    const spread = squares / (count + 1)
    const horizon = plannedItems === undefined ? (count + 1) * Math.log(count + 2) : plannedItems
    const stake = Math.sqrt((2 * Math.log(2 / alpha)) / (horizon * spread))
    let [low, high] = [-1, -1]
    for (let i = 0; i < GRID; i++) {
      if (!open[i]) continue
      const m = means[i] as number
      above[i] = (above[i] as number) + Math.log1p(Math.min(stake, m > 0 ? 0.5 / m : stake) * (x - m))
      below[i] = (below[i] as number) + Math.log1p(Math.min(stake, m < 1 ? 0.5 / (1 - m) : stake) * (m - x))
      if ((above[i] as number) >= limit || (below[i] as number) >= limit) open[i] = 0
      else {
        if (low < 0) low = i
        high = i
      }
    }
    count++
    sum += x
    squares += (x - sum / (count + 1)) ** 2
    return low < 0 ? null : { low: 2 * (means[low] as number) - 1, high: 2 * (means[high] as number) - 1 }
  }
}
