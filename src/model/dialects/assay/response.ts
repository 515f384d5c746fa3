import { contextWords, ModelError } from '../../errors.ts'
import { assertPlausible, checkedLogprob, checkedTop, tokensOfText } from '../../logprobs.ts'
import type { ModelErrorKind, Sample, ScoredToken, TokenLogprob, TokenScores, TopLogprob } from '../../model.ts'
import type { Answer, ChatQuestion, CompleteQuestion, ScoreQuestion } from '../../question.ts'
import { partReasoning } from '../../reasoning.ts'
import { totals } from '../../scored-text.ts'
import type { Decoded, Piece, WireContext } from '../dialect.ts'
import { attempt, isObject } from '../openai/response.ts'
import { decode as decodeVllm } from '../vllm/response.ts'

/** How the GPU backend's own surface answers. */

interface OwnToken {
  token: string
  id: number
  bytes?: number[] | null
  start?: number
  end?: number
  logprob: number | null
  rank?: number | null
  entropy?: number | null
  top?: TopLogprob[] | null
}
interface OwnScored {
  tokens: OwnToken[]
  bos?: boolean
}
interface OwnResult {
  choices?: { text: string; finishReason: string; tokens?: OwnToken[] | null }[]
  continuations?: OwnScored[]
  usage?: { promptTokens?: number; completionTokens?: number }
  error?: { code?: string; message?: string; pointer?: string }
}

const kinds: Record<string, ModelErrorKind> = {
  context_too_long: 'context_too_long',
  context_length_exceeded: 'context_too_long',
  model_not_found: 'model_not_found',
  out_of_memory: 'server_error',
  timeout: 'timeout',
  cancelled: 'server_error',
  internal: 'server_error',
  capability_missing: 'capability_missing',
}

function assertNoError({ error }: OwnResult): void {
  if (!error) return
  const kind = kinds[error.code ?? ''] ?? (contextWords.test(error.message ?? '') ? 'context_too_long' : 'rejected')
  throw new ModelError(
    kind,
    `${error.message ?? 'The server refused the question.'}${error.pointer ? ` (${error.pointer})` : ''}`,
  )
}

const half = (entry: OwnToken) => (entry.bytes && entry.token.includes('\ufffd') ? { bytes: entry.bytes } : {})

function generated(entry: OwnToken, most: number): TokenLogprob {
  return {
    token: entry.token,
    id: entry.id,
    ...half(entry),
    logprob: checkedLogprob(entry.logprob, 'generated tokens'),
    ...(typeof entry.rank === 'number' ? { rank: entry.rank } : {}),
    ...(typeof entry.entropy === 'number' ? { entropy: entry.entropy } : {}),
    top: checkedTop(entry.top ?? [], most),
  }
}

function samplesOf(piece: Piece, result: OwnResult, tags: readonly string[]): Sample[] {
  assertNoError(result)
  const question = piece.question as ChatQuestion | CompleteQuestion
  const { choices } = result
  if (!Array.isArray(choices) || choices.length !== piece.n)
    throw new ModelError('malformed', `The answer does not hold ${piece.n} choices.`)
  return choices.map((choice) => {
    if (typeof choice.text !== 'string') throw new ModelError('empty', 'The answer holds no text.')
    const { text, reasoning, unclosed } = partReasoning(choice.text, tags)
    const finishReason =
      choice.finishReason === 'stop' || choice.finishReason === 'length' ? choice.finishReason : 'unknown'
    const sample: Sample = { text, finishReason: unclosed ? 'length' : finishReason }
    if (question.topLogprobs !== undefined || question.entropy) {
      const tokens = (choice.tokens ?? []).map((entry) => generated(entry, question.topLogprobs ?? 0))
      if (tokens.length === 0 && text !== '')
        throw new ModelError('invalid_logprobs', 'Log-probabilities were asked for, and the answer has none.')
      assertPlausible(tokens, 8)
      sample.tokens = tokensOfText(tokens, text)
    }
    if (reasoning) sample.reasoning = reasoning
    return sample
  })
}

function scoresOf(piece: Piece, result: OwnResult): TokenScores[] {
  assertNoError(result)
  const { continuations, topLogprobs } = piece.question as ScoreQuestion
  const answered = result.continuations
  const sent = continuations.filter((continuation) => continuation !== '').length
  if (!Array.isArray(answered) || answered.length !== sent)
    throw new ModelError('malformed', `The answer does not hold ${sent} continuations.`)
  let next = 0
  return continuations.map((continuation) =>
    continuation === '' ? totals([], false) : ownScores(answered[next++] as OwnScored, topLogprobs),
  )
}

function ownScores({ tokens, bos }: OwnScored, topLogprobs: number | undefined): TokenScores {
  const scored = tokens.map((entry, index): ScoredToken => {
    if (typeof entry.start !== 'number' || typeof entry.end !== 'number' || entry.end < entry.start)
      throw new ModelError('invalid_logprobs', `Token ${index} has no byte offsets.`)
    if (entry.logprob === null && index > 0)
      throw new ModelError('invalid_logprobs', `Token ${index} of the text has no log-probability.`)
    return {
      token: entry.token,
      id: entry.id,
      start: entry.start,
      end: entry.end,
      logprob: entry.logprob === null ? null : checkedLogprob(entry.logprob, 'given tokens'),
      rank: entry.rank ?? null,
      entropy: entry.entropy ?? null,
      ...(topLogprobs === undefined ? {} : { top: checkedTop(entry.top ?? [], topLogprobs) }),
    }
  })
  assertPlausible(scored, 4)
  return totals(scored, bos === true)
}

export function decode(pieces: Piece[], body: unknown, context: WireContext): Decoded {
  const { surface } = pieces[0] as Piece
  if (surface !== 'generate' && surface !== 'score') return decodeVllm(pieces, body, context)
  if (!isObject(body) || !Array.isArray(body.results)) throw new ModelError('malformed', 'The answer has no "results".')
  const results = body.results as OwnResult[]
  if (results.length !== pieces.length)
    throw new ModelError('malformed', `The answer has ${results.length} results where ${pieces.length} were asked for.`)
  const answers = pieces.map((piece, index) =>
    attempt((): Answer => {
      const result = results[index] as OwnResult
      return surface === 'generate'
        ? { samples: samplesOf(piece, result, context.target.reasoningTags) }
        : { scores: scoresOf(piece, result) }
    }),
  )
  let promptTokens = 0
  let completionTokens = 0
  let told = false
  for (const { usage } of results) {
    told ||= typeof usage?.promptTokens === 'number'
    promptTokens += usage?.promptTokens ?? 0
    completionTokens += usage?.completionTokens ?? 0
  }
  return {
    answers,
    usage: told ? { promptTokens, completionTokens } : null,
    ...(typeof body.model === 'string' ? { model: body.model } : {}),
  }
}
