import { ModelError } from '../../errors.ts'
import { toSample } from '../../samples.ts'
import { bodyError } from '../../server-error.ts'
import type { Decoded, Piece, WireContext, WireUsage } from '../dialect.ts'
import { attempt, decode as decodeOpenai, isObject, vectorsOf } from '../openai/response.ts'
import { speaksOpenai } from './request.ts'

/** How Workers AI answers: the model's output in Cloudflare's envelope. Some models answer in OpenAI's shape inside it. */

interface Envelope {
  result?: unknown
  success?: boolean
  errors?: { code?: number; message?: string }[]
}
interface RunResult {
  response?: unknown
  choices?: unknown
  usage?: { prompt_tokens?: number; completion_tokens?: number }
  data?: unknown[]
}

const usageOf = ({ usage }: RunResult): WireUsage | null =>
  typeof usage?.prompt_tokens === 'number'
    ? { promptTokens: usage.prompt_tokens, completionTokens: usage.completion_tokens ?? 0 }
    : null

export function decode(pieces: Piece[], body: unknown, context: WireContext): Decoded {
  if (speaksOpenai(context.target.baseUrl)) return decodeOpenai(pieces, body, context)
  if (!isObject(body)) throw new ModelError('malformed', 'The answer is no JSON object.')
  const { success, errors, result } = body as Envelope
  if (success === false) throw bodyError({ message: errors?.[0]?.message ?? '' }, context.target.apiKey)
  if (!isObject(result)) throw new ModelError('malformed', 'The answer has no "result".')
  const read = result as RunResult
  if (Array.isArray(read.choices)) return decodeOpenai(pieces, result, context)
  const first = pieces[0] as Piece
  const usage = usageOf(read)
  if (first.surface === 'embedding') return { answers: vectorsOf(pieces, read.data), usage }
  const { response } = read
  // A model told to write JSON may have it parsed already.
  const text =
    typeof response === 'string' || response === null || response === undefined ? response : JSON.stringify(response)
  const length = read.usage?.completion_tokens
  const { question } = first
  const cut = 'maxTokens' in question && typeof length === 'number' && length >= question.maxTokens
  const reply = { text, finishReason: typeof length === 'number' ? (cut ? 'length' : 'stop') : null }
  return {
    answers: [attempt(() => ({ samples: [toSample(reply, undefined, context.target.reasoningTags)] }))],
    usage,
  }
}
