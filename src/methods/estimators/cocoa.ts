import { mean } from '../statistics/summary.ts'
import { jaccardSimilarity } from '../text/jaccard.ts'
import { defineEstimator, type Evidence } from './estimator.ts'
import { meanNll, sequenceNll } from './likelihoods.ts'

/**
 * An uncertainty of the greedy answer times the mean dissimilarity of the samples to it. Null when the uncertainty is,
 * or without samples.
 * R. Vashurin et al., CoCoA: confidence- and consistency-aware approach, 2025.
 */
export function cocoa(uncertainty: number | null, greedySimilarity: readonly number[]): number | null {
  const similarity = mean(greedySimilarity)
  return uncertainty === null || similarity === null ? null : uncertainty * (1 - similarity)
}

const SOURCE = 'R. Vashurin et al., Uncertainty quantification for LLMs through minimum Bayes risk (CoCoA), 2025'

export const cocoaMsp = defineEstimator({
  name: 'CocoaMSP',
  title: 'CoCoA, sequence probability',
  formula: '(−Σ_t l_t) · mean_j (1 − g_j)',
  needs: ['greedyLogprobs', 'greedySimilarity'],
  source: SOURCE,
  compute: ({ greedyLogprobs, greedySimilarity }) => {
    if (greedySimilarity.length === 0) return 'no_items'
    return cocoa(sequenceNll(greedyLogprobs), greedySimilarity) ?? 'empty_answer'
  },
})

export const cocoaPpl = defineEstimator({
  name: 'CocoaPPL',
  title: 'CoCoA, perplexity',
  formula: '(−mean_t l_t) · mean_j (1 − g_j)',
  needs: ['greedyLogprobs', 'greedySimilarity'],
  source: SOURCE,
  compute: ({ greedyLogprobs, greedySimilarity }) => {
    if (greedySimilarity.length === 0) return 'no_items'
    return cocoa(meanNll(greedyLogprobs), greedySimilarity) ?? 'empty_answer'
  },
})

export const cocoaMte = defineEstimator({
  name: 'CocoaMTE',
  title: 'CoCoA, token entropy',
  formula: '(mean_t H_t) · mean_j (1 − g_j)',
  needs: ['greedyEntropies', 'greedySimilarity'],
  source: SOURCE,
  compute: ({ greedyEntropies, greedySimilarity }) => {
    if (greedySimilarity.length === 0) return 'no_items'
    return cocoa(mean(greedyEntropies), greedySimilarity) ?? 'empty_answer'
  },
})

const similaritiesByWords = ({ greedyText, samples }: Pick<Evidence, 'greedyText' | 'samples'>): number[] =>
  samples.map((sample) => jaccardSimilarity(greedyText, sample))

/** CoCoA over shared words, for targets without a cross-encoder. */
export const cocoaMspJaccard = defineEstimator({
  name: 'CocoaMSP:jaccard',
  title: 'CoCoA, sequence probability, by shared words',
  formula: '(−Σ_t l_t) · mean_j (1 − Jaccard(greedy, s_j))',
  needs: ['greedyLogprobs', 'greedyText', 'samples'],
  source: SOURCE,
  compute: ({ greedyLogprobs, ...texts }) => {
    if (texts.samples.length === 0) return 'no_items'
    return cocoa(sequenceNll(greedyLogprobs), similaritiesByWords(texts)) ?? 'empty_answer'
  },
})

export const cocoaPplJaccard = defineEstimator({
  name: 'CocoaPPL:jaccard',
  title: 'CoCoA, perplexity, by shared words',
  formula: '(−mean_t l_t) · mean_j (1 − Jaccard(greedy, s_j))',
  needs: ['greedyLogprobs', 'greedyText', 'samples'],
  source: SOURCE,
  compute: ({ greedyLogprobs, ...texts }) => {
    if (texts.samples.length === 0) return 'no_items'
    return cocoa(meanNll(greedyLogprobs), similaritiesByWords(texts)) ?? 'empty_answer'
  },
})

export const cocoaMteJaccard = defineEstimator({
  name: 'CocoaMTE:jaccard',
  title: 'CoCoA, token entropy, by shared words',
  formula: '(mean_t H_t) · mean_j (1 − Jaccard(greedy, s_j))',
  needs: ['greedyEntropies', 'greedyText', 'samples'],
  source: SOURCE,
  compute: ({ greedyEntropies, ...texts }) => {
    if (texts.samples.length === 0) return 'no_items'
    return cocoa(mean(greedyEntropies), similaritiesByWords(texts)) ?? 'empty_answer'
  },
})
