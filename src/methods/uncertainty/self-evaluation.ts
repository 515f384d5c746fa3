import { normalized } from '../statistics/divergence.ts'

/** What a Sample & Select call says of its options. */
export interface Selection {
  /** Probability of each candidate among the letters listed; with "None of the above", its share left in. */
  shares: number[]
  /** Share of "None of the above"; null where it was not offered. */
  noneOfTheAbove: number | null
  /** Position of the most probable candidate, the first of equals. */
  best: number
}

/**
 * Letter masses renormalised over what was offered. Null without candidates or without mass.
 * J. Ren et al., Self-evaluation improves selective generation in large language models, 2023.
 */
export function selection(candidateMasses: readonly number[], noneMass: number | null = null): Selection | null {
  if (candidateMasses.length === 0) return null
  const shares = normalized(noneMass === null ? candidateMasses : [...candidateMasses, noneMass])
  if (!shares) return null
  const own = Array.from(shares.subarray(0, candidateMasses.length))
  return {
    shares: own,
    noneOfTheAbove: noneMass === null ? null : (shares[candidateMasses.length] as number),
    best: own.indexOf(Math.max(...own)),
  }
}

/** p(True)/(p(True) + p(False)) of one Sample & Eval call, in [0, 1]; null without mass on either. Source as above. */
export const evaluationScore = (trueMass: number, falseMass: number): number | null =>
  trueMass + falseMass > 0 ? trueMass / (trueMass + falseMass) : null

/** Hybrid score: the evaluation of the selected candidate less the mass of "None of the above", in [−1, 1], not clipped. */
export const hybridScore = (evaluation: number, noneOfTheAbove: number): number => evaluation - noneOfTheAbove
