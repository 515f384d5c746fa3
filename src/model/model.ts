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
  /** Full-vocabulary terms per token (capability `full`); absent in the answer where the target has none. */
  terms?: boolean
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

/** What the full next-token distribution p tells beside its entropy, taken over the whole vocabulary of size V. */
export interface TokenTerms {
  /** (log Σ pᵅ − (α − 1) log V) / (α − 1) with α = 0.5 and p softened to softmax(½ log p), nats; lowest, −2 log V, where p is uniform. */
  renyi: number
  /** Fisher-Rao distance from uniform, p softened alike: (2/π) arccos Σ √(p / V), 0 to 1. */
  fisherRao: number
  /** Negated KL divergence of p from uniform: log V + mean of log p, nats, at most 0. */
  selfCertainty: number
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
  terms?: TokenTerms
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
  /** The server's own refusal field; it is the text too, where the reply has no other. */
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
  terms?: TokenTerms
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

/** Probabilities of phrases as the next text. */
export interface PhraseMass {
  /** In the order asked; e^(sum of log-probabilities), 0 to 1. */
  phrases: { phrase: string; logprob: number; mass: number }[]
  /** Probability that the text goes on with any of them: a phrase that only lengthens another adds nothing. */
  total: number
}

/** One token of a continuation under passes with dropout. Entropies in nats. */
export interface DropoutToken {
  token: string
  id?: number
  /** UTF-8 byte offsets within the continuation. */
  start: number
  end: number
  /** Of the mean distribution. */
  logprob: number
  /** Entropy of the mean distribution: aleatoric and epistemic together. */
  predictiveEntropy: number
  /** Mean entropy of the passes. */
  aleatoricEntropy: number
  /** Mutual information between token and pass. */
  epistemicEntropy: number
  expectedPairwiseKl: number
  reverseMutualInformation: number
  /** Variance of the token's probability over the passes. */
  probabilityVariance: number
  /** Mutual information over five disjoint groups of passes. */
  groupEpistemicEntropies: number[]
}

export interface DropoutScores {
  tokens: DropoutToken[]
  passes: number
  rate: number
  /** The model has no dropout of its own, and it was inserted. */
  inserted: boolean
}

/** Two models along one text, token by token. Divergences in nats. */
export interface ComparedToken {
  token: string
  id?: number
  /** UTF-8 byte offsets within the text. */
  start: number
  end: number
  /** From this target to the reference. */
  klForward: number
  klBackward: number
  jensenShannon: number
  /** Both find the same token the likeliest. */
  topAgree: boolean
  /** Share of the k likeliest tokens that both have, 0 to 1. */
  topKOverlap: number
  /** The token's log-probability in this target less that in the reference. */
  logprobDelta: number
}

export interface Comparison {
  tokens: ComparedToken[]
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
  /** Probabilities of phrases as the next text, one by one and together. Needs `prompt_logprobs`. Raises ModelError. */
  mass(prompt: Prompt, phrases: string[]): Promise<PhraseMass>
  /** A vector for each text, in their order. Raises ModelError. */
  embed(texts: string[]): Promise<Float32Array[]>
  /** Whether each premise entails its hypothesis, in their order; each three numbers sum to 1. Raises ModelError. */
  entail(pairs: [premise: string, hypothesis: string][]): Promise<Entailment[]>
  /** Passes over the given continuation with dropout on. Needs `full`. Raises ModelError. */
  dropout(prompt: Prompt, continuation: string, options?: DropoutOptions): Promise<DropoutScores>
  /** The model's own hidden states along continuations, one vector for each. Needs `full`. Raises ModelError. */
  states(prompt: Prompt, continuations: string[], options?: StatesOptions): Promise<Float32Array[]>
  /** Divergence of this target from another model loaded in the same backend, per token of the texts. Needs `full`. Raises ModelError. */
  compare(reference: string, texts: string[], options?: { topK?: number }): Promise<Comparison[]>
}

export interface ScoreOptions {
  topLogprobs?: number
  entropy?: boolean
  /** Full-vocabulary terms per token (capability `full`); absent in the answer where the target has none. */
  terms?: boolean
  repeat?: number
}

export interface DropoutOptions {
  /** Passes with dropout; 10 when left out. */
  passes?: number
  /** Share that is dropped, in [0, 1); 0.1 when left out. */
  rate?: number
  /** Fixes what is dropped; 0 when left out. */
  seed?: number
}

export interface StatesOptions {
  /** After how many blocks; 0 is the embedding. Half of the model's when left out. */
  layer?: number
  /** Mean over the continuation's tokens, or the state of its last one; the mean when left out. */
  pool?: 'mean' | 'last'
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
  /** A word that the model's closed vocabulary lacks. */
  | 'out_of_world'
  | 'content_filtered'
  | 'malformed'
  | 'empty'
  | 'invalid_logprobs'
  | 'too_large'
  | 'budget'
  | 'cancelled'
  | 'lease_ending'
