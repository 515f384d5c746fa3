/**
 * Jaccard similarity of the sets of lower-cased, whitespace-separated words, in [0, 1]; 0 when either has no word.
 * Z. Lin, S. Trivedi and J. Sun, Generating with confidence, TMLR 2024.
 */
export function jaccardSimilarity(first: string, second: string): number {
  return setSimilarity(wordSet(first), wordSet(second))
}

/** Symmetric matrix of `jaccardSimilarity`, 1 on the diagonal. */
export function jaccardMatrix(texts: readonly string[]): number[][] {
  const sets = texts.map(wordSet)
  return sets.map((a, i) => sets.map((b, j) => (i === j ? 1 : setSimilarity(a, b))))
}

const wordSet = (text: string): Set<string> => new Set(text.toLowerCase().split(/\s+/).filter(Boolean))

function setSimilarity(a: Set<string>, b: Set<string>): number {
  const [small, large] = a.size < b.size ? [a, b] : [b, a]
  let shared = 0
  for (const word of small) if (large.has(word)) shared++
  const union = a.size + b.size - shared
  return union === 0 ? 0 : shared / union
}
