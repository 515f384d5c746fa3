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

/** All three of one position, with the catalogue's order ½ and temperature 2. */
export function vocabularyTermsOf(logDistribution: ArrayLike<number>): VocabularyTerms {
  const { weights, sum } = flattened(logDistribution, 2)
  let roots = 0
  for (const weight of weights) roots += Math.sqrt(weight)
  return {
    renyi: -2 * Math.log(roots) + Math.log(sum) - Math.log(weights.length),
    fisherRao: (2 / Math.PI) * Math.acos(Math.min(1, roots / Math.sqrt(sum * weights.length))),
    selfCertainty: selfCertaintyTerm(logDistribution),
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
