import { randomFrom } from '../random.ts'
import { empiricalIterativePrompting, iterativePrompting } from '../uncertainty/iterative-prompting.ts'
import { cheatConfidence } from '../uncertainty/pair-cheating.ts'
import { defineEstimator } from './estimator.ts'

const ITERATIVE = 'Y. Abbasi-Yadkori et al., To believe or not to believe your LLM, NeurIPS 2024'

/** A lower bound of the epistemic part, in nats; 0 when answers do not depend on answers shown. */
export const epistemicMutualInformation = defineEstimator({
  name: 'EpistemicMI',
  title: 'Epistemic mutual information',
  formula: 'Σ_ij P(i, j) ln[P(i, j)/(μ(i) P2(j))], P(i, j) = μ(i) q(j | i shown)',
  needs: ['shownAnswers'],
  source: ITERATIVE,
  compute: ({ shownAnswers: { alone, shown } }) =>
    alone.length === 0 ? 'no_items' : (iterativePrompting(alone, shown)?.information ?? 'not_finite'),
})

export const epistemicMutualInformationEmpirical = defineEstimator({
  name: 'EpistemicMI:empirical',
  title: 'Epistemic mutual information by counts',
  formula: 'plug-in value − its mean over 200 redraws from independent answers, at least 0',
  needs: ['shownAnswerCounts'],
  source: ITERATIVE,
  compute: ({ shownAnswerCounts: { alone, shown } }) =>
    // One fixed seed: the same counts always give the same value.
    empiricalIterativePrompting(alone, shown, randomFrom('epistemic mutual information'))?.information ?? 'no_items',
})

/** 0 of an expert who learns nothing from seeing its own answer, near 1 of one who copies. */
export const cheatRatio = defineEstimator({
  name: 'CheatRatio',
  title: 'Gain from seeing the own answer',
  formula: '1 − min(1, p(y)/p(y | y shown))',
  needs: ['repeatedAnswer'],
  source: 'D. Johnson et al., Experts don’t cheat: learning what you don’t know by predicting pairs, ICML 2024',
  compute: ({ repeatedAnswer: { alone, shown } }) => {
    if (Number.isNaN(alone) || Number.isNaN(shown)) return 'not_finite'
    // By the difference of logs: the probability of a long answer is no number any more.
    const confidence =
      alone === -Infinity ? 0 : cheatConfidence(Math.exp(Math.min(0, alone - shown)), shown === -Infinity ? 0 : 1)
    return confidence === null ? 'undefined_ratio' : 1 - confidence
  },
})
