import { ModelError } from '../../errors.ts'
import type { ChatQuestion, CompleteQuestion } from '../../question.ts'
import { toSample } from '../../samples.ts'
import { bodyError } from '../../server-error.ts'
import type { Decoded, Piece, WireContext, WireUsage } from '../dialect.ts'
import { attempt, isObject, vectorsOf } from '../openai/response.ts'

/** How Ollama's native API answers: one reply, thinking in a field, log-probabilities as a list beside it. */

interface OllamaBody {
  model?: string
  message?: { content?: string; thinking?: string } | null
  response?: string
  thinking?: string
  done_reason?: string
  done?: boolean
  logprobs?: unknown
  embeddings?: unknown[]
  prompt_eval_count?: number
  eval_count?: number
  error?: unknown
}

/** A prompt found in its cache is not counted again, and the count then left out. */
const usageOf = ({ prompt_eval_count, eval_count }: OllamaBody): WireUsage | null =>
  typeof prompt_eval_count === 'number' ? { promptTokens: prompt_eval_count, completionTokens: eval_count ?? 0 } : null

export function decode(pieces: Piece[], body: unknown, { target }: WireContext): Decoded {
  if (!isObject(body)) throw new ModelError('malformed', 'The answer is no JSON object.')
  const read = body as OllamaBody
  if (read.error) throw bodyError(read.error, target.apiKey)
  const first = pieces[0] as Piece
  const known = { usage: usageOf(read), ...(typeof read.model === 'string' ? { model: read.model } : {}) }
  if (first.surface === 'embedding') return { answers: vectorsOf(pieces, read.embeddings), ...known }
  const { topLogprobs } = first.question as ChatQuestion | CompleteQuestion
  if (first.surface === 'chat' && !isObject(read.message))
    throw new ModelError('malformed', 'The answer has no "message".')
  // A model still loading answers at once, with nothing.
  if (read.done_reason === 'load') throw new ModelError('empty', 'The server has only loaded the model.')
  const answer = attempt(() => ({
    samples: [
      toSample(
        {
          text: first.surface === 'chat' ? read.message?.content : read.response,
          finishReason: read.done_reason,
          logprobs: read.logprobs,
          reasoning: read.message?.thinking ?? read.thinking,
        },
        topLogprobs,
        target.reasoningTags,
      ),
    ],
  }))
  return { answers: [answer], ...known }
}
