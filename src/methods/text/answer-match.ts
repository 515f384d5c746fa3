import { answerTokens, normalizeAnswer } from './normalize.ts'

/** Gold answers that are left after normalisation; an item without any is invalid and is counted apart. */
const normalizedGolds = (golds: readonly string[]): string[] => golds.map(normalizeAnswer).filter((gold) => gold !== '')

/** 1 when the normalised prediction equals a normalised gold answer, else 0; null when no gold answer is left. */
export function exactMatch(prediction: string, golds: readonly string[]): number | null {
  const valid = normalizedGolds(golds)
  if (valid.length === 0) return null
  return valid.includes(normalizeAnswer(prediction)) ? 1 : 0
}

/**
 * Best F1 of the shared words (as multisets) over the gold answers, in [0, 1]; 0 for an empty prediction, null when no
 * gold answer is left.
 */
export function tokenF1(prediction: string, golds: readonly string[]): number | null {
  const valid = normalizedGolds(golds)
  if (valid.length === 0) return null
  const predicted = answerTokens(prediction)
  const counts = new Map<string, number>()
  for (const word of predicted) counts.set(word, (counts.get(word) ?? 0) + 1)
  let best = 0
  for (const gold of valid) {
    const words = gold.split(' ')
    const left = new Map(counts)
    let shared = 0
    for (const word of words) {
      const count = left.get(word) ?? 0
      if (count === 0) continue
      left.set(word, count - 1)
      shared++
    }
    best = Math.max(best, (2 * shared) / (predicted.length + words.length))
  }
  return best
}

/**
 * 1 when a normalised gold answer occurs in the normalised prediction as a run of whole words ("art" is not in "party"),
 * else 0; null when no gold answer is left. The default of correctness.
 */
export function inAcc(prediction: string, golds: readonly string[]): number | null {
  const valid = normalizedGolds(golds)
  if (valid.length === 0) return null
  const run = ` ${normalizeAnswer(prediction)} `
  return valid.some((gold) => run.includes(` ${gold} `)) ? 1 : 0
}
