import { normalQuantile } from './distributions/normal.ts'
import type { Interval } from './intervals.ts'

/**
 * Score interval of the difference (candidate − baseline) of two paired success rates, in [−1, 1]: `onlyBaseline` and
 * `onlyCandidate` discordant items of `items`, unclustered. Not of zero width when no item is discordant. Null without
 * items. Raises when there are more discordant items than items.
 * T. Tango, Equivalence test and confidence interval for the difference in proportions for the paired-sample design,
 * Statistics in Medicine 17 (1998).
 */
export function pairedShareInterval(
  onlyBaseline: number,
  onlyCandidate: number,
  items: number,
  confidence = 0.95,
): Interval | null {
  if (!(onlyBaseline >= 0 && onlyCandidate >= 0 && onlyBaseline + onlyCandidate <= items))
    throw new RangeError(`pairedShareInterval: ${onlyBaseline} + ${onlyCandidate} discordant of ${items} items`)
  if (items === 0) return null
  const critical = normalQuantile(1 - (1 - confidence) / 2)
  const score = (difference: number): number => {
    const a = 2 * items
    const b = -onlyBaseline - onlyCandidate + (2 * items - onlyCandidate + onlyBaseline) * difference
    const c = -onlyBaseline * difference * (1 - difference)
    const q = (Math.sqrt(Math.max(0, b * b - 4 * a * c)) - b) / (2 * a)
    const spread = Math.sqrt(Math.max(0, items * (2 * q + difference * (1 - difference))))
    const distance = onlyCandidate - onlyBaseline - items * difference
    if (spread === 0) return distance === 0 ? 0 : Math.sign(distance) * Infinity
    return distance / spread
  }
  // The score falls as the assumed difference grows.
  const solve = (target: number): number => {
    let [low, high] = [-1, 1]
    for (let i = 0; i < 100; i++) {
      const middle = (low + high) / 2
      if (score(middle) > target) low = middle
      else high = middle
    }
    return (low + high) / 2
  }
  return { low: solve(critical), high: solve(-critical) }
}
