import { mean } from '../statistics/summary.ts'
import { defineEstimator } from './estimator.ts'

const total = (logprobs: ArrayLike<number>): number => {
  let sum = 0
  for (let i = 0; i < logprobs.length; i++) sum += logprobs[i] as number
  return sum
}

/** −Σ log p of the answer's tokens, ≥ 0 nats; null of an empty answer. */
export const sequenceNll = (logprobs: ArrayLike<number>): number | null =>
  logprobs.length === 0 ? null : -total(logprobs)

/** −mean log p of the answer's tokens, ≥ 0 nats; null of an empty answer. */
export function meanNll(logprobs: ArrayLike<number>): number | null {
  const average = mean(logprobs)
  return average === null ? null : -average
}

/** Largest −log p of a token, ≥ 0 nats; null of an empty answer. */
export function largestNll(logprobs: ArrayLike<number>): number | null {
  let largest: number | null = null
  for (let i = 0; i < logprobs.length; i++) largest = Math.max(largest ?? -Infinity, -(logprobs[i] as number))
  return largest
}

const SOURCE = 'M. Fomicheva et al., Unsupervised quality estimation for neural machine translation, TACL 2020'

export const maximumSequenceProbability = defineEstimator({
  name: 'MaximumSequenceProbability',
  title: 'Sequence probability',
  formula: '−Σ_t l_t',
  needs: ['greedyLogprobs'],
  source: SOURCE,
  compute: ({ greedyLogprobs }) => sequenceNll(greedyLogprobs) ?? 'empty_answer',
})

/** A mean negative log-likelihood; its exponential goes by another name. */
export const perplexity = defineEstimator({
  name: 'Perplexity',
  title: 'Perplexity (mean negative log-likelihood)',
  formula: '−mean_t l_t',
  needs: ['greedyLogprobs'],
  source: SOURCE,
  compute: ({ greedyLogprobs }) => meanNll(greedyLogprobs) ?? 'empty_answer',
})

export const maxTokenNll = defineEstimator({
  name: 'MaxTokenNLL',
  title: 'Least likely token',
  formula: 'max_t −l_t',
  needs: ['greedyLogprobs'],
  source: 'P. Manakul et al., SelfCheckGPT, EMNLP 2023 (token-level baseline)',
  compute: ({ greedyLogprobs }) => largestNll(greedyLogprobs) ?? 'empty_answer',
})
