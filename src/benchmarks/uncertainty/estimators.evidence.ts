import type { Alternative, Evidence, VocabularyTerms } from '../../methods/estimators/evidence.ts'
import { exactClasses } from '../../methods/estimators/meaning-classes.ts'
import { normalizeAnswer } from '../../methods/text/normalize.ts'
import type { Model, Sample, TokenLogprob } from '../../model/model.ts'
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

const logprobsOf = (sample: Sample | undefined): number[] | undefined => sample?.tokens?.map((token) => token.logprob)

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
const alternativesOf = ({ token, logprob, top }: TokenLogprob): Alternative[] => [
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
