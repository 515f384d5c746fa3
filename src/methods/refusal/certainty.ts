import { mean } from '../statistics/summary.ts'

/** p / (p + q) of two rival replies ("sure", "unsure"; "True", "False"), in [0, 1]; null when both masses are 0. */
export function rivalShare(p: number, q: number): number | null {
  const sum = p + q
  return sum > 0 && Number.isFinite(sum) ? p / sum : null
}

/** Geometric mean token probability exp(mean log p) of an answer, in [0, 1]; null of an empty answer. */
export function answerConfidence(logprobs: ArrayLike<number>): number | null {
  const average = mean(logprobs)
  return average === null || Number.isNaN(average) ? null : Math.min(1, Math.exp(average))
}

/**
 * Certainty score of refusal-aware tuning: ½ answer confidence + ½ probability of "sure", in [0, 1]; null when either
 * is missing.
 * H. Zhang et al., R-Tuning: teaching large language models to refuse unknown questions, NAACL 2024 (its public code).
 */
export const certaintyScore = (confidence: number | null, sure: number | null): number | null =>
  confidence === null || sure === null ? null : (confidence + sure) / 2
