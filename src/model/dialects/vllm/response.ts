import { ModelError } from '../../errors.ts'
import type { TokenScores, TopLogprob } from '../../model.ts'
import type { ScoreQuestion } from '../../question.ts'
import { cutContinuation, type GivenToken } from '../../scored-text.ts'
import type { Decoded, Piece, WireContext } from '../dialect.ts'
import { scoredText } from '../openai/request.ts'
import {
  attempt,
  type Choice,
  choicesOf,
  decode as decodeOpenai,
  finished,
  isObject,
  type OpenaiBody,
  openaiBody,
} from '../openai/response.ts'

/** How vLLM answers: OpenAI's shapes and `prompt_logprobs`. */

interface PromptLogprob {
  logprob: number
  rank?: number | null
  decoded_token?: string | null
}

/**
 * The text's own tokens out of `prompt_logprobs`: a list of maps from token id to its numbers, null for a token
 * without context. JSON objects forget the order in which the server put the own token first, so ids tell it apart;
 * without ids the one token outside the top list, or the only one.
 */
export function givenTokens(list: unknown, ids: unknown, topLogprobs: number | undefined): GivenToken[] {
  if (!Array.isArray(list)) throw new ModelError('invalid_logprobs', 'The answer has no "prompt_logprobs".')
  const known = Array.isArray(ids) && ids.length === list.length ? (ids as number[]) : null
  return list.map((entry: unknown, index) => {
    // The first token's spelling is unknown: it fits as a beginning-of-sequence token, or as what stands before the rest.
    if (entry === null) return { token: '', logprob: null }
    if (!isObject(entry)) throw new ModelError('invalid_logprobs', 'prompt_logprobs holds something that is no map.')
    const candidates = Object.entries(entry as Record<string, PromptLogprob>)
    const id = known ? String(known[index]) : (ownId(candidates, topLogprobs) ?? '')
    const own = (entry as Record<string, PromptLogprob>)[id]
    if (own === undefined)
      throw new ModelError('invalid_logprobs', 'prompt_logprobs does not tell which token is the own one.')
    const top: TopLogprob[] = candidates
      .filter(([, { rank }]) => rank === undefined || rank === null || rank <= (topLogprobs ?? 0))
      .map(([key, { logprob, decoded_token }]) => ({ token: decoded_token ?? '', id: Number(key), logprob }))
    return {
      token: own.decoded_token ?? '',
      id: Number(id),
      logprob: own.logprob,
      ...(typeof own.rank === 'number' ? { rank: own.rank } : {}),
      ...(topLogprobs === undefined ? {} : { top }),
    }
  })
}

function ownId(candidates: [string, PromptLogprob][], topLogprobs: number | undefined): string | undefined {
  if (candidates.length === 1) return candidates[0]?.[0]
  return candidates.find(([, { rank }]) => typeof rank === 'number' && rank > (topLogprobs ?? 0))?.[0]
}

/** The first token, whose spelling `prompt_logprobs` leaves out: the text that the others do not cover. */
function withFirstToken(given: GivenToken[], text: string): GivenToken[] {
  const [first, ...rest] = given
  if (first === undefined || first.token !== '' || first.logprob !== null) return given
  const joined = rest.map(({ token }) => token).join('')
  if (joined.includes('\ufffd') || !text.endsWith(joined)) return given
  return [{ ...first, token: text.slice(0, text.length - joined.length) }, ...rest]
}

function textScores(piece: Piece, choice: Choice, body: OpenaiBody): TokenScores {
  const { prompt, continuation } = scoredText(piece)
  const { topLogprobs } = piece.question as ScoreQuestion
  const list = choice.prompt_logprobs ?? body.prompt_logprobs
  const given = givenTokens(list, choice.prompt_token_ids ?? body.prompt_token_ids, topLogprobs)
  return cutContinuation(withFirstToken(given, prompt + continuation), prompt, continuation, topLogprobs)
}

/** A chat's continuation: the tokens at the end that spell it. What the template writes before it is context. */
function chatScores(piece: Piece, body: OpenaiBody, choice: Choice): TokenScores {
  const question = piece.question as ScoreQuestion
  const continuation = question.continuations[piece.continuation ?? 0] as string
  const list = body.prompt_logprobs ?? choice.prompt_logprobs
  // SGLang does not know the field in a chat, and answers without a word of it: others may ask in another way.
  if (list === undefined || list === null)
    throw new ModelError('capability_missing', 'The server gives no log-probabilities of given text in a chat.')
  const given = givenTokens(list, body.prompt_token_ids ?? choice.prompt_token_ids, question.topLogprobs)
  let context = given.map(({ token }) => token).join('')
  if (!context.endsWith(continuation))
    throw new ModelError('invalid_logprobs', 'The chat template changes the reply, so that its tokens cannot be told.')
  context = context.slice(0, context.length - continuation.length)
  return { ...cutContinuation(given, context, continuation, question.topLogprobs), bos: true }
}

export function decode(pieces: Piece[], body: unknown, context: WireContext): Decoded {
  const { surface } = pieces[0] as Piece
  if (surface !== 'promptLogprobs' && surface !== 'chatPromptLogprobs') return decodeOpenai(pieces, body, context)
  const read = openaiBody(body, context)
  const choices = choicesOf(read, pieces.length)
  const answers = pieces.map((piece, index) =>
    attempt(() => {
      const choice = choices[index] as Choice
      return {
        scores: [surface === 'promptLogprobs' ? textScores(piece, choice, read) : chatScores(piece, read, choice)],
      }
    }),
  )
  return finished(read, answers)
}
