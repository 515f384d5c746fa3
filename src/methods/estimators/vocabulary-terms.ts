import type { VocabularyTerms } from './evidence.ts'

/** Weights exp((log p − largest)/temperature), not normalised, and their sum. */
function flattened(logDistribution: ArrayLike<number>, temperature: number): { weights: Float64Array; sum: number } {
  const count = logDistribution.length
  let largest = -Infinity
  for (let v = 0; v < count; v++) if ((logDistribution[v] as number) > largest) largest = logDistribution[v] as number
  const weights = new Float64Array(count)
  let sum = 0
  for (let v = 0; v < count; v++) {
    const weight = Math.exp(((logDistribution[v] as number) - largest) / temperature)
    weights[v] = weight
    sum += weight
  }
  return { weights, sum }
}

/**
 * Rényi divergence of order `alpha` from the uniform distribution of one log-distribution flattened by `temperature`,
 * in nats. Raises when alpha is 1.
 */
export function renyiTerm(logDistribution: ArrayLike<number>, alpha = 0.5, temperature = 2): number {
  if (alpha === 1) throw new RangeError('renyiTerm: alpha must not be 1')
  const { weights, sum } = flattened(logDistribution, temperature)
  let powers = 0
  if (alpha === 0.5) for (const weight of weights) powers += Math.sqrt(weight)
  else for (const weight of weights) powers += weight ** alpha
  return (Math.log(powers) - alpha * Math.log(sum) - (alpha - 1) * Math.log(weights.length)) / (alpha - 1)
}

/** (2/π)·arccos Σ √(p_v / V) of one log-distribution flattened by `temperature`, in [0, 1]. */
export function fisherRaoTerm(logDistribution: ArrayLike<number>, temperature = 2): number {
  const { weights, sum } = flattened(logDistribution, temperature)
  let roots = 0
  for (const weight of weights) roots += Math.sqrt(weight)
  return (2 / Math.PI) * Math.acos(Math.min(1, roots / Math.sqrt(sum * weights.length)))
}

/**
 * Negated Kullback–Leibler divergence from the uniform distribution to one log-distribution, in nats, ≤ 0. Entries of
 * −∞ are left out, as if the vocabulary ended there; 0 when none is left.
 */
export function selfCertaintyTerm(logDistribution: ArrayLike<number>): number {
  let [sum, count] = [0, 0]
  for (let v = 0; v < logDistribution.length; v++) {
    const logprob = logDistribution[v] as number
    if (logprob === -Infinity) continue
    sum += logprob
    count++
  }
  return count === 0 ? 0 : sum / count + Math.log(count)
}

/** e^(y) = 2^(n/2048)·e^r with n whole and |r| ≤ ln 2/4096: both powers of two come from tables, e^r from four terms. */
const FRACTION_BITS = 11
const FRACTIONS = Float64Array.from({ length: 2 ** FRACTION_BITS }, (_, j) => 2 ** (j / 2 ** FRACTION_BITS))
const LARGEST_POWER = 1100
const POWERS = Float64Array.from({ length: 2 * LARGEST_POWER }, (_, k) => 2 ** (k - LARGEST_POWER))
const STEP = Math.LN2 / 2 ** FRACTION_BITS
/** Below this a quarter of the logarithm has no exponential among the doubles. */
const LEAST_LOG = -2800
/** Above this neither is it a log-probability. */
const LARGEST_LOG = 2800
/** Adding and subtracting this rounds a double to a whole number. */
const ROUNDER = 1.5 * 2 ** 52

/**
 * All three of one position, with the catalogue's order ½ and temperature 2: then both sums over p = exp(x/2) are powers
 * of exp(x/4), so that one exponential an entry is enough. It is written out here because a vocabulary is large: three
 * times as fast as by Math.exp, to 1e-14.
 */
export function vocabularyTermsOf(logDistribution: ArrayLike<number>): VocabularyTerms {
  const count = logDistribution.length
  let roots = 0
  let sum = 0
  let logs = 0
  let absent = 0
  for (let v = 0; v < count; v++) {
    const logprob = logDistribution[v] as number
    if (logprob > LEAST_LOG && logprob < LARGEST_LOG) {
      logs += logprob
      const y = logprob / 4
      const n = y * (1 / STEP) + ROUNDER - ROUNDER
      const r = y - n * STEP
      const place = n | 0
      const series = 1 + r * (1 + r * (1 / 2 + r * (1 / 6)))
      const quarter =
        series *
        (FRACTIONS[place & (2 ** FRACTION_BITS - 1)] as number) *
        (POWERS[(place >> FRACTION_BITS) + LARGEST_POWER] as number)
      roots += quarter
      sum += quarter * quarter
    } else if (logprob === -Infinity) absent++
    else if (logprob < 0) logs += logprob
    else sum = Number.NaN
  }
  const finite = count - absent
  // Log-probabilities need no shift; what overflows or vanishes without one is no distribution, but has its value.
  if (!(sum > 1e-200 && sum < 1e200))
    return {
      renyi: renyiTerm(logDistribution),
      fisherRao: fisherRaoTerm(logDistribution),
      selfCertainty: selfCertaintyTerm(logDistribution),
    }
  return {
    renyi: -2 * Math.log(roots) + Math.log(sum) - Math.log(count),
    fisherRao: (2 / Math.PI) * Math.acos(Math.min(1, roots / Math.sqrt(sum * count))),
    selfCertainty: finite === 0 ? 0 : logs / finite + Math.log(finite),
  }
}

/** Entropy in nats of a log-distribution; entries of −∞ carry no mass and are skipped. */
export function entropyOfLogDistribution(logDistribution: ArrayLike<number>): number {
  let sum = 0
  for (let v = 0; v < logDistribution.length; v++) {
    const logprob = logDistribution[v] as number
    if (logprob !== -Infinity) sum -= Math.exp(logprob) * logprob
  }
  return sum
}
