import { betaQuantile, incompleteBeta } from './beta.ts'

/** Two-sided p-value P(|T| ≥ |t|) for Student's t with `degreesOfFreedom` > 0; in [0, 1]. */
export const studentTTwoSided = (t: number, degreesOfFreedom: number): number =>
  incompleteBeta(degreesOfFreedom / (degreesOfFreedom + t * t), degreesOfFreedom / 2, 0.5)

/** Quantile of Student's t, p strictly in (0, 1). Raises outside. */
export function studentTQuantile(p: number, degreesOfFreedom: number): number {
  if (!(p > 0 && p < 1)) throw new RangeError(`studentTQuantile: p must lie strictly between 0 and 1, got ${p}`)
  const tail = 2 * Math.min(p, 1 - p)
  const x = betaQuantile(tail, degreesOfFreedom / 2, 0.5)
  const t = Math.sqrt((degreesOfFreedom * (1 - x)) / x)
  return p < 0.5 ? -t : t
}
