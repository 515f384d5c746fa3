import { mean, sameLength } from '../statistics/summary.ts'
import { defineEstimator } from './estimator.ts'

/**
 * −mean (l_t − b_t): pointwise mutual information of answer and question, negated, b_t being the log-probability of the
 * token without the question (0 for the first). Null of an empty answer.
 */
export function meanPmi(logprobs: readonly number[], unconditional: readonly number[]): number | null {
  sameLength('meanPmi', logprobs, unconditional)
  const average = mean(logprobs.map((l, t) => l - (t === 0 ? 0 : (unconditional[t] as number))))
  return average === null ? null : -average
}

/**
 * As `meanPmi`, subtracting λ·b_t only where the model is unsure (entropy at least τ). Null of an empty answer.
 * L. van der Poel et al., Mutual information alleviates hallucinations in abstractive summarization, EMNLP 2022.
 */
export function meanConditionalPmi(
  logprobs: readonly number[],
  unconditional: readonly number[],
  entropies: readonly number[],
  { tau = 0.0656, lambda = 3.599 }: { tau?: number; lambda?: number } = {},
): number | null {
  sameLength('meanConditionalPmi', logprobs, unconditional)
  sameLength('meanConditionalPmi', logprobs, entropies)
  const gains = logprobs.map((l, t) =>
    t > 0 && (entropies[t] as number) >= tau ? l - lambda * (unconditional[t] as number) : l,
  )
  const average = mean(gains)
  return average === null ? null : -average
}

export const meanPmiEstimator = defineEstimator({
  name: 'MeanPMI',
  title: 'Pointwise mutual information',
  formula: '−mean_t (l_t − b_t), b_1 = 0',
  needs: ['greedyLogprobs', 'unconditionalLogprobs'],
  source:
    'J. Takayama and Y. Arase, Relevant and informative response generation using pointwise mutual information, 2019',
  compute: ({ greedyLogprobs, unconditionalLogprobs }) =>
    meanPmi(greedyLogprobs, unconditionalLogprobs) ?? 'empty_answer',
})

export const meanConditionalPmiEstimator = defineEstimator({
  name: 'MeanCPMI',
  title: 'Conditional pointwise mutual information',
  formula: '−mean_t (l_t − λ·1[t > 1 and H_t ≥ τ]·b_t), τ = 0.0656, λ = 3.599',
  needs: ['greedyLogprobs', 'unconditionalLogprobs', 'greedyEntropies'],
  source:
    'L. van der Poel et al., Mutual information alleviates hallucinations in abstractive summarization, EMNLP 2022',
  compute: ({ greedyLogprobs, unconditionalLogprobs, greedyEntropies }) =>
    meanConditionalPmi(greedyLogprobs, unconditionalLogprobs, greedyEntropies) ?? 'empty_answer',
})
