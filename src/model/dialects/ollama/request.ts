import type { Capabilities } from '../../../../schema/capabilities.ts'
import { serverRoot } from '../../connection.ts'
import { ModelError } from '../../errors.ts'
import type { ChatQuestion, CompleteQuestion, Question } from '../../question.ts'
import type { Piece, WireContext, WireRequest } from '../dialect.ts'
import { embeddedTexts, split as splitOpenai } from '../openai/request.ts'

/**
 * Ollama's native API: its OpenAI paths put even raw completions through the chat template and take the Modelfile's
 * sampling for what they have no field for.
 */

export const split = (question: Question, capabilities: Capabilities): Piece[] => splitOpenai(question, capabilities)

function options(piece: Piece, question: ChatQuestion | CompleteQuestion): Record<string, unknown> {
  return {
    temperature: question.temperature,
    top_p: question.topP,
    // The Modelfile's own would bend the distribution.
    top_k: 0,
    min_p: 0,
    typical_p: 1,
    repeat_penalty: 1,
    presence_penalty: 0,
    frequency_penalty: 0,
    num_predict: question.maxTokens,
    ...(question.stop ? { stop: question.stop } : {}),
    ...(piece.seed === undefined ? {} : { seed: piece.seed }),
  }
}

/** Else a prompt that is longer than its window loses its beginning or its middle, and another question is answered. */
const whole = { truncate: false, shift: false }

const logprobs = ({ topLogprobs }: ChatQuestion | CompleteQuestion) =>
  topLogprobs === undefined ? {} : { logprobs: true, top_logprobs: topLogprobs }

export function encode(pieces: Piece[], { target }: WireContext): WireRequest {
  const root = `${serverRoot(target.baseUrl)}/api`
  const first = pieces[0] as Piece
  const common = { model: target.model, stream: false, ...whole }
  switch (first.surface) {
    case 'chat': {
      const question = first.question as ChatQuestion
      const messages = question.messages.map(({ role, content }) => ({ role, content }))
      return {
        url: `${root}/chat`,
        body: { ...common, messages, options: options(first, question), ...logprobs(question) },
      }
    }
    case 'completion': {
      const question = first.question as CompleteQuestion
      return {
        url: `${root}/generate`,
        body: {
          ...common,
          prompt: question.prompt,
          raw: true,
          options: options(first, question),
          ...logprobs(question),
        },
      }
    }
    case 'embedding': {
      const input = pieces.flatMap(embeddedTexts)
      return { url: `${root}/embed`, body: { model: target.model, input, truncate: false } }
    }
    default:
      throw new ModelError('capability_missing', `Ollama has no ${first.surface}.`)
  }
}
