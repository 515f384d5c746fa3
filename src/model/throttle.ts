import type { ModelError } from './errors.ts'
import { backoffMs, deadAfter, mostAttempts, patienceMs, slowListMs } from './retry.ts'
import { exhaustedReset } from './retry-after.ts'
import { createWindow } from './window.ts'

/** What is told of a request that came back. */
export interface Returned {
  sentAt: number
  /** It carried several questions. */
  isList: boolean
}

/** How fast a target is asked: the width of the window, and pauses that it asks for or that its silence calls for. */
export interface Throttle {
  readonly width: number
  /** Nothing is sent before this time. */
  readonly pausedUntil: number
  /** Good answers so far. */
  readonly successes: number
  readonly lastSuccessAt: number
  succeeded(request: Returned, headers: Headers, now: number): void
  failed(request: Returned, error: ModelError, now: number): void
}

/** `most`: widest window. `random` jitters pauses. */
export function createThrottle(most: number, random: () => number): Throttle {
  const window = createWindow(most)
  let pausedUntil = 0
  let successes = 0
  let lastSuccessAt = 0
  let refusalRound = 0
  let unreachableInRow = 0
  const pause = (until: number) => {
    pausedUntil = Math.max(pausedUntil, until)
  }
  return {
    get width() {
      return window.size
    },
    get pausedUntil() {
      return pausedUntil
    },
    get successes() {
      return successes
    },
    get lastSuccessAt() {
      return lastSuccessAt
    },
    succeeded({ sentAt, isList }, headers, now) {
      // A list that takes this long waits for others of ours: fewer at once keep the server as busy.
      if (isList && now - sentAt > slowListMs) window.shrink(sentAt, now)
      else window.grow()
      successes++
      lastSuccessAt = now
      refusalRound = 0
      unreachableInRow = 0
      const reset = exhaustedReset(headers, now)
      if (reset !== undefined) pause(now + Math.min(reset, patienceMs))
    },
    failed({ sentAt, isList }, error, now) {
      if (error.kind === 'timeout' && isList) window.shrink(sentAt, now)
      // Nobody is there: no use in trying it with every question that waits.
      if (error.kind === 'unreachable' && ++unreachableInRow > deadAfter) pause(now + backoffMs(mostAttempts, random))
      if (error.kind !== 'rate_limited') return
      window.shrink(sentAt, now)
      if (sentAt >= pausedUntil) refusalRound++
      const asked = error.retryAfterMs
      // At once, as some ask, would be the same storm again.
      const wait = asked ? asked * (1 + random() / 10) : backoffMs(refusalRound, random, 500)
      pause(now + Math.min(wait, patienceMs * 1.1))
    },
  }
}
