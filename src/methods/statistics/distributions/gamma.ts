const LANCZOS = [
  0.9999999999999971, 57.15623566586292, -59.59796035547549, 14.136097974741746, -0.4919138160976202,
  3.399464998481189e-5, 4.652362892704858e-5, -9.837447530487956e-5, 0.0001580887032249125, -0.00021026444172410488,
  0.00021743961811521265, -0.0001643181065367639, 8.441822398385275e-5, -2.6190838401581408e-5, 3.6899182659531625e-6,
]

/**
 * Natural logarithm of the gamma function, for x > 0 (relative error about 1e-15).
 * Lanczos approximation with g = 607/128 and 15 terms (P. Godfrey, 2001).
 */
export function logGamma(x: number): number {
  let sum = LANCZOS[0] as number
  for (let i = 1; i < LANCZOS.length; i++) sum += (LANCZOS[i] as number) / (x + i)
  const t = x + 5.2421875
  return (x + 0.5) * Math.log(t) - t + Math.log((2.5066282746310007 * sum) / x)
}

/**
 * Upper regularised incomplete gamma function Q(a, x), a > 0, x ≥ 0; in [0, 1].
 * Series below x = a + 1, continued fraction (modified Lentz) above: DLMF 8.7.1 and 8.9.2.
 */
export function upperIncompleteGamma(a: number, x: number): number {
  if (x <= 0) return 1
  const scale = Math.exp(a * Math.log(x) - x - logGamma(a))
  if (x < a + 1) {
    let term = 1 / a
    let sum = term
    for (let n = 1; n < 100_000; n++) {
      term *= x / (a + n)
      sum += term
      if (term < sum * 1e-17) break
    }
    return 1 - sum * scale
  }
  const tiny = 1e-300
  let b = x + 1 - a
  let c = 1 / tiny
  let d = 1 / b
  let fraction = d
  for (let n = 1; n < 100_000; n++) {
    const numerator = -n * (n - a)
    b += 2
    d = numerator * d + b || tiny
    c = b + numerator / c || tiny
    d = 1 / d
    fraction *= d * c
    if (Math.abs(d * c - 1) < 1e-16) break
  }
  return scale * fraction
}

/** P(X ≥ x) for a chi-square variable with `degreesOfFreedom` > 0; in [0, 1]. */
export const chiSquareUpperTail = (x: number, degreesOfFreedom: number): number =>
  upperIncompleteGamma(degreesOfFreedom / 2, x / 2)

/** The x that a chi-square variable exceeds with probability `tail`, by bisection. */
export function chiSquareQuantileAbove(tail: number, degreesOfFreedom: number): number {
  let [low, high] = [0, 1]
  while (chiSquareUpperTail(high, degreesOfFreedom) > tail) high *= 2
  for (let i = 0; i < 200 && high - low > 1e-14 * high; i++) {
    const middle = (low + high) / 2
    if (chiSquareUpperTail(middle, degreesOfFreedom) > tail) low = middle
    else high = middle
  }
  return (low + high) / 2
}
