import { normalCdf } from './distributions/normal.ts'
import { sameLength } from './summary.ts'

/**
 * Cochran–Armitage test, two-sided, of a linear trend of a success rate over ordered levels (`scores` 0, 1, 2, … when
 * left out). A positive statistic: the rate rises. Null when nothing or everything succeeds, or all trials share one
 * score.
 * P. Armitage, Tests for linear trends in proportions and frequencies, Biometrics 11 (1955).
 */
export function cochranArmitageTest(
  successes: readonly number[],
  trials: readonly number[],
  scores: readonly number[] = successes.map((_, level) => level),
): { statistic: number; pValue: number } | null {
  sameLength('cochranArmitageTest', successes, trials)
  sameLength('cochranArmitageTest', successes, scores)
  const sum = (values: readonly number[]) => values.reduce((total, value) => total + value, 0)
  const all = sum(trials)
  const rate = sum(successes) / all
  if (!(all > 0) || rate === 0 || rate === 1) return null
  const centre = sum(trials.map((n, i) => n * (scores[i] as number))) / all
  const spread = sum(trials.map((n, i) => n * ((scores[i] as number) - centre) ** 2))
  if (!(spread > 0)) return null
  const trend = sum(successes.map((x, i) => (x - (trials[i] as number) * rate) * ((scores[i] as number) - centre)))
  const statistic = trend / Math.sqrt(rate * (1 - rate) * spread)
  return { statistic, pValue: Math.min(1, 2 * normalCdf(-Math.abs(statistic))) }
}
