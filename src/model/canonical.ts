import { hash32 } from '../methods/random.ts'
import { sha256 } from './connection.ts'
import type { Message, Prompt } from './model.ts'
import type { Asker, ChatQuestion, CompleteQuestion, Question } from './question.ts'

/** What of a question counts: its one spelling, its key, its size. Stored answers are found by these keys: they stay. */

/** The messages with nothing but role and content, in that order, whatever else the caller's objects carry. */
const plainMessages = (messages: Message[]) => messages.map(({ role, content }) => [role, content])
const plainPrompt = (prompt: Prompt) =>
  typeof prompt === 'string' ? prompt : [plainMessages(prompt.messages), prompt.answerPrefix ?? null]

const samples = (question: Question): question is ChatQuestion | CompleteQuestion =>
  question.kind === 'chat' || question.kind === 'complete'

/** The canonical form of a sampling question up to its seed: the longest part, written once a question. */
const beforeSeed = (question: ChatQuestion | CompleteQuestion): string =>
  JSON.stringify([
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
  ]).slice(0, -1)

/** From the seed on. What came later is written only where it is asked, so that older keys stay. */
const fromSeed = ({ seed, repeat, terms }: ChatQuestion | CompleteQuestion): string =>
  `,${seed ?? null},${repeat ?? 0}${terms ? ',"terms"' : ''}]`

/** One string for one question: fields in a fixed order, defaults written out. What it holds is what keys rest on. */
export function canonicalJson(question: Question): string {
  switch (question.kind) {
    case 'chat':
    case 'complete':
      return beforeSeed(question) + fromSeed(question)
    case 'score':
      return JSON.stringify([
        'score',
        plainPrompt(question.prompt),
        question.continuations,
        question.topLogprobs ?? null,
        question.entropy ?? false,
        question.repeat ?? 0,
        ...(question.terms ? ['terms'] : []),
      ])
    case 'mass':
      return JSON.stringify(['mass', plainPrompt(question.prompt), question.phrases])
    case 'embed':
      return JSON.stringify(['embed', question.texts])
    case 'entail':
      return JSON.stringify(['entail', question.pairs])
    case 'dropout': {
      const { prompt, continuation, passes, rate, seed } = question
      return JSON.stringify(['dropout', plainPrompt(prompt), continuation, passes, rate, seed])
    }
    case 'states': {
      const { prompt, continuations, layer, pool } = question
      return JSON.stringify(['states', plainPrompt(prompt), continuations, layer ?? null, pool])
    }
    case 'compare':
      return JSON.stringify(['compare', question.reference, question.texts, question.topK ?? null])
  }
}

/** The evidence key: hex SHA-256 of the canonical question, derived seed included. */
export const questionKey = (question: Question): string => sha256(canonicalJson(question))

/**
 * Gives a sampling question its seed, and any question its key. The seed: 31 bits from the run's seed, the item, the
 * question and its repeat, so that the same run draws the same samples on every machine and in every order. Greedy
 * questions stay without.
 */
export function seedAndKey(question: Question, asker: Asker): string {
  if (!samples(question) || question.temperature <= 0) return questionKey(question)
  const head = beforeSeed(question)
  question.seed = hash32(asker.seed, asker.itemId, head + fromSeed(question)) >>> 1
  return sha256(head + fromSeed(question))
}

/** Answers that a question asks for: each sample and each list counts one. */
export const answersAsked = (question: Question): number => (samples(question) ? question.n : 1)

const messagesSize = (messages: Message[]): number => {
  let size = 0
  for (const { content } of messages) size += content.length + 8
  return size
}
const promptSize = (prompt: Prompt): number =>
  typeof prompt === 'string' ? prompt.length : messagesSize(prompt.messages) + (prompt.answerPrefix?.length ?? 0)
const textsSize = (texts: readonly string[]): number => {
  let size = 0
  for (const text of texts) size += text.length
  return size
}

/** Rough UTF-8 bytes of all that is sent for a question, times what is sent for each continuation. */
export function questionSize(question: Question): number {
  switch (question.kind) {
    case 'chat':
      return messagesSize(question.messages)
    case 'complete':
      return question.prompt.length
    case 'score':
      return promptSize(question.prompt) * question.continuations.length + textsSize(question.continuations)
    case 'states':
      return promptSize(question.prompt) + textsSize(question.continuations)
    case 'mass':
      return promptSize(question.prompt) * question.phrases.length + textsSize(question.phrases)
    case 'embed':
    case 'compare':
      return textsSize(question.texts)
    case 'entail':
      return textsSize(question.pairs.flat())
    case 'dropout':
      return promptSize(question.prompt) + question.continuation.length
  }
}

/** The text that a question opens with, by which questions that share a prefix are brought side by side. */
export function openingText(question: Question): string {
  switch (question.kind) {
    case 'chat':
      return chatText(question.messages)
    case 'complete':
      return question.prompt
    case 'score':
    case 'mass':
    case 'states':
    case 'dropout':
      return typeof question.prompt === 'string' ? question.prompt : chatText(question.prompt.messages)
    case 'entail':
      return question.pairs[0]?.[0] ?? ''
    case 'embed':
    case 'compare':
      return ''
  }
}

const chatText = (messages: Message[]): string => {
  let text = ''
  for (const { role, content } of messages) text += `${role}\n${content}\n`
  return text
}
