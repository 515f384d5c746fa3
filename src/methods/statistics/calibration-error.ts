import type { Label } from './binary-classification.ts'
import { ascendingOrder, sameLength, tiedRuns } from './summary.ts'

/** One bin of a reliability diagram; the means are null where the bin is empty. */
export interface ReliabilityBin {
  low: number
  high: number
  count: number
  meanConfidence: number | null
  meanCorrect: number | null
}

const ROUNDING = 1e-9

// Multiples of the width, not i / bins: the edges then agree with those of numpy.linspace to the last bit.
const edgesOf = (bins: number): Float64Array =>
  Float64Array.from({ length: bins + 1 }, (_, i) => (i === bins ? 1 : i * (1 / bins)))

/** Sums of probabilities may leave [0, 1] by rounding, and by no more. */
function withinUnit(given: number): number {
  if (!(given >= -ROUNDING && given <= 1 + ROUNDING))
    throw new RangeError(`reliabilityBins: a confidence must lie in [0, 1], got ${given}`)
  return Math.min(1, Math.max(0, given))
}

function widthBin(confidence: number, edges: Float64Array): number {
  const bins = edges.length - 1
  let bin = Math.min(bins - 1, Math.max(0, Math.ceil(confidence * bins) - 1))
  while (bin > 0 && confidence <= (edges[bin] as number)) bin--
  while (bin < bins - 1 && confidence > (edges[bin + 1] as number)) bin++
  return bin
}

/** Equal-width bins (low, high] of [0, 1], the first closed at 0. Confidences outside [0, 1] raise. */
export function reliabilityBins(
  confidences: ArrayLike<number>,
  correct: ArrayLike<Label>,
  bins = 10,
): ReliabilityBin[] {
  sameLength('reliabilityBins', confidences, correct)
  const edges = edgesOf(bins)
  const [counts, confidenceSums, correctSums] = [0, 0, 0].map(() => new Float64Array(bins)) as [
    Float64Array,
    Float64Array,
    Float64Array,
  ]
  for (let i = 0; i < confidences.length; i++) {
    const confidence = withinUnit(confidences[i] as number)
    const bin = widthBin(confidence, edges)
    counts[bin] = (counts[bin] as number) + 1
    confidenceSums[bin] = (confidenceSums[bin] as number) + confidence
    correctSums[bin] = (correctSums[bin] as number) + Number(correct[i])
  }
  return Array.from(counts, (count, bin) => ({
    low: edges[bin] as number,
    high: edges[bin + 1] as number,
    count,
    meanConfidence: count === 0 ? null : (confidenceSums[bin] as number) / count,
    meanCorrect: count === 0 ? null : (correctSums[bin] as number) / count,
  }))
}

const gapOf = (bins: readonly ReliabilityBin[], total: number): number | null => {
  if (total === 0) return null
  let sum = 0
  for (const { count, meanConfidence, meanCorrect } of bins)
    if (meanConfidence !== null && meanCorrect !== null) sum += (count / total) * Math.abs(meanCorrect - meanConfidence)
  return sum
}

/**
 * Expected calibration error over equal-width bins, in [0, 1], lower is better. Never read without a discrimination
 * measure: always answering the base rate has an error near 0. Null of an empty list.
 * C. Guo et al., On calibration of modern neural networks, ICML 2017.
 */
export const expectedCalibrationError = (
  confidences: ArrayLike<number>,
  correct: ArrayLike<Label>,
  bins = 10,
): number | null => gapOf(reliabilityBins(confidences, correct, bins), confidences.length)

/**
 * Bins of (as nearly as can be) equal counts. Equal confidences may fall on both sides of an edge; each then carries the
 * mean correctness of its tie, so that the order of the items does not matter.
 */
export function quantileBins(confidences: ArrayLike<number>, correct: ArrayLike<Label>, bins = 10): ReliabilityBin[] {
  sameLength('quantileBins', confidences, correct)
  const order = ascendingOrder(confidences)
  const count = order.length
  const levelled = new Float64Array(count)
  for (const [start, end] of tiedRuns(confidences, order)) {
    let sum = 0
    for (let i = start; i < end; i++) sum += Number(correct[order[i] as number])
    levelled.fill(sum / (end - start), start, end)
  }
  const list: ReliabilityBin[] = []
  for (let bin = 0; bin < bins; bin++) {
    const [start, end] = [Math.floor((bin * count) / bins), Math.floor(((bin + 1) * count) / bins)]
    if (start === end) continue
    let [confidenceSum, correctSum] = [0, 0]
    for (let i = start; i < end; i++) {
      confidenceSum += confidences[order[i] as number] as number
      correctSum += levelled[i] as number
    }
    list.push({
      low: confidences[order[start] as number] as number,
      high: confidences[order[end - 1] as number] as number,
      count: end - start,
      meanConfidence: confidenceSum / (end - start),
      meanCorrect: correctSum / (end - start),
    })
  }
  return list
}

/**
 * Adaptive calibration error: as `expectedCalibrationError` over bins of equal counts. Null of an empty list.
 * K. Nguyen and B. O'Connor, Posterior calibration and exploratory analysis for NLP models, EMNLP 2015.
 */
export const adaptiveCalibrationError = (
  confidences: ArrayLike<number>,
  correct: ArrayLike<Label>,
  bins = 10,
): number | null => gapOf(quantileBins(confidences, correct, bins), confidences.length)

/** Bins of equal width, or of as nearly equal counts as can be. */
export type Binning = 'width' | 'count'

/** A bin, from 0, and how much of an item lies in it: one whole, except for ties across bins of equal counts. */
export type BinShare = [bin: number, share: number]

/** The bins that each item lies in. Confidences outside [0, 1] raise for bins of equal width. */
export function binShares(confidences: ArrayLike<number>, bins: number, by: Binning): BinShare[][] {
  const count = confidences.length
  if (by === 'width') {
    const edges = edgesOf(bins)
    return Array.from({ length: count }, (_, i) => [[widthBin(withinUnit(confidences[i] as number), edges), 1]])
  }
  const order = ascendingOrder(confidences)
  const shares = new Array<BinShare[]>(count)
  for (const [start, end] of tiedRuns(confidences, order)) {
    const own: BinShare[] = []
    for (let bin = 0; bin < bins; bin++) {
      const low = Math.max(start, Math.floor((bin * count) / bins))
      const high = Math.min(end, Math.floor(((bin + 1) * count) / bins))
      if (high > low) own.push([bin, (high - low) / (end - start)])
    }
    for (let i = start; i < end; i++) shares[order[i] as number] = own
  }
  return shares
}
