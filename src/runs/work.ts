import type { Bindings, QueueMessage } from '../../schema/bindings.ts'
import { findBenchmark } from '../benchmarks/catalogue.ts'
import { deliver, deliverDue } from '../hooks/outbound.ts'
import type { TargetConnection, Transport } from '../model/connection.ts'
import { type Database, openDatabase } from '../store/database.ts'
import {
  finishedRun,
  getRunBenchmarks,
  getRunForWork,
  markRunning,
  noteWoken,
  type RunRow,
  stalledRuns,
  stopRun,
  unannouncedRuns,
  waitingRuns,
} from '../store/runs.ts'
import { openShards } from '../store/shards.ts'
import { getTarget, targetConnection } from '../store/targets.ts'
import { runUsage } from '../store/usage.ts'
import { announce, finishRun } from './finish.ts'
import { logFailure } from './log.ts'
import type { Pace } from './pace.ts'
import type { FindBenchmark } from './plan.ts'
import { sendWork, stalledAfterMs, wakeStalled } from './wake.ts'
import { takeTurn } from './worker.ts'
import { openWorkshop, type Workshop } from './workshop.ts'

/** What a test may bring of its own. */
export interface WorkOptions {
  find?: FindBenchmark
  transport?: Transport
  /** Jitter of retries, in [0, 1). */
  jitter?: () => number
  pace?: Pace
}

/** Most runs at once in one invocation: they share its connections. */
const mostRunsAtOnce = 4
/** A run that was woken this long ago and not begun is taken along by any worker. */
const waitsAfterMs = 2000
const runsPerTick = 50

/** Takes a batch of wake-ups. A run that could not be worked on is woken again later. */
export async function handleQueue(
  batch: MessageBatch<QueueMessage>,
  env: Bindings,
  options: WorkOptions = {},
): Promise<void> {
  const wakeUps = Map.groupBy(batch.messages, ({ body }) => (body.kind === 'work' ? body.runId : body.deliveryId))
  const runIds = new Set(batch.messages.flatMap(({ body }) => (body.kind === 'work' ? [body.runId] : [])))
  if (runIds.size > 0 && runIds.size < mostRunsAtOnce) {
    const waiting = await waitingRuns(openDatabase(env.DB), Date.now() - waitsAfterMs, mostRunsAtOnce - runIds.size)
    for (const { id } of waiting) runIds.add(id)
  }
  const shares = Math.max(1, Math.min(runIds.size, mostRunsAtOnce))
  const settle = async (id: string, work: () => Promise<void>) => {
    try {
      await work()
      for (const message of wakeUps.get(id) ?? []) message.ack()
    } catch (error) {
      logFailure('work failed', id, error)
      for (const message of wakeUps.get(id) ?? []) message.retry({ delaySeconds: Math.min(60, 2 ** message.attempts) })
    }
  }
  const deliveries = new Set(batch.messages.flatMap(({ body }) => (body.kind === 'deliver' ? [body.deliveryId] : [])))
  await Promise.all([
    ...[...deliveries].map((id) => settle(id, () => deliver(env, id))),
    ...[...runIds].map((id) => settle(id, () => workOn(env, id, shares, options))),
  ])
}

/** One worker's turn at a run, and what follows from it: the run's end, or another wake-up. */
export async function workOn(env: Bindings, runId: string, shares = 1, options: WorkOptions = {}): Promise<void> {
  const db = openDatabase(env.DB)
  const find = options.find ?? findBenchmark
  const run = await getRunForWork(db, runId)
  if (run === null) return
  if (finishedRun(run)) return announce(env, runId)
  const opened = run.stopReason === null ? await open(env, db, run, find, shares, options) : null
  if (opened === null) return finishRun(env, runId, find)
  const turn = await takeTurn({ env, db, run, ...opened, ...(options.pace ? { pace: options.pace } : {}) })
  if (turn.stop !== null) await stopRun(db, runId, turn.stop.reason, turn.stop.detail, Date.now())
  if (turn.stop === null && turn.complete && !turn.checked) {
    await opened.workshop.check()
    await opened.workshop.settle()
  }
  if (turn.stop !== null || turn.complete) return finishRun(env, runId, find)
  await wakeNext(env, db, runId, find)
}

/** All that a turn needs; null where the run cannot go on and was stopped. */
async function open(
  env: Bindings,
  db: Database,
  run: RunRow,
  find: FindBenchmark,
  shares: number,
  { transport, jitter }: WorkOptions,
): Promise<{ workshop: Workshop; begun: boolean } | null> {
  const [benchmarks, used, target, others] = await Promise.all([
    getRunBenchmarks(db, run.id),
    runUsage(db, run.id),
    getTarget(db, run.tenantId, run.targetId),
    Promise.all(
      Object.entries(run.roles ?? {}).map(
        async ([role, { targetId }]) => [role, await getTarget(db, run.tenantId, targetId)] as const,
      ),
    ),
    run.status === 'queued' ? markRunning(db, run.id, Date.now()) : undefined,
  ])
  const give = async (detail: string) => {
    await stopRun(db, run.id, 'internal', detail, Date.now())
    return null
  }
  if (target === null) return give('The target was deleted.')
  const gone = others.find(([, other]) => other === null)
  if (gone !== undefined) return give(`The target with the role "${gone[0]}" was deleted.`)
  for (const { benchmarkId, benchmarkVersion } of benchmarks) {
    const found = find(benchmarkId)
    if (found?.version === benchmarkVersion) continue
    const state = found === undefined ? 'is gone' : `is at version ${found.version} by now`
    return give(`"${benchmarkId}" ${state}; the run began with version ${benchmarkVersion}. Start another run.`)
  }
  let connection: TargetConnection
  const roles = new Map<string, TargetConnection>()
  try {
    connection = await targetConnection(env, target)
    for (const [role, other] of others) if (other !== null) roles.set(role, await targetConnection(env, other))
  } catch (error) {
    return give(error instanceof Error ? error.message : 'The key of the target cannot be opened.')
  }
  const parts = { env, db, run, benchmarks, connection, roles, used, find, shares, transport, jitter }
  return { workshop: openWorkshop(parts), begun: used.calls > 0 }
}

/** Another worker for what this one left. Shards that others hold are theirs to go on with. */
async function wakeNext(env: Bindings, db: Database, runId: string, find: FindBenchmark): Promise<void> {
  const now = Date.now()
  const { open, free, nextAt, resting } = await openShards(db, runId, now)
  if (open === 0) return finishRun(env, runId, find)
  if (free === 0 && !resting) return
  await noteWoken(db, runId, now)
  await sendWork(env, runId, 1, free > 0 || nextAt === null ? 0 : Math.ceil((nextAt - now) / 1000))
}

/** Every minute: wakes runs on which nobody works, tells hooks of ends they missed, and delivers what is due. */
export async function handleSchedule(env: Bindings, now: number): Promise<void> {
  const db = openDatabase(env.DB)
  const parts = await Promise.allSettled([
    stalledRuns(db, now - stalledAfterMs, now, runsPerTick).then((runs) =>
      Promise.all(runs.map((run) => wakeStalled(env, run))),
    ),
    unannouncedRuns(db, now - stalledAfterMs, runsPerTick).then((runs) =>
      Promise.all(runs.map(({ id }) => announce(env, id))),
    ),
    deliverDue(env, now),
  ])
  for (const part of parts) if (part.status === 'rejected') logFailure('a scheduled task failed', '', part.reason)
}
