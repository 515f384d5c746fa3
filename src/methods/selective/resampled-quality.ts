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

/** Items in order of certainty and in order of quality, sorted once for all resamples. */
export interface RankedItems {
  qualities: Float64Array
  /** The items' places in the common list, for their weights. */
  places: Uint32Array
  /** From the most certain item to the least, with the ends of the runs of equal uncertainty. */
  order: Uint32Array
  runs: [start: number, end: number][]
  /** From the best quality to the worst. */
  best: Uint32Array
}

/** Sorts items by uncertainty and by quality; `places` are their positions among the items that were resampled. */
export function rankItems(
  uncertainties: ArrayLike<number>,
  qualities: ArrayLike<number>,
  places: ArrayLike<number>,
): RankedItems {
  sameLength('rankItems', uncertainties, qualities)
  sameLength('rankItems', uncertainties, places)
  const order = ascendingOrder(uncertainties)
  return {
    qualities: Float64Array.from(qualities),
    places: Uint32Array.from(places),
    order,
    runs: [...tiedRuns(uncertainties, order)],
    best: ascendingOrder(Float64Array.from(qualities, (quality) => -quality)),
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
export function resampledQuality(ranked: RankedItems, weights?: Weights): ResampledQuality {
  const { qualities, places, order, runs, best } = ranked
  const weightOf = (item: number): number => (weights ? (weights[places[item] as number] as number) : 1)
  let [total, qualitySum, positives] = [0, 0, 0]
  for (let item = 0; item < qualities.length; item++) {
    const weight = weightOf(item)
    total += weight
    qualitySum += weight * (qualities[item] as number)
    if ((qualities[item] as number) >= 0.5) positives += weight
  }
  if (total === 0) return NOTHING
  const half = total - Math.trunc(total / 2)
  let [kept, sum, area, areaHalf] = [0, 0, 0, 0]
  const step = (quality: number, count: number): void => {
    for (let k = 0; k < count; k++) {
      kept++
      sum += quality
      area += sum / kept
      if (kept > half) areaHalf += sum / kept
    }
  }
  let [before, pairs, precisions] = [0, 0, 0]
  for (const [start, end] of runs) {
    let [size, own, right] = [0, 0, 0]
    for (let i = start; i < end; i++) {
      const item = order[i] as number
      const weight = weightOf(item)
      size += weight
      own += weight * (qualities[item] as number)
      if ((qualities[item] as number) >= 0.5) right += weight
    }
    if (size === 0) continue
    step(own / size, size)
    before += right
    const wrongBehind = total - positives - (kept - before)
    pairs += right * (wrongBehind + (size - right) / 2)
    precisions += (right * before) / kept
  }
  const [ownArea, ownHalf] = [area, areaHalf]
  ;[kept, sum, area, areaHalf] = [0, 0, 0, 0]
  for (const item of best) step(qualities[item] as number, weightOf(item))
  const mean = qualitySum / total
  const negatives = total - positives
  const ratio = (reached: number, oracle: number, count: number): number | null =>
    count === 0 || oracle / count - mean < 1e-12 ? null : (reached / count - mean) / (oracle / count - mean)
  return {
    predictionRejectionRatio: ratio(ownArea, area, total),
    predictionRejectionRatioHalf: ratio(ownHalf, areaHalf, total - half),
    riskCoverageAuc: 1 - ownArea / total,
    rocAuc: positives === 0 || negatives === 0 ? null : pairs / (positives * negatives),
    averagePrecision: positives === 0 ? null : precisions / positives,
  }
}
