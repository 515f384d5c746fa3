import { incompleteBeta } from './beta.ts'
import { logGamma } from './gamma.ts'

/** P(X = k) for X ~ Bin(n, p); 0 outside 0..n. */
export function binomialProbability(k: number, n: number, p: number): number {
  if (k < 0 || k > n) return 0
  if (p <= 0) return k === 0 ? 1 : 0
  if (p >= 1) return k === n ? 1 : 0
  const logChoose = logGamma(n + 1) - logGamma(k + 1) - logGamma(n - k + 1)
  return Math.exp(logChoose + k * Math.log(p) + (n - k) * Math.log1p(-p))
}

/** P(X ≤ k) for X ~ Bin(n, p). */
export function binomialAtMost(k: number, n: number, p: number): number {
  if (k < 0) return 0
  return k >= n ? 1 : incompleteBeta(1 - p, n - k, k + 1)
}

/** P(X ≥ k) for X ~ Bin(n, p). */
export function binomialAtLeast(k: number, n: number, p: number): number {
  if (k <= 0) return 1
  return k > n ? 0 : incompleteBeta(p, k, n - k + 1)
}
