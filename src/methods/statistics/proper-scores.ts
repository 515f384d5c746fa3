import type { Label } from './binary-classification.ts'
import { mean, sameLength } from './summary.ts'

/**
 * Brier score, mean (p − y)², in [0, 1], lower is better. Null of an empty list.
 * G. W. Brier, Verification of forecasts expressed in terms of probability, Monthly Weather Review 78 (1950).
 */
export function brier(probabilities: ArrayLike<number>, labels: ArrayLike<Label>): number | null {
  sameLength('brier', probabilities, labels)
  return mean(Float64Array.from(probabilities, (p, i) => (p - (labels[i] ? 1 : 0)) ** 2))
}

/**
 * Mean negative log-likelihood in nats, ≥ 0, lower is better. Probabilities are kept `clip` away from 0 and 1, so that
 * one sure mistake does not make the mean infinite. Null of an empty list.
 */
export function logLoss(
  probabilities: ArrayLike<number>,
  labels: ArrayLike<Label>,
  clip = Number.EPSILON,
): number | null {
  sameLength('logLoss', probabilities, labels)
  const loss = (p: number, i: number) => {
    const kept = Math.min(1 - clip, Math.max(clip, p))
    return -(labels[i] ? Math.log(kept) : Math.log1p(-kept))
  }
  return mean(Float64Array.from(probabilities, loss))
}

/** Multi-class Brier score, mean Σ_c (p_c − 1[c = y])², in [0, 2]. Null of an empty list. */
export function multiclassBrier(rows: readonly ArrayLike<number>[], gold: readonly number[]): number | null {
  sameLength('multiclassBrier', rows, gold)
  const scoreOf = (row: ArrayLike<number>, y: number) => {
    let sum = 0
    for (let c = 0; c < row.length; c++) sum += ((row[c] as number) - (c === y ? 1 : 0)) ** 2
    return sum
  }
  return mean(rows.map((row, i) => scoreOf(row, gold[i] as number)))
}

/** Multi-class log loss, mean −ln p_y in nats, clipped as `logLoss`. Null of an empty list. */
export function multiclassLogLoss(
  rows: readonly ArrayLike<number>[],
  gold: readonly number[],
  clip = Number.EPSILON,
): number | null {
  sameLength('multiclassLogLoss', rows, gold)
  return mean(rows.map((row, i) => -Math.log(Math.min(1, Math.max(clip, row[gold[i] as number] ?? 0)))))
}
