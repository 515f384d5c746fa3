import { chiSquareUpperTail } from './distributions/gamma.ts'
import { normalCdf } from './distributions/normal.ts'
import { averageRanks } from './ranks.ts'
import { mean, variance } from './summary.ts'

/** Below this size of the smaller sample the exact distribution is taken, where there are no ties. */
const EXACT_LIMIT = 8

/**
 * Mann–Whitney U test of two independent samples, two-sided: `statistic` is the number of pairs (x, y) with x above y,
 * ties counting half. Exact when the smaller sample has at most eight values and nothing is tied, otherwise normal with
 * the corrections for ties and continuity. Null when a sample is empty or all values are equal.
 * H. B. Mann and D. R. Whitney, Annals of Mathematical Statistics 18 (1947).
 */
export function mannWhitneyTest(
  x: ArrayLike<number>,
  y: ArrayLike<number>,
): { statistic: number; pValue: number; method: 'exact' | 'normal' } | null {
  const [n, m] = [x.length, y.length]
  if (n === 0 || m === 0) return null
  const { ranks, tieSum } = averageRanks([...Array.from(x), ...Array.from(y)])
  let rankSum = 0
  for (let i = 0; i < n; i++) rankSum += ranks[i] as number
  const statistic = rankSum - (n * (n + 1)) / 2
  const larger = Math.max(statistic, n * m - statistic)
  if (tieSum === 0 && Math.min(n, m) <= EXACT_LIMIT)
    return { statistic, pValue: Math.min(1, 2 * upperTail(larger, n, m)), method: 'exact' }
  const total = n + m
  const spread = Math.sqrt(((n * m) / 12) * (total + 1 - tieSum / (total * (total - 1))))
  if (!(spread > 0)) return null
  const z = (larger - (n * m) / 2 - 0.5) / spread
  return { statistic, pValue: Math.min(1, 2 * normalCdf(-z)), method: 'normal' }
}

/** P(U ≥ u) under the null hypothesis without ties, by counting: the number of ways grows one value at a time. */
function upperTail(u: number, n: number, m: number): number {
  // Shares of the orders with each U, by recursion over the sizes: the last value is an x (adds all y before) or a y.
  let rows: Float64Array[] = Array.from({ length: m + 1 }, () => Float64Array.of(1))
  for (let i = 1; i <= n; i++) {
    const next: Float64Array[] = [Float64Array.of(1)]
    for (let j = 1; j <= m; j++) {
      const mass = new Float64Array(i * j + 1)
      const [fromX, fromY] = [rows[j] as Float64Array, next[j - 1] as Float64Array]
      fromX.forEach((share, k) => {
        mass[k + j] = (mass[k + j] as number) + (share * i) / (i + j)
      })
      fromY.forEach((share, k) => {
        mass[k] = (mass[k] as number) + (share * j) / (i + j)
      })
      next.push(mass)
    }
    rows = next
  }
  const mass = rows[m] as Float64Array
  let tail = 0
  for (let k = Math.ceil(u); k < mass.length; k++) tail += mass[k] as number
  return tail
}

/**
 * Kruskal–Wallis test that several independent samples have one distribution: H with the correction for ties, against
 * chi-square. Empty samples are left out; null when fewer than two are left or all values are equal.
 * W. H. Kruskal and W. A. Wallis, Use of ranks in one-criterion variance analysis, JASA 47 (1952).
 */
export function kruskalWallisTest(
  samples: readonly ArrayLike<number>[],
): { statistic: number; degreesOfFreedom: number; pValue: number } | null {
  const groups = samples.filter((sample) => sample.length > 0)
  const values = groups.flatMap((sample) => Array.from(sample))
  const total = values.length
  const { ranks, tieSum } = averageRanks(values)
  const correction = 1 - tieSum / (total ** 3 - total)
  if (groups.length < 2 || !(correction > 0)) return null
  let [at, sum] = [0, 0]
  for (const { length } of groups) {
    let rankSum = 0
    for (let i = 0; i < length; i++) rankSum += ranks[at++] as number
    sum += rankSum ** 2 / length
  }
  const statistic = ((12 / (total * (total + 1))) * sum - 3 * (total + 1)) / correction
  const degreesOfFreedom = groups.length - 1
  return { statistic, degreesOfFreedom, pValue: chiSquareUpperTail(statistic, degreesOfFreedom) }
}

/** Standard deviation (n − 1) over the mean; null of fewer than two values or a mean of 0. */
export function coefficientOfVariation(values: ArrayLike<number>): number | null {
  const [centre, spread] = [mean(values), variance(values)]
  return spread === null || !centre ? null : Math.sqrt(spread) / Math.abs(centre)
}
