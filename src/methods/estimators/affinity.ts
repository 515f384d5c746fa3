import { jaccardMatrix } from '../text/jaccard.ts'
import type { Evidence, Matrix } from './estimator.ts'

/** How similar two samples are: by entailment, by lack of contradiction, or by shared words. */
export type Affinity = 'entail' | 'contra'

/**
 * Symmetric affinities W = (M + Mᵀ)/2 in [0, 1] between samples: M = entailment probability, or 1 − contradiction
 * probability, with 1 on the diagonal.
 */
export function nliAffinities({ entail, contradict }: Evidence['nli'], affinity: Affinity = 'entail'): number[][] {
  const at = (i: number, j: number): number =>
    affinity === 'entail' ? (entail[i]?.[j] as number) : 1 - (contradict[i]?.[j] as number)
  return entail.map((_, i) => entail.map((_, j) => (at(i, j) + at(j, i)) / 2))
}

/** A value that is 0 but for rounding. */
export const cleared = (value: number): number => (Math.abs(value) < 1e-9 ? 0 : value)

/** Where affinities come from; the provider's name becomes part of the estimator's name. */
export const AFFINITIES = {
  nli: { needs: ['nli'], matrix: ({ nli }: Pick<Evidence, 'nli'>): Matrix => nliAffinities(nli) },
  'nli:contra': { needs: ['nli'], matrix: ({ nli }: Pick<Evidence, 'nli'>): Matrix => nliAffinities(nli, 'contra') },
  jaccard: { needs: ['samples'], matrix: ({ samples }: Pick<Evidence, 'samples'>): Matrix => jaccardMatrix(samples) },
} as const

export type AffinityProvider = keyof typeof AFFINITIES
