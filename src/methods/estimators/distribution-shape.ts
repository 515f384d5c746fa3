import { mean } from '../statistics/summary.ts'
import { softmax } from '../statistics/temperature-scaling.ts'
import { defineEstimator } from './estimator.ts'

type LogDistributions = readonly ArrayLike<number>[]

/**
 * Rényi divergence of order `alpha` from the uniform distribution, mean over positions, of the distribution flattened
 * by `temperature`, in nats. Higher = more certain. Null of an empty answer. Raises when alpha is 1.
 * M. Darrin et al., RainProof, EMNLP 2023.
 */
export function renyiNeg(
  logDistributions: LogDistributions,
  { alpha = 0.5, temperature = 2 }: { alpha?: number; temperature?: number } = {},
): number | null {
  if (alpha === 1) throw new RangeError('renyiNeg: alpha must not be 1')
  return mean(
    logDistributions.map((logDistribution) => {
      const p = softmax(logDistribution, temperature)
      const power = Math.log(p.reduce((sum, share) => sum + share ** alpha, 0))
      return (power - (alpha - 1) * Math.log(p.length)) / (alpha - 1)
    }),
  )
}

/**
 * Fisher–Rao distance to the uniform distribution, (2/π)·arccos Σ √(p_v / V), mean over positions, of the distribution
 * flattened by `temperature`; in [0, 1]. Higher = more certain. Null of an empty answer. M. Darrin et al., as above.
 */
export const fisherRao = (logDistributions: LogDistributions, temperature = 2): number | null =>
  mean(
    logDistributions.map((logDistribution) => {
      const p = softmax(logDistribution, temperature)
      const overlap = p.reduce((sum, share) => sum + Math.sqrt(share / p.length), 0)
      return (2 / Math.PI) * Math.acos(Math.min(1, overlap))
    }),
  )

/**
 * Negated Kullback–Leibler divergence from the uniform distribution to the model's, mean over positions, in nats, ≤ 0.
 * Null of an empty answer; infinite when an entry has no mass.
 * Z. Kang, X. Zhao and D. Song, Scalable best-of-N selection for large language models via self-certainty, 2025.
 */
export const selfCertainty = (logDistributions: LogDistributions): number | null =>
  mean(
    logDistributions.map((logDistribution) => {
      const average = mean(logDistribution)
      return average === null ? 0 : average + Math.log(logDistribution.length)
    }),
  )

export const renyiNegEstimator = defineEstimator({
  name: 'RenyiNeg',
  needs: ['fullDistributions'],
  direction: 'certainty',
  source: 'M. Darrin et al., RainProof, EMNLP 2023',
  compute: ({ fullDistributions }) => renyiNeg(fullDistributions) ?? 'empty_answer',
})

export const fisherRaoEstimator = defineEstimator({
  name: 'FisherRao',
  needs: ['fullDistributions'],
  direction: 'certainty',
  source: 'M. Darrin et al., RainProof, EMNLP 2023',
  compute: ({ fullDistributions }) => fisherRao(fullDistributions) ?? 'empty_answer',
})

export const selfCertaintyEstimator = defineEstimator({
  name: 'SelfCertainty',
  needs: ['fullDistributions'],
  source: 'Z. Kang, X. Zhao and D. Song, Scalable best-of-N selection via self-certainty, 2025',
  compute: ({ fullDistributions }) => selfCertainty(fullDistributions) ?? 'empty_answer',
})
