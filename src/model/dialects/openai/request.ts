import type { Capabilities } from '../../../../schema/capabilities.ts'
import { hash32 } from '../../../methods/random.ts'
import { questionSize } from '../../canonical.ts'
import { openaiRoot } from '../../connection.ts'
import { ModelError } from '../../errors.ts'
import type { ChatQuestion, CompleteQuestion, EmbedQuestion, Question, ScoreQuestion } from '../../question.ts'
import type { Quirks } from '../../quirks.ts'
import type { Piece, WireContext, WireRequest } from '../dialect.ts'

/** How OpenAI's API is asked: chat and legacy completions, echo for given text, embeddings. */

export const missing = (name: string, capabilities: Capabilities, otherwise: string): ModelError =>
  new ModelError('capability_missing', capabilities.missing[name] ?? otherwise)

/** Cuts a question for OpenAI's paths. Raises ModelError('capability_missing'). */
export function split(question: Question, capabilities: Capabilities): Piece[] {
  switch (question.kind) {
    case 'chat':
      if (!capabilities.chat) throw missing('chat', capabilities, 'The server has no chat completions.')
      if (question.answerPrefix)
        throw new ModelError('capability_missing', 'A reply cannot be opened with given text on this server.')
      return samplePieces(question, 'chat', null, capabilities)
    case 'complete':
      if (!capabilities.completions) throw missing('completions', capabilities, 'The server has no raw completions.')
      return samplePieces(question, 'completion', capabilities.promptLists ? listGroup(question) : null, capabilities)
    case 'score':
      return echoPieces(question, capabilities)
    case 'embed':
      return embedPieces(question, capabilities)
    case 'entail':
      throw missing('entailment', capabilities, 'The server judges no entailment.')
    default:
      throw missing('full', capabilities, "OpenAI's API has no full-vocabulary quantities.")
  }
}

/** One piece for all samples where a request may ask for several, else one for each with a seed of its own. */
export function samplePieces(
  question: ChatQuestion | CompleteQuestion,
  surface: Piece['surface'],
  group: string | null,
  capabilities: Capabilities,
): Piece[] {
  const size = questionSize(question)
  const seed = capabilities.seed ? question.seed : undefined
  if (question.n === 1 || capabilities.multipleSamples) {
    const grouped = group === null ? null : `${group}:${seed ?? ''}`
    return [{ surface, question, n: question.n, ...(seed === undefined ? {} : { seed }), group: grouped, size }]
  }
  return Array.from({ length: question.n }, (_, sample) => {
    const own = seed === undefined ? undefined : hash32(seed, sample) >>> 1
    const grouped = group === null ? null : `${group}:${own ?? ''}`
    return { surface, question, n: 1, ...(own === undefined ? {} : { seed: own }), group: grouped, size }
  })
}

/** Prompts may share a list when everything but the prompt is equal. */
function listGroup(question: CompleteQuestion): string {
  const { n, temperature, topP, maxTokens, stop, topLogprobs } = question
  return `completion:${n}:${temperature}:${topP}:${maxTokens}:${topLogprobs ?? ''}:${stop ? JSON.stringify(stop) : ''}`
}

export function echoPieces(question: ScoreQuestion, capabilities: Capabilities): Piece[] {
  const { prompt } = question
  if (!capabilities.prompt_logprobs)
    throw missing('prompt_logprobs', capabilities, 'The server gives no log-probabilities of given text.')
  if (typeof prompt !== 'string')
    throw new ModelError('capability_missing', 'Only raw text can be scored on this server, not a chat.')
  const surface = capabilities.promptLogprobsBy === 'prompt_logprobs' ? 'promptLogprobs' : 'echo'
  const group = capabilities.promptLists ? `${surface}:${question.topLogprobs ?? ''}` : null
  return question.continuations.map((text, continuation) => ({
    surface,
    question,
    n: 1,
    continuation,
    group,
    size: prompt.length + text.length,
  }))
}

export function embedPieces(question: EmbedQuestion, capabilities: Capabilities): Piece[] {
  if (!capabilities.embeddings) throw missing('embeddings', capabilities, 'The server has no embeddings.')
  return listPieces(question, 'embedding', 'embedding', question.texts)
}

/** Texts of one piece: enough to fill a request soon, few enough to leave with others. */
const mostTexts = 16

