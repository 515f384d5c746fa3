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
  content_filter: 'content_filter',
}

/**
 * A sample in normal form: reasoning parted, log-probabilities checked and cut to the answer's tokens.
 * `topLogprobs` undefined: none were asked. Raises ModelError: `empty` for no text at all,
 * `invalid_logprobs` where they were asked and did not come or cannot be.
 */
export function toSample(reply: RawReply, topLogprobs: number | undefined, reasoningTags: readonly string[]): Sample {
  const finishReason = finishReasons[reply.finishReason ?? ''] ?? 'unknown'
  const { refusal } = reply
  if (typeof reply.text !== 'string' && !refusal && !reply.reasoning && finishReason !== 'content_filter')
    throw new ModelError('empty', 'The answer holds no text.')
  const parted = partReasoning(reply.text ?? '', reasoningTags)
  const reasoning = [reply.reasoning, parted.reasoning].filter((part) => typeof part === 'string').join('\n')
  const hasReasoning = parted.reasoning !== undefined || typeof reply.reasoning === 'string'
  const sample: Sample = { text: parted.text, finishReason: parted.unclosed ? 'length' : finishReason }
  if (topLogprobs !== undefined) {
    const tokens = generatedTokens(reply.logprobs, topLogprobs)
    if (tokens !== null) sample.tokens = tokensOfText(tokens, sample.text)
    else if (sample.text !== '')
      throw new ModelError('invalid_logprobs', 'Log-probabilities were asked for, and the answer has none.')
    else sample.tokens = []
  }
  if (hasReasoning && reasoning !== '') sample.reasoning = reasoning
  if (refusal) sample.refusal = refusal
  return sample
}

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
