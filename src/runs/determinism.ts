import type { CheckAnswer, Determinism } from '../../schema/run.ts'
import { ModelError } from '../model/errors.ts'
import type { Answer, Question, Recorded } from '../model/evidence.ts'
import type { Model, ModelErrorKind } from '../model/model.ts'

/** A question that can be put again. */
type CheckQuestion = Extract<Question, { kind: 'chat' | 'complete' | 'score' }>

const later: readonly ModelErrorKind[] = ['rate_limited', 'unreachable', 'lease_ending', 'cancelled', 'budget']

/** An exchange whose question can be put again. */
export interface CheckedExchange {
  question: CheckQuestion
  answer: Answer
}

/** An item's first question that a model answers in words or scores; null where it asks none. */
export function checkedExchange(exchanges: readonly Recorded[]): CheckedExchange | null {
  for (const { question, answer } of exchanges)
    if (question.kind === 'chat' || question.kind === 'complete' || question.kind === 'score')
      return { question, answer }
  return null
}

/**
 * Puts an item's question once more, where nothing of it is sampled, and else twice without sampling. The askings
 * differ in `repeat` only, which reaches evidence but not the target. A failure is an answer too; null where the
 * question could not be put and may be later. Raises nothing.
 */
export async function askAgain(
  model: Model,
  { question, answer }: CheckedExchange,
  asked: Pick<Determinism, 'benchmarkId' | 'itemId'>,
): Promise<Determinism | null> {
  const settled = question.kind === 'score' || (question.temperature === 0 && question.n === 1)
  const first = settled ? read(question, answer) : await ask(model, question, 0)
  const second = first === null ? null : await ask(model, question, 1)
  return first === null || second === null ? null : { ...asked, first, second }
}

async function ask(model: Model, question: CheckQuestion, repeat: number): Promise<CheckAnswer | null> {
  try {
    if (question.kind === 'score') {
      const { prompt, continuations, kind: _, ...options } = question
      return read(question, { scores: await model.score(prompt, continuations, { ...options, repeat }) })
    }
    const { kind: _, seed: __, ...asked } = question
    const options = { ...asked, n: 1, temperature: 0, topP: 1, repeat }
    const samples =
      question.kind === 'chat'
        ? await model.chat(question.messages, options)
        : await model.complete(question.prompt, options)
    return read(question, { samples })
  } catch (error) {
    if (error instanceof ModelError && later.includes(error.kind)) return null
    return { text: null, logprobs: null, error: error instanceof Error ? error.message : 'unknown' }
  }
}

/** What an answer says, and how likely its tokens were. */
function read(question: CheckQuestion, { samples, scores }: Answer): CheckAnswer {
  if (question.kind === 'score') {
    const tokens = (scores ?? []).flatMap((score) => score.tokens)
    const logprobs = tokens.flatMap(({ logprob }) => (logprob === null ? [] : [logprob]))
    return { text: question.continuations.join('\n'), logprobs, error: null }
  }
  const [sample] = samples ?? []
  if (sample === undefined) return { text: null, logprobs: null, error: 'empty' }
  return { text: sample.text, logprobs: sample.tokens?.map(({ logprob }) => logprob) ?? null, error: null }
}

/** Whether the target answers a short question now. Never raises. */
export async function answers(model: Model): Promise<boolean> {
  try {
    const options = { maxTokens: 1, temperature: 0 }
    if (model.capabilities.chat) await model.chat([{ role: 'user', content: 'Hello' }], options)
    else await model.complete('Hello', options)
    return true
  } catch {
    return false
  }
}
