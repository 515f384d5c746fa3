import { mean } from '../statistics/summary.ts'
import { type DropoutMeasure, dropoutUncertainty } from '../uncertainty/dropout.ts'
import { type EnsembleUncertainty, ensembleUncertainty } from '../uncertainty/ensemble-uncertainty.ts'
import { defineEstimator } from './estimator.ts'

/** The mean of one measure over the positions of an answer; null of an empty answer or where one position has none. */
export function meanEnsembleUncertainty(
  members: readonly (readonly ArrayLike<number>[])[],
  measure: keyof EnsembleUncertainty,
): number | null {
  const positions = members[0]?.length ?? 0
  const values = Array.from({ length: positions }, (_, t) => {
    const distributions = members.map((member) => member[t] as ArrayLike<number>)
    return ensembleUncertainty(distributions)?.[measure] ?? null
  })
  return values.includes(null) ? null : mean(values as number[])
}

const MEASURES = {
  EnsembleTU: { measure: 'total', position: 'predictiveEntropy', title: 'Total uncertainty', formula: 'H(mean_m p_m)' },
  EnsembleDU: { measure: 'data', position: 'aleatoricEntropy', title: 'Data uncertainty', formula: 'mean_m H(p_m)' },
  EnsembleMI: {
    measure: 'mutualInformation',
    position: 'epistemicEntropy',
    title: 'Mutual information',
    formula: 'H(mean_m p_m) − mean_m H(p_m)',
  },
  EnsembleEPKL: {
    measure: 'expectedPairwiseKl',
    position: 'expectedPairwiseKl',
    title: 'Expected pairwise divergence',
    formula: 'mean_(m≠m′) KL(p_m ‖ p_m′)',
  },
  EnsembleRMI: {
    measure: 'reverseMutualInformation',
    position: 'reverseMutualInformation',
    title: 'Reverse mutual information',
    formula: 'mean_m KL(mean p ‖ p_m)',
  },
} as const satisfies Record<
  string,
  { measure: keyof EnsembleUncertainty; position: DropoutMeasure; title: string; formula: string }
>

type EnsembleName = keyof typeof MEASURES

const SOURCE = 'A. Malinin and M. Gales, Uncertainty estimation in autoregressive structured prediction, ICLR 2021'

/** Over several targets of one vocabulary. */
export const ensembleEstimator = (name: EnsembleName) =>
  defineEstimator({
    name,
    title: `${MEASURES[name].title} of an ensemble`,
    formula: `mean_t ${MEASURES[name].formula}`,
    needs: ['ensembleDistributions'],
    source: SOURCE,
    compute: ({ ensembleDistributions }) => {
      if (ensembleDistributions.length < 2) return 'too_few'
      if (ensembleDistributions[0]?.length === 0) return 'empty_answer'
      return meanEnsembleUncertainty(ensembleDistributions, MEASURES[name].measure) ?? 'not_finite'
    },
  })

/** Over passes with dropout, from the statistics of each position. */
export const dropoutEstimator = (name: EnsembleName) =>
  defineEstimator({
    name: `${name}:dropout`,
    title: `${MEASURES[name].title} under dropout`,
    formula: `mean_t ${MEASURES[name].formula} over passes`,
    needs: ['dropoutPositions'],
    source: SOURCE,
    compute: ({ dropoutPositions }) =>
      dropoutPositions.length === 0
        ? 'empty_answer'
        : (dropoutUncertainty(dropoutPositions, MEASURES[name].position)?.mean ?? 'not_finite'),
  })
