import type { Capabilities, DialectName } from '../../../schema/capabilities.ts'
import type { TargetConnection } from '../connection.ts'
import type { ModelError } from '../errors.ts'
import type { Answer, Question } from '../question.ts'
import type { Quirks } from '../quirks.ts'

/** Ways of asking that a server may have; each is one kind of request. */
export type Surface =
  | 'chat'
  | 'completion'
  | 'echo'
  | 'promptLogprobs'
  | 'chatPromptLogprobs'
  | 'generate'
  | 'score'
  | 'embedding'
  | 'entail'
  | 'dropout'
  | 'states'
  | 'compare'

/** What one request carries of one question: all of it, one sample, or one continuation. */
export interface Piece {
  surface: Surface
  question: Question
  /** What it weighs in a list: samples wanted, texts, or passes with dropout. */
  n: number
  seed?: number
  /** Which continuation, for surfaces that score one text a prompt. */
  continuation?: number
  /** Which of a question's texts or pairs, for surfaces that take lists of them. */
  part?: { from: number; to: number }
  /** Pieces of one group may share a request; null: each goes alone. */
  group: string | null
  /** Rough bytes sent, to bound a request. */
  size: number
}

export interface WireContext {
  target: TargetConnection
  quirks: Quirks
}

/** One HTTP request of a dialect. */
export interface WireRequest {
  url: string
  body: unknown
}

export interface WireUsage {
  promptTokens: number
  completionTokens: number
}

/** A decoded answer: one entry per piece, in the request's order. */
export interface Decoded {
  answers: (Answer | ModelError)[]
  /** Null where the server does not say. */
  usage: WireUsage | null
  /** The model's name as the server gives it. */
  model?: string
}

/** What a server of a dialect can have at all; the probe asks for nothing else. */
export interface Claims {
  chat: boolean
  completions: boolean
  promptLists: boolean
  multipleSamples: boolean
  seed: boolean
  logprobs: boolean
  /** Ways to have log-probabilities of given text, best first. */
  promptLogprobsBy: readonly NonNullable<Capabilities['promptLogprobsBy']>[]
  full: boolean
  embeddings: boolean
  /** Left out: no entailment. */
  entailment?: boolean
  /** Left out: no passes with dropout. */
  dropout?: boolean
  tokenize: boolean
  /** Replies may be opened with given text, which some servers of this dialect ignore: to be proven. */
  answerPrefix?: 'proven'
  /** Why what is false is false, by capability. */
  reasons: Readonly<Record<string, string>>
}

/** A server's account of itself, for the fingerprint and limits. */
export interface SelfDescription {
  /** What of it names this server and model, without times and ids that change by themselves. */
  identity: unknown
  contextLength: number | null
  batchInvariant: boolean | null
  /** The server's own fingerprint, where it has one. */
  fingerprint?: string
  /** Models that the server lists; null where it lists none. */
  models: string[] | null
}

/** A way of asking the server about itself: a GET (no body) or a POST. A refused one is skipped. */
export interface DescriptionRequest extends Partial<Pick<WireRequest, 'body'>> {
  url: string
  /** Name under which `describe` finds the answer. */
  as: string
}

/** One server family's wire format. */
export interface Dialect {
  name: DialectName
  claims: Claims
  /** Cuts a question into what requests can carry. Raises ModelError('capability_missing'). */
  split(question: Question, capabilities: Capabilities): Piece[]
  /** One request for pieces of one group. */
  encode(pieces: Piece[], context: WireContext): WireRequest
  /** Reads an answer. Raises ModelError where it is unfit as a whole. */
  decode(pieces: Piece[], body: unknown, context: WireContext): Decoded
  /** Requests by which the server describes itself. */
  descriptionRequests(target: TargetConnection): DescriptionRequest[]
  describe(answers: Record<string, unknown>, target: TargetConnection): SelfDescription
  /** The request that counts tokens, where there is one. */
  tokenizeRequest(target: TargetConnection, text: string): WireRequest | null
}
