import type { Capabilities } from '../../../../schema/capabilities.ts'
import { questionKey, questionSize } from '../../canonical.ts'
import { openaiRoot } from '../../connection.ts'
import { ModelError } from '../../errors.ts'
import type { ChatQuestion, Question, ScoreQuestion } from '../../question.ts'
import type { Piece, WireContext, WireRequest } from '../dialect.ts'
import {
  chatBody,
  completionBody,
  echoBody,
  encode as encodeOpenai,
  missing,
  samplePieces,
  scoredText,
  split as splitOpenai,
} from '../openai/request.ts'

/** vLLM's additions: replies opened with given text, chats whose tokens are scored, neutral sampling defaults. */

export function split(question: Question, capabilities: Capabilities): Piece[] {
  if (question.kind === 'chat' && question.answerPrefix) {
    if (!capabilities.chat) throw missing('chat', capabilities, 'The server has no chat completions.')
    assertContinues(capabilities)
    return samplePieces(question, 'chat', null, capabilities)
  }
  if (question.kind === 'score' && typeof question.prompt !== 'string') return chatScorePieces(question, capabilities)
  return splitOpenai(question, capabilities)
}

/** A server that ignores the fields would answer another question. */
function assertContinues(capabilities: Capabilities): void {
  if (capabilities.answerPrefix === false)
    throw missing('answerPrefix', capabilities, 'A reply cannot be opened with given text on this server.')
}

function chatScorePieces(question: ScoreQuestion, capabilities: Capabilities): Piece[] {
  if (!capabilities.prompt_logprobs || !capabilities.chat)
    throw missing('prompt_logprobs', capabilities, 'The server gives no log-probabilities of given text in a chat.')
  assertContinues(capabilities)
  const size = Math.ceil(questionSize(question) / Math.max(1, question.continuations.length))
  return question.continuations.map((_, continuation) => ({
    surface: 'chatPromptLogprobs',
    question,
    n: 1,
    continuation,
    group: null,
    size,
  }))
}

/**
 * vLLM and SGLang fill what is left out from the model's own generation_config: everything that bends the
 * distribution is stated. These values switch it off (`top_k` 0 too in vLLM, but SGLang refuses that).
 */
const neutral = { top_p: 1, top_k: -1, min_p: 0, repetition_penalty: 1, presence_penalty: 0, frequency_penalty: 0 }
/** The last message is the reply's beginning, and the template shall not close it. */
const continued = { add_generation_prompt: false, continue_final_message: true }
/** Prefix caching has changed prompt log-probabilities (vllm#42019): a request of its own salt does not reuse others'. */
const saltOf = (pieces: Piece[]) => questionKey((pieces[0] as Piece).question).slice(0, 16)

/** `prompt_logprobs` tells the text's own token beside the top ones; ids part them. */
const promptLogprobs = (question: ScoreQuestion) => ({
  prompt_logprobs: question.topLogprobs ?? 0,
  ...(question.topLogprobs ? { return_token_ids: true } : {}),
})

export function encode(pieces: Piece[], context: WireContext): WireRequest {
  const first = pieces[0] as Piece
  const { target } = context
  const root = openaiRoot(target.baseUrl)
  switch (first.surface) {
    case 'chat': {
      const { answerPrefix } = first.question as ChatQuestion
      const body = { ...neutral, ...chatBody(first, context) }
      if (answerPrefix === undefined) return { url: `${root}/chat/completions`, body }
      const messages = [...(first.question as ChatQuestion).messages, { role: 'assistant', content: answerPrefix }]
      return { url: `${root}/chat/completions`, body: { ...body, messages, ...continued } }
    }
    case 'completion':
      return { url: `${root}/completions`, body: { ...neutral, ...completionBody(pieces, context) } }
    case 'echo':
      return { url: `${root}/completions`, body: { ...echoBody(pieces, context, 0), cache_salt: saltOf(pieces) } }
    case 'promptLogprobs': {
      const texts = pieces.map((piece) => {
        const { prompt, continuation } = scoredText(piece)
        return prompt + continuation
      })
      const prompt = texts.length === 1 ? texts[0] : texts
      const body = { model: target.model, prompt, max_tokens: 1, temperature: 0, cache_salt: saltOf(pieces) }
      return { url: `${root}/completions`, body: { ...body, ...promptLogprobs(first.question as ScoreQuestion) } }
    }
    case 'chatPromptLogprobs':
      return { url: `${root}/chat/completions`, body: chatScoreBody(first, context) }
    default:
      return encodeOpenai(pieces, context)
  }
}

function chatScoreBody(piece: Piece, { target }: WireContext): Record<string, unknown> {
  const question = piece.question as ScoreQuestion
  if (typeof question.prompt === 'string') throw new ModelError('rejected', 'Raw text is not scored as a chat.')
  const { messages, answerPrefix = '' } = question.prompt
  const reply = answerPrefix + question.continuations[piece.continuation ?? 0]
  return {
    model: target.model,
    messages: [...messages.map(({ role, content }) => ({ role, content })), { role: 'assistant', content: reply }],
    max_tokens: 1,
    temperature: 0,
    ...continued,
    ...promptLogprobs(question),
    cache_salt: saltOf([piece]),
  }
}
