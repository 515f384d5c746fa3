import type { Random } from '../random.ts'
import { normalCdf, normalQuantile } from './distributions/normal.ts'
import { studentTQuantile } from './distributions/student-t.ts'
import type { Interval } from './intervals.ts'
import { ascendingOrder, mean, quantileOfSorted, sameLength } from './summary.ts'

/** Fewer clusters than this give no interval: a handful of clusters cannot show their own spread. */
export const LEAST_CLUSTERS = 5

export interface BootstrapOptions {
  random: Random
  /** Number of resamples; 1,000 by default, 10,000 where the interval feeds a decision. */
  resamples?: number
  confidence?: number
  /** Cluster of each item; whole clusters are then drawn, so that rows made from one template move together. */
  clusters?: ArrayLike<string | number> | undefined
  /** For a statistic that small samples bias (measures of an order): the tails move as `expandedPercentiles` tells. */
  biasCorrected?: boolean
}

/**
 * Ends of an interval from ascending resampled values of `units` independent items or clusters (≥ 2): percentiles with
 * tails of Φ(−√(n/(n − 1))·t), t the Student quantile with n − 1 degrees of freedom, in place of (1 − confidence)/2.
 * Resamples vary less than samples do, and plain percentiles of few units are too narrow by just that. With `value`, that
 * of the statistic itself, both ends move by twice the normal quantile of the share of resamples below it: where they lie
 * above it for the most part, so does it above the truth.
 * T. C. Hesterberg, What teachers should know about the bootstrap, The American Statistician 69 (2015), section 3.5;
 * B. Efron, Nonparametric standard errors and confidence intervals, Canadian Journal of Statistics 9 (1981), section 7.
 */
export function expandedPercentiles(sorted: Float64Array, units: number, confidence = 0.95, value?: number): Interval {
  const z = Math.sqrt(units / (units - 1)) * studentTQuantile(1 - (1 - confidence) / 2, units - 1)
  const shift = value === undefined ? 0 : 2 * medianBias(sorted, value)
  const at = (share: number) => quantileOfSorted(sorted, normalCdf(share)) as number
  return { low: at(shift - z), high: at(shift + z) }
}

/** Normal quantile of the share of resamples below the value, ties counted half; a share of 0 or 1 as of half a resample. */
function medianBias(sorted: Float64Array, value: number): number {
  let [below, equal] = [0, 0]
  for (const drawn of sorted) {
    if (drawn < value) below++
    else if (drawn === value) equal++
  }
  const share = (below + equal / 2) / sorted.length
  const least = 1 / (2 * sorted.length)
  return normalQuantile(Math.min(1 - least, Math.max(least, share)))
}

/**
 * Percentile interval of the mean over given resamples (lists of positions in `values`), ends by linear interpolation.
 * Null when there is no resample or one is empty. Raises on a position that does not exist.
 * B. Efron, Bootstrap methods: another look at the jackknife, Annals of Statistics 7 (1979).
 */
export function bootstrapPercentile(
  values: ArrayLike<number>,
  resamples: ArrayLike<ArrayLike<number>>,
  confidence = 0.95,
): Interval | null {
  const means = new Float64Array(resamples.length)
  for (let r = 0; r < resamples.length; r++) {
    const positions = resamples[r] as ArrayLike<number>
    if (positions.length === 0) return null
    let sum = 0
    for (let i = 0; i < positions.length; i++) {
      const value = values[positions[i] as number]
      if (value === undefined) throw new RangeError(`bootstrapPercentile: no value at position ${positions[i]}`)
      sum += value
    }
    means[r] = sum / positions.length
  }
  if (means.length === 0) return null
  const [sorted, tail] = [means.sort(), (1 - confidence) / 2]
  return { low: quantileOfSorted(sorted, tail) as number, high: quantileOfSorted(sorted, 1 - tail) as number }
}

/** Positions of the items of each cluster, in order of first appearance; one item a cluster when none are given. */
export function clusterMembers(count: number, clusters?: ArrayLike<string | number>): Uint32Array[] {
  if (!clusters) return Array.from({ length: count }, (_, i) => Uint32Array.of(i))
  const members = new Map<string | number, number[]>()
  for (let i = 0; i < count; i++) {
    const list = members.get(clusters[i] as string | number)
    if (list) list.push(i)
    else members.set(clusters[i] as string | number, [i])
  }
  return [...members.values()].map((list) => Uint32Array.from(list))
}

/**
 * Ascending values of `statistic`, which must not depend on the order of its positions, over seeded resamples of the items 0..count−1 (or of whole clusters).
 * A resample whose statistic is null or not finite is left out. Null when items or clusters are too few, or when more
 * than one resample in ten had no value: what is left would then describe other data.
 */
export function bootstrapDistribution(
  count: number,
  statistic: (positions: Uint32Array) => number | null,
  { random, resamples = 1000, clusters }: BootstrapOptions,
): Float64Array | null {
  if (clusters) sameLength('bootstrapDistribution', { length: count }, clusters)
  const members = bootstrapUnits(count, clusters)
  if (!members) return null
  const results = new Float64Array(resamples)
  let kept = 0
  const single = members.length === count
  const draws = new Uint32Array(members.length)
  for (let r = 0; r < resamples; r++) {
    draws.fill(0)
    for (let i = 0; i < draws.length; i++) {
      const drawn = Math.floor(random.next() * draws.length)
      draws[drawn] = (draws[drawn] as number) + 1
    }
    const positions = expanded(draws, members, single)
    const value = statistic(positions)
    if (value !== null && Number.isFinite(value)) results[kept++] = value
  }
  return kept < resamples * 0.9 ? null : results.subarray(0, kept).sort()
}

