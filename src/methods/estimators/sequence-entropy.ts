import { mean } from '../statistics/summary.ts'
import { defineEstimator } from './estimator.ts'
import { meanNll, sequenceNll } from './likelihoods.ts'

/** Log-probability Σ log p of each sample. */
export const sequenceLogprobs = (samples: readonly (readonly number[])[]): number[] =>
  samples.map((logprobs) => 0 - (sequenceNll(logprobs) ?? 0))

/** −mean S_i over samples, from their sequence log-probabilities; null without samples. */
export function monteCarloSequenceEntropy(logprobs: ArrayLike<number>): number | null {
  const average = mean(logprobs)
  return average === null ? null : -average
}

/** −mean S_i / L_i over the samples that have a token; null when none has. */
export const monteCarloNormalizedSequenceEntropy = (samples: readonly (readonly number[])[]): number | null =>
  mean(samples.map(meanNll).filter((nll) => nll !== null))

const SOURCE = 'L. Kuhn, Y. Gal and S. Farquhar, Semantic uncertainty, ICLR 2023; A. Malinin and M. Gales, ICLR 2021'

export const monteCarloSequenceEntropyEstimator = defineEstimator({
  name: 'MonteCarloSequenceEntropy',
  title: 'Sequence entropy',
  formula: '−mean_i S_i',
  needs: ['sampleLogprobs'],
  source: SOURCE,
  compute: ({ sampleLogprobs }) => monteCarloSequenceEntropy(sequenceLogprobs(sampleLogprobs)) ?? 'no_items',
})

export const monteCarloNormalizedSequenceEntropyEstimator = defineEstimator({
  name: 'MonteCarloNormalizedSequenceEntropy',
  title: 'Length-normalised sequence entropy',
  formula: '−mean_i S_i / L_i',
  needs: ['sampleLogprobs'],
  source: SOURCE,
  compute: ({ sampleLogprobs }) => monteCarloNormalizedSequenceEntropy(sampleLogprobs) ?? 'no_items',
})
