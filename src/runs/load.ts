import type { WorkerLoad } from '../../schema/run.ts'
import type { Workshop } from './workshop.ts'

/** The rate is that of this long. */
const windowMs = 30_000

/**
 * Tells how a worker asks now, for those who watch the run; null where it did so less than `everyMs` ago: it is written
 * with a commit, and commits may follow each other fast.
 */
export function createLoadTeller(
  workshop: Pick<Workshop, 'connections' | 'requests'>,
  everyMs: number,
  now: () => number = Date.now,
): () => WorkerLoad | null {
  const seen = [{ at: now(), requests: workshop.requests }]
  let toldAt = Number.NEGATIVE_INFINITY
  return () => {
    const at = now()
    if (at - toldAt < everyMs) return null
    toldAt = at
    const { requests } = workshop
    seen.push({ at, requests })
    while (seen.length > 2 && at - (seen[1]?.at ?? at) >= windowMs) seen.shift()
    const first = seen[0] ?? { at, requests }
    const minutes = (at - first.at) / 60_000
    const requestsPerMinute = minutes > 0 ? Math.round((requests - first.requests) / minutes) : 0
    return { at, ...workshop.connections, requestsPerMinute }
  }
}
