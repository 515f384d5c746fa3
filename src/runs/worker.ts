import type { Bindings } from '../../schema/bindings.ts'
import type { StopReason } from '../../schema/states.ts'
import type { ModelError } from '../model/errors.ts'
import type { Database } from '../store/database.ts'
import type { RunRow } from '../store/runs.ts'
import { releaseShards, restShards, takeShards } from '../store/shards.ts'
import { createCommitter, leaseMs, type RunState } from './commit.ts'
import { createLine } from './line.ts'
import { createLoadTeller } from './load.ts'
import { normalPace, type Pace } from './pace.ts'
import type { ShardWork } from './shard.ts'
import { stopReasonOf } from './stop-reason.ts'
import type { Workshop } from './workshop.ts'

/** How one worker's turn at a run ended. */
export interface Turn {
  /** Why the run cannot go on, if so. */
  stop: { reason: StopReason; detail: string } | null
  /** No shard is left open. */
  complete: boolean
  /** The determinism check was made. */
  checked: boolean
}

/** Rows that are committed at once without waiting for the clock. */
const rowsPerCommit = 500
/** Items that are taken at once, however few are needed: a take costs several calls to storage. */
const leastTaken = 1000
/** Shards that may wait for their commit before no more are taken: a slow database must not fill the memory. */
const mostUncommitted = 16
/** Other runs get their turn after this long. */
const courtesyMs = 10_000
/** Takes of a shard without any progress before the run is given up: after minutes of growing pauses. */
const mostFruitlessTakes = 10
/** The same where no answer has ever come: a wrong address rather than a restart. */
const mostTakesWithoutAnswer = 3

/**
 * Works on a run for one turn: takes shards by lease, evaluates their items side by side so that their questions leave
 * together, commits every two seconds, and gives back what is left. Raises where storage stays away.
 */
