import type { Bindings } from '../../schema/bindings.ts'
import type { WorkerLoad } from '../../schema/run.ts'
import type { StopReason } from '../../schema/states.ts'
import { type Database, inOneBatch, type Statement } from '../store/database.ts'
import { writeEvidence } from '../store/evidence.ts'
import { noteLoad } from '../store/load.ts'
import { runState } from '../store/runs.ts'
import { insertScores, type NewScore } from '../store/scores.ts'
import { closeShards, noteProgress, renewLeases } from '../store/shards.ts'
import { insertUsage, type UsageRow } from '../store/usage.ts'
import { logFailure } from './log.ts'
import { type Used, usageRow } from './models.ts'
import type { ShardWork } from './shard.ts'

/** What D1 said of the run after a commit. */
export interface RunState {
  /** Shards that are not done. */
  open: number
  /** The run has ended or is being stopped: nothing is committed any more. */
  ended: boolean
  stopReason: StopReason | null
  /** Other runs wait for a worker. */
  othersWait: boolean
}

/** Commits what the shards of one worker have gathered, all of them together. */
export interface Committer {
  /** Shards whose leases it renews. */
  readonly held: Set<ShardWork>
  /** Stores answers, then commits rows, usage and closed shards. Calls that come meanwhile share the next commit. */
  commit(): Promise<RunState>
}

/** What no usage can change without. */
const counted = ['requests', 'reused', 'calls', 'throttled'] as const

/** How long a shard is held without renewal. */
export const leaseMs = 20_000
/** Waits between attempts while D1 or R2 fail, milliseconds: half a minute of an overloaded database is lived through. */
export const storageWaits = [100, 250, 500, 1000, 2000, 4000, 8000, 8000, 8000]

interface Gathered {
  rows: NewScore[]
  usage: UsageRow[]
  /** Shards of which every item has its row once this is committed. */
  complete: string[]
  /** Shards that moved on: rows or answers came in. */
  moved: string[]
  load: WorkerLoad | null
}

export function createCommitter(options: {
  env: Bindings
  db: Database
  owner: string
  run: { id: string; tenantId: string }
  /** How the worker asks now; null where that was told just before. */
  load: () => WorkerLoad | null
  /** Called once for each shard that somebody else holds by now. */
  onLost: (shard: ShardWork) => void
  waits?: readonly number[]
}): Committer {
  const { env, db, owner, run, waits = storageWaits } = options
  const held = new Set<ShardWork>()
  const billed = new WeakMap<ShardWork, Used>()
  let current: Promise<RunState> | null = null
  let following: Promise<RunState> | null = null

  /** Repeats what is safe to repeat while storage fails. Raises the last failure. */
  async function persist<T>(action: () => Promise<T>): Promise<T> {
    for (const wait of waits) {
      try {
        return await action()
      } catch (error) {
        logFailure('storage failed and is tried again', run.id, error)
        await new Promise((resolve) => setTimeout(resolve, wait))
      }
    }
    return action()
  }

  /** What was spent on a shard since it was last asked; null where nothing was. */
  function usageSince(shard: ShardWork): UsageRow | null {
    const { used } = shard.models
    const before = billed.get(shard)
    if (before ? counted.every((name) => before[name] === used[name]) : used.requests + used.reused === 0) return null
    billed.set(shard, used)
    return usageRow(run, shard.benchmark.id, used, before)
  }

  const storeAnswers = ({ benchmark, row }: ShardWork, lines: string[]): Promise<void> =>
    persist(() => writeEvidence(env.EVIDENCE, benchmark.tenantId, benchmark.evidenceSet, row.index, lines))

  /** Takes what has gathered and stores its answers first: no row may rest on an answer that could be lost. */
  async function collect(): Promise<Gathered> {
    const gathered: Gathered = { rows: [], usage: [], complete: [], moved: [], load: options.load() }
    const answers: Promise<void>[] = []
    for (const shard of held) {
      const lines = shard.book.takeLines()
      const rows = shard.takeRows()
      if (lines.length > 0) answers.push(storeAnswers(shard, lines))
      const used = usageSince(shard)
      if (used !== null) gathered.usage.push(used)
      if (rows.length > 0 || lines.length > 0) gathered.moved.push(shard.row.id)
      if (shard.waiting === 0 && shard.running === 0 && shard.left === null) gathered.complete.push(shard.row.id)
      gathered.rows.push(...rows)
    }
    await Promise.all(answers)
    return gathered
  }

  async function commitOnce(): Promise<RunState> {
    const gathered = await collect()
    const state = await persist(() => write(gathered))
    for (const shard of held) if (gathered.complete.includes(shard.row.id)) held.delete(shard)
    return state
  }

  /** One transaction. Repeated after a failure it changes nothing that has already been done. */
  async function write({ rows, usage, complete, moved, load }: Gathered): Promise<RunState> {
    const now = Date.now()
    const mine = [...held]
    const renewed = mine.map((shard) => shard.row.id).filter((id) => !complete.includes(id))
    const statements: Statement[] = [
      renewLeases(db, owner, renewed, now + leaseMs),
      ...insertScores(db, owner, rows),
      ...insertUsage(db, usage),
    ]
    if (load !== null) statements.push(noteLoad(db, run.id, owner, load))
    if (moved.length > 0) statements.push(noteProgress(db, owner, moved))
    if (complete.length > 0) statements.push(closeShards(db, owner, complete))
    statements.push(runState(db, run.id, now - 2000))
    const results = await inOneBatch(db, statements)
    const kept = new Set((results[0] as { id: string }[]).map(({ id }) => id))
    for (const shard of mine) {
      if (!renewed.includes(shard.row.id) || kept.has(shard.row.id)) continue
      held.delete(shard)
      shard.dropped = true
      options.onLost(shard)
    }
    const [state] = results.at(-1) as [StateRow | undefined]
    return {
      open: state?.open ?? 0,
      ended: state === undefined || state.stopReason !== null || !['queued', 'running'].includes(state.status),
      stopReason: state?.stopReason ?? null,
      othersWait: state?.othersWait === 1,
    }
  }

  return {
    held,
    commit() {
      if (current === null) {
        current = commitOnce().finally(() => {
          current = null
        })
        return current
      }
      following ??= current
        .catch(() => {})
        .then(() => {
          following = null
          current = commitOnce().finally(() => {
            current = null
          })
          return current
        })
      return following
    },
  }
}

type StateRow = { open: number; status: string; stopReason: StopReason | null; othersWait: number }
