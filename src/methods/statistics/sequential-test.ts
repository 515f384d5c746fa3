import type { Verdict } from './non-inferiority.ts'

export interface SequentialTestOptions {
  /** Largest loss that still counts as not worse, > 0. */
  margin: number
  /** Bound on either error, at whatever item the test stops. */
  alpha?: number
  /** Number of items that may be asked at most; sets the size of the bets. */
  plannedItems: number
}

export interface SequentialState {
  verdict: Verdict
  items: number
  /** Log capital of the two bets: against "worse by the margin or more", and against "better than that". */
  logPassCapital: number
  logFailCapital: number
  /** Valid at any stopping time: min(1, 1 / largest capital so far). */
  passPValue: number
  failPValue: number
}

/** One betting martingale on values in [0, 1] against "the mean is `nullMean` or less". */
function bet(nullMean: number, alpha: number, plannedItems: number) {
  let [count, sum, squares, logCapital, largest] = [0, 0.5, 0.25, 0, 0]
  return (value: number): { logCapital: number; largest: number } => {
    // The stake is set from earlier values alone; this is what keeps the error bound.
    const spread = squares / (count + 1)
    const stake = Math.min(Math.sqrt((2 * Math.log(1 / alpha)) / (plannedItems * spread)), 0.5 / nullMean)
    logCapital += Math.log1p(stake * (value - nullMean))
    largest = Math.max(largest, logCapital)
    count++
    sum += value
    squares += (value - sum / (count + 1)) ** 2
    return { logCapital, largest }
  }
}

/**
 * Paired non-inferiority that may be looked at after every item. Feed differences candidate − baseline in [−1, 1] in an
 * order that was fixed by a seed beforehand (clusters: one mean difference each); the state tells when to stop. Either
 * verdict is wrong with probability at most α, whenever one stops. Raises on a difference outside [−1, 1].
 * I. Waudby-Smith and A. Ramdas, Estimating means of bounded random variables by betting, JRSS B 86 (2024).
 */
export function sequentialTest({
  margin,
  alpha = 0.05,
  plannedItems,
}: SequentialTestOptions): (difference: number) => SequentialState {
  if (!(margin > 0 && margin < 1)) throw new RangeError(`sequentialTest: the margin must lie in (0, 1), got ${margin}`)
  const pass = bet((1 - margin) / 2, alpha, plannedItems)
  const fail = bet((1 + margin) / 2, alpha, plannedItems)
  const limit = Math.log(1 / alpha)
  let verdict: Verdict = 'inconclusive'
  let items = 0
  return (difference) => {
    if (!(difference >= -1 && difference <= 1))
      throw new RangeError(`sequentialTest: a difference must lie in [−1, 1], got ${difference}`)
    const passed = pass((1 + difference) / 2)
    const failed = fail((1 - difference) / 2)
    items++
    if (verdict === 'inconclusive') {
      if (passed.largest >= limit) verdict = 'pass'
      else if (failed.largest >= limit) verdict = 'fail'
    }
    return {
      verdict,
      items,
      logPassCapital: passed.logCapital,
      logFailCapital: failed.logCapital,
      passPValue: Math.min(1, Math.exp(-passed.largest)),
      failPValue: Math.min(1, Math.exp(-failed.largest)),
    }
  }
}
