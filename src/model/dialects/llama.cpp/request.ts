import type { Capabilities } from '../../../../schema/capabilities.ts'
import { openaiRoot } from '../../connection.ts'
import type { Question } from '../../question.ts'
import type { Piece, WireContext, WireRequest } from '../dialect.ts'
import { chatBody, completionBody, encode as encodeOpenai, split as splitOpenai } from '../openai/request.ts'

/** llama.cpp's server: OpenAI's paths, with samplers of its own that must be told to stand still. */

export const split = (question: Question, capabilities: Capabilities): Piece[] => splitOpenai(question, capabilities)

/**
 * Its defaults bend the distribution (top_k 40, min_p 0.05, repeat penalties): all are switched off, so that
 * temperature and top_p are the only ones, as on other servers. `cache_prompt` off: reuse of another request's
 * cache changes the numbers' last digits.
 */
const neutral = {
  top_k: 0,
  min_p: 0,
  typical_p: 1,
  top_n_sigma: -1,
  dynatemp_range: 0,
  adaptive_target: -1,
  repeat_penalty: 1,
  presence_penalty: 0,
  frequency_penalty: 0,
  dry_multiplier: 0,
  xtc_probability: 0,
  mirostat: 0,
  cache_prompt: false,
}

export function encode(pieces: Piece[], context: WireContext): WireRequest {
  const root = openaiRoot(context.target.baseUrl)
  const first = pieces[0] as Piece
  switch (first.surface) {
    case 'chat':
      return {
        url: `${root}/chat/completions`,
        body: { ...chatBody(first, context), top_p: 1, ...neutral, ...topP(first) },
      }
    case 'completion':
      return { url: `${root}/completions`, body: { ...completionBody(pieces, context), ...neutral, ...topP(first) } }
    default:
      return encodeOpenai(pieces, context)
  }
}

const topP = ({ question }: Piece) =>
  question.kind === 'chat' || question.kind === 'complete' ? { top_p: question.topP } : {}
