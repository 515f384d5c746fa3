import { sigmoid } from '../statistics/logistic-regression.ts'
import { defineEstimator, type Evidence } from './estimator.ts'

/**
 * 1 − mean over samples of the mean support by the other samples, support = σ(entailment logit − contradiction logit);
 * in [0, 1]. Null of fewer than two samples.
 * C. Zhang et al., LUQ: long-text uncertainty quantification for LLMs, EMNLP 2024.
 */
export function luq({ entail, contradict }: Evidence['nliLogits']): number | null {
  const count = entail.length
  if (count < 2) return null
  let sum = 0
  for (let i = 0; i < count; i++)
    for (let j = 0; j < count; j++)
      if (i !== j) sum += sigmoid((entail[i]?.[j] as number) - (contradict[i]?.[j] as number))
  return 1 - sum / (count * (count - 1))
}

export const luqEstimator = defineEstimator({
  name: 'LUQ:nli',
  title: 'Long-text uncertainty',
  formula: '1 − mean_i mean_(j≠i) σ(e_ij − c_ij)',
  needs: ['nliLogits'],
  source: 'C. Zhang et al., LUQ: long-text uncertainty quantification for LLMs, EMNLP 2024',
  compute: ({ nliLogits }) => luq(nliLogits) ?? 'too_few',
})
