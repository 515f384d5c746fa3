import { linguisticProbability, statedProbability } from '../text/stated-confidence.ts'
import { defineEstimator } from './estimator.ts'

const P_TRUE = 'S. Kadavath et al., Language models (mostly) know what they know, 2022'
const VERBALIZED = 'K. Tian et al., Just ask for calibration, EMNLP 2023'

export const pTrue = defineEstimator({
  name: 'PTrue',
  needs: ['trueLogprob'],
  source: P_TRUE,
  compute: ({ trueLogprob }) => 0 - trueLogprob,
})

export const pTrueSampling = defineEstimator({
  name: 'PTrueSampling',
  needs: ['trueLogprobGivenSamples'],
  source: P_TRUE,
  compute: ({ trueLogprobGivenSamples }) => 0 - trueLogprobGivenSamples,
})

/** 1 − share of sampled verdicts that contain the word True. */
export const pTrueEmpirical = defineEstimator({
  name: 'PTrueEmpirical',
  needs: ['trueVerdicts'],
  source: P_TRUE,
  compute: ({ trueVerdicts }) =>
    trueVerdicts.length === 0
      ? 'no_items'
      : 1 - trueVerdicts.filter((verdict) => /\btrue\b/i.test(verdict)).length / trueVerdicts.length,
})

const stated = (text: string) => {
  const probability = statedProbability(text)
  return probability === null ? 'unparsed' : 1 - probability
}

export const verbalized1S = defineEstimator({
  name: 'Verbalized1S',
  needs: ['statedConfidence'],
  source: VERBALIZED,
  compute: ({ statedConfidence }) => stated(statedConfidence),
})

export const verbalized2S = defineEstimator({
  name: 'Verbalized2S',
  needs: ['secondTurnConfidence'],
  source: VERBALIZED,
  compute: ({ secondTurnConfidence }) => stated(secondTurnConfidence),
})

export const linguistic1S = defineEstimator({
  name: 'Linguistic1S',
  needs: ['statedConfidence'],
  source: VERBALIZED,
  compute: ({ statedConfidence }) => {
    const probability = linguisticProbability(statedConfidence)
    return probability === null ? 'unparsed' : 1 - probability
  },
})

export const idkMassEstimator = defineEstimator({
  name: 'IDKMass',
  needs: ['idkMass'],
  source: 'R. Cohen et al., I don’t know: explicit modeling of uncertainty with an [IDK] token, NeurIPS 2024',
  compute: ({ idkMass }) => idkMass,
})
