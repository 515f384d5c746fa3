/**
 * Why a quantity has no value. A missing quantity is told apart from zero, and its reason is shown to the user.
 *
 * - `no_items`: nothing was left to compute from.
 * - `too_few`: fewer items, samples or classes than the method needs.
 * - `single_class`: every label is the same, so that nothing can be told apart.
 * - `constant`: a value that would have to vary does not.
 * - `capability_missing`: the target does not give what the method needs.
 * - `empty_answer`: the answer has no token or no word.
 * - `unparsed`: the text does not hold what was asked for.
 * - `undefined_ratio`: the denominator is zero.
 * - `mismatched_evidence`: lists that belong together differ in length.
 * - `not_finite`: an input or the result is infinite or not a number.
 */
export type NullReason =
  | 'no_items'
  | 'too_few'
  | 'single_class'
  | 'constant'
  | 'capability_missing'
  | 'empty_answer'
  | 'unparsed'
  | 'undefined_ratio'
  | 'mismatched_evidence'
  | 'not_finite'

/** A number, or the reason why there is none. Never NaN, never infinite. */
export type Maybe = { value: number } | { value: null; reason: NullReason }

/** The absence of a value, with its reason. */
export const missing = (reason: NullReason): Maybe => ({ value: null, reason })

/** Wraps a plain result: null takes `reason`, a NaN or infinite number becomes `not_finite`. */
export function maybe(value: number | null, reason: NullReason): Maybe {
  if (value === null) return missing(reason)
  return Number.isFinite(value) ? { value } : missing('not_finite')
}
