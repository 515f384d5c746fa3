/**
 * How many requests may be open at once: additive increase, multiplicative decrease (Chiu and Jain, 1989).
 * A refusal halves it once per round of requests (those sent before the last cut do not cut again); as many
 * successes in a row as it is wide widen it by one.
 */
export interface Window {
  readonly size: number
  /** A request sent at `sentAt` was refused for load, as seen at `now`. */
  shrink(sentAt: number, now: number): void
  grow(): void
}

/** A window that begins, and ends, at `most`. */
export function createWindow(most: number): Window {
  let size = most
  let successes = 0
  let lastCut = Number.NEGATIVE_INFINITY
  return {
    get size() {
      return size
    },
    shrink(sentAt, now) {
      successes = 0
      if (sentAt <= lastCut) return
      lastCut = now
      size = Math.max(1, Math.floor(size / 2))
    },
    grow() {
      if (size >= most) return
      if (++successes < size) return
      successes = 0
      size++
    },
  }
}
