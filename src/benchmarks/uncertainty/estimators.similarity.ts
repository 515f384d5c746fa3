import type { Evidence } from '../../methods/estimators/evidence.ts'
import { jaccardMatrix, jaccardSimilarity } from '../../methods/text/jaccard.ts'
import type { Sample } from '../../model/model.ts'
import type { Answered } from './estimators.evidence.ts'

/** Evidence that rests on the similarity of two texts. */
export type Similarity = Pick<Evidence, 'similarity' | 'greedySimilarity' | 'tokenSimilarity' | 'sampleTokenSimilarity'>

const SPECIAL = /^(?:<[^<>\s]{1,40}>|\[[A-Z]{1,12}\])$/

/** The answer without each of its tokens in turn; null for a token that leaves it whole. */
function reducedTexts({ tokens = [] }: Sample): (string | null)[] {
  const spelt = tokens.map(({ token }) => token)
  return spelt.map((token, place) =>
    SPECIAL.test(token.trim()) ? null : [...spelt.slice(0, place), ...spelt.slice(place + 1)].join('').trim(),
  )
}

/** Similarity to the whole answer without each token: ½ for a single token, 1 for a special one. */
const withoutEachToken = (sample: Sample, similarityOf: (reduced: string) => number): number[] =>
  reducedTexts(sample).map((reduced, _, all) => (reduced === null ? 1 : all.length === 1 ? 0.5 : similarityOf(reduced)))

/** By shared words; needs nobody. */
export const wordSimilarity = ({ greedy, samples }: Answered): Similarity => ({
  similarity: jaccardMatrix(samples.map(({ text }) => text.trim())),
  greedySimilarity: samples.map(({ text }) => jaccardSimilarity(greedy.text.trim(), text.trim())),
  tokenSimilarity: withoutEachToken(greedy, (reduced) => jaccardSimilarity(greedy.text.trim(), reduced)),
  sampleTokenSimilarity: samples.map((sample) =>
    withoutEachToken(sample, (reduced) => jaccardSimilarity(sample.text.trim(), reduced)),
  ),
})

/** By the cosine of embeddings, negative ones counting as 0; also the embedding of each sample. */
export async function embeddingSimilarity({ target, greedy, samples }: Answered) {
  const all = [greedy, ...samples]
  const whole = all.map(({ text }) => text.trim())
  const reduced = all.flatMap((sample) => reducedTexts(sample).filter((text) => text !== null))
  const texts = [...new Set([...whole, ...reduced])].filter((text) => text !== '')
  const vectors = new Map((await target.embed(texts)).map((vector, place) => [texts[place] as string, vector]))
  const cosine = (a: string, b: string): number => {
    const [first, second] = [vectors.get(a), vectors.get(b)]
    if (a === b) return 1
    if (!first || !second) return 0
    let [dot, squaresA, squaresB] = [0, 0, 0]
    for (let i = 0; i < first.length; i++) {
      const [x, y] = [first[i] as number, second[i] as number]
      dot += x * y
      squaresA += x * x
      squaresB += y * y
    }
    return squaresA === 0 || squaresB === 0 ? 0 : Math.min(1, Math.max(0, dot / Math.sqrt(squaresA * squaresB)))
  }
  const [own, ...others] = whole as [string, ...string[]]
  const similarity: Similarity = {
    similarity: others.map((a, i) => others.map((b, j) => (i === j ? 1 : cosine(a, b)))),
    greedySimilarity: others.map((text) => cosine(own, text)),
    tokenSimilarity: withoutEachToken(greedy, (text) => cosine(own, text)),
    sampleTokenSimilarity: samples.map((sample, i) =>
      withoutEachToken(sample, (text) => cosine(others[i] as string, text)),
    ),
  }
  const embeddings = others.map((text) => vectors.get(text))
  return {
    similarity,
    sampleEmbeddings: embeddings.every((vector) => vector !== undefined) ? embeddings : undefined,
    texts: texts.length,
  }
}
