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
  const lists = new Map(
    [...postings].map(([word, { documents, counts }]) => [
      word,
      { documents: Uint32Array.from(documents), counts: Uint32Array.from(counts) },
    ]),
  )
  const scores = new Float64Array(sorted.length)
  return {
    size: sorted.length,
    search(query, k) {
      scores.fill(0)
      for (const word of new Set(wordTokens(query))) {
        const list = lists.get(word)
        if (!list) continue
        const { documents, counts } = list
        const idf = Math.log1p((sorted.length - documents.length + 0.5) / (documents.length + 0.5))
        for (let i = 0; i < documents.length; i++) {
          const document = documents[i] as number
          const count = counts[i] as number
          scores[document] =
            (scores[document] as number) + (idf * count * (k1 + 1)) / (count + (damping[document] as number))
        }
      }
      return best(scores, k).map((document) => ({
        passage: sorted[document] as P,
        score: scores[document] as number,
      }))
    },
  }
}

/**
 * Positions of the `k` largest positive scores, best first. Documents are numbered in order of id and are visited in
 * that order, so an equal score never displaces an earlier one.
 */
function best(scores: Float64Array, k: number): number[] {
  const kept: number[] = []
  for (let document = 0; document < scores.length; document++) {
    const score = scores[document] as number
    if (score <= 0 || (kept.length >= k && score <= (scores[kept[k - 1] as number] as number))) continue
    let place = kept.length
    while (place > 0 && (scores[kept[place - 1] as number] as number) < score) place--
    kept.splice(place, 0, document)
    if (kept.length > k) kept.pop()
  }
  return kept
}
