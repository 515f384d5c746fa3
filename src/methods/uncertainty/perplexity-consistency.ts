import { mean, sameLength } from '../statistics/summary.ts'
import { fitWeibullMixture, highComponentShare, type WeibullMixture } from './weibull-mixture.ts'

/** One sampled reasoning path. */
export interface ReasoningPath {
  /** exp of the mean (or of the summed) log-probability of its tokens, in [0, 1]. */
  probability: number
  /** Class of its answer; null when the answer is invalid or the path was cut off. */
  answer: number | null
  /** The completion's text: equal texts count once where probabilities are added. */
  text: string
}

/** A vote over the paths of one problem. */
export interface PathVote {
  /** The classes with the most mass; several where they tie. Empty when no path is valid. */
  winners: number[]
  /** Confidence in the winner, in [0, 1]; null when no path is valid or no mass is there. */
  confidence: number | null
  /** Mass of each class, not normalised. */
  masses: Map<number, number>
}

/** 1/ties when the right class is among the winners, else 0. */
export const voteCredit = ({ winners }: PathVote, right: number | null): number =>
  right !== null && winners.includes(right) ? 1 / winners.length : 0

function voteOf(masses: Map<number, number>, confidenceOf: (largest: number) => number | null): PathVote {
  const largest = Math.max(-Infinity, ...masses.values())
  const winners = [...masses].filter(([, mass]) => mass === largest).map(([answer]) => answer)
  return { winners, confidence: winners.length === 0 ? null : confidenceOf(largest), masses }
}

/** Self-consistency: share of each answer among all K paths, invalid ones counted in K. */
export function selfConsistencyVote(paths: readonly ReasoningPath[]): PathVote {
  const masses = new Map<number, number>()
  for (const { answer } of paths) if (answer !== null) masses.set(answer, (masses.get(answer) ?? 0) + 1)
  return voteOf(masses, (count) => count / paths.length)
}

/** The valid path of the largest probability alone; its probability is the confidence. */
export function perplexityVote(paths: readonly ReasoningPath[]): PathVote {
  const masses = new Map<number, number>()
  for (const { answer, probability } of paths)
    if (answer !== null) masses.set(answer, Math.max(masses.get(answer) ?? 0, probability))
  return voteOf(masses, (probability) => probability)
}

/**
 * Perplexity consistency: summed probability of the distinct completions of each answer; confidence = its share of all
 * that mass, null when there is none.
 */
export function perplexityConsistencyVote(paths: readonly ReasoningPath[]): PathVote {
  const masses = new Map<number, number>()
  const seen = new Set<string>()
  let total = 0
  for (const { answer, probability, text } of paths) {
    if (answer === null) continue
    const key = `${answer}\u0000${text}`
    if (seen.has(key)) continue
    seen.add(key)
    masses.set(answer, (masses.get(answer) ?? 0) + probability)
    total += probability
  }
  return voteOf(masses, (mass) => (total > 0 ? mass / total : null))
}

export interface Pruning {
  /** Whether each path stays. */
  kept: boolean[]
  /** The fit, or null where none was made (fewer than five paths, or all of one probability). */
  mixture: WeibullMixture | null
}

/**
 * Which paths stay: of the two components of a Weibull mixture fitted to the probabilities, a path goes when it more
 * likely belongs to the lower one and lies below the mean probability. All stay when no mixture can be fitted or when
 * all would go.
 * Z. Zhou et al., Bridging internal probability and self-consistency for effective and efficient LLM reasoning, 2025.
 */
export function prunePaths(probabilities: ArrayLike<number>): Pruning {
  const mixture = fitWeibullMixture(probabilities)
  const all = new Array<boolean>(probabilities.length).fill(true)
  const centre = mean(probabilities)
  if (!mixture || centre === null) return { kept: all, mixture }
  const kept = Array.from(probabilities, (p) => !(highComponentShare(p, mixture) < 0.5 && p < centre))
  return { kept: kept.includes(true) ? kept : all, mixture }
}

