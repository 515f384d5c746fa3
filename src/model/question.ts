import type { Capabilities } from '../../schema/capabilities.ts'
import { hash32 } from '../methods/random.ts'
import { sha256 } from './connection.ts'
import type { Entailment, Message, Prompt, Sample, Sampling, ScoreOptions, TokenScores } from './model.ts'

/** How a reply is drawn, with defaults filled in and what the target cannot give left out. */
export interface SamplingQuestion {
  n: number
  temperature: number
  topP: number
  maxTokens: number
  stop?: string[]
  topLogprobs?: number
  entropy?: boolean
  answerPrefix?: string
  /** Only where temperature is above 0: greedy answers do not depend on it. */
  seed?: number
  repeat?: number
}
export interface ChatQuestion extends SamplingQuestion {
  kind: 'chat'
  messages: Message[]
}
export interface CompleteQuestion extends SamplingQuestion {
  kind: 'complete'
  prompt: string
}
export interface ScoreQuestion {
  kind: 'score'
  prompt: Prompt
  continuations: string[]
  topLogprobs?: number
  entropy?: boolean
  repeat?: number
}
export interface EmbedQuestion {
  kind: 'embed'
  texts: string[]
}
/** A question as evidence keeps it: readable, complete, and free of how the server was asked. */
export type Question = ChatQuestion | CompleteQuestion | ScoreQuestion | EmbedQuestion

/** What a target answered, in one normal form for every dialect. */
export interface Answer {
  samples?: Sample[]
  scores?: TokenScores[]
  vectors?: number[][]
  entailments?: Entailment[]
}

/** Reply length where a benchmark states none. */
export const defaultMaxTokens = 512

/** Fixes who asks: a sample's seed follows from it, the question and the repeat alone. */
export interface Asker {
  seed: number
  itemId: string
}

/** Lowers what is asked to what the target has. `capabilities` null: not probed yet, nothing is lowered. */
function affordable(
  asked: { topLogprobs?: number; entropy?: boolean },
  capabilities: Capabilities | null,
  most: number,
): { topLogprobs?: number; entropy?: boolean } {
  const fitting: { topLogprobs?: number; entropy?: boolean } = {}
  if (asked.topLogprobs !== undefined && most >= 0) fitting.topLogprobs = Math.min(asked.topLogprobs, most)
  if (asked.entropy && (capabilities === null || capabilities.full)) fitting.entropy = true
  return fitting
}

function sampling(options: Sampling, capabilities: Capabilities | null): SamplingQuestion {
  const most = capabilities === null ? Number.POSITIVE_INFINITY : capabilities.logprobs ? capabilities.topLogprobs : -1
  return {
    n: options.n ?? 1,
    temperature: options.temperature ?? 0,
    topP: options.topP ?? 1,
    maxTokens: options.maxTokens ?? defaultMaxTokens,
    ...(options.stop?.length ? { stop: options.stop } : {}),
    ...affordable(options, capabilities, most),
    ...(options.answerPrefix ? { answerPrefix: options.answerPrefix } : {}),
    ...(options.repeat ? { repeat: options.repeat } : {}),
  }
}

/**
 * Gives a sampling question its seed: 31 bits from the run's seed, the item, the question and its repeat, so that the
 * same run draws the same samples on every machine and in every order. Greedy questions stay without.
 */
function seeded<Q extends ChatQuestion | CompleteQuestion>(question: Q, asker: Asker): Q {
  if (question.temperature > 0) question.seed = hash32(asker.seed, asker.itemId, canonicalJson(question)) >>> 1
  return question
}

/** The question behind `Model.chat`. */
export const chatQuestion = (
  messages: Message[],
  options: Sampling,
  capabilities: Capabilities | null,
  asker: Asker,
): ChatQuestion => seeded({ kind: 'chat', messages, ...sampling(options, capabilities) }, asker)

/** The question behind `Model.complete`. An answer prefix is simply the prompt's end. */
export const completeQuestion = (
  prompt: string,
  options: Sampling,
  capabilities: Capabilities | null,
  asker: Asker,
): CompleteQuestion => {
  const { answerPrefix, ...rest } = sampling(options, capabilities)
  return seeded({ kind: 'complete', prompt: prompt + (answerPrefix ?? ''), ...rest }, asker)
}

/** The question behind `Model.score`. */
export function scoreQuestion(
  prompt: Prompt,
  continuations: string[],
  options: ScoreOptions,
  capabilities: Capabilities | null,
): ScoreQuestion {
  const most = capabilities === null ? Number.POSITIVE_INFINITY : capabilities.topLogprobs
  return {
    kind: 'score',
    prompt,
    continuations,
    ...affordable(options, capabilities, most),
    ...(options.repeat ? { repeat: options.repeat } : {}),
  }
}

/** The messages with nothing but role and content, in that order, whatever else the caller's objects carry. */
const plainMessages = (messages: Message[]) => messages.map(({ role, content }) => [role, content])
const plainPrompt = (prompt: Prompt) =>
  typeof prompt === 'string' ? prompt : [plainMessages(prompt.messages), prompt.answerPrefix ?? null]

/** One string for one question: fields in a fixed order, defaults written out. What it holds is what keys rest on. */
export function canonicalJson(question: Question): string {
  switch (question.kind) {
    case 'chat':
    case 'complete':
      return JSON.stringify([
        question.kind,
        question.kind === 'chat' ? plainMessages(question.messages) : question.prompt,
        question.answerPrefix ?? null,
        question.n,
        question.temperature,
        question.temperature > 0 ? question.topP : 1,
        question.maxTokens,
        question.stop ?? null,
        question.topLogprobs ?? null,
        question.entropy ?? false,
        question.seed ?? null,
        question.repeat ?? 0,
      ])
    case 'score':
      return JSON.stringify([
        'score',
        plainPrompt(question.prompt),
        question.continuations,
        question.topLogprobs ?? null,
        question.entropy ?? false,
        question.repeat ?? 0,
      ])
    case 'embed':
      return JSON.stringify(['embed', question.texts])
  }
}

/** The evidence key: hex SHA-256 of the canonical question, derived seed included. */
export const questionKey = (question: Question): string => sha256(canonicalJson(question))

/** Answers that a question asks for: each sample and each scored list counts one. */
export const answersAsked = (question: Question): number =>
  question.kind === 'chat' || question.kind === 'complete' ? question.n : 1

/** Rough UTF-8 bytes of all that is sent for a question, times what is sent for each continuation. */
export function questionSize(question: Question): number {
  switch (question.kind) {
    case 'chat':
      return question.messages.reduce((sum, message) => sum + message.content.length + 8, 0)
    case 'complete':
      return question.prompt.length
    case 'score': {
      const { prompt, continuations } = question
      const size =
        typeof prompt === 'string'
          ? prompt.length
          : prompt.messages.reduce((sum, message) => sum + message.content.length + 8, prompt.answerPrefix?.length ?? 0)
      return continuations.reduce((sum, continuation) => sum + size + continuation.length, 0)
    }
    case 'embed':
      return question.texts.reduce((sum, text) => sum + text.length, 0)
  }
}
