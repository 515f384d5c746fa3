import { hash } from './language.ts'

/** Faults of the test server. At most one for a request; which one follows from its body, the seed and how often this body came. */
export interface FaultRates {
  /** Answered 500. */
  failRate: number
  /** Never answered. */
  hangRate: number
  /** Half of them broken JSON, half a body that ends before its declared length. */
  malformedRate: number
  /** Connection closed without an answer. */
  dropRate: number
}
export type Fault = 'fail' | 'hang' | 'broken' | 'truncated' | 'drop'

/** A retry draws anew, so that it succeeds in the end while the rates are below 1. */
export function drawFault(
  rates: FaultRates,
  path: string,
  bodyHash: string,
  attempt: number,
  seed: number,
): Fault | null {
  const draw = hash(`${path}\u0000${bodyHash}\u0000${attempt}`, seed) / 4294967296
  let edge = rates.failRate
  if (draw < edge) return 'fail'
  edge += rates.hangRate
  if (draw < edge) return 'hang'
  edge += rates.malformedRate
  if (draw < edge) return hash(bodyHash, attempt) % 2 ? 'broken' : 'truncated'
  edge += rates.dropRate
  return draw < edge ? 'drop' : null
}

/** Requests per second with one second's worth saved up; null: no limit. */
export function rateLimiter(perSecond: number): { take(now: number): number | null; reset(): void } {
  let tokens = perSecond
  let last = 0
  return {
    /** Null where the request may pass, else milliseconds until one may. */
    take(now) {
      if (perSecond === 0) return null
      tokens = last === 0 ? perSecond : Math.min(perSecond, tokens + ((now - last) / 1000) * perSecond)
      last = now
      if (tokens >= 1) {
        tokens--
        return null
      }
      return Math.ceil(((1 - tokens) / perSecond) * 1000)
    },
    reset() {
      tokens = perSecond
      last = 0
    },
  }
}

/** What a server has seen since its start or the last reset. */
export function createStats() {
  const bodies = new Map<string, { received: number; answered: number }>()
  const prompts = new Map<string, number>()
  let counts = newCounts()
  return {
    get counts() {
      return counts
    },
    /** How often this body has come, this time included. */
    receive(bodyHash: string): number {
      const seen = bodies.get(bodyHash)
      if (seen !== undefined) return ++seen.received
      bodies.set(bodyHash, { received: 1, answered: 0 })
      return 1
    },
    answered(bodyHash: string): void {
      const seen = bodies.get(bodyHash)
      if (seen !== undefined) seen.answered++
    },
    prompt(key: string): void {
      prompts.set(key, (prompts.get(key) ?? 0) + 1)
    },
    reset(): void {
      bodies.clear()
      prompts.clear()
      counts = newCounts()
    },
    report() {
      const received = [...bodies.values()].map((body) => body.received)
      const answered = [...bodies.values()].map((body) => body.answered)
      const asked = [...prompts.values()]
      const summary = (list: number[]) => ({
        distinct: list.length,
        duplicates: list.reduce((sum, count) => sum + Math.max(0, count - 1), 0),
        maxReceived: list.reduce((most, count) => Math.max(most, count), 0),
      })
      return {
        ...counts,
        bodies: {
          ...summary(received),
          answeredDuplicates: answered.reduce((sum, count) => sum + Math.max(0, count - 1), 0),
          maxAnswered: answered.reduce((most, count) => Math.max(most, count), 0),
        },
        /** Good answers by prompt: a run that asks nothing twice shows no duplicates. */
        prompts: summary(asked),
      }
    },
  }
}

const newCounts = () => ({
  requests: 0,
  inFlight: 0,
  maxInFlight: 0,
  answers: 0,
  paths: {} as Record<string, number>,
  statuses: {} as Record<string, number>,
  faults: {} as Record<string, number>,
})
export type Stats = ReturnType<typeof createStats>
