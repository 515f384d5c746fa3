import type { Capabilities } from '../../schema/capabilities.ts'

/** The port to an inference server, as a benchmark sees it. Types only: benchmarks may import nothing else of this room. */

export interface Message {
  role: 'system' | 'user' | 'assistant'
  content: string
}

/** Text to score against: raw text, or a chat whose reply has been opened with `answerPrefix`. */
export type Prompt = string | { messages: Message[]; answerPrefix?: string }

export interface Sampling {
  /** Samples wanted; 1 when left out. */
  n?: number
  /** 0 (greedy) when left out. */
  temperature?: number
  topP?: number
  maxTokens?: number
  stop?: string[]
  /** Log-probabilities of generated tokens with this many alternatives each; left out: none asked. Lowered to the target's most. */
  topLogprobs?: number
  /** Full-vocabulary entropy per token (capability `full`); null in the answer where the target has none. */
  entropy?: boolean
  /** Opens the reply with this text; the sample's text does not repeat it. Needs raw completions or the `assay` dialect. */
  answerPrefix?: string
  /** Set apart otherwise equal questions that shall be asked anew (the determinism check). */
  repeat?: number
}

export interface TopLogprob {
  token: string
  id?: number
  logprob: number
}

export interface TokenLogprob {
  token: string
  id?: number
  /** UTF-8 bytes where the token is no valid text by itself. */
  bytes?: number[]
  /** Natural log, at most 0. */
  logprob: number
  rank?: number
  /** Entropy of the full next-token distribution, nats. */
  entropy?: number
  /** Most likely first; may be empty. */
  top: TopLogprob[]
}

export interface Sample {
  /** The answer without its reasoning. */
  text: string
  finishReason: 'stop' | 'length' | 'content_filter' | 'unknown'
  /** Absent where the target gives none. */
  tokens?: TokenLogprob[]
  /** Text of a reasoning model kept apart, by field or by tags. */
  reasoning?: string
  /** The server's own refusal field. */
  refusal?: string
}

export interface ScoredToken {
  token: string
  id?: number
  /** UTF-8 byte offsets within the continuation. */
  start: number
  end: number
  /** Null for a first token that has no context. */
  logprob: number | null
  rank?: number | null
  entropy?: number | null
  top?: TopLogprob[]
}

/** Log-probabilities of one continuation given its prompt. */
export interface TokenScores {
  tokens: ScoredToken[]
  /** Sum over scored tokens, nats. */
  logprob: number
  scoredTokens: number
  scoredBytes: number
  /** A beginning-of-sequence token stood before the text. */
  bos: boolean
}

export interface Entailment {
  entail: number
  neutral: number
  contradict: number
  /** What judged: a cross-encoder's name, or the model itself. */
  by: string
}

export interface Passage {
  id: string
  title: string
  text: string
  score?: number
}

/** What a benchmark may ask of a target. Every call is batched, recorded as evidence and seeded behind this port. */
export interface Model {
  readonly capabilities: Capabilities
  /** `options.n` samples of a reply. Raises ModelError. */
  chat(messages: Message[], options?: Sampling): Promise<Sample[]>
  /** `options.n` samples of raw text, no chat template. Raises ModelError. */
  complete(prompt: string, options?: Sampling): Promise<Sample[]>
  /** Log-probabilities of given continuations, in their order. Raises ModelError. */
  score(prompt: Prompt, continuations: string[], options?: ScoreOptions): Promise<TokenScores[]>
  embed(texts: string[]): Promise<Float32Array[]>
  entail(pairs: [premise: string, hypothesis: string][]): Promise<Entailment[]>
}

export interface ScoreOptions {
  topLogprobs?: number
  entropy?: boolean
  repeat?: number
}

export interface Retriever {
  search(query: string, k: number): Promise<Passage[]>
}

/** Why a question to a target has no answer. */
export type ModelErrorKind =
  | 'capability_missing'
  | 'timeout'
  | 'unreachable'
  | 'unauthorized'
  | 'model_not_found'
  | 'rate_limited'
  | 'server_error'
  | 'rejected'
  | 'context_too_long'
  | 'content_filtered'
  | 'malformed'
  | 'empty'
  | 'invalid_logprobs'
  | 'too_large'
  | 'budget'
  | 'cancelled'
  | 'lease_ending'
