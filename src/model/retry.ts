import type { ModelError } from './errors.ts'

/** Sends of one question, the first included, when an answer fails in a way that may mend itself. */
export const mostAttempts = 3
/** Waits for an answer that never came. */
export const mostHangs = 2
/** Refusals for load in a row, without any success of the target between them, before a question gives up. */
export const mostRefusals = 3
/** Unanswered connections in a row after which a target counts as gone for a while. */
export const deadAfter = 3
/** A server that asks for a longer pause is left to the queue: a worker's lease is not spent on waiting. */
export const patienceMs = 10_000

/** A list of prompts that takes longer shows that too many are on their way. */
export const slowListMs = 20_000

/** How often a question has failed, by kind. */
export interface Failures {
  attempts: number
  hangs: number
  refusals: number
}

/**
 * What to do with a question whose request failed.
 * - `retry`: after a backoff; a list in halves, and at last prompt by prompt. `again`: at once. `wait`: when the target
 *   takes requests again.
 * - `halve`: in a request of half the size, to part it from what spoils it. `alone`: in one of its own, as its list may
 *   have taken the time.
 * - `fail`: this question has no answer. `refused`: nor have those that wait (load). `fatal`: nor would any.
 */
export type Verdict = 'retry' | 'again' | 'wait' | 'halve' | 'alone' | 'fail' | 'refused' | 'fatal'

/** Verdicts by which a question is sent once more. */
export const isRepeat = (judged: Verdict): boolean => ['retry', 'again', 'wait', 'halve', 'alone'].includes(judged)

/** Counts the failure in `failures` and judges. `batch` is how many questions the request carried. */
export function verdict(error: ModelError, failures: Failures, batch: number): Verdict {
  switch (error.kind) {
    case 'rate_limited':
      if ((error.retryAfterMs ?? 0) > patienceMs) return 'refused'
      return ++failures.refusals >= mostRefusals ? 'refused' : 'wait'
    case 'timeout':
      return ++failures.hangs >= mostHangs ? 'fail' : batch > 1 ? 'alone' : 'again'
    case 'unreachable':
    case 'server_error':
    case 'malformed':
    case 'empty':
      return ++failures.attempts >= mostAttempts ? 'fail' : 'retry'
    case 'unauthorized':
    case 'model_not_found':
      return 'fatal'
    case 'rejected':
    case 'context_too_long':
    case 'out_of_world':
    case 'content_filtered':
    case 'too_large':
    case 'invalid_logprobs':
      return batch > 1 ? 'halve' : 'fail'
    default:
      return 'fail'
  }
}

/** Full jitter (Brooker, "Exponential Backoff And Jitter", 2015): uniform below min(cap, base·2^failures), milliseconds. */
export const backoffMs = (failures: number, random: () => number, base = 250, cap = 8000): number =>
  random() * Math.min(cap, base * 2 ** failures)
