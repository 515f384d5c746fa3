import type { Random } from '../random.ts'
import { clusterMembers, LEAST_CLUSTERS } from '../statistics/bootstrap.ts'
import { ascendingOrder, sameLength, tiedRuns } from '../statistics/summary.ts'

/** How often each item is drawn in one bootstrap resample. */
export type Weights = Uint16Array

/**
 * Seeded bootstrap resamples of items 0..count−1 (or of whole clusters) as weights, to be shared by many statistics:
 * differences between statistics of one resample are then paired. Null where items or clusters are too few to show
 * their own spread, as in `bootstrapDistribution`.
 */
export function resampleWeights(
  count: number,
  {
    random,
    resamples = 1000,
    clusters,
  }: { random: Random; resamples?: number; clusters?: ArrayLike<string | number> | undefined },
): Weights[] | null {
  const members = clusterMembers(count, clusters)
  if (members.length < 2 || (members.length < count && members.length < LEAST_CLUSTERS)) return null
  return Array.from({ length: resamples }, () => {
    const weights = new Uint16Array(count)
    for (let draw = 0; draw < members.length; draw++)
      for (const item of members[Math.floor(random.next() * members.length)] as Uint32Array)
        weights[item] = (weights[item] as number) + 1
    return weights
  })
}

/** One order of items: their places in the common list and qualities in that order, and the ends of their ties. */
interface Order {
  places: Uint32Array
  qualities: Float64Array
  /** Each run of equal keys ends before this position. */
  ends: Uint32Array
  /** What the last resample came to: many estimators of the same items share one order of quality. */
  last: { weights: Weights | undefined; sums: Sums } | null
}

interface Sums {
  area: number
  areaHalf: number
  pairs: number
  precisions: number
}

/** Items in order of certainty and in order of quality, sorted once for all resamples. */
export interface RankedItems {
  byCertainty: Order
  byQuality: Order
}

/**
 * Sorts items by uncertainty and by quality; `places` are their positions among the items that were resampled. Items
 * that are `like` others (the same places and qualities) take over their order of quality.
 */
export function rankItems(
  uncertainties: ArrayLike<number>,
  qualities: ArrayLike<number>,
  places: ArrayLike<number>,
  like?: RankedItems,
): RankedItems {
  sameLength('rankItems', uncertainties, qualities)
  sameLength('rankItems', uncertainties, places)
  const ordered = (keys: ArrayLike<number>): Order => {
    const order = ascendingOrder(keys)
    return {
      places: order.map((item) => places[item] as number),
      qualities: Float64Array.from(order, (item) => qualities[item] as number),
      ends: Uint32Array.from(tiedRuns(keys, order), ([, end]) => end),
      last: null,
    }
  }
  return {
    byCertainty: ordered(uncertainties),
    byQuality: like?.byQuality ?? ordered(Float64Array.from(qualities, (quality) => -quality)),
  }
}

/** Quality of an uncertainty score in one resample; null where it is not defined there. */
export interface ResampledQuality {
  predictionRejectionRatio: number | null
  predictionRejectionRatioHalf: number | null
  riskCoverageAuc: number | null
  rocAuc: number | null
  averagePrecision: number | null
}

const NOTHING: ResampledQuality = {
  predictionRejectionRatio: null,
  predictionRejectionRatioHalf: null,
  riskCoverageAuc: null,
  rocAuc: null,
  averagePrecision: null,
}

/**
 * The metrics of `uncertaintyQuality` that walk along the order of certainty, of items drawn `weights` times (once each
 * without weights): the same values as of the drawn items written out, in one pass and without sorting. The rejection
 * ratios need no scaling of the qualities, because a scale cancels out of them.
 */
export function resampledQuality({ byCertainty, byQuality }: RankedItems, weights?: Weights): ResampledQuality {
  const { places, qualities } = byCertainty
  let [total, qualitySum, positives] = [0, 0, 0]
  for (let i = 0; i < places.length; i++) {
    const weight = weights ? (weights[places[i] as number] as number) : 1
    const quality = qualities[i] as number
    total += weight
    qualitySum += weight * quality
    if (quality >= 0.5) positives += weight
  }
  if (total === 0) return NOTHING
  const own = walk(byCertainty, weights, total, total - positives)
  if (byQuality.last?.weights !== weights || weights === undefined)
    byQuality.last = { weights, sums: walk(byQuality, weights, total, total - positives) }
  const oracle = byQuality.last?.sums as Sums
  const mean = qualitySum / total
  const ratio = (reached: number, best: number, count: number): number | null =>
    count === 0 || best / count - mean < 1e-12 ? null : (reached / count - mean) / (best / count - mean)
  const negatives = total - positives
  return {
    predictionRejectionRatio: ratio(own.area, oracle.area, total),
    predictionRejectionRatioHalf: ratio(own.areaHalf, oracle.areaHalf, Math.trunc(total / 2)),
    riskCoverageAuc: 1 - own.area / total,
    rocAuc: positives === 0 || negatives === 0 ? null : own.pairs / (positives * negatives),
    averagePrecision: positives === 0 ? null : own.precisions / positives,
  }
}

/**
 * Sums over k of the mean quality of the k first drawn (each member of a tie carrying the mean of its tie), over all k
 * and over the larger half; pairs of a right item before a wrong one; precision at each right item.
 */
function walk(
  { places, qualities, ends }: Order,
  weights: Weights | undefined,
  total: number,
  negatives: number,
): Sums {
  const half = total - Math.trunc(total / 2)
  let [kept, sum, area, areaHalf, before, pairs, precisions] = [0, 0, 0, 0, 0, 0, 0]
  let start = 0
  for (let run = 0; run < ends.length; run++) {
    const end = ends[run] as number
    let [size, gained, right] = [0, 0, 0]
    for (let i = start; i < end; i++) {
      const weight = weights ? (weights[places[i] as number] as number) : 1
      const quality = qualities[i] as number
      size += weight
      gained += weight * quality
      if (quality >= 0.5) right += weight
    }
    start = end
    if (size === 0) continue
    const quality = gained / size
    for (let k = 0; k < size; k++) {
      kept++
      sum += quality
      const reached = sum / kept
      area += reached
      if (kept > half) areaHalf += reached
    }
    before += right
    pairs += right * (negatives - (kept - before) + (size - right) / 2)
    precisions += (right * before) / kept
  }
  return { area, areaHalf, pairs, precisions }
}
