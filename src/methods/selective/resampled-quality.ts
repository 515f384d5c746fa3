import type { Order, RankedItems, Weights } from './ranked-items.ts'

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
  const oracle = oracleOf(byQuality, weights, total, total - positives)
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

/** What the last resample of an order of quality came to: many estimators of the same items share one. */
const oracles = new WeakMap<Order, { weights: Weights; sums: Sums }>()

function oracleOf(order: Order, weights: Weights | undefined, total: number, negatives: number): Sums {
  const last = oracles.get(order)
  if (last && last.weights === weights) return last.sums
  const sums = walk(order, weights, total, negatives)
  if (weights) oracles.set(order, { weights, sums })
  return sums
}

interface Sums {
  area: number
  areaHalf: number
  pairs: number
  precisions: number
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
