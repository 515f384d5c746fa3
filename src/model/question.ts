import type { Capabilities } from '../../schema/capabilities.ts'
import type {
  Comparison,
  DropoutOptions,
  DropoutScores,
  Entailment,
  Message,
  PhraseMass,
  Prompt,
  Sample,
  Sampling,
  ScoreOptions,
  StatesOptions,
  TokenScores,
} from './model.ts'

/** How a reply is drawn, with defaults filled in and what the target cannot give left out. */
export interface SamplingQuestion {
  n: number
  temperature: number
  topP: number
  maxTokens: number
  stop?: string[]
  topLogprobs?: number
  entropy?: boolean
  terms?: boolean
  answerPrefix?: string
  /** Only where temperature is above 0: greedy answers do not depend on it. */
  seed?: number
  repeat?: number
}
export interface ChatQuestion extends SamplingQuestion {
  kind: 'chat'
  messages: Message[]
}
export interface CompleteQuestion extends SamplingQuestion {
  kind: 'complete'
  prompt: string
}
export interface ScoreQuestion {
  kind: 'score'
  prompt: Prompt
  continuations: string[]
  topLogprobs?: number
  entropy?: boolean
  terms?: boolean
  repeat?: number
}
/** Only for targets that sum phrases themselves; others are asked to score them. */
export interface MassQuestion {
  kind: 'mass'
  prompt: Prompt
  phrases: string[]
}
export interface EmbedQuestion {
  kind: 'embed'
  texts: string[]
}
export interface EntailQuestion {
  kind: 'entail'
  pairs: [premise: string, hypothesis: string][]
}
export interface DropoutQuestion {
  kind: 'dropout'
  prompt: Prompt
  continuation: string
  passes: number
  rate: number
  seed: number
}
export interface StatesQuestion {
  kind: 'states'
  prompt: Prompt
  continuations: string[]
  layer?: number
  pool: 'mean' | 'last'
}
export interface CompareQuestion {
  kind: 'compare'
  reference: string
  texts: string[]
  topK?: number
}
/** A question as evidence keeps it: readable, complete, and free of how the server was asked. */
export type Question =
  | ChatQuestion
  | CompleteQuestion
  | ScoreQuestion
  | MassQuestion
  | EmbedQuestion
  | EntailQuestion
  | DropoutQuestion
  | StatesQuestion
  | CompareQuestion

/** What a target answered, in one normal form for every dialect. */
export interface Answer {
  samples?: Sample[]
  scores?: TokenScores[]
  mass?: PhraseMass
  vectors?: number[][]
  entailments?: Entailment[]
  dropout?: DropoutScores
  comparisons?: Comparison[]
}

/** Reply length where a benchmark states none. */
export const defaultMaxTokens = 512

/** Fixes who asks: a sample's seed follows from it, the question and the repeat alone. */
export interface Asker {
  seed: number
  itemId: string
}

/** What is told of each token. */
type Detail = Pick<SamplingQuestion, 'topLogprobs' | 'entropy' | 'terms'>

/** Lowers what is asked to what the target has. `capabilities` null: not probed yet, nothing is lowered. */
function affordable(asked: Detail, capabilities: Capabilities | null, most: number): Detail {
  const fitting: Detail = {}
  const full = capabilities === null || capabilities.full
  if (asked.topLogprobs !== undefined && most >= 0) fitting.topLogprobs = Math.min(asked.topLogprobs, most)
  if (asked.entropy && full) fitting.entropy = true
  if (asked.terms && full) fitting.terms = true
  return fitting
}

function sampling(options: Sampling, capabilities: Capabilities | null): SamplingQuestion {
  const most = capabilities === null ? Number.POSITIVE_INFINITY : capabilities.logprobs ? capabilities.topLogprobs : -1
  return {
    n: options.n ?? 1,
    temperature: options.temperature ?? 0,
    topP: options.topP ?? 1,
    maxTokens: options.maxTokens ?? defaultMaxTokens,
    ...(options.stop?.length ? { stop: options.stop } : {}),
    ...affordable(options, capabilities, most),
    ...(options.answerPrefix ? { answerPrefix: options.answerPrefix } : {}),
    ...(options.repeat ? { repeat: options.repeat } : {}),
  }
}

/** The question behind `Model.chat`. */
export const chatQuestion = (
  messages: Message[],
  options: Sampling,
  capabilities: Capabilities | null,
): ChatQuestion => ({ kind: 'chat', messages, ...sampling(options, capabilities) })

/** The question behind `Model.complete`. An answer prefix is simply the prompt's end. */
export const completeQuestion = (
  prompt: string,
  options: Sampling,
  capabilities: Capabilities | null,
): CompleteQuestion => {
  const { answerPrefix, ...rest } = sampling(options, capabilities)
  return { kind: 'complete', prompt: prompt + (answerPrefix ?? ''), ...rest }
}

/** The question behind `Model.score`. */
export function scoreQuestion(
  prompt: Prompt,
  continuations: string[],
  options: ScoreOptions,
  capabilities: Capabilities | null,
): ScoreQuestion {
  const most = capabilities === null ? Number.POSITIVE_INFINITY : capabilities.topLogprobs
  return {
    kind: 'score',
    prompt,
    continuations,
    ...affordable(options, capabilities, most),
    ...(options.repeat ? { repeat: options.repeat } : {}),
  }
}

/** The question behind `Model.dropout`. Raises RangeError for passes and rates that mean nothing. */
export function dropoutQuestion(
  prompt: Prompt,
  continuation: string,
  { passes = 10, rate = 0.1, seed = 0 }: DropoutOptions,
): DropoutQuestion {
  if (!Number.isInteger(passes) || passes < 2) throw new RangeError(`dropout needs two passes or more, not ${passes}`)
  if (!(rate >= 0 && rate < 1)) throw new RangeError(`a dropout rate lies in [0, 1), not at ${rate}`)
  return { kind: 'dropout', prompt, continuation, passes, rate, seed }
}

/** The question behind `Model.states`. Raises RangeError for a layer that no model has. */
export function statesQuestion(
  prompt: Prompt,
  continuations: string[],
  { layer, pool = 'mean' }: StatesOptions,
): StatesQuestion {
  if (layer !== undefined && !(Number.isInteger(layer) && layer >= 0))
    throw new RangeError(`a layer is a whole number from 0 on, not ${layer}`)
  return { kind: 'states', prompt, continuations, ...(layer === undefined ? {} : { layer }), pool }
}