export async function takeTurn(options: {
  env: Bindings
  db: Database
  run: RunRow
  workshop: Workshop
  /** Some rows of the run were committed before. */
  begun: boolean
  pace?: Pace
}): Promise<Turn> {
  const { env, db, run, workshop } = options
  const pace = options.pace ?? normalPace
  const owner = crypto.randomUUID()
  const startedAt = Date.now()
  const active = new Set<ShardWork>()
  // Shards of which items found nobody although the target answers others: gone through one item at a time.
  const careful = new Set<ShardWork>()
  const tasks = new Set<Promise<void>>()
  const taken = new Set<string>()
  const line = createLine<ShardWork>()
  const committer = createCommitter({
    env,
    db,
    owner,
    run,
    load: createLoadTeller(workshop, pace.commitMs),
    onLost: drop,
    ...(pace.storageWaits ? { waits: pace.storageWaits } : {}),
  })
  let lastState: RunState | null = null
  let stop: Turn['stop'] = null
  let failure: { error: unknown } | null = null
  // Soft: only shards that came to nothing before go on. Full: nothing begins any more.
  let ending: 'no' | 'soft' | 'full' = 'no'
  // An item found nobody: nothing begins until it is known whether the target is there.
  let doubt = false
  let restUntil = 0
  let running = 0
  let pumpComing = false
  let ended = 0
  let answered = options.begun
  let checked = run.determinism !== null
  let signal = () => {}

  const track = (work: Promise<void>) => {
    const task: Promise<void> = work
      .catch((error) => fail(error))
      .finally(() => {
        tasks.delete(task)
        signal()
      })
    tasks.add(task)
  }
  const mayBegin = (shard: ShardWork) =>
    !shard.dropped && (ending === 'no' || (ending === 'soft' && shard.row.attempts >= 2))
  const backlog = () => {
    let sum = running
    for (const shard of active) sum += shard.waiting
    return sum
  }

  const hungry = () => backlog() < workshop.slots && committer.held.size < active.size + mostUncommitted

  function fail(error: unknown): void {
    failure ??= { error }
    closeAll('cancelled', 'The worker gave up.')
  }
  function closeAll(kind: 'cancelled' | 'lease_ending', message: string): void {
    ending = 'full'
    workshop.windDown()
    for (const shard of active) shard.models.close(kind, message)
    signal()
  }
  function drop(shard: ShardWork): void {
    shard.models.close('cancelled', 'Another worker holds this shard.')
  }
  function onStop(error: ModelError): void {
    stop ??= { reason: stopReasonOf(error, run, workshop.spend), detail: error.message }
    closeAll('cancelled', error.message)
  }

  /** Lets the shards of an ending turn go on with what is already on its way, and nothing else. */
  function windDown(all: boolean): void {
    workshop.windDown()
    if (all) ending = 'full'
    else if (ending === 'no') ending = 'soft'
    for (const shard of active) {
      if (!mayBegin(shard)) shard.models.windDown('The worker’s time is used up.')
    }
    signal()
  }

  async function commit(): Promise<void> {
    ended = 0
    lastState = await committer.commit()
    if (lastState.ended) closeAll('cancelled', 'The run was stopped.')
    else if (lastState.othersWait && Date.now() - startedAt > courtesyMs) windDown(false)
    else if (workshop.requests > pace.mostRequests) windDown(true)
  }

  function pump(): void {
    let begun = 0
    while (!doubt && running < (careful.size > 0 ? 1 : workshop.slots)) {
      if (begun++ >= workshop.stride) {
        pumpLater()
        break
      }
      const shard = line.next(mayBegin)
      if (shard === undefined) break
      running++
      shard.begin().then(() => {
        running--
        ended++
        notice(shard)
        pump()
      })
    }
    if (hungry()) signal()
  }

  /** Begins more once the questions of what has begun have left. */
  function pumpLater(): void {
    if (pumpComing) return
    pumpComing = true
    setTimeout(() => {
      pumpComing = false
      pump()
    }, 0)
  }

  /** What the end of an item means for its shard and for the turn. */
  function notice(shard: ShardWork): void {
    answered ||= shard.progressed
    if (shard.left?.kind === 'rate_limited') rest(shard.left, shard.row.attempts)
    else if (shard.unreachable > 0 && mayBegin(shard)) doubt = true
    if (doubt && running === 0) track(resolveDoubt())
    else if (shard.running === 0 && (shard.waiting === 0 || !mayBegin(shard)) && !doubt) track(settle(shard))
    if (ended >= rowsPerCommit) track(commit())
  }

  /**
   * Asks whether the target is there. If so, items that found nobody are tried once more, each alone, and those that
   * then still find nobody are lost; if not, the turn ends and the target gets a rest.
   */
  async function resolveDoubt(): Promise<void> {
    const alive = await workshop.alive()
    if (!doubt) return
    doubt = false
    for (const shard of active) {
      if (shard.unreachable === 0) continue
      if (!alive) rest(shard.left, shard.row.attempts)
      else if (careful.has(shard)) shard.giveUp()
      else {
        careful.add(shard)
        shard.again()
      }
    }
    for (const shard of active)
      if (shard.running === 0 && (shard.waiting === 0 || !mayBegin(shard))) track(settle(shard))
    pump()
  }

  /** Ends the turn because the target cannot take more now. */
  function rest(error: ModelError | null, takes: number): void {
    const pause = Math.max(error?.retryAfterMs ?? 0, Math.min(60_000, 1000 * 2 ** Math.max(1, takes)))
    restUntil = Math.max(restUntil, Date.now() + pause)
    windDown(true)
  }

  /** A shard of which nothing more is to come in this turn is complete or given back. */
  async function settle(shard: ShardWork): Promise<void> {
    if (shard.running > 0 || !active.delete(shard)) return
    careful.delete(shard)
    line.remove(shard)
    // While others go on, a whole shard waits for the commit that comes anyway.
    if (shard.waiting === 0 && shard.left === null && active.size > 0) return
    await commit()
    if (shard.dropped || !committer.held.delete(shard)) return
    await giveBack(shard)
  }

  async function giveBack({ left, row, progressed }: ShardWork): Promise<void> {
    await releaseShards(db, owner, [row.id], restUntil, left?.message ?? null)
    const takes = progressed ? 0 : row.attempts
    const never = left?.kind === 'unreachable' && !answered && takes >= mostTakesWithoutAnswer
    if (!never && takes < mostFruitlessTakes) return
    const reason = left?.kind === 'unreachable' ? 'target_unreachable' : 'too_many_attempts'
    stop ??= { reason, detail: left?.message ?? row.lastError ?? 'A shard was begun again and again without progress.' }
    closeAll('cancelled', 'The run was stopped.')
  }

  async function take(): Promise<boolean> {
    const now = Date.now()
    // Well beyond what keeps the target busy: the next slices are at hand before these are through.
    const ahead = Math.max(2 * workshop.slots, leastTaken)
    const most = Math.max(1, Math.ceil((ahead - backlog()) / 200))
    const rows = await takeShards(db, run.id, owner, now, now + leaseMs, most)
    for (const { id } of rows) taken.add(id)
    const opened = await workshop.open(rows, onStop)
    for (const shard of opened) {
      committer.held.add(shard)
      active.add(shard)
      line.add(shard)
      if (shard.waiting === 0) track(settle(shard))
    }
    pump()
    return rows.length > 0
  }

  const timers: ReturnType<typeof setTimeout>[] = []
  function startTimers(): void {
    const message = 'The worker’s time is used up.'
    timers.push(
      setTimeout(() => windDown(false), pace.turnMs),
      setTimeout(() => {
        for (const shard of active) if (!mayBegin(shard)) shard.models.close('lease_ending', message)
      }, pace.turnMs + pace.landingMs),
      setTimeout(() => closeAll('lease_ending', message), pace.longTurnMs),
    )
  }
  const clock = setInterval(() => {
    if (committer.held.size > 0) track(commit())
  }, pace.commitMs)
  try {
    let more = await take()
    startTimers()
    let checking = run.determinism !== null || !more
    for (;;) {
      if (failure !== null) break
      const change = new Promise<void>((resolve) => {
        signal = resolve
      })
      if (more && ending === 'no' && hungry()) {
        more = await take()
        if (more) continue
      }
      // Apart from the first asking: when all that is left is on its way.
      if (!more && !checking && ending === 'no') {
        checking = true
        track(
          workshop.check().then((made) => {
            checked = made
          }),
        )
      }
      for (const shard of active) if (shard.running === 0 && !mayBegin(shard)) track(settle(shard))
      if (active.size === 0 && tasks.size === 0 && (ending !== 'no' || !more)) break
      await change
    }
    await Promise.all(tasks)
    if (failure !== null) throw (failure as { error: unknown }).error
    if (committer.held.size > 0) await commit()
    if (restUntil > 0) await restShards(db, run.id, restUntil)
    await workshop.settle()
    taken.clear()
    return { stop, complete: lastState !== null && (lastState as RunState).open === 0, checked }
  } finally {
    clearInterval(clock)
    for (const timer of timers) clearTimeout(timer)
    // After a failure others need not wait for the leases to run out, if the database still hears that.
    await releaseShards(db, owner, [...taken], 0, null).catch(() => {})
  }
}
