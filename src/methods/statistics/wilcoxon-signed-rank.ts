import { normalCdf } from './distributions/normal.ts'
import { averageRanks } from './ranks.ts'
import { sameLength } from './summary.ts'

/** Above this many non-zero differences the exact distribution is no better than the normal one and slow. */
const EXACT_LIMIT = 300

/** Lower-tail probabilities P(W ≤ w), w = 0..n(n+1)/2, of the sum of positive ranks 1..n under the null hypothesis. */
function lowerTail(count: number): Float64Array {
  const total = (count * (count + 1)) / 2
  const mass = new Float64Array(total + 1)
  mass[0] = 1
  for (let rank = 1, top = 0; rank <= count; rank++) {
    top += rank
    // Halved at each rank, so that the masses stay probabilities and never overflow.
    for (let w = top; w >= 0; w--) mass[w] = ((mass[w] as number) + (w >= rank ? (mass[w - rank] as number) : 0)) / 2
  }
  for (let w = 1; w <= total; w++) mass[w] = (mass[w] as number) + (mass[w - 1] as number)
  return mass
}

/**
 * Wilcoxon's signed-rank test of x − y, two-sided, for unclustered items. Zero differences are dropped, ties share
 * their mean rank. Exact up to 300 differences: with ties the statistic may fall between two integers, and it is then
 * rounded to the side that makes the p-value larger. Beyond, the normal approximation with the correction for ties.
 * `statistic` is the sum of the ranks of positive differences. Null when no difference is left.
 * F. Wilcoxon, Individual comparisons by ranking methods, Biometrics Bulletin 1 (1945).
 */
export function wilcoxonSignedRank(
  x: ArrayLike<number>,
  y: ArrayLike<number>,
): { statistic: number; pValue: number; method: 'exact' | 'normal' } | null {
  sameLength('wilcoxonSignedRank', x, y)
  const differences = Array.from(x, (value, i) => value - (y[i] as number)).filter((d) => d !== 0)
  const count = differences.length
  if (count === 0) return null
  const { ranks, tieSum } = averageRanks(differences.map(Math.abs))
  const statistic = differences.reduce((sum, d, i) => sum + (d > 0 ? (ranks[i] as number) : 0), 0)
  if (count <= EXACT_LIMIT) {
    const atMost = lowerTail(count)
    const below = atMost[Math.ceil(statistic)] as number
    const floor = Math.floor(statistic)
    const above = floor === 0 ? 1 : 1 - (atMost[floor - 1] as number)
    return { statistic, pValue: Math.min(1, 2 * Math.min(below, above)), method: 'exact' }
  }
  const centre = (count * (count + 1)) / 4
  const spread = Math.sqrt((count * (count + 1) * (2 * count + 1)) / 24 - tieSum / 48)
  const pValue = spread === 0 ? 1 : Math.min(1, 2 * normalCdf(-Math.abs(statistic - centre) / spread))
  return { statistic, pValue, method: 'normal' }
}
