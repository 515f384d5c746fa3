import type { ModelError } from './errors.ts'

/** What a server has taught by refusing a field. Learned anew by each invocation: one refused request each. */
export interface Quirks {
  /** Newer OpenAI models want `max_completion_tokens`. */
  maxCompletionTokens: boolean
  /** Reasoning models sample at a temperature of their own, and take no other. */
  ownTemperature: boolean
  /** Reasoning models stop at no text. Answers are cut at it here. */
  noStop: boolean
  /** Most alternatives of legacy completions, where fewer than chat gives (OpenAI: 5). */
  completionLogprobs: number
}

export const noQuirks = (): Quirks => ({
  maxCompletionTokens: false,
  ownTemperature: false,
  noStop: false,
  completionLogprobs: Number.POSITIVE_INFINITY,
})

const ownTemperature = /temperature.{0,60}(does not support|is not supported|only the default)/i
const noStop = /'stop'.{0,40}not supported|not supported.{0,60}\bstop\b/i
const fewLogprobs =
  /(?:maximum (?:value )?(?:of|is)|less than or equal to|<=) ?(\d+)\b.{0,40}logprobs|logprobs.{0,60}(?:maximum (?:value )?(?:of|is)|less than or equal to|<=) ?(\d+)/i

/** Learns from a refusal; true where the same question is worth asking again in the other way. */
export function learnQuirk(error: ModelError, quirks: Quirks): boolean {
  if (error.kind !== 'rejected') return false
  const { message } = error
  if (!quirks.maxCompletionTokens && /max_completion_tokens/.test(message)) {
    quirks.maxCompletionTokens = true
    return true
  }
  if (!quirks.ownTemperature && ownTemperature.test(message)) {
    quirks.ownTemperature = true
    return true
  }
  if (!quirks.noStop && noStop.test(message)) {
    quirks.noStop = true
    return true
  }
  const found = /\/completions/.test(message) && !/chat\/completions/.test(message) ? fewLogprobs.exec(message) : null
  const most = Number(found?.[1] ?? found?.[2] ?? 0)
  if (most >= 1 && most < quirks.completionLogprobs) {
    quirks.completionLogprobs = most
    return true
  }
  return false
}
