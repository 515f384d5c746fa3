import type { Alternative, Evidence, VocabularyTerms } from '../../methods/estimators/evidence.ts'
import { exactClasses } from '../../methods/estimators/meaning-classes.ts'
import { jaccardMatrix, jaccardSimilarity } from '../../methods/text/jaccard.ts'
import { normalizeAnswer } from '../../methods/text/normalize.ts'
import type { Entailment, Model, Sample, TokenLogprob } from '../../model/model.ts'
import { ask, asksByChat, errorKind, type Mode, promptFor } from '../asking.ts'
import { ALTERNATIVES, firstCandidates, wordMass } from '../first-token.ts'
import { lettered, letterShares } from '../letters.ts'
import { truthPrompt } from '../truth.ts'

/** What is asked beside the greedy answer and the samples; each may be left out. */
export const PARTS = [
  'entailment',
  'alternatives',
  'similarity',
  'withoutQuestion',
  'truth',
  'truthWithSamples',
  'verdicts',
  'stated',
  'linguistic',
  'secondTurn',
  'refusal',
  'shownAnswers',
  'ownAnswerShown',
  'noneOfTheAbove',
  'dropout',
  'hiddenStates',
] as const
export type Part = (typeof PARTS)[number]

/** The question of one item, its greedy answer and its samples: what all parts build on. */
export interface Answered {
  target: Model
  mode: Mode
  prompt: string
  question: string
  greedy: Sample
  samples: readonly Sample[]
}

export const logprobsOf = (sample: Sample | undefined): number[] | undefined =>
  sample?.tokens?.map((token) => token.logprob)

/** Evidence that the greedy answer and the samples hold by themselves. */
export function answerEvidence({ greedy, samples }: Answered): Partial<Evidence> {
  const { tokens } = greedy
  const entropies = tokens?.map((token) => token.entropy)
  const terms = tokens?.map((token) => token.terms)
  return {
    greedyText: greedy.text.trim(),
    samples: samples.map(({ text }) => text.trim()),
    ...(tokens ? { greedyLogprobs: tokens.map((token) => token.logprob) } : {}),
    ...(tokens?.every((token) => token.top.length > 0) ? { greedyTopK: tokens.map(alternativesOf) } : {}),
    ...(entropies?.every((entropy) => entropy !== undefined) ? { greedyEntropies: entropies as number[] } : {}),
    ...(terms?.every((term) => term !== undefined) ? { vocabularyTerms: terms as VocabularyTerms[] } : {}),
    ...(samples.every((sample) => sample.tokens)
      ? { sampleLogprobs: samples.map((sample) => logprobsOf(sample) as number[]) }
      : {}),
  }
}

/** The alternatives of a token, the chosen one first. */
export const alternativesOf = ({ token, logprob, top }: TokenLogprob): Alternative[] => [
  { token, logprob },
  ...top.filter((other) => other.token !== token),
]

/**
 * Log-probabilities of the greedy answer with and without the question, token by token. Where the tokens differ because
 * the answer begins otherwise, both are scored anew; null where they still differ.
 */
export async function withoutQuestion({
  target,
  mode,
  prompt,
  greedy,
}: Answered): Promise<Pick<Evidence, 'greedyLogprobs' | 'unconditionalLogprobs' | 'greedyEntropies'> | null> {
  const entropy = target.capabilities.full
  const [alone] = await target.score('', [greedy.text])
  const own = greedy.tokens ?? []
  if (!alone || alone.tokens.length === 0) return null
  const unconditionalLogprobs = alone.tokens.map((token) => token.logprob ?? 0)
  if (alone.tokens.length === own.length)
    return {
      greedyLogprobs: own.map((token) => token.logprob),
      unconditionalLogprobs,
      greedyEntropies: own.map((token) => token.entropy ?? Number.NaN),
    }
  const [asked] = await target.score(promptFor(target, mode, prompt), [greedy.text], { entropy })
  if (!asked || asked.tokens.length !== alone.tokens.length) return null
  return {
    greedyLogprobs: asked.tokens.map((token) => token.logprob ?? 0),
    unconditionalLogprobs,
    greedyEntropies: asked.tokens.map((token) => token.entropy ?? Number.NaN),
  }
}