/** Pieces of a question that is a list itself. */
export function listPieces(
  question: Question,
  surface: Piece['surface'],
  group: string,
  texts: readonly (string | readonly string[])[],
): Piece[] {
  const pieces: Piece[] = []
  for (let from = 0; from < texts.length; from += mostTexts) {
    const to = Math.min(from + mostTexts, texts.length)
    let size = 0
    for (const text of texts.slice(from, to)) size += typeof text === 'string' ? text.length : text.join('').length
    pieces.push({ surface, question, n: to - from, part: { from, to }, group, size })
  }
  return pieces
}

/** A piece's own part of its question's list. */
export const partOf = <T>({ part }: Piece, list: readonly T[]): T[] => list.slice(part?.from, part?.to)

/** The texts of an embedding piece. */
export const embeddedTexts = (piece: Piece): string[] => partOf(piece, (piece.question as EmbedQuestion).texts)

/** The body of a chat request. */
export function chatBody(piece: Piece, { target, quirks }: WireContext): Record<string, unknown> {
  const question = piece.question as ChatQuestion
  const body: Record<string, unknown> = {
    model: target.model,
    messages: question.messages.map(({ role, content }) => ({ role, content })),
    [quirks.maxCompletionTokens ? 'max_completion_tokens' : 'max_tokens']: question.maxTokens,
    ...drawing(piece, question, quirks),
  }
  if (question.topLogprobs !== undefined) {
    body.logprobs = true
    body.top_logprobs = question.topLogprobs
  }
  return body
}

/** The body of a completions request for one prompt or a list. */
export function completionBody(pieces: Piece[], { target, quirks }: WireContext): Record<string, unknown> {
  const first = pieces[0] as Piece
  const question = first.question as CompleteQuestion
  const prompts = pieces.map((piece) => (piece.question as CompleteQuestion).prompt)
  const body: Record<string, unknown> = {
    model: target.model,
    prompt: prompts.length === 1 ? prompts[0] : prompts,
    max_tokens: question.maxTokens,
    ...drawing(first, question, quirks),
  }
  // 0 is read as "none" by some servers.
  if (question.topLogprobs !== undefined)
    body.logprobs = Math.min(Math.max(1, question.topLogprobs), quirks.completionLogprobs)
  return body
}

function drawing(piece: Piece, question: ChatQuestion | CompleteQuestion, quirks: Quirks): Record<string, unknown> {
  const fields: Record<string, unknown> = quirks.ownTemperature ? {} : { temperature: question.temperature }
  // 1 is the default, which some servers (TGI) refuse to be told.
  if (question.temperature > 0 && question.topP < 1 && !quirks.ownTemperature) fields.top_p = question.topP
  if (question.stop && !quirks.noStop) fields.stop = question.stop
  if (piece.n > 1) fields.n = piece.n
  if (piece.seed !== undefined) fields.seed = piece.seed
  return fields
}

/** The text that an echo or prompt_logprobs piece sends. */
export function scoredText(piece: Piece): { prompt: string; continuation: string } {
  const question = piece.question as ScoreQuestion
  return { prompt: question.prompt as string, continuation: question.continuations[piece.continuation ?? 0] as string }
}

/** The body of an echo request. `maxTokens` 1 where a server refuses to generate nothing. */
export function echoBody(pieces: Piece[], { target, quirks }: WireContext, maxTokens: 0 | 1): Record<string, unknown> {
  const question = (pieces[0] as Piece).question as ScoreQuestion
  const texts = pieces.map((piece) => {
    const { prompt, continuation } = scoredText(piece)
    return prompt + continuation
  })
  return {
    model: target.model,
    prompt: texts.length === 1 ? texts[0] : texts,
    max_tokens: maxTokens,
    temperature: 0,
    echo: true,
    logprobs: Math.min(Math.max(1, question.topLogprobs ?? 1), quirks.completionLogprobs),
  }
}

export function encode(pieces: Piece[], context: WireContext): WireRequest {
  const root = openaiRoot(context.target.baseUrl)
  const first = pieces[0] as Piece
  switch (first.surface) {
    case 'chat':
      return { url: `${root}/chat/completions`, body: chatBody(first, context) }
    case 'completion':
      return { url: `${root}/completions`, body: completionBody(pieces, context) }
    case 'echo':
      return { url: `${root}/completions`, body: echoBody(pieces, context, 1) }
    case 'embedding':
      return { url: `${root}/embeddings`, body: embeddingBody(pieces, context) }
    default:
      throw new ModelError('capability_missing', `OpenAI's API has no ${first.surface}.`)
  }
}

export const embeddingBody = (pieces: Piece[], { target }: WireContext): Record<string, unknown> => ({
  model: target.model,
  input: pieces.flatMap(embeddedTexts),
  encoding_format: 'float',
})
