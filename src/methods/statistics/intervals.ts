import { betaQuantile } from './distributions/beta.ts'
import { normalQuantile } from './distributions/normal.ts'

/** Ends of an interval, `low` ≤ `high`. */
export interface Interval {
  low: number
  high: number
}

const quantileOf = (confidence: number): number => {
  if (!(confidence > 0 && confidence < 1))
    throw new RangeError(`confidence must lie strictly between 0 and 1, got ${confidence}`)
  return normalQuantile(1 - (1 - confidence) / 2)
}

const check = (successes: number, trials: number) => {
  if (!(successes >= 0 && successes <= trials))
    throw new RangeError(`successes must lie in 0..trials, got ${successes} of ${trials}`)
}

const clipped = (centre: number, half: number): Interval => ({
  low: Math.max(0, centre - half),
  high: Math.min(1, centre + half),
})

/**
 * Score interval of a share, in [0, 1]; null when `trials` is 0. Raises when successes lie outside 0..trials.
 * The default interval of every share in a report.
 * E. B. Wilson, Probable inference, the law of succession, and statistical inference, JASA 22 (1927).
 */
export function wilsonInterval(successes: number, trials: number, confidence = 0.95): Interval | null {
  check(successes, trials)
  if (trials === 0) return null
  const z2 = quantileOf(confidence) ** 2
  const share = successes / trials
  const half = Math.sqrt(z2 * ((share * (1 - share)) / trials + z2 / (4 * trials * trials))) / (1 + z2 / trials)
  const { low, high } = clipped((share + z2 / (2 * trials)) / (1 + z2 / trials), half)
  // The two ends are exact by algebra; rounding would leave 1e-17 there.
  return { low: successes === 0 ? 0 : low, high: successes === trials ? 1 : high }
}

/**
 * Exact (conservative) interval of a share, in [0, 1]; null when `trials` is 0. Raises as `wilsonInterval`.
 * C. J. Clopper and E. S. Pearson, The use of confidence or fiducial limits, Biometrika 26 (1934).
 */
export function clopperPearsonInterval(successes: number, trials: number, confidence = 0.95): Interval | null {
  check(successes, trials)
  if (trials === 0) return null
  const tail = (1 - confidence) / 2
  return {
    low: successes === 0 ? 0 : betaQuantile(tail, successes, trials - successes + 1),
    high: successes === trials ? 1 : betaQuantile(1 - tail, successes + 1, trials - successes),
  }
}

/**
 * Equal-tailed posterior interval of a share under Jeffreys' prior Beta(½, ½), in [0, 1]; null when `trials` is 0.
 * L. D. Brown, T. T. Cai and A. DasGupta, Interval estimation for a binomial proportion, Statistical Science 16 (2001),
 * without their adjustment at 0 and n.
 */
export function jeffreysInterval(successes: number, trials: number, confidence = 0.95): Interval | null {
  check(successes, trials)
  if (trials === 0) return null
  const tail = (1 - confidence) / 2
  const [a, b] = [successes + 0.5, trials - successes + 0.5]
  return { low: betaQuantile(tail, a, b), high: betaQuantile(1 - tail, a, b) }
}

/**
 * Wald interval around the share after adding z²/2 successes and failures, clipped to [0, 1]; null when `trials` is 0.
 * A. Agresti and B. A. Coull, Approximate is better than "exact", The American Statistician 52 (1998).
 */
export function agrestiCoullInterval(successes: number, trials: number, confidence = 0.95): Interval | null {
  check(successes, trials)
  if (trials === 0) return null
  const z = quantileOf(confidence)
  const n = trials + z * z
  const share = (successes + (z * z) / 2) / n
  return clipped(share, z * Math.sqrt((share * (1 - share)) / n))
}
