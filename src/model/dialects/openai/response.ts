import { ModelError } from '../../errors.ts'
import { isLegacy, legacyTop } from '../../logprobs.ts'
import type { Sample } from '../../model.ts'
import type { Answer, ChatQuestion, CompleteQuestion, ScoreQuestion } from '../../question.ts'
import { isFailure, toSample } from '../../samples.ts'
import { cutContinuation, type GivenToken } from '../../scored-text.ts'
import { bodyError } from '../../server-error.ts'
import type { Decoded, Piece, WireContext, WireUsage } from '../dialect.ts'
import { scoredText } from './request.ts'

/** How OpenAI's API answers, and what servers that follow it make of that. */

export interface Choice {
  index?: number
  text?: string | null
  message?: {
    content?: string | { type?: string; text?: string }[] | null
    refusal?: string | null
    reasoning_content?: string | null
    reasoning?: string | null
  } | null
  finish_reason?: string | null
  error?: unknown
  logprobs?: unknown
  [extra: string]: unknown
}

export interface OpenaiBody {
  choices?: Choice[]
  data?: { index?: number; embedding?: number[] }[]
  usage?: { prompt_tokens?: number; completion_tokens?: number; total_tokens?: number } | null
  model?: string
  error?: unknown
  [extra: string]: unknown
}

export const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

/** The body as an object. Raises ModelError for anything else, and for an error that came with status 200. */
export function openaiBody(body: unknown, { target }: WireContext): OpenaiBody {
  if (!isObject(body)) throw new ModelError('malformed', 'The answer is no JSON object.')
  if (body.error) throw bodyError(body.error, target.apiKey)
  return body as OpenaiBody
}

/** Why a choice that a gateway could not finish has no answer; null for any other. Its own error may stand beside it. */
function brokenOff({ error, finish_reason }: Choice, apiKey: string | null): ModelError | null {
  if (!isFailure(finish_reason)) return null
  if (!error) return new ModelError('server_error', `The server broke the reply off (${finish_reason}).`)
  const told = bodyError(error, apiKey)
  // Of this reply alone: the target still takes others.
  return told.kind === 'rate_limited' ? new ModelError('server_error', told.message) : told
}

/** Exactly `count` choices, by their index. Raises ModelError('empty' | 'malformed'). */
export function choicesOf(body: OpenaiBody, count: number): Choice[] {
  const { choices } = body
  if (!Array.isArray(choices)) throw new ModelError('malformed', 'The answer has no "choices".')
  if (choices.length === 0) throw new ModelError('empty', 'The answer has no choice.')
  if (choices.length !== count)
    throw new ModelError('malformed', `The answer has ${choices.length} choices where ${count} were asked for.`)
  if (count > 1 && choices.some((choice, place) => (choice.index ?? place) !== place))
    return [...choices].sort((a, b) => (a.index ?? 0) - (b.index ?? 0))
  return choices
}

/** Tokens as the server counted them; null where it does not say. */
export function usageOf(body: OpenaiBody): WireUsage | null {
  const { usage } = body
  const promptTokens = usage?.prompt_tokens
  if (typeof promptTokens !== 'number' || !Number.isFinite(promptTokens)) return null
  const told = typeof usage?.completion_tokens === 'number' ? usage.completion_tokens : 0
  // xAI counts the tokens of reasoning in the total alone.
  const rest = typeof usage?.total_tokens === 'number' ? usage.total_tokens - promptTokens : 0
  return { promptTokens, completionTokens: Math.max(told, rest) }
}

/** A piece's own failure stays its own; anything else spoils the request. */
export function attempt(read: () => Answer): Answer | ModelError {
  try {
    return read()
  } catch (error) {
    if (error instanceof ModelError) return error
    throw error
  }
}

export const finished = (body: OpenaiBody, answers: (Answer | ModelError)[]): Decoded => ({
  answers,
  usage: usageOf(body),
  ...(typeof body.model === 'string' ? { model: body.model } : {}),
})

function messageText(choice: Choice): string | null | undefined {
  if (typeof choice.text === 'string') return choice.text
  const content = choice.message?.content
  if (Array.isArray(content)) return content.map((part) => part.text ?? '').join('')
  return content
}

