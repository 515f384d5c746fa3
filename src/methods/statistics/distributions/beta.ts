import { logGamma } from './gamma.ts'

const continuedFraction = (x: number, a: number, b: number): number => {
  const tiny = 1e-300
  let c = 1
  let d = 1 / (1 - ((a + b) * x) / (a + 1) || tiny)
  let fraction = d
  for (let m = 1; m < 100_000; m++) {
    const even = (m * (b - m) * x) / ((a + 2 * m - 1) * (a + 2 * m))
    d = 1 / (1 + even * d || tiny)
    c = 1 + even / c || tiny
    fraction *= d * c
    const odd = (-(a + m) * (a + b + m) * x) / ((a + 2 * m) * (a + 2 * m + 1))
    d = 1 / (1 + odd * d || tiny)
    c = 1 + odd / c || tiny
    fraction *= d * c
    if (Math.abs(d * c - 1) < 1e-16) break
  }
  return fraction
}

/**
 * Regularised incomplete beta function I_x(a, b): the distribution function of Beta(a, b), a, b > 0, x in [0, 1].
 * Continued fraction of DLMF 8.17.22 by the modified Lentz method.
 */
export function incompleteBeta(x: number, a: number, b: number): number {
  if (x <= 0) return 0
  if (x >= 1) return 1
  const front = Math.exp(logGamma(a + b) - logGamma(a) - logGamma(b) + a * Math.log(x) + b * Math.log1p(-x))
  return x < (a + 1) / (a + b + 2)
    ? (front * continuedFraction(x, a, b)) / a
    : 1 - (front * continuedFraction(1 - x, b, a)) / b
}

/**
 * The x with I_x(a, b) = p: quantile of Beta(a, b), p in [0, 1].
 * Newton's method on the density, kept inside a shrinking bracket so that it cannot leave [0, 1].
 */
export function betaQuantile(p: number, a: number, b: number): number {
  if (p <= 0) return 0
  if (p >= 1) return 1
  const logFront = logGamma(a + b) - logGamma(a) - logGamma(b)
  let low = 0
  let high = 1
  let x = a / (a + b)
  for (let i = 0; i < 200; i++) {
    const error = incompleteBeta(x, a, b) - p
    if (error === 0) return x
    if (error > 0) high = x
    else low = x
    const density = Math.exp(logFront + (a - 1) * Math.log(x) + (b - 1) * Math.log1p(-x))
    const step = x - error / density
    const next = step > low && step < high ? step : (low + high) / 2
    if (Math.abs(next - x) <= 1e-16 * x) return next
    x = next
  }
  return x
}
