import { grams } from './rouge.ts'

/** What stands for a zero precision above unigrams: the smallest normal double, as the reference implementation has it. */
const SMALLEST = 2.2250738585072014e-308

const WEIGHTS: readonly (readonly number[])[] = [[1], [0.5, 0.5], [0.33, 0.33, 0.33], [0.25, 0.25, 0.25, 0.25]]

/**
 * Sentence BLEU of a hypothesis against one reference (whitespace-separated tokens, case kept), in [0, 1], without
 * smoothing: the orders run to the shorter length, at most 4; no shared unigram gives 0.
 * K. Papineni et al., BLEU, ACL 2002; weights as in lm-polygraph's lexical similarity.
 */
export function sentenceBleu(reference: readonly string[], hypothesis: readonly string[]): number {
  const shorter = Math.min(reference.length, hypothesis.length)
  if (shorter === 0) return 0
  let sum = 0
  const weights = WEIGHTS[Math.min(shorter, 4) - 1] as readonly number[]
  for (const [i, weight] of weights.entries()) {
    const [wanted, given] = [grams(reference, i + 1), grams(hypothesis, i + 1)]
    let shared = 0
    for (const [gram, count] of given) shared += Math.min(count, wanted.get(gram) ?? 0)
    if (shared === 0 && i === 0) return 0
    sum += weight * Math.log(shared === 0 ? SMALLEST : shared / Math.max(1, hypothesis.length - i))
  }
  const brevity = hypothesis.length > reference.length ? 1 : Math.exp(1 - reference.length / hypothesis.length)
  return brevity * Math.exp(sum)
}

/** Tokens for `sentenceBleu`. */
export const bleuTokens = (text: string): string[] => text.split(/\s+/).filter(Boolean)
