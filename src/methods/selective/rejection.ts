import { ascendingOrder, mean, sameLength } from '../statistics/summary.ts'

/**
 * Qualities from the most certain item to the least. Items of equal uncertainty each carry the mean quality of their
 * tie, which is the mean over all orders of the tie, so that no metric depends on the order of the items.
 */
export function qualitiesByCertainty(uncertainties: ArrayLike<number>, qualities: ArrayLike<number>): Float64Array {
  sameLength('qualitiesByCertainty', uncertainties, qualities)
  const order = ascendingOrder(uncertainties)
  const sorted = new Float64Array(order.length)
  for (let start = 0; start < order.length; ) {
    const uncertainty = uncertainties[order[start] as number]
    let [sum, end] = [0, start]
    for (; end < order.length && uncertainties[order[end] as number] === uncertainty; end++)
      sum += qualities[order[end] as number] as number
    const quality = sum / (end - start)
    while (start < end) sorted[start++] = quality
  }
  return sorted
}

/** Qualities scaled so that the lowest is 0 and the highest 1; all ½ when they are equal. */
function scaled(qualities: ArrayLike<number>): Float64Array {
  let [low, high] = [Infinity, -Infinity]
  for (let i = 0; i < qualities.length; i++) {
    low = Math.min(low, qualities[i] as number)
    high = Math.max(high, qualities[i] as number)
  }
  const unit = new Float64Array(qualities.length)
  for (let i = 0; i < unit.length; i++) unit[i] = high > low ? ((qualities[i] as number) - low) / (high - low) : 0.5
  return unit
}

/**
 * Area under the prediction–rejection curve: mean quality (scaled to [0, 1]) of the items that are kept while the least
 * certain are rejected one by one, up to the share `maxRejection` of all; in [0, 1]. Null when nothing is rejected.
 * A. Malinin and M. Gales, Uncertainty estimation in autoregressive structured prediction, ICLR 2021; as lm-polygraph
 * computes it.
 */
export function predictionRejectionArea(
  uncertainties: ArrayLike<number>,
  qualities: ArrayLike<number>,
  maxRejection = 1,
): number | null {
  return areaOf(qualitiesByCertainty(uncertainties, scaled(qualities)), maxRejection)
}

/** The area from scaled qualities in order of certainty. */
function areaOf(sorted: Float64Array, maxRejection: number): number | null {
  const count = sorted.length
  const rejections = Math.trunc(maxRejection * count)
  if (rejections === 0) return null
  let [kept, sum] = [0, 0]
  for (let k = 1; k <= count; k++) {
    kept += sorted[k - 1] as number
    if (k > count - rejections) sum += kept / k
  }
  return sum / rejections
}

/** Where an area lies between a random order (0) and the perfect order (1). Null when the two are equal. */
export function normalizedRejectionArea(area: number, randomArea: number, oracleArea: number): number | null {
  return oracleArea === randomArea ? null : (area - randomArea) / (oracleArea - randomArea)
}

/**
 * Prediction–rejection ratio: 1 when the uncertainties order the items as their qualities do, 0 for a random order,
 * negative below. Null when all qualities are equal or nothing is rejected. Sources as `predictionRejectionArea`.
 */
export function predictionRejectionRatio(
  uncertainties: ArrayLike<number>,
  qualities: ArrayLike<number>,
  maxRejection = 1,
): number | null {
  const unit = scaled(qualities)
  const area = areaOf(qualitiesByCertainty(uncertainties, unit), maxRejection)
  const random = mean(unit)
  const oracle = areaOf(unit.sort().reverse(), maxRejection)
  if (area === null || oracle === null || random === null) return null
  return oracle - random < 1e-12 ? null : normalizedRejectionArea(area, random, oracle)
}
