import type { ComparedToken, DropoutToken, Message, TokenTerms, TopLogprob } from '../../model.ts'

/** The GPU backend's own surface under `/v1/assay`, as it goes over the wire: lists of requests, results in place. */

export interface RequestList<Request> {
  model: string
  requests: Request[]
}
export interface ResultList<Result> {
  model?: string
  /** What judged, for entailment. */
  by?: string
  results: (Result & { error?: OwnError })[]
}
/** An entry that fails carries its error in its own place. */
export interface OwnError {
  code?: string
  message?: string
  pointer?: string
}
export interface OwnUsage {
  promptTokens?: number
  completionTokens?: number
}

export type OwnPrompt = string | { messages: Message[]; answerPrefix?: string }

/** POST generate: `n` continuations of a conversation or of raw text. */
export interface GenerateRequest {
  messages?: Message[]
  prompt?: string
  n: number
  temperature: number
  topP: number
  maxTokens: number
  stop?: string[]
  seed?: number
  topLogprobs: number
  entropy?: true
  terms?: true
  answerPrefix?: string
}
export interface GenerateResult {
  choices: { text: string; finishReason: string; tokens?: OwnToken[] | null }[]
  usage?: OwnUsage
}

/** POST score: log-probabilities of continuations, or the mass of phrases. */
export interface ScoreRequest {
  prompt: OwnPrompt
  continuations?: string[]
  phrases?: string[]
  topLogprobs?: number
  entropy?: true
  terms?: true
}
export interface ScoreResult {
  continuations?: { tokens: OwnToken[]; bos?: boolean }[]
  phrases?: { phrase: string; logprob: number; mass: number }[]
  /** Sum over the phrases. */
  mass?: number
  usage?: OwnUsage
}

export interface OwnToken {
  token: string
  id: number
  bytes?: number[] | null
  start?: number
  end?: number
  logprob: number | null
  rank?: number | null
  entropy?: number | null
  terms?: TokenTerms | null
  top?: TopLogprob[] | null
}

/** POST dropout: passes over a continuation with dropout on. */
export interface DropoutRequest {
  prompt: OwnPrompt
  continuation: string
  passes: number
  rate: number
  seed: number
}
export interface DropoutResult {
  tokens: DropoutToken[]
  passes: number
  rate: number
  inserted: boolean
  usage?: OwnUsage
}

/** POST states: the model's hidden states along continuations. */
export interface StatesRequest {
  prompt: OwnPrompt
  continuations: string[]
  layer?: number
  pool: 'mean' | 'last'
}
export interface StatesResult {
  /** One vector for each continuation. */
  states: number[][]
  usage?: OwnUsage
}

/** POST compare: two loaded models along texts. The list carries `reference` beside `model`. */
export interface CompareRequest {
  text: string
  topK?: number
}
export interface CompareResult {
  tokens: ComparedToken[]
  usage?: OwnUsage
}

/** POST entail: does the premise entail the hypothesis. */
export interface EntailRequest {
  premise: string
  hypothesis: string
}
export interface EntailResult {
  entail: number
  neutral: number
  contradict: number
  usage?: OwnUsage
}

/** POST embed. */
export interface EmbedRequest {
  text: string
}
export interface EmbedResult {
  embedding: number[]
  usage?: OwnUsage
}