/** One choice of either path as a sample. */
export function sampleOf(choice: Choice, topLogprobs: number | undefined, tags: readonly string[]): Sample {
  const { message } = choice
  return toSample(
    {
      text: messageText(choice),
      finishReason: choice.finish_reason,
      logprobs: choice.logprobs,
      reasoning: message?.reasoning_content ?? message?.reasoning,
      refusal: message?.refusal,
    },
    topLogprobs,
    tags,
  )
}

/** Samples of chat, or of a list of prompts with `n` choices each. */
export function decodeSamples(pieces: Piece[], body: OpenaiBody, { target }: WireContext): Decoded {
  const count = pieces.reduce((sum, piece) => sum + piece.n, 0)
  const choices = choicesOf(body, count)
  let place = 0
  const answers = pieces.map((piece) => {
    const own = choices.slice(place, place + piece.n)
    place += piece.n
    const { topLogprobs } = piece.question as ChatQuestion | CompleteQuestion
    const broken = own.map((choice) => brokenOff(choice, target.apiKey)).find((error) => error !== null)
    return (
      broken ?? attempt(() => ({ samples: own.map((choice) => sampleOf(choice, topLogprobs, target.reasoningTags)) }))
    )
  })
  return finished(body, answers)
}

/** Given text scored through `echo`. */
export function decodeEcho(pieces: Piece[], body: OpenaiBody): Decoded {
  const choices = choicesOf(body, pieces.length)
  const answers = pieces.map((piece, index) =>
    attempt(() => ({ scores: [echoScores(piece, choices[index] as Choice)] })),
  )
  return finished(body, answers)
}

function echoScores(piece: Piece, choice: Choice) {
  const { logprobs } = choice
  if (!isLegacy(logprobs)) {
    const fields = isObject(logprobs) ? Object.keys(logprobs).join(', ') : String(logprobs)
    throw new ModelError(
      'invalid_logprobs',
      `choices[].logprobs lacks "tokens" and "token_logprobs" (it is: ${fields}).`,
    )
  }
  const { prompt, continuation } = scoredText(piece)
  const { topLogprobs } = piece.question as ScoreQuestion
  const given: GivenToken[] = logprobs.tokens.map((token, index) => ({
    token,
    logprob: logprobs.token_logprobs[index],
    ...(topLogprobs === undefined ? {} : { top: legacyTop(logprobs.top_logprobs?.[index]) }),
  }))
  return cutContinuation(given, prompt, continuation, topLogprobs, logprobs.text_offset)
}

export function decodeEmbeddings(pieces: Piece[], body: OpenaiBody): Decoded {
  const list = Array.isArray(body.data) ? body.data : []
  const sorted = [...list].sort((a, b) => (a.index ?? 0) - (b.index ?? 0))
  return finished(
    body,
    vectorsOf(
      pieces,
      sorted.map(({ embedding }) => embedding),
    ),
  )
}

/** Vectors, each piece its own. Raises ModelError('malformed') where there are not as many as texts. */
export function vectorsOf(pieces: Piece[], vectors: unknown): (Answer | ModelError)[] {
  const count = pieces.reduce((sum, { n }) => sum + n, 0)
  if (!Array.isArray(vectors) || vectors.length !== count)
    throw new ModelError('malformed', `The answer does not hold ${count} embeddings.`)
  let place = 0
  return pieces.map((piece) => {
    const own = vectors.slice(place, place + piece.n)
    place += piece.n
    return attempt(() => ({ vectors: own.map(checkedVector) }))
  })
}

/** A vector of finite numbers. Raises ModelError('malformed'). */
export function checkedVector(vector: unknown): number[] {
  if (!Array.isArray(vector) || vector.length === 0 || !vector.every((value) => Number.isFinite(value)))
    throw new ModelError('malformed', 'An embedding is no list of numbers.')
  return vector as number[]
}

export function decode(pieces: Piece[], body: unknown, context: WireContext): Decoded {
  const read = openaiBody(body, context)
  switch ((pieces[0] as Piece).surface) {
    case 'echo':
      return decodeEcho(pieces, read)
    case 'embedding':
      return decodeEmbeddings(pieces, read)
    default:
      return decodeSamples(pieces, read, context)
  }
}
