import { averageRanks } from './ranks.ts'
import { ascendingOrder, sameLength, tiedRuns } from './summary.ts'

/** 1, true: the positive class. 0, false: the negative class. */
export type Label = boolean | number

const positives = (labels: ArrayLike<Label>): number => {
  let count = 0
  for (let i = 0; i < labels.length; i++) if (labels[i]) count++
  return count
}

/**
 * Area under the ROC curve: the chance that a positive scores above a negative, ties counting half; in [0, 1].
 * Null when only one class is there. Raises when the lists differ in length.
 * J. A. Hanley and B. J. McNeil, Radiology 143 (1982), by the rank-sum identity in O(n log n).
 */
export function rocAuc(scores: ArrayLike<number>, labels: ArrayLike<Label>): number | null {
  sameLength('rocAuc', scores, labels)
  const positive = positives(labels)
  const negative = scores.length - positive
  if (positive === 0 || negative === 0) return null
  const { ranks } = averageRanks(scores)
  let rankSum = 0
  for (let i = 0; i < ranks.length; i++) if (labels[i]) rankSum += ranks[i] as number
  return (rankSum - (positive * (positive + 1)) / 2) / (positive * negative)
}

/** Counts of true and false positives when everything scored `threshold` or more is called positive. */
interface Cut {
  threshold: number
  truePositives: number
  falsePositives: number
}

/** One cut at each distinct score, from the highest score down. */
function cuts(scores: ArrayLike<number>, labels: ArrayLike<Label>): Cut[] {
  const order = ascendingOrder(scores).reverse()
  const list: Cut[] = []
  let [truePositives, falsePositives] = [0, 0]
  for (const [start, end] of tiedRuns(scores, order)) {
    for (let i = start; i < end; i++) {
      if (labels[order[i] as number]) truePositives++
      else falsePositives++
    }
    list.push({ threshold: scores[order[start] as number] as number, truePositives, falsePositives })
  }
  return list
}

/**
 * Average precision Σ (R_k − R_{k−1})·P_k over the distinct scores, highest first; in [0, 1], no interpolation.
 * Null when nothing is positive.
 */
export function averagePrecision(scores: ArrayLike<number>, labels: ArrayLike<Label>): number | null {
  sameLength('averagePrecision', scores, labels)
  const total = positives(labels)
  if (total === 0) return null
  let [sum, before] = [0, 0]
  for (const { truePositives, falsePositives } of cuts(scores, labels)) {
    sum += (truePositives - before) * (truePositives / (truePositives + falsePositives))
    before = truePositives
  }
  return sum / total
}

/**
 * Precision and recall at each distinct score taken as threshold, lowest first, closed by the point (1, 0) that has no
 * threshold: `precision` and `recall` are one longer than `thresholds`. Null when nothing is positive.
 */
export function precisionRecallCurve(
  scores: ArrayLike<number>,
  labels: ArrayLike<Label>,
): { precision: number[]; recall: number[]; thresholds: number[] } | null {
  sameLength('precisionRecallCurve', scores, labels)
  const total = positives(labels)
  if (total === 0) return null
  const ascending = cuts(scores, labels).reverse()
  return {
    precision: [...ascending.map((cut) => cut.truePositives / (cut.truePositives + cut.falsePositives)), 1],
    recall: [...ascending.map((cut) => cut.truePositives / total), 0],
    thresholds: ascending.map((cut) => cut.threshold),
  }
}

/**
 * Largest Youden index TPR − FPR over all thresholds, in [0, 1], and the highest threshold that reaches it (null when
 * calling nothing positive is best). Null when only one class is there.
 * W. J. Youden, Index for rating diagnostic tests, Cancer 3 (1950).
 */
export function bestYouden(
  scores: ArrayLike<number>,
  labels: ArrayLike<Label>,
): { value: number; threshold: number | null } | null {
  sameLength('bestYouden', scores, labels)
  const positive = positives(labels)
  const negative = scores.length - positive
  if (positive === 0 || negative === 0) return null
  let best: { value: number; threshold: number | null } = { value: 0, threshold: null }
  for (const { threshold, truePositives, falsePositives } of cuts(scores, labels)) {
    const value = truePositives / positive - falsePositives / negative
    if (value > best.value) best = { value, threshold }
  }
  return best
}

/**
 * Points (false positive rate, true positive rate) of the ROC curve from (0, 0) to (1, 1), one for each distinct score.
 * Null when only one class is there.
 */
export function rocCurve(
  scores: ArrayLike<number>,
  labels: ArrayLike<Label>,
): { falsePositiveRate: number; truePositiveRate: number; threshold: number | null }[] | null {
  sameLength('rocCurve', scores, labels)
  const positive = positives(labels)
  const negative = scores.length - positive
  if (positive === 0 || negative === 0) return null
  return [
    { falsePositiveRate: 0, truePositiveRate: 0, threshold: null },
    ...cuts(scores, labels).map((cut) => ({
      falsePositiveRate: cut.falsePositives / negative,
      truePositiveRate: cut.truePositives / positive,
      threshold: cut.threshold,
    })),
  ]
}

/**
 * The lowest threshold at which "score ≥ threshold" is said of at most the share `limit` of the negatives, with the
 * rates there. Null without negatives, or when even the highest score is said of too many.
 */
export function thresholdAtFalsePositiveRate(
  scores: ArrayLike<number>,
  labels: ArrayLike<Label>,
  limit: number,
): { threshold: number; falsePositiveRate: number; truePositiveRate: number | null } | null {
  sameLength('thresholdAtFalsePositiveRate', scores, labels)
  const positive = positives(labels)
  const negative = scores.length - positive
  if (negative === 0) return null
  const last = cuts(scores, labels).findLast((cut) => cut.falsePositives / negative <= limit)
  if (!last) return null
  return {
    threshold: last.threshold,
    falsePositiveRate: last.falsePositives / negative,
    truePositiveRate: positive === 0 ? null : last.truePositives / positive,
  }
}
