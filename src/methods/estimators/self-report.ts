import { classifyRefusal } from '../text/refusal.ts'
import { linguisticProbability, statedProbability } from '../text/stated-confidence.ts'
import { evaluationScore, hybridScore } from '../uncertainty/self-evaluation.ts'
import { defineEstimator } from './estimator.ts'

const P_TRUE = 'S. Kadavath et al., Language models (mostly) know what they know, 2022'
const VERBALIZED = 'K. Tian et al., Just ask for calibration, EMNLP 2023'

export const pTrue = defineEstimator({
  name: 'PTrue',
  title: 'P(True)',
  formula: '−log p(True) when asked whether the answer is true',
  needs: ['trueLogprob'],
  source: P_TRUE,
  compute: ({ trueLogprob }) => 0 - trueLogprob,
})

export const pTrueSampling = defineEstimator({
  name: 'PTrueSampling',
  title: 'P(True) with samples in view',
  formula: '−log p(True) with the samples shown as brainstormed ideas',
  needs: ['trueLogprobGivenSamples'],
  source: P_TRUE,
  compute: ({ trueLogprobGivenSamples }) => 0 - trueLogprobGivenSamples,
})

const says = (verdict: string, word: 'true' | 'false'): boolean => new RegExp(`\\b${word}\\b`, 'i').test(verdict)

/** 1 − share of sampled verdicts that contain the word True. */
export const pTrueEmpirical = defineEstimator({
  name: 'PTrueEmpirical',
  title: 'P(True) by sampled verdicts',
  formula: '1 − share of verdicts that contain True',
  needs: ['trueVerdicts'],
  source: P_TRUE,
  compute: ({ trueVerdicts }) =>
    trueVerdicts.length === 0
      ? 'no_items'
      : 1 - trueVerdicts.filter((verdict) => says(verdict, 'true')).length / trueVerdicts.length,
})

const stated = (text: string) => {
  const probability = statedProbability(text)
  return probability === null ? 'unparsed' : 1 - probability
}

export const verbalized1S = defineEstimator({
  name: 'Verbalized1S',
  title: 'Stated probability',
  formula: '1 − probability stated with the answer',
  needs: ['statedConfidence'],
  source: VERBALIZED,
  compute: ({ statedConfidence }) => stated(statedConfidence),
})

export const verbalized2S = defineEstimator({
  name: 'Verbalized2S',
  title: 'Stated probability, second turn',
  formula: '1 − probability stated in a follow-up turn',
  needs: ['secondTurnConfidence'],
  source: VERBALIZED,
  compute: ({ secondTurnConfidence }) => stated(secondTurnConfidence),
})

export const linguistic1S = defineEstimator({
  name: 'Linguistic1S',
  title: 'Verbal confidence',
  formula: '1 − value of the first matching phrase of a map',
  needs: ['statedConfidence'],
  source: VERBALIZED,
  compute: ({ statedConfidence }) => {
    const probability = linguisticProbability(statedConfidence)
    return probability === null ? 'unparsed' : 1 - probability
  },
})

export const idkMassEstimator = defineEstimator({
  name: 'IDKMass',
  title: 'Mass on not knowing',
  formula: 'Σ p(token | prompt) over first tokens of “I don’t know”',
  needs: ['idkMass'],
  source: 'R. Cohen et al., I don’t know: explicit modeling of uncertainty with an [IDK] token, NeurIPS 2024',
  compute: ({ idkMass }) => idkMass,
})

/** The same for targets without log-probabilities, under its own name. */
export const idkMassEmpirical = defineEstimator({
  name: 'IDKMass:empirical',
  title: 'Share of samples that refuse',
  formula: 'share of the n samples that refuse to answer',
  needs: ['samples'],
  source: 'R. Cohen et al., I don’t know: explicit modeling of uncertainty with an [IDK] token, NeurIPS 2024',
  compute: ({ samples }) =>
    samples.length === 0
      ? 'no_items'
      : samples.filter((sample) => classifyRefusal(sample) === 'refuse').length / samples.length,
})

const SELF_EVALUATION = 'J. Ren et al., Self-evaluation improves selective generation in large language models, 2023'

export const selfEvaluation = defineEstimator({
  name: 'SelfEval',
  title: 'Self-evaluation',
  formula: '1 − p(True)/(p(True) + p(False))',
  needs: ['verdictMasses'],
  source: SELF_EVALUATION,
  compute: ({ verdictMasses: { right, wrong } }) => {
    const score = evaluationScore(right, wrong)
    return score === null ? 'undefined_ratio' : 1 - score
  },
})

export const selfEvaluationEmpirical = defineEstimator({
  name: 'SelfEval:empirical',
  title: 'Self-evaluation by sampled verdicts',
  formula: '1 − True/(True + False) of the sampled verdicts',
  needs: ['trueVerdicts'],
  source: SELF_EVALUATION,
  compute: ({ trueVerdicts }) => {
    const [right, wrong] = [0, 0].map(
      (_, i) =>
        trueVerdicts.filter(
          (verdict) => says(verdict, i === 0 ? 'true' : 'false') && !says(verdict, i === 0 ? 'false' : 'true'),
        ).length,
    ) as [number, number]
    const score = evaluationScore(right, wrong)
    return score === null ? 'unparsed' : 1 - score
  },
})

/** In [0, 2]: not clipped, because clipping would tie what has to be ranked. */
export const selfEvaluationNota = defineEstimator({
  name: 'SelfEval:nota',
  title: 'Self-evaluation less “None of the above”',
  formula: '1 − (p(True)/(p(True) + p(False)) − p(None of the above))',
  needs: ['verdictMasses', 'noneOfTheAbove'],
  source: SELF_EVALUATION,
  compute: ({ verdictMasses: { right, wrong }, noneOfTheAbove }) => {
    const score = evaluationScore(right, wrong)
    return score === null ? 'undefined_ratio' : 1 - hybridScore(score, noneOfTheAbove)
  },
})
