import type { Capabilities } from '../../../../schema/capabilities.ts'
import { questionSize } from '../../canonical.ts'
import { openaiRoot } from '../../connection.ts'
import { ModelError } from '../../errors.ts'
import type { Prompt } from '../../model.ts'
import type {
  ChatQuestion,
  CompareQuestion,
  CompleteQuestion,
  DropoutQuestion,
  EntailQuestion,
  MassQuestion,
  Question,
  ScoreQuestion,
  StatesQuestion,
} from '../../question.ts'
import type { Piece, WireContext, WireRequest } from '../dialect.ts'
import { embeddedTexts, embedPieces, listPieces, missing, partOf } from '../openai/request.ts'
import type {
  CompareRequest,
  DropoutRequest,
  EmbedRequest,
  EntailRequest,
  GenerateRequest,
  OwnPrompt,
  RequestList,
  ScoreRequest,
  StatesRequest,
} from './wire.ts'

/** The GPU backend's own surface: lists of whole questions, each with its own parameters and seed. */

export function split(question: Question, capabilities: Capabilities): Piece[] {
  const assertChat = (isChat: boolean) => {
    if (isChat && !capabilities.chat) throw missing('chat', capabilities, 'The model has no chat template.')
  }
  switch (question.kind) {
    case 'chat':
    case 'complete': {
      assertChat(question.kind === 'chat')
      const seed = question.seed === undefined ? {} : { seed: question.seed }
      const size = questionSize(question)
      return [{ surface: 'generate', question, n: question.n, ...seed, group: generateGroup(question), size }]
    }
    case 'score':
    case 'mass':
      if (!capabilities.prompt_logprobs)
        throw missing('prompt_logprobs', capabilities, 'The server gives no log-probabilities of given text.')
      assertChat(typeof question.prompt !== 'string')
      return [{ surface: 'score', question, n: 1, group: 'score', size: questionSize(question) }]
    case 'embed':
      return embedPieces(question, capabilities)
    case 'entail':
      if (!capabilities.entailment) throw missing('entailment', capabilities, 'The server judges no entailment.')
      return listPieces(question, 'entail', 'entail', question.pairs)
    case 'dropout':
      if (!capabilities.full || capabilities.dropout === false)
        throw missing(capabilities.full ? 'dropout' : 'full', capabilities, 'The server has no passes with dropout.')
      assertChat(typeof question.prompt !== 'string')
      return [{ surface: 'dropout', question, n: question.passes, group: 'dropout', size: questionSize(question) }]
    case 'states':
      if (!capabilities.full) throw missing('full', capabilities, 'The server gives no hidden states.')
      assertChat(typeof question.prompt !== 'string')
      return [
        {
          surface: 'states',
          question,
          n: question.continuations.length,
          group: 'states',
          size: questionSize(question),
        },
      ]
    case 'compare':
      if (!capabilities.full) throw missing('full', capabilities, 'The server compares no models.')
      return listPieces(question, 'compare', `compare:${question.reference}`, question.texts)
  }
}

/** A list is answered when its longest reply is: short replies do not wait for long ones. */
const generateGroup = ({ maxTokens }: ChatQuestion | CompleteQuestion): string =>
  maxTokens <= 8 ? 'generate:8' : maxTokens <= 64 ? 'generate:64' : 'generate'

const told = ({ entropy, terms }: { entropy?: boolean; terms?: boolean }): { entropy?: true; terms?: true } => ({
  ...(entropy ? { entropy: true } : {}),
  ...(terms ? { terms: true } : {}),
})

function generateRequest(piece: Piece): GenerateRequest {
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
    ...told(question),
    ...(question.answerPrefix ? { answerPrefix: question.answerPrefix } : {}),
  }
}

const ownPrompt = (prompt: Prompt): OwnPrompt =>
  typeof prompt === 'string'
    ? prompt
    : {
        messages: prompt.messages.map(({ role, content }) => ({ role, content })),
        ...(prompt.answerPrefix ? { answerPrefix: prompt.answerPrefix } : {}),
      }

function scoreRequest({ question }: Piece): ScoreRequest {
  const asked = question as ScoreQuestion | MassQuestion
  const prompt = ownPrompt(asked.prompt)
  if (asked.kind === 'mass') return { prompt, phrases: asked.phrases }
  return {
    prompt,
    // The backend refuses an empty one; its score is known.
    continuations: asked.continuations.filter((continuation) => continuation !== ''),
    topLogprobs: asked.topLogprobs ?? 0,
    ...told(asked),
  }
}

const dropoutRequest = ({ question }: Piece): DropoutRequest => {
  const { prompt, continuation, passes, rate, seed } = question as DropoutQuestion
  return { prompt: ownPrompt(prompt), continuation, passes, rate, seed }
}

const statesRequest = ({ question }: Piece): StatesRequest => {
  const { prompt, continuations, layer, pool } = question as StatesQuestion
  return { prompt: ownPrompt(prompt), continuations, ...(layer === undefined ? {} : { layer }), pool }
}

const compareRequests = (piece: Piece): CompareRequest[] => {
  const { texts, topK } = piece.question as CompareQuestion
  return partOf(piece, texts).map((text) => (topK === undefined ? { text } : { text, topK }))
}

const entailRequests = (piece: Piece): EntailRequest[] =>
  partOf(piece, (piece.question as EntailQuestion).pairs).map(([premise, hypothesis]) => ({ premise, hypothesis }))

const embedRequests = (piece: Piece): EmbedRequest[] => embeddedTexts(piece).map((text) => ({ text }))

export function encode(pieces: Piece[], { target }: WireContext): WireRequest {
  const first = pieces[0] as Piece
  const list = <Request>(path: string, requests: Request[], more: Record<string, unknown> = {}): WireRequest => {
    const body: RequestList<Request> = { model: target.model, ...more, requests }
    return { url: `${openaiRoot(target.baseUrl)}/assay/${path}`, body }
  }
  switch (first.surface) {
    case 'generate':
      return list('generate', pieces.map(generateRequest))
    case 'score':
      return list('score', pieces.map(scoreRequest))
    case 'dropout':
      return list('dropout', pieces.map(dropoutRequest))
    case 'states':
      return list('states', pieces.map(statesRequest))
    case 'compare':
      return list('compare', pieces.flatMap(compareRequests), {
        reference: (first.question as CompareQuestion).reference,
      })
    case 'entail':
      return list('entail', pieces.flatMap(entailRequests))
    case 'embedding':
      return list('embed', pieces.flatMap(embedRequests))
    default:
      throw new ModelError('capability_missing', 'The own surface of the GPU backend is asked instead.')
  }
}