/**
 * Reasoning-pruned perplexity consistency: `perplexityConsistencyVote` over the valid paths that pruning keeps. What
 * invalid ones say is no part of the fit: of paths that were cut off it is misleadingly high. `pruning` is of the valid.
 */
export function prunedConsistencyVote(paths: readonly ReasoningPath[]): PathVote & { pruning: Pruning } {
  const valid = paths.filter(({ answer }) => answer !== null)
  const pruning = prunePaths(valid.map(({ probability }) => probability))
  return { ...perplexityConsistencyVote(valid.filter((_, i) => pruning.kept[i])), pruning }
}

/** Share of the mass of a vote that one answer has, 0 when it has none; null when there is no mass. */
export function massShare({ masses }: PathVote, answer: number): number | null {
  let total = 0
  for (const mass of masses.values()) total += mass
  return total > 0 ? (masses.get(answer) ?? 0) / total : null
}

/**
 * The two parts of the error of a confidence h(y) in one answer: model error (h_Kmax − 1[y right])², which more samples
 * do not help, and estimation error, the mean of (h_K − h_Kmax)² over subsets of K paths. The latter is null without a
 * subset.
 */
export const confidenceErrors = (
  atAll: number,
  atSubsets: readonly number[],
  right: boolean,
): { model: number; estimation: number | null } => ({
  model: (atAll - Number(right)) ** 2,
  estimation: mean(atSubsets.map((h) => (h - atAll) ** 2)),
})

/** Accuracy of a vote at one number of samples. */
export interface AccuracyAtSamples {
  samples: number
  accuracy: number
}

/** The smallest number of samples whose accuracy reaches `wanted`; null when none does. */
export const samplesToReach = (curve: readonly AccuracyAtSamples[], wanted: number): number | null =>
  [...curve].sort((a, b) => a.samples - b.samples).find(({ accuracy }) => accuracy >= wanted)?.samples ?? null

/**
 * 1 − K_candidate/K_reference: both are the smallest numbers of samples whose accuracy reaches the reference's at its
 * largest. Null when the candidate never gets there or the reference has no point.
 */
export function samplesSaved(
  candidate: readonly AccuracyAtSamples[],
  reference: readonly AccuracyAtSamples[],
): number | null {
  const last = [...reference].sort((a, b) => a.samples - b.samples).at(-1)
  if (!last) return null
  const [needed, needs] = [samplesToReach(candidate, last.accuracy), samplesToReach(reference, last.accuracy)]
  return needed === null || needs === null ? null : 1 - needed / needs
}

/** Probability of a path from its tokens' log-probabilities: exp of their mean, or of their sum. Null without tokens. */
export function pathProbability(logprobs: ArrayLike<number>, lengthNormalized = true): number | null {
  const average = mean(logprobs)
  return average === null ? null : Math.exp(lengthNormalized ? average : average * logprobs.length)
}

/** Class of each answer (null stays null): those that `equal` joins, also by way of a third, share one. Numbered by first appearance. */
export function answerClasses<T>(answers: readonly (T | null)[], equal: (a: T, b: T) => boolean): (number | null)[] {
  const parent = answers.map((_, i) => i)
  const root = (i: number): number => {
    let at = i
    while (parent[at] !== at) at = parent[at] = parent[parent[at] as number] as number
    return at
  }
  answers.forEach((answer, i) => {
    if (answer === null) return
    for (let j = 0; j < i; j++) {
      const other = answers[j] as T | null
      if (other !== null && root(i) !== root(j) && equal(answer, other)) parent[root(i)] = root(j)
    }
  })
  const numbers = new Map<number, number>()
  return answers.map((answer, i) => {
    if (answer === null) return null
    const key = root(i)
    const number = numbers.get(key) ?? numbers.size
    numbers.set(key, number)
    return number
  })
}

/** Mean `voteCredit` over problems; null without any. */
export function voteAccuracy(votes: readonly PathVote[], right: readonly (number | null)[]): number | null {
  sameLength('voteAccuracy', votes, right)
  return mean(votes.map((vote, i) => voteCredit(vote, right[i] as number | null)))
}
