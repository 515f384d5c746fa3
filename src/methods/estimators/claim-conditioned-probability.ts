import { logSumExp, sameLength } from '../statistics/summary.ts'
import { type Alternative, defineEstimator, type Evidence } from './estimator.ts'

/**
 * −Π_t P(alternatives that entail the chosen token) / P(those that entail or contradict it), in [−1, 0). The first
 * alternative at each position is the chosen token and always counts as entailing. Null of an empty answer.
 * E. Fadeeva et al., Fact-checking the output of large language models via token-level uncertainty, ACL Findings 2024.
 */
export function claimConditionedProbability(
  topK: readonly (readonly Alternative[])[],
  relations: Evidence['alternativeNli'],
): number | null {
  sameLength('claimConditionedProbability', topK, relations)
  if (topK.length === 0) return null
  let sum = 0
  topK.forEach((alternatives, t) => {
    const entailing: number[] = []
    const contradicting: number[] = []
    alternatives.forEach(({ logprob }, k) => {
      const relation = k === 0 ? 'entail' : relations[t]?.[k]
      if (relation === 'entail') entailing.push(logprob)
      else if (relation === 'contradict') contradicting.push(logprob)
    })
    sum += logSumExp(entailing) - logSumExp([...entailing, ...contradicting])
  })
  return -Math.exp(sum)
}

export const claimConditionedProbabilityEstimator = defineEstimator({
  name: 'ClaimConditionedProbability:nli',
  title: 'Claim-conditioned probability',
  formula: '−Π_t P(alternatives that entail y_t) / P(those that entail or contradict it)',
  needs: ['greedyTopK', 'alternativeNli'],
  source: 'E. Fadeeva et al., Fact-checking the output of large language models, ACL Findings 2024',
  compute: ({ greedyTopK, alternativeNli }) =>
    claimConditionedProbability(greedyTopK, alternativeNli) ?? 'empty_answer',
})
