import { wordTokens } from './words.ts'

export interface Passage {
  id: string
  text: string
  title?: string | undefined
}

export interface Retrieved<P extends Passage> {
  passage: P
  /** > 0 */
  score: number
}

export interface Bm25Index<P extends Passage> {
  readonly size: number
  /** The `k` best passages that share a word with the query, best first; equal scores in order of id. */
  search(query: string, k: number): Retrieved<P>[]
}

/**
 * Builds an inverted index over passages (title and text, lower-cased words, no stemming) and scores by Okapi BM25 with
 * idf = ln(1 + (N − df + ½)/(df + ½)), which is never negative. Raises when two passages have the same id.
 * S. Robertson and H. Zaragoza, The probabilistic relevance framework: BM25 and beyond, 2009.
 */
export function buildBm25<P extends Passage>(
  passages: readonly P[],
  { k1 = 1.2, b = 0.75 }: { k1?: number; b?: number } = {},
): Bm25Index<P> {
  const sorted = [...passages].sort((x, y) => (x.id < y.id ? -1 : x.id > y.id ? 1 : 0))
  const postings = new Map<string, { documents: number[]; counts: number[] }>()
  const lengths = new Float64Array(sorted.length)
  sorted.forEach((passage, document) => {
    if (document > 0 && sorted[document - 1]?.id === passage.id)
      throw new RangeError(`buildBm25: two passages have the id ${passage.id}`)
    const words = wordTokens(passage.title ? `${passage.title} ${passage.text}` : passage.text)
    lengths[document] = words.length
    for (const word of words) {
      let list = postings.get(word)
      if (!list) {
        list = { documents: [], counts: [] }
        postings.set(word, list)
      }
      if (list.documents.at(-1) === document) list.counts[list.counts.length - 1] = (list.counts.at(-1) as number) + 1
      else {
        list.documents.push(document)
        list.counts.push(1)
      }
    }
  })
  const averageLength = lengths.reduce((sum, length) => sum + length, 0) / (sorted.length || 1)
  const damping = lengths.map((length) => k1 * (1 - b + (b * length) / (averageLength || 1)))
  return {
    size: sorted.length,
    search(query, k) {
      const scores = new Float64Array(sorted.length)
      const found: number[] = []
      for (const word of new Set(wordTokens(query))) {
        const list = postings.get(word)
        if (!list) continue
        const idf = Math.log1p((sorted.length - list.documents.length + 0.5) / (list.documents.length + 0.5))
        list.documents.forEach((document, i) => {
          const count = list.counts[i] as number
          if (scores[document] === 0) found.push(document)
          scores[document] =
            (scores[document] as number) + (idf * count * (k1 + 1)) / (count + (damping[document] as number))
        })
      }
      // Documents are numbered in order of id, so the number settles ties.
      found.sort((x, y) => (scores[y] as number) - (scores[x] as number) || x - y)
      return found
        .slice(0, k)
        .map((document) => ({ passage: sorted[document] as P, score: scores[document] as number }))
    },
  }
}
