import { binomialTest } from './binomial-test.ts'

/** The success rates that A57's targets are held against, lowest first. */
export const SUCCESS_BASELINES = [0.5, 0.6, 0.7] as const

export interface SuccessRateLevel {
  /** One-sided p-value against each baseline, in ascending order. */
  tests: { baseline: number; pValue: number; reached: boolean }[]
  /** The highest baseline that is significantly exceeded; null when not even the lowest is. */
  level: number | null
}

/**
 * Which baselines a success rate is significantly above. The hypotheses are nested, so they are tested in ascending
 * order at full α and the first that is not rejected ends it: no correction is needed.
 */
export function successRateLevel(
  successes: number,
  trials: number,
  { baselines = SUCCESS_BASELINES, alpha = 0.05 }: { baselines?: readonly number[]; alpha?: number } = {},
): SuccessRateLevel {
  let [level, going] = [null as number | null, true]
  const tests = [...baselines]
    .sort((a, b) => a - b)
    .map((baseline) => {
      const { pValue } = binomialTest(successes, trials, baseline, 'greater')
      going &&= pValue <= alpha
      if (going) level = baseline
      return { baseline, pValue, reached: going }
    })
  return { tests, level }
}

/** The fewest successes of `trials` that are significantly above a rate; null when not even all of them are. */
export function leastSignificantSuccesses(trials: number, baseline: number, alpha = 0.05): number | null {
  const significant = (successes: number) => binomialTest(successes, trials, baseline, 'greater').pValue <= alpha
  if (!significant(trials)) return null
  let [low, high] = [-1, trials]
  while (high - low > 1) {
    const middle = (low + high) >> 1
    if (significant(middle)) high = middle
    else low = middle
  }
  return high
}
