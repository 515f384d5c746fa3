import { sameLength } from '../statistics/summary.ts'
import { defineEstimator, type Matrix } from './estimator.ts'
import { sequenceLogprobs } from './sequence-entropy.ts'

/** What divides the similarity of other samples in the sentence-level form. */
const TEMPERATURE = 0.001

/**
 * Negative log-likelihood with each token weighted by its relevance 1 − similarity(answer, answer without it), ≥ 0.
 * Equal weights when no token is relevant; null of an empty answer.
 * J. Duan et al., Shifting attention to relevance, ACL 2024.
 */
export function tokenSar(logprobs: readonly number[], tokenSimilarity: readonly number[]): number | null {
  sameLength('tokenSar', logprobs, tokenSimilarity)
  if (logprobs.length === 0) return null
  const relevance = tokenSimilarity.map((similarity) => 1 - similarity)
  const total = relevance.reduce((sum, r) => sum + r, 0)
  return (
    0 -
    logprobs.reduce((sum, l, t) => sum + l * (total === 0 ? 1 / logprobs.length : (relevance[t] as number) / total), 0)
  )
}

/**
 * mean_i −log(p_i + Σ_{j≠i} p_j·similarity_ij / t) over samples, from their log-probabilities; sums are taken relative
 * to their largest term, so that long answers do not underflow. Not a number where negative similarities outweigh the
 * rest. Null of fewer than two samples.
 * J. Duan et al., Shifting attention to relevance, ACL 2024.
 */
export function sentenceSar(logprobs: readonly number[], similarity: Matrix, t = TEMPERATURE): number | null {
  sameLength('sentenceSar', logprobs, similarity)
  const count = logprobs.length
  if (count < 2) return null
  const largest = Math.max(...logprobs)
  const probabilities = logprobs.map((logprob) => (largest === -Infinity ? 1 : Math.exp(logprob - largest)))
  let sum = 0
  for (let i = 0; i < count; i++) {
    const row = similarity[i] as readonly number[]
    let others = 0
    for (let j = 0; j < count; j++) if (j !== i) others += (probabilities[j] as number) * (row[j] as number)
    sum -= Math.log((probabilities[i] as number) + others / t) + largest
  }
  return sum / count
}

/**
 * `sentenceSar` with the probability of each sample taken from its `tokenSar`; a sample without a token has probability
 * 1. Null of fewer than two samples and when none has a token.
 */
export function sar(
  samples: readonly (readonly number[])[],
  tokenSimilarity: readonly (readonly number[])[],
  similarity: Matrix,
  t = TEMPERATURE,
): number | null {
  sameLength('sar', samples, tokenSimilarity)
  if (samples.every((logprobs) => logprobs.length === 0)) return null
  const weighted = samples.map((logprobs, i) => 0 - (tokenSar(logprobs, tokenSimilarity[i] as readonly number[]) ?? 0))
  return sentenceSar(weighted, similarity, t)
}

const SOURCE = 'J. Duan et al., Shifting attention to relevance, ACL 2024'

export const tokenSarEstimator = defineEstimator({
  name: 'TokenSAR',
  title: 'Token relevance',
  formula: '−Σ_t l_t R_t / Σ_t R_t, R_t = 1 − similarity(answer, answer without token t)',
  needs: ['greedyLogprobs', 'tokenSimilarity'],
  source: SOURCE,
  compute: ({ greedyLogprobs, tokenSimilarity }) => tokenSar(greedyLogprobs, tokenSimilarity) ?? 'empty_answer',
})

export const sentenceSarEstimator = defineEstimator({
  name: 'SentenceSAR',
  title: 'Sentence relevance',
  formula: 'mean_i −log(p_i + Σ_(j≠i) p_j sim_ij / 0.001), p_i = exp(S_i)',
  needs: ['sampleLogprobs', 'similarity'],
  source: SOURCE,
  compute: ({ sampleLogprobs, similarity }) => sentenceSar(sequenceLogprobs(sampleLogprobs), similarity) ?? 'too_few',
})

export const sarEstimator = defineEstimator({
  name: 'SAR',
  title: 'Relevance of tokens and sentences',
  formula: 'SentenceSAR with p_i = exp(−TokenSAR_i)',
  needs: ['sampleLogprobs', 'sampleTokenSimilarity', 'similarity'],
  source: SOURCE,
  compute: ({ sampleLogprobs, sampleTokenSimilarity, similarity }) => {
    if (sampleLogprobs.length < 2) return 'too_few'
    return sar(sampleLogprobs, sampleTokenSimilarity, similarity) ?? 'empty_answer'
  },
})
