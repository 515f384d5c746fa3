import { mean } from '../statistics/summary.ts'
import { jaccardSimilarity } from '../text/jaccard.ts'
import { defineEstimator } from './estimator.ts'
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
  needs: ['greedyLogprobs', 'greedySimilarity'],
  source: SOURCE,
  compute: ({ greedyLogprobs, greedySimilarity }) => {
    if (greedySimilarity.length === 0) return 'no_items'
    return cocoa(sequenceNll(greedyLogprobs), greedySimilarity) ?? 'empty_answer'
  },
})

export const cocoaPpl = defineEstimator({
  name: 'CocoaPPL',
  needs: ['greedyLogprobs', 'greedySimilarity'],
  source: SOURCE,
  compute: ({ greedyLogprobs, greedySimilarity }) => {
    if (greedySimilarity.length === 0) return 'no_items'
    return cocoa(meanNll(greedyLogprobs), greedySimilarity) ?? 'empty_answer'
  },
})

export const cocoaMte = defineEstimator({
  name: 'CocoaMTE',
  needs: ['greedyEntropies', 'greedySimilarity'],
  source: SOURCE,
  compute: ({ greedyEntropies, greedySimilarity }) => {
    if (greedySimilarity.length === 0) return 'no_items'
    return cocoa(mean(greedyEntropies), greedySimilarity) ?? 'empty_answer'
  },
})

/** CoCoA over shared words, for targets without a cross-encoder. */
export const cocoaPplJaccard = defineEstimator({
  name: 'CocoaPPL:jaccard',
  needs: ['greedyLogprobs', 'greedyText', 'samples'],
  source: SOURCE,
  compute: ({ greedyLogprobs, greedyText, samples }) => {
    if (samples.length === 0) return 'no_items'
    const similarity = samples.map((sample) => jaccardSimilarity(greedyText, sample))
    return cocoa(meanNll(greedyLogprobs), similarity) ?? 'empty_answer'
  },
})
