import type { Interval } from './intervals.ts'

export type Verdict = 'pass' | 'fail' | 'inconclusive'

/**
 * Whether the candidate is not worse than the baseline by `margin` > 0, from the interval (at confidence 1 − 2α) of
 * candidate − baseline, oriented so that positive is better. `superior`: also better than the baseline; `equivalent`:
 * also not better by the margin. Without an interval: inconclusive.
 */
export function nonInferiority(
  interval: Interval | null,
  margin: number,
): { verdict: Verdict; superior: boolean; equivalent: boolean } {
  if (!(margin > 0)) throw new RangeError(`nonInferiority: the margin must be above 0, got ${margin}`)
  if (!interval) return { verdict: 'inconclusive', superior: false, equivalent: false }
  const pass = interval.low > -margin
  return {
    verdict: pass ? 'pass' : interval.high < -margin ? 'fail' : 'inconclusive',
    superior: interval.low > 0,
    equivalent: pass && interval.high < margin,
  }
}
