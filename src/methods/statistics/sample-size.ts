import { normalCdf, normalQuantile } from './distributions/normal.ts'

/**
 * Items per arm so that an unpaired two-sided test of two success rates has the wanted power, by Cohen's arcsine effect
 * size h = 2·asin√p1 − 2·asin√p2 (not rounded up). Null when the rates are equal.
 * J. Cohen, Statistical power analysis for the behavioral sciences (1988), section 6.
 */
export function sampleSizeTwoProportions(p1: number, p2: number, alpha = 0.05, power = 0.8): number | null {
  const effect = Math.abs(2 * Math.asin(Math.sqrt(p1)) - 2 * Math.asin(Math.sqrt(p2)))
  if (effect === 0) return null
  const critical = normalQuantile(1 - alpha / 2)
  // Both tails count, as the test is two-sided; the far one only matters for tiny samples.
  const reached = (n: number) => {
    const shift = effect * Math.sqrt(n / 2)
    return normalCdf(shift - critical) + normalCdf(-critical - shift)
  }
  let high = 1
  while (reached(high) < power) high *= 2
  let low = 0
  for (let i = 0; i < 200 && high - low > 1e-12 * high; i++) {
    const middle = (low + high) / 2
    if (reached(middle) < power) low = middle
    else high = middle
  }
  return (low + high) / 2
}
