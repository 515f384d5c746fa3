import { mean } from '../statistics/summary.ts'
import { type Alternative, defineEstimator } from './estimator.ts'

/**
 * Entropy in nats of the listed alternatives and one bucket for all the rest: a lower bound of the entropy of the full
 * distribution.
 */
export function topKEntropy(alternatives: readonly Alternative[]): number {
  let [sum, listed] = [0, 0]
  for (const { logprob } of alternatives) {
    const p = Math.exp(logprob)
    listed += p
    if (p > 0) sum -= p * logprob
  }
  const rest = 1 - listed
  return rest > 0 ? sum - rest * Math.log(rest) : sum
}

const SOURCE = 'M. Fomicheva et al., Unsupervised quality estimation for neural machine translation, TACL 2020'

const largest = (values: readonly number[]): number | null =>
  values.length === 0 ? null : values.reduce((most, value) => Math.max(most, value), -Infinity)

export const meanTokenEntropy = defineEstimator({
  name: 'MeanTokenEntropy',
  title: 'Mean token entropy',
  formula: 'mean_t H_t',
  needs: ['greedyEntropies'],
  source: SOURCE,
  compute: ({ greedyEntropies }) => mean(greedyEntropies) ?? 'empty_answer',
})

export const maxTokenEntropy = defineEstimator({
  name: 'MaxTokenEntropy',
  title: 'Largest token entropy',
  formula: 'max_t H_t',
  needs: ['greedyEntropies'],
  source: SOURCE,
  compute: ({ greedyEntropies }) => largest(greedyEntropies) ?? 'empty_answer',
})

export const meanTokenEntropyTopK = defineEstimator({
  name: 'MeanTokenEntropy:topk',
  title: 'Mean token entropy of top-k',
  formula: 'mean_t H_t of top-k and one bucket for the rest',
  needs: ['greedyTopK'],
  source: SOURCE,
  compute: ({ greedyTopK }) => mean(greedyTopK.map(topKEntropy)) ?? 'empty_answer',
})

export const maxTokenEntropyTopK = defineEstimator({
  name: 'MaxTokenEntropy:topk',
  title: 'Largest token entropy of top-k',
  formula: 'max_t H_t of top-k and one bucket for the rest',
  needs: ['greedyTopK'],
  source: SOURCE,
  compute: ({ greedyTopK }) => largest(greedyTopK.map(topKEntropy)) ?? 'empty_answer',
})
