import type { Capabilities } from '../../../../schema/capabilities.ts'
import { trimmedBase } from '../../connection.ts'
import { ModelError } from '../../errors.ts'
import type { ChatQuestion, CompleteQuestion, Question } from '../../question.ts'
import type { Piece, WireContext, WireRequest } from '../dialect.ts'
import { embeddedTexts, encode as encodeOpenai, split as splitOpenai } from '../openai/request.ts'

/**
 * Cloudflare Workers AI by REST: `https://api.cloudflare.com/client/v4/accounts/{account}/ai`, where models are run
 * by name, or the same with `/v1`, where it speaks OpenAI's API.
 */

export const split = (question: Question, capabilities: Capabilities): Piece[] => splitOpenai(question, capabilities)

/** True for a base URL ending in `/v1`. */
export const speaksOpenai = (baseUrl: string): boolean => trimmedBase(baseUrl).endsWith('/v1')

/** The run path of a model: `…/ai/run/@cf/…`. */
export function runUrl(baseUrl: string, model: string): string {
  const base = trimmedBase(baseUrl).replace(/\/run$/, '')
  return `${base}/run/${model.split('/').map(encodeURIComponent).join('/').replaceAll('%40', '@')}`
}

export function encode(pieces: Piece[], context: WireContext): WireRequest {
  const { target } = context
  if (speaksOpenai(target.baseUrl)) return encodeOpenai(pieces, context)
  const first = pieces[0] as Piece
  const url = runUrl(target.baseUrl, target.model)
  switch (first.surface) {
    case 'chat': {
      const question = first.question as ChatQuestion
      const messages = question.messages.map(({ role, content }) => ({ role, content }))
      return { url, body: { messages, ...drawing(first, question) } }
    }
    case 'completion': {
      const question = first.question as CompleteQuestion
      return { url, body: { prompt: question.prompt, raw: true, ...drawing(first, question) } }
    }
    case 'embedding':
      return { url, body: { text: pieces.flatMap(embeddedTexts) } }
    default:
      throw new ModelError('capability_missing', `Workers AI has no ${first.surface}.`)
  }
}

function drawing(piece: Piece, question: ChatQuestion | CompleteQuestion): Record<string, unknown> {
  return {
    stream: false,
    max_tokens: question.maxTokens,
    temperature: question.temperature,
    ...(question.temperature > 0 ? { top_p: question.topP } : {}),
    ...(question.stop ? { stop: question.stop } : {}),
    ...(piece.seed === undefined ? {} : { seed: piece.seed }),
  }
}
