import { defineEstimator } from './estimator.ts'
import { meanNll } from './likelihoods.ts'

/** A distinct sample: its length-normalised probability, and its relation to the greedy answer. */
export interface DensitySample {
  probability: number
  contradict: number
  neutral: number
}

/**
 * −(Σ r_k κ_k + r_0)/(Σ r_k + r_0), κ = max(0, 1 − (C + N/2)): minus the share of probability that lies near the greedy
 * answer, in [−1, 0]. Null when all probabilities are 0.
 * X. Qiu and R. Miikkulainen, Semantic density, NeurIPS 2024.
 */
export function semanticDensity(greedyProbability: number, samples: readonly DensitySample[]): number | null {
  let [near, all] = [greedyProbability, greedyProbability]
  for (const { probability, contradict, neutral } of samples) {
    near += probability * Math.max(0, 1 - (contradict + neutral / 2))
    all += probability
  }
  return all > 0 ? -near / all : null
}

export const semanticDensityEstimator = defineEstimator({
  name: 'SemanticDensity:nli',
  title: 'Semantic density',
  formula: '−(Σ_k r_k κ_k + r_0)/(Σ_k r_k + r_0), r = exp(S/L), κ = max(0, 1 − (C + N/2))',
  needs: ['greedyLogprobs', 'samples', 'sampleLogprobs', 'greedyNli'],
  source: 'X. Qiu and R. Miikkulainen, Semantic density, NeurIPS 2024',
  compute: ({ greedyLogprobs, samples, sampleLogprobs, greedyNli }) => {
    const greedy = meanNll(greedyLogprobs)
    if (greedy === null) return 'empty_answer'
    const seen = new Set<string>()
    const distinct = samples.flatMap((sample, i) => {
      const nll = meanNll(sampleLogprobs[i] ?? [])
      if (seen.has(sample) || nll === null) return []
      seen.add(sample)
      return [
        {
          probability: Math.exp(-nll),
          contradict: greedyNli.contradict[i] as number,
          neutral: greedyNli.neutral[i] as number,
        },
      ]
    })
    return semanticDensity(Math.exp(-greedy), distinct) ?? 'undefined_ratio'
  },
})
