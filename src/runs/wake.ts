import type { Bindings } from '../../schema/bindings.ts'
import { openDatabase } from '../store/database.ts'
import { finishedRun, noteWoken, type RunRow } from '../store/runs.ts'
import { openShards } from '../store/shards.ts'
import { logFailure } from './log.ts'

/** Most wake-ups at once for one run: D1 hands out the shards, a message only brings a worker. */
const mostMessages = 20

/** Sends wake-ups for a run, one per shard up to a bound. A lost message is made good by `wakeStalled`. */
export async function sendWork(env: Bindings, runId: string, shards: number, delaySeconds = 0): Promise<void> {
  const count = Math.max(1, Math.min(shards, mostMessages))
  try {
    await env.QUEUE.sendBatch(
      Array.from({ length: count }, () => ({ body: { kind: 'work' as const, runId }, delaySeconds })),
    )
  } catch (error) {
    logFailure('a wake-up could not be sent', runId, error)
  }
}

/** A run is stalled when it was last woken this long ago and nobody holds a shard of it. */
export const stalledAfterMs = 15_000

/**
 * Sends wake-ups again for an open run on which nobody works: after a crash messages are gone, while D1 still knows
 * what is left. Cheap where the run has ended or was woken lately, so that every reader may call it.
 */
export async function wakeStalled(env: Bindings, run: RunRow): Promise<void> {
  const now = Date.now()
  if (finishedRun(run) || run.wokenAt > now - stalledAfterMs) return
  const db = openDatabase(env.DB)
  const { open, free } = await openShards(db, run.id, now)
  if (open > 0 && free === 0) return
  if (await noteWoken(db, run.id, now, now - stalledAfterMs)) await sendWork(env, run.id, free)
}