/** The positions of the drawn clusters, ascending: statistics that sort by something sorted beforehand are then linear. */
function expanded(draws: Uint32Array, members: readonly Uint32Array[], single: boolean): Uint32Array {
  let size = 0
  for (let c = 0; c < draws.length; c++)
    size += (draws[c] as number) * (single ? 1 : (members[c] as Uint32Array).length)
  const positions = new Uint32Array(size)
  let at = 0
  for (let c = 0; c < draws.length; c++) {
    const member = members[c] as Uint32Array
    for (let repeat = draws[c] as number; repeat > 0; repeat--)
      for (let i = 0; i < member.length; i++) positions[at++] = member[i] as number
  }
  return single ? positions : positions.sort()
}

/**
 * The units that are drawn: the items of each cluster, or single items. Null where they are too few to show their own
 * spread: fewer than two, or fewer than `LEAST_CLUSTERS` clusters.
 */
export function bootstrapUnits(count: number, clusters?: ArrayLike<string | number>): Uint32Array[] | null {
  const members = clusterMembers(count, clusters)
  return members.length < 2 || (members.length < count && members.length < LEAST_CLUSTERS) ? null : members
}

/** How many independent units there are: items, or clusters where they are given. */
export const unitsOf = (count: number, clusters?: ArrayLike<string | number>): number =>
  clusters ? new Set(Array.from(clusters)).size : count

/** Seeded interval of any statistic over items, by `expandedPercentiles`; null where `bootstrapDistribution` is. */
export function bootstrapInterval(
  count: number,
  statistic: (positions: Uint32Array) => number | null,
  options: BootstrapOptions,
): Interval | null {
  const distribution = bootstrapDistribution(count, statistic, options)
  if (!distribution) return null
  const value = options.biasCorrected ? statistic(Uint32Array.from({ length: count }, (_, i) => i)) : null
  const units = unitsOf(count, options.clusters)
  return expandedPercentiles(distribution, units, options.confidence, value ?? undefined)
}

/** Seeded interval of the mean; null where `bootstrapDistribution` is null. */
export const bootstrapMeanInterval = (values: ArrayLike<number>, options: BootstrapOptions): Interval | null =>
  bootstrapInterval(values.length, (positions) => mean(at(values, positions)), options)

/**
 * Seeded interval of Σ numerator / Σ denominator (perplexity per byte, precision, F1 from counts): the ratio
 * is formed inside each resample. Null where `bootstrapDistribution` is null.
 */
export function bootstrapRatioInterval(
  numerator: ArrayLike<number>,
  denominator: ArrayLike<number>,
  options: BootstrapOptions,
): Interval | null {
  sameLength('bootstrapRatioInterval', numerator, denominator)
  const ratio = (positions: Uint32Array) => {
    let [top, bottom] = [0, 0]
    for (const i of positions) {
      top += numerator[i] as number
      bottom += denominator[i] as number
    }
    return bottom === 0 ? null : top / bottom
  }
  return bootstrapInterval(numerator.length, ratio, options)
}

/**
 * Two-sided bootstrap p-value that a statistic is zero: twice the smaller share of resamples on either side, never below
 * 2/(B + 1). `distribution` as `bootstrapDistribution` returns it.
 */
export function bootstrapPValue(distribution: Float64Array): number {
  let [atMost, atLeast] = [0, 0]
  for (const value of distribution) {
    if (value <= 0) atMost++
    if (value >= 0) atLeast++
  }
  const resamples = distribution.length
  return Math.min(1, Math.max((2 * Math.min(atMost, atLeast)) / resamples, 2 / (resamples + 1)))
}

/**
 * Seeded interval of a statistic of two lists that belong together item by item (scores and labels for
 * `rocAuc`, uncertainties and qualities for `predictionRejectionRatio`). Null where `bootstrapDistribution` is null.
 */
export function bootstrapPairsInterval(
  statistic: (x: Float64Array, y: Float64Array) => number | null,
  x: ArrayLike<number>,
  y: ArrayLike<number | boolean>,
  options: BootstrapOptions,
): Interval | null {
  sameLength('bootstrapPairsInterval', x, y)
  // Sorted once by the first list, so that no resample has to be sorted by it again.
  const order = ascendingOrder(x)
  const first = at(x, order)
  const second = Float64Array.from(order, (i) => Number(y[i]))
  const { clusters } = options
  const sorted = clusters && Array.from(order, (i) => clusters[i] as string | number)
  return bootstrapInterval(x.length, (positions) => statistic(at(first, positions), at(second, positions)), {
    ...options,
    clusters: sorted,
  })
}

function at(values: ArrayLike<number>, positions: Uint32Array): Float64Array {
  const drawn = new Float64Array(positions.length)
  for (let i = 0; i < drawn.length; i++) drawn[i] = values[positions[i] as number] as number
  return drawn
}
