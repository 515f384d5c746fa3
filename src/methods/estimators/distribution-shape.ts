import { mean } from '../statistics/summary.ts'
import { defineEstimator } from './estimator.ts'
import { fisherRaoTerm, renyiTerm, selfCertaintyTerm } from './vocabulary-terms.ts'

type LogDistributions = readonly ArrayLike<number>[]

/**
 * Rényi divergence of order `alpha` from the uniform distribution, mean over positions, of the distribution flattened
 * by `temperature`, in nats. Higher = more certain. Null of an empty answer. Raises when alpha is 1.
 * M. Darrin et al., RainProof, EMNLP 2023.
 */
export const renyiNeg = (
  logDistributions: LogDistributions,
  { alpha = 0.5, temperature = 2 }: { alpha?: number; temperature?: number } = {},
): number | null => mean(logDistributions.map((one) => renyiTerm(one, alpha, temperature)))

/**
 * Fisher–Rao distance to the uniform distribution, (2/π)·arccos Σ √(p_v / V), mean over positions, of the distribution
 * flattened by `temperature`; in [0, 1]. Higher = more certain. Null of an empty answer. M. Darrin et al., as above.
 */
export const fisherRao = (logDistributions: LogDistributions, temperature = 2): number | null =>
  mean(logDistributions.map((one) => fisherRaoTerm(one, temperature)))

/**
 * Negated Kullback–Leibler divergence from the uniform distribution to the model's, mean over positions, in nats, ≤ 0.
 * Null of an empty answer; entries of −∞ are left out, as in lm-polygraph.
 * Z. Kang, X. Zhao and D. Song, Scalable best-of-N selection for large language models via self-certainty, 2025.
 */
export const selfCertainty = (logDistributions: LogDistributions): number | null =>
  mean(logDistributions.map(selfCertaintyTerm))

export const renyiNegEstimator = defineEstimator({
  name: 'RenyiNeg',
  title: 'Rényi divergence from uniform',
  formula: 'mean_t (log Σ_v p_v^α − (α − 1) log V)/(α − 1), α = ½, p = softmax(log p / 2)',
  needs: ['vocabularyTerms'],
  direction: 'certainty',
  source: 'M. Darrin et al., RainProof, EMNLP 2023',
  compute: ({ vocabularyTerms }) => mean(vocabularyTerms.map(({ renyi }) => renyi)) ?? 'empty_answer',
})

export const fisherRaoEstimator = defineEstimator({
  name: 'FisherRao',
  title: 'Fisher–Rao distance from uniform',
  formula: 'mean_t (2/π) arccos Σ_v √(p_v / V), p = softmax(log p / 2)',
  needs: ['vocabularyTerms'],
  direction: 'certainty',
  source: 'M. Darrin et al., RainProof, EMNLP 2023',
  compute: ({ vocabularyTerms }) => mean(vocabularyTerms.map((terms) => terms.fisherRao)) ?? 'empty_answer',
})

export const selfCertaintyEstimator = defineEstimator({
  name: 'SelfCertainty',
  title: 'Self-certainty, negated',
  formula: '−mean_t (−mean_v log p_v − log V)',
  needs: ['vocabularyTerms'],
  source: 'Z. Kang, X. Zhao and D. Song, Scalable best-of-N selection via self-certainty, 2025',
  compute: ({ vocabularyTerms }) => mean(vocabularyTerms.map((terms) => terms.selfCertainty)) ?? 'empty_answer',
})
