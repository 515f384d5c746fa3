import { porterStem } from './porter-stem.ts'

export type RougeKind = 'rouge1' | 'rouge2' | 'rougeL'

/** Lower-cased runs of ASCII letters and digits, those longer than three characters stemmed. */
export const rougeTokens = (text: string): string[] =>
  (text.toLowerCase().match(/[a-z0-9]+/g) ?? []).map((word) => (word.length > 3 ? porterStem(word) : word))

/**
 * ROUGE F-measure of two token lists (see `rougeTokens`), in [0, 1]: shared unigrams or bigrams as multisets, or the
 * longest common subsequence. 0 when either side has none. Symmetric.
 * C.-Y. Lin, ROUGE: a package for automatic evaluation of summaries, 2004.
 */
export function rouge(first: readonly string[], second: readonly string[], kind: RougeKind): number {
  if (kind === 'rougeL') return fMeasure(longestCommonSubsequence(first, second), first.length, second.length)
  const size = kind === 'rouge1' ? 1 : 2
  const [a, b] = [grams(first, size), grams(second, size)]
  let shared = 0
  for (const [gram, count] of a) shared += Math.min(count, b.get(gram) ?? 0)
  return fMeasure(shared, Math.max(0, first.length - size + 1), Math.max(0, second.length - size + 1))
}

const fMeasure = (shared: number, first: number, second: number): number =>
  shared === 0 ? 0 : (2 * shared) / (first + second)

/** Counts of the n-grams of a token list; the key joins the tokens with a line break, which no token holds. */
export function grams(tokens: readonly string[], size: number): Map<string, number> {
  const counts = new Map<string, number>()
  for (let i = 0; i + size <= tokens.length; i++) {
    const gram = tokens.slice(i, i + size).join('\n')
    counts.set(gram, (counts.get(gram) ?? 0) + 1)
  }
  return counts
}

function longestCommonSubsequence(first: readonly string[], second: readonly string[]): number {
  let row = new Uint32Array(second.length + 1)
  let next = new Uint32Array(second.length + 1)
  for (const token of first) {
    for (let j = 0; j < second.length; j++)
      next[j + 1] = token === second[j] ? (row[j] as number) + 1 : Math.max(row[j + 1] as number, next[j] as number)
    ;[row, next] = [next, row]
  }
  return row[second.length] as number
}
