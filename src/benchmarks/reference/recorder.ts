import type { Message, Model, Prompt, Sample, Sampling, TokenScores } from '../../model/model.ts'
import type { ReferenceFact, ShareOfAnswer } from '../../worlds/reference.ts'

/** A question that a benchmark asked, with what the standard should say to it. */
export interface Lesson {
  /** The conversation up to the reply, or raw text to go on with. */
  messages?: Message[]
  text?: string
  /** How the reply was opened. */
  answerPrefix?: string
  /** `shown`: a question put again after an answer to it was stated; `elsewhere`: after one to another question was. */
  asks: 'answer' | 'truth' | 'letter' | 'sure' | 'read' | 'shown' | 'elsewhere'
  /** The answer that was stated. */
  shown?: string
  /** Replies and their shares; several where the truth has several. */
  answers: ShareOfAnswer[]
}

const PROPOSED = /^Proposed answer: (.*)$/m
const OPTION = /^([A-J])\. (.+)$/gm
const PASSAGES = /^Passages:$/m
const SURE = /^Are you sure/
const SHOWN =
  /(?:answer to this question is: |given to this question: |independently and answered |person answered: )(\w+)/
const ELSEWHERE = /unrelated question somebody answered (\w+)/

/**
 * A Model that answers from the truth of one fact and writes down what it was asked. Run under a benchmark it yields
 * lessons in that benchmark's very own words, so that the standard never meets a form that it was not taught.
 * `candidates`: what it samples where several answers are wanted.
 */
export function recordingModel(fact: ReferenceFact, candidates: readonly string[]) {
  const lessons: Lesson[] = []
  const shareOf = (answer: string) => fact.answers.find((one) => one.answer === answer.trim())?.share ?? 0

  const heard = (content: string): Pick<Lesson, 'asks' | 'answers' | 'shown'> => {
    const proposed = PROPOSED.exec(content)?.[1]
    if (proposed !== undefined && /true or false/i.test(content)) {
      const share = shareOf(proposed)
      return { asks: 'truth', answers: shares([['True', share] as const, ['False', 1 - share] as const]) }
    }
    const options = [...content.matchAll(OPTION)].map(
      ([, letter, option]) => [letter as string, option as string] as const,
    )
    if (options.length > 1 && /letter/i.test(content)) {
      const told = options.map(([letter, option]) => [letter, shareOf(option)] as const)
      const right = told.reduce((sum, [, share]) => sum + share, 0)
      const none = options.find(([, option]) => option === 'None of the above')?.[0]
      return { asks: 'letter', answers: shares(right > 0 || none === undefined ? told : [[none, 1]]) }
    }
    if (PASSAGES.test(content)) return { asks: 'read', answers: fact.answers }
    const elsewhere = ELSEWHERE.exec(content)?.[1]
    if (elsewhere !== undefined) return { asks: 'elsewhere', shown: elsewhere, answers: fact.answers }
    const shown = SHOWN.exec(content)?.[1]
    if (shown !== undefined) return { asks: 'shown', shown, answers: fact.answers }
    return { asks: 'answer', answers: fact.answers }
  }

  const write = (messages: Message[] | null, text: string | null, answerPrefix?: string): Lesson => {
    const content = messages ? (messages.at(-1)?.content ?? '') : (text ?? '')
    const found: Pick<Lesson, 'asks' | 'answers' | 'shown'> = SURE.test(content)
      ? { asks: 'sure', answers: [{ answer: 'sure', share: 1 }] }
      : heard(content)
    const lesson = {
      ...(messages ? { messages } : { text: text ?? '' }),
      ...(answerPrefix ? { answerPrefix } : {}),
      ...found,
    }
    if (lesson.answers.length > 0) lessons.push(lesson)
    return lesson
  }

  const reply = ({ asks, answers }: Lesson, { n = 1 }: Sampling = {}): Sample[] => {
    const said = asks === 'answer' ? candidates : answers.map((one) => one.answer)
    return Array.from({ length: n }, (_, place) => ({
      text: (n === 1 ? answers[0]?.answer : said[place % said.length]) ?? '',
      finishReason: 'stop' as const,
    }))
  }
  const scored = (continuations: string[]): TokenScores[] =>
    continuations.map(() => ({ tokens: [], logprob: -1, scoredTokens: 0, scoredBytes: 0, bos: false }))

  const model = {
    capabilities: {
      text: true,
      logprobs: true,
      prompt_logprobs: true,
      full: false,
      chat: true,
      completions: true,
      entailment: false,
    },
    chat: async (messages: Message[], sampling?: Sampling) =>
      reply(write(messages, null, sampling?.answerPrefix), sampling),
    complete: async (prompt: string, sampling?: Sampling) => reply(write(null, prompt), sampling),
    score: async (prompt: Prompt, continuations: string[]) => {
      if (typeof prompt !== 'string') write(prompt.messages, null, prompt.answerPrefix)
      return scored(continuations)
    },
    mass: async (prompt: Prompt, phrases: string[]) => {
      if (typeof prompt !== 'string') write(prompt.messages, null, prompt.answerPrefix)
      return { phrases: phrases.map((phrase) => ({ phrase, logprob: -1, mass: 0 })), total: 0 }
    },
    dropout: async () => {
      throw Object.assign(new Error('What is recorded has no dropout.'), { kind: 'capability_missing' })
    },
  }
  return { model: model as unknown as Model, lessons }
}

const shares = (pairs: readonly (readonly [string, number])[]): ShareOfAnswer[] =>
  pairs.filter(([, share]) => share > 0).map(([answer, share]) => ({ answer, share }))
