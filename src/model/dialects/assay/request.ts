import type { Capabilities } from '../../../../schema/capabilities.ts'
import { openaiRoot } from '../../connection.ts'
import { ModelError } from '../../errors.ts'
import {
  type ChatQuestion,
  type CompleteQuestion,
  type Question,
  questionSize,
  type ScoreQuestion,
} from '../../question.ts'
import type { Piece, WireContext, WireRequest } from '../dialect.ts'
import { embedPieces, missing } from '../openai/request.ts'
import { encode as encodeVllm } from '../vllm/request.ts'

/** The GPU backend's own surface: lists of whole questions, each with its own parameters and seed. */

export function split(question: Question, capabilities: Capabilities): Piece[] {
  const size = questionSize(question)
  switch (question.kind) {
    case 'chat':
    case 'complete': {
      if (question.kind === 'chat' && !capabilities.chat)
        throw missing('chat', capabilities, 'The model has no chat template.')
      const seed = question.seed === undefined ? {} : { seed: question.seed }
      return [{ surface: 'generate', question, n: question.n, ...seed, group: 'generate', size }]
    }
    case 'score':
      if (typeof question.prompt !== 'string' && !capabilities.chat)
        throw missing('chat', capabilities, 'The model has no chat template.')
      return [{ surface: 'score', question, n: 1, group: 'score', size }]
    case 'embed':
      return embedPieces(question, capabilities)
  }
}

function generateRequest(piece: Piece): Record<string, unknown> {
  const question = piece.question as ChatQuestion | CompleteQuestion
  return {
    ...(question.kind === 'chat'
      ? { messages: question.messages.map(({ role, content }) => ({ role, content })) }
      : { prompt: question.prompt }),
    n: piece.n,
    temperature: question.temperature,
    topP: question.topP,
    maxTokens: question.maxTokens,
    ...(question.stop ? { stop: question.stop } : {}),
    ...(piece.seed === undefined ? {} : { seed: piece.seed }),
    topLogprobs: question.topLogprobs ?? 0,
    ...(question.entropy ? { entropy: true } : {}),
    ...(question.answerPrefix ? { answerPrefix: question.answerPrefix } : {}),
  }
}

function scoreRequest(piece: Piece): Record<string, unknown> {
  const { prompt, continuations, topLogprobs, entropy } = piece.question as ScoreQuestion
  return {
    prompt:
      typeof prompt === 'string'
        ? prompt
        : {
            messages: prompt.messages.map(({ role, content }) => ({ role, content })),
            ...(prompt.answerPrefix ? { answerPrefix: prompt.answerPrefix } : {}),
          },
    // The backend refuses an empty one; its score is known.
    continuations: continuations.filter((continuation) => continuation !== ''),
    topLogprobs: topLogprobs ?? 0,
    ...(entropy ? { entropy: true } : {}),
  }
}

export function encode(pieces: Piece[], context: WireContext): WireRequest {
  const { target } = context
  const root = openaiRoot(target.baseUrl)
  switch ((pieces[0] as Piece).surface) {
    case 'generate':
      return { url: `${root}/assay/generate`, body: { model: target.model, requests: pieces.map(generateRequest) } }
    case 'score':
      return { url: `${root}/assay/score`, body: { model: target.model, requests: pieces.map(scoreRequest) } }
    case 'embedding':
      return encodeVllm(pieces, context)
    default:
      throw new ModelError('capability_missing', 'The own surface of the GPU backend is asked instead.')
  }
}
