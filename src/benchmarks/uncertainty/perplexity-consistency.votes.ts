import type { Random } from '../../methods/random.ts'
import {
  confidenceErrors,
  massShare,
  type PathVote,
  perplexityConsistencyVote,
  perplexityVote,
  prunedConsistencyVote,
  type ReasoningPath,
  selfConsistencyVote,
  voteCredit,
} from '../../methods/uncertainty/perplexity-consistency.ts'

/** Ways to vote, in the order that rows hold them. */
export const METHODS = ['SC', 'PPL', 'PC', 'RPC'] as const
export type Method = (typeof METHODS)[number]

/** Numbers of samples that are compared, and how often each is drawn from all of them. */
const COUNTS = [4, 8, 16, 32, 64] as const
export const SUBSETS = 10
/** Draws for the estimation error of a confidence; where each needs a mixture fitted, those of the votes must do. */
const ERROR_SUBSETS = 50

const votes: Record<Method, (paths: readonly ReasoningPath[]) => PathVote> = {
  SC: selfConsistencyVote,
  PPL: perplexityVote,
  PC: perplexityConsistencyVote,
  RPC: prunedConsistencyVote,
}

/** Confidence of a vote over `count` paths in one given answer. */
function confidenceIn(method: Method, vote: PathVote, answer: number, count: number): number | null {
  if (method === 'SC') return (vote.masses.get(answer) ?? 0) / count
  if (method === 'PPL') return vote.masses.get(answer) ?? 0
  return massShare(vote, answer)
}

export interface MeasuredPaths {
  counts: number[]
  credits: (number | null)[][][]
  confidences: (number | null)[][][]
  modelErrors: (number | null)[]
  estimationErrors: (number | null)[][]
  /** Winner of self-consistency over all paths. */
  winner: number | null
  pruned: { right: number; wrong: number }
  valid: { right: number; wrong: number }
}

/**
 * All votes over subsets of growing size. Subsets are drawn here, item by item, because a mixture is fitted in each;
 * without probabilities only self-consistency votes.
 */
export function measurePaths(
  paths: readonly ReasoningPath[],
  gold: number | null,
  weighed: boolean,
  random: Random,
): MeasuredPaths {
  const total = paths.length
  const counts = [...COUNTS.filter((count) => count < total), ...(total > 0 ? [total] : [])]
  const draws = counts.map((count) =>
    count === total
      ? [[...paths]]
      : Array.from({ length: ERROR_SUBSETS }, (_, subset) => random.fork(`${count}/${subset}`).sample(paths, count)),
  )
  const of = METHODS.map((method) => {
    if (method !== 'SC' && !weighed)
      return {
        credits: counts.map((): null[] => [null]),
        confidences: counts.map((): null[] => [null]),
        model: null,
        estimation: counts.map(() => null),
      }
    const most = method === 'RPC' ? SUBSETS : ERROR_SUBSETS
    const cast = draws.map((subsets) => subsets.slice(0, most).map((subset) => votes[method](subset)))
    const whole = cast.at(-1)?.[0]
    const fixed = whole?.winners[0] ?? null
    const confidenceAt = (place: number): number[] =>
      fixed === null
        ? []
        : (cast[place] ?? []).flatMap((vote) => confidenceIn(method, vote, fixed, counts[place] as number) ?? [])
    const atAll = whole && fixed !== null ? confidenceIn(method, whole, fixed, total) : null
    const errors = counts.map((_, place) =>
      atAll === null ? null : confidenceErrors(atAll, confidenceAt(place), fixed === gold && gold !== null),
    )
    return {
      credits: cast.map((subsets) => subsets.slice(0, SUBSETS).map((vote) => voteCredit(vote, gold))),
      confidences: cast.map((subsets) => subsets.slice(0, SUBSETS).map((vote) => vote.confidence)),
      model: errors.at(-1)?.model ?? null,
      estimation: errors.map((error) => error?.estimation ?? null),
    }
  })
  const pruned = { right: 0, wrong: 0 }
  const valid = { right: 0, wrong: 0 }
  const kept = weighed ? prunedConsistencyVote(paths).pruning.kept : null
  for (const [place, { answer }] of paths.filter((path) => path.answer !== null).entries()) {
    const side = answer === gold ? 'right' : 'wrong'
    valid[side]++
    if (kept && !kept[place]) pruned[side]++
  }
  return {
    counts,
    credits: of.map((one) => one.credits),
    confidences: of.map((one) => one.confidences),
    modelErrors: of.map((one) => one.model),
    estimationErrors: of.map((one) => one.estimation),
    winner: total === 0 ? null : (selfConsistencyVote(paths).winners[0] ?? null),
    pruned,
    valid,
  }
}
