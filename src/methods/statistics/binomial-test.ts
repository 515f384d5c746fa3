import { binomialAtLeast, binomialAtMost, binomialProbability } from './distributions/binomial.ts'

export type Alternative = 'two-sided' | 'less' | 'greater'

/**
 * Exact test that the success rate is `p0`. The two-sided p-value adds all outcomes that are no more likely than the
 * observed one (with a relative slack of 1e-7, so that equal probabilities stay equal under rounding).
 * With no trials the p-value is 1. Raises when successes lie outside 0..trials or p0 outside [0, 1].
 */
export function binomialTest(
  successes: number,
  trials: number,
  p0: number,
  alternative: Alternative = 'two-sided',
): { pValue: number } {
  if (!(successes >= 0 && successes <= trials && p0 >= 0 && p0 <= 1))
    throw new RangeError(
      `binomialTest: need 0 ≤ successes ≤ trials and p0 in [0, 1], got ${successes}, ${trials}, ${p0}`,
    )
  if (alternative === 'less') return { pValue: binomialAtMost(successes, trials, p0) }
  if (alternative === 'greater') return { pValue: binomialAtLeast(successes, trials, p0) }
  const expected = p0 * trials
  if (successes === expected) return { pValue: 1 }
  const limit = binomialProbability(successes, trials, p0) * (1 + 1e-7)
  const asUnlikely = (k: number) => binomialProbability(k, trials, p0) <= limit
  // Probabilities fall away from the mode on either side, so the far tail's first member is found by halving.
  if (successes < expected) {
    let [low, high] = [Math.ceil(expected), trials + 1]
    while (low < high) {
      const middle = (low + high) >> 1
      if (asUnlikely(middle)) high = middle
      else low = middle + 1
    }
    return { pValue: Math.min(1, binomialAtMost(successes, trials, p0) + binomialAtLeast(low, trials, p0)) }
  }
  let [low, high] = [-1, Math.floor(expected)]
  while (low < high) {
    const middle = (low + high + 1) >> 1
    if (asUnlikely(middle)) low = middle
    else high = middle - 1
  }
  return { pValue: Math.min(1, binomialAtMost(low, trials, p0) + binomialAtLeast(successes, trials, p0)) }
}
