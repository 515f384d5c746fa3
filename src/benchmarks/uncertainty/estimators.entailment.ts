import type { Alternative, Evidence } from '../../methods/estimators/evidence.ts'
import type { Entailment } from '../../model/model.ts'
import type { Answered } from './estimators.evidence.ts'

/** What an entailment judge says of the samples among each other and of the greedy answer against each. */
interface Judged {
  evidence: Pick<Evidence, 'nli' | 'greedyNli'>
  greedySimilarity: number[]
  similarity: number[][]
  by: string
  pairs: number
}

const SAME: Entailment = { entail: 1, neutral: 0, contradict: 0, by: '' }

/**
 * Both directions between all distinct answers, each read after its question as in the source of semantic entropy;
 * equal answers entail each other.
 */
export async function judgeEntailment({ target, question, greedy, samples }: Answered): Promise<Judged> {
  const texts = [greedy, ...samples].map(({ text }) => text.trim())
  const distinct = [...new Set(texts)]
  const pairs = distinct.flatMap((_, i) => distinct.flatMap((_, j) => (i === j ? [] : [[i, j] as const])))
  const read = (place: number): string => `${question} ${distinct[place]}`
  const answers = await target.entail(pairs.map(([i, j]) => [read(i), read(j)]))
  const found = new Map(pairs.map(([i, j], place) => [`${i} ${j}`, answers[place] as Entailment]))
  const of = texts.map((text) => distinct.indexOf(text))
  const between = (a: number, b: number): Entailment =>
    of[a] === of[b] ? SAME : (found.get(`${of[a]} ${of[b]}`) ?? SAME)
  const places = samples.map((_, place) => place + 1)
  const matrix = (read: (one: Entailment) => number) => places.map((i) => places.map((j) => read(between(i, j))))
  return {
    evidence: {
      nli: { entail: matrix((one) => one.entail), contradict: matrix((one) => one.contradict) },
      greedyNli: {
        contradict: places.map((place) => between(0, place).contradict),
        neutral: places.map((place) => between(0, place).neutral),
      },
    },
    greedySimilarity: places.map((place) => (between(0, place).entail + between(place, 0).entail) / 2),
    similarity: places.map((i) => places.map((j) => (between(i, j).entail + between(j, i).entail) / 2)),
    by: answers[0]?.by ?? 'equal',
    pairs: pairs.length,
  }
}

/** How each alternative of each token of the greedy answer relates to the token that was chosen. */
export async function judgeAlternatives(
  { target }: Answered,
  topK: readonly (readonly Alternative[])[],
): Promise<{ alternativeNli: Evidence['alternativeNli']; pairs: number; by: string | null }> {
  const keyOf = (alternative: string, chosen: string) => `${alternative}\u0000${chosen}`
  const wanted = new Map<string, [string, string]>()
  for (const [chosen, ...others] of topK)
    for (const { token } of others) {
      const pair: [string, string] = [token.trim(), chosen?.token.trim() ?? '']
      if (pair[0] !== '' && pair[1] !== '' && pair[0] !== pair[1]) wanted.set(keyOf(...pair), pair)
    }
  const answers = await target.entail([...wanted.values()])
  const relations = new Map([...wanted.keys()].map((key, place) => [key, answers[place] as Entailment]))
  const alternativeNli = topK.map(([chosen, ...others]) => [
    'entail' as const,
    ...others.map(({ token }) => {
      const [own, kept] = [token.trim(), chosen?.token.trim() ?? '']
      if (own === kept) return 'entail' as const
      const judged = relations.get(keyOf(own, kept))
      if (!judged) return 'neutral' as const
      if (judged.entail > judged.contradict && judged.entail > judged.neutral) return 'entail' as const
      return judged.contradict > judged.neutral ? ('contradict' as const) : ('neutral' as const)
    }),
  ])
  return { alternativeNli, pairs: wanted.size, by: answers[0]?.by ?? null }
}
