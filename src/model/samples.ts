import { ModelError } from './errors.ts'
import { generatedTokens, tokensOfText } from './logprobs.ts'
import type { Sample } from './model.ts'
import { partReasoning } from './reasoning.ts'

/** One reply in a server's words, before it is checked and parted. */
export interface RawReply {
  text: string | null | undefined
  finishReason: string | null | undefined
  logprobs?: unknown
  reasoning?: string | null | undefined
  refusal?: string | null | undefined
}

const finishReasons: Record<string, Sample['finishReason']> = {
  stop: 'stop',
  eos: 'stop',
  eos_token: 'stop',
  end_turn: 'stop',
  stop_sequence: 'stop',
  tool_calls: 'stop',
  length: 'length',
  max_tokens: 'length',
  limit: 'length',
  model_context_window_exceeded: 'length',
  content_filter: 'content_filter',
  sensitive: 'content_filter',
}

/** How servers and gateways (OpenRouter, z.AI, DeepSeek, SGLang) end a reply that they could not finish. */
const failures = new Set(['error', 'abort', 'network_error', 'insufficient_system_resource'])
export const isFailure = (finishReason: string | null | undefined): boolean => failures.has(finishReason ?? '')

/**
 * A sample in normal form: reasoning parted, log-probabilities checked and cut to the answer's tokens. A refusal that
 * came in a field of its own is what the model said: it is the text where there is no other.
 * `topLogprobs` undefined: none were asked. Raises ModelError: `empty` for no text at all, `content_filtered` where
 * the provider's filter left none, `invalid_logprobs` where they were asked and did not come or cannot be.
 */
export function toSample(reply: RawReply, topLogprobs: number | undefined, reasoningTags: readonly string[]): Sample {
  const finishReason = finishReasons[reply.finishReason ?? ''] ?? 'unknown'
  const { refusal } = reply
  if (finishReason === 'content_filter' && !reply.text && !refusal)
    throw new ModelError('content_filtered', "The provider's filter stopped the answer.")
  // A reply cut off before its first word (hidden reasoning took all tokens) is an answer.
  if (typeof reply.text !== 'string' && !refusal && !reply.reasoning && finishReason !== 'length')
    throw new ModelError('empty', 'The answer holds no text.')
  const isRefusal = !reply.text && Boolean(refusal)
  const parted = partReasoning((isRefusal ? refusal : reply.text) ?? '', reasoningTags)
  const reasoning = [reply.reasoning, parted.reasoning].filter((part) => typeof part === 'string').join('\n')
  const hasReasoning = parted.reasoning !== undefined || typeof reply.reasoning === 'string'
  const sample: Sample = { text: parted.text, finishReason: parted.unclosed ? 'length' : finishReason }
  if (topLogprobs !== undefined) {
    const tokens = generatedTokens(isRefusal ? refusalLogprobs(reply.logprobs) : reply.logprobs, topLogprobs)
    // Reasoning that was cut off has tokens, its answer none.
    if (tokens !== null) sample.tokens = hasReasoning && sample.text === '' ? [] : tokensOfText(tokens, sample.text)
    else if (sample.text !== '' && !isRefusal)
      throw new ModelError('invalid_logprobs', 'Log-probabilities were asked for, and the answer has none.')
    else sample.tokens = []
  }
  if (hasReasoning && reasoning !== '') sample.reasoning = reasoning
  if (refusal) sample.refusal = refusal
  return sample
}

/** OpenAI gives the tokens of a refusal beside `content`. */
const refusalLogprobs = (logprobs: unknown): unknown =>
  typeof logprobs === 'object' && logprobs !== null && 'refusal' in logprobs ? logprobs.refusal : logprobs

/** The most characters that so many tokens are believed to spell: far more than any vocabulary needs. */
const mostCharacters = (maxTokens: number): number => 4096 + 64 * maxTokens

/**
 * A sample cut to what its tokens can spell, with the tokens of what is left. A server that goes on past the limit it was
 * given has not answered wrongly, but what compares answers with each other takes the square of their length.
 */
export function cutToLimit(sample: Sample, maxTokens: number): Sample {
  const most = mostCharacters(maxTokens)
  if (sample.text.length <= most) return sample
  // Not through the middle of a character.
  const text = sample.text.slice(0, most).replace(/[\ud800-\udbff]$/, '')
  const cut: Sample = { ...sample, finishReason: 'length', text }
  if (sample.tokens) {
    let characters = 0
    cut.tokens = sample.tokens.filter(({ token }) => {
      characters += token.length
      return characters <= most
    })
  }
  return cut
}

/**
 * A sample cut before the first of `stop`, with the tokens of what is left: some servers give the stop string with the
 * text (TGI), others do not know the field (Workers AI) or refuse it (OpenAI's reasoning models).
 */
export function cutAtStop(sample: Sample, stop: readonly string[] = []): Sample {
  const { text, tokens } = sample
  const places = stop.map((one) => text.indexOf(one)).filter((place) => place !== -1)
  if (places.length === 0) return sample
  const at = Math.min(...places)
  const cut: Sample = { ...sample, finishReason: 'stop', text: text.slice(0, at) }
  if (tokens) {
    const joined = tokens.map(({ token }) => token).join('')
    const end = Math.max(0, joined.indexOf(cut.text)) + at
    let position = 0
    cut.tokens = tokens.filter(({ token }) => {
      position += token.length
      return at > 0 && position - token.length < end
    })
  }
  return cut
}
