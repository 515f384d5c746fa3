import type { Clock } from './clock.ts'

/** One timer for many due times: armed for the earliest of them, so that a call costs no timer of its own. */
export interface Timer {
  /** Asks for a wake-up at `due` (milliseconds since 1970) or before. */
  wakeAt(due: number): void
  stop(): void
}

/** `onWake` is called with the time; it asks again for what is still to come. */
export function createTimer(clock: Clock, onWake: (now: number) => void): Timer {
  let armedFor = Number.POSITIVE_INFINITY
  let cancel: (() => void) | null = null
  const stop = () => {
    cancel?.()
    cancel = null
    armedFor = Number.POSITIVE_INFINITY
  }
  return {
    wakeAt(due) {
      if (due >= armedFor) return
      cancel?.()
      armedFor = due
      cancel = clock.after(Math.max(0, due - clock.now()), () => {
        cancel = null
        armedFor = Number.POSITIVE_INFINITY
        onWake(clock.now())
      })
    },
    stop,
  }
}