/** What an entailment judge says of the samples among each other and of the greedy answer against each. */
export interface Judged {
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

/**
 * The state of each sample's last token after half of the model's blocks, as INSIDE takes it; null where a sample is
 * empty, as nothing was read of it.
 */
export async function sampleStates({ target, mode, prompt, samples }: Answered) {
  const texts = samples.map(({ text }) => text)
  if (texts.includes('')) return null
  const distinct = [...new Set(texts)]
  const states = await target.states(promptFor(target, mode, prompt), distinct, { pool: 'last' })
  return texts.map((text) => states[distinct.indexOf(text)] as Float32Array)
}

/** Log-probability of True and the masses of True and False as the first token of the verdict on an answer. */
export async function verdictOn({ target, mode }: Answered, prompt: string) {
  const candidates = firstCandidates(await ask(target, mode, prompt, { maxTokens: 1, topLogprobs: ALTERNATIVES }))
  if (candidates.length === 0) return null
  const [right, wrong] = [wordMass(candidates, 'true'), wordMass(candidates, 'false')]
  // A word that is not listed is at most as likely as the least likely one that is.
  const least = candidates.reduce((low, { logprob }) => Math.min(low, logprob), 0)
  return { trueLogprob: right > 0 ? Math.min(0, Math.log(right)) : least, floored: right === 0, right, wrong }
}

export const brainstormed = (question: string, answer: string, ideas: readonly string[]): string =>
  truthPrompt(question, answer).replace(
    '\nProposed answer:',
    () => `\nBrainstormed ideas: ${ideas.join('; ')}\nProposed answer:`,
  )

/** The model's text when it is asked, after its greedy answer, how sure it is. */
export async function secondTurn({ target, mode, prompt, greedy }: Answered): Promise<string> {
  const follow = 'How likely is it that your answer is right? Reply with a probability between 0.0 and 1.0 only.'
  const sampling = { maxTokens: 8 }
  const [sample] = asksByChat(target, mode)
    ? await target.chat(
        [
          { role: 'user', content: prompt },
          { role: 'assistant', content: greedy.text.trim() || '(no answer)' },
          { role: 'user', content: follow },
        ],
        sampling,
      )
    : await target.complete(`${prompt}\nAnswer: ${greedy.text.trim()}\n${follow}\nProbability:`, {
        ...sampling,
        stop: ['\n'],
      })
  return sample?.text ?? ''
}

/** Representatives of the answers (the most frequent first, each normalised answer once), for shown-answer questions. */
export function representatives(samples: readonly Sample[], most: number): string[] {
  const texts = samples.map(({ text }) => text.trim())
  const classOf = exactClasses(texts)
  const counts = new Map<number, number>()
  for (const one of classOf) counts.set(one, (counts.get(one) ?? 0) + 1)
  return [...counts]
    .sort(([a, many], [b, few]) => few - many || a - b)
    .slice(0, most)
    .map(([one]) => texts[classOf.indexOf(one)] as string)
    .filter((text) => text !== '')
}

const shown = (prompt: string, answer: string): string =>
  `${prompt}\nOne answer that was given to this question: ${answer}\n${prompt}`

/** Log-probabilities of the answers, alone and after each of them was shown; null without any. */
export async function shownAnswers({ target, mode, prompt }: Answered, answers: readonly string[]) {
  if (answers.length === 0) return null
  if (answers.length === 1) return { shownAnswers: { alone: [0], shown: [[0]] }, scored: 0 }
  const spelt = answers.map((answer) => (asksByChat(target, mode) ? answer : ` ${answer}`))
  const scored = async (text: string): Promise<number[]> =>
    (await target.score(promptFor(target, mode, text), spelt)).map(({ logprob }) => logprob)
  const [alone, ...after] = await Promise.all([
    scored(prompt),
    ...answers.map((answer) => scored(shown(prompt, answer))),
  ])
  return {
    shownAnswers: { alone: alone as number[], shown: after },
    scored: answers.length * (answers.length + 1),
  }
}

/** Samples after each answer that was shown, for targets that cannot score given text. */
const DRAWS = 5

/** The same by counting: how often each answer is given, alone and after each of them was shown. */
export async function countedAnswers(
  { target, mode, prompt, samples }: Answered,
  answers: readonly string[],
  maxTokens: number,
) {
  if (answers.length === 0) return null
  const keys = answers.map(normalizeAnswer)
  const counted = (texts: readonly Sample[]): number[] =>
    keys.map((key) => texts.filter(({ text }) => normalizeAnswer(text) === key).length)
  const draws =
    answers.length === 1
      ? [samples]
      : await Promise.all(
          answers.map((answer) =>
            ask(target, mode, shown(prompt, answer), { n: DRAWS, temperature: 1, maxTokens, stop: ['\n'] }),
          ),
        )
  return {
    shownAnswerCounts: { alone: counted(samples), shown: draws.map(counted) },
    drawn: answers.length === 1 ? [] : draws.flat(),
  }
}

/** Log-probability of the greedy answer, alone and once it was shown as an independent person's. */
export async function repeatedAnswer({
  target,
  mode,
  prompt,
  greedy,
}: Answered): Promise<Evidence['repeatedAnswer'] | null> {
  const given = `${prompt}\nAn independent person answered: ${greedy.text.trim()}\nYour answer is independent of theirs.`
  const [[alone], [repeated]] = await Promise.all([
    target.score(promptFor(target, mode, prompt), [greedy.text]),
    target.score(promptFor(target, mode, given), [greedy.text]),
  ])
  return alone && repeated && alone.scoredTokens > 0 ? { alone: alone.logprob, shown: repeated.logprob } : null
}

const NONE = 'None of the above'

/** Probability of “None of the above” when the model chooses among its own distinct answers; null without any. */
export async function noneOfTheAbove({ target, mode, question }: Answered, answers: readonly string[]) {
  if (answers.length === 0) return null
  const prompt = `Which answer is correct? Reply with the letter only.\nQuestion: ${question}\n${lettered([...answers, NONE])}`
  return (await letterShares(target, mode, prompt, answers.length + 1))?.at(-1) ?? null
}

/** Refusals that concern one part of what is asked, not the item: the other estimators still have their evidence. */
const OF_ONE_PART = new Set([
  'capability_missing',
  'rejected',
  'context_too_long',
  'invalid_logprobs',
  'content_filtered',
])

/** The part's answer, or null where it was not wanted or the target cannot give it. */
export async function wantedPart<T>(wanted: boolean, asking: () => Promise<T>): Promise<T | null> {
  if (!wanted) return null
  try {
    return await asking()
  } catch (error) {
    if (OF_ONE_PART.has(errorKind(error) ?? '')) return null
    throw error
  }
}
