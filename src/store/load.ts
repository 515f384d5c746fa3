import { eq, sql } from 'drizzle-orm'
import type { Traffic, WorkerLoad } from '../../schema/run.ts'
import { runs } from '../../schema/tables.ts'
import type { Database, Statement } from './database.ts'
import type { RunRow } from './run-rows.ts'

/** What a worker told longer ago is no longer so: at work it tells every two seconds. */
const livesMs = 10_000

/** A statement: how a worker asks now. What it told before is replaced, and what others told is kept while it is new. */
export const noteLoad = (db: Database, runId: string, owner: string, load: WorkerLoad): Statement =>
  db
    .update(runs)
    .set({
      load: sql`json_set((select json_group_object(key, json(value)) from json_each(coalesce(${runs.load}, '{}'))
        where value ->> 'at' > ${load.at - livesMs}), ${`$."${owner}"`}, json(${JSON.stringify(load)}))`,
    })
    .where(eq(runs.id, runId))

/** Answers by which a target refused for load (429, 503), and when the last was counted. */
export interface Throttled {
  answers: number
  lastAt: number | null
}

/** The sum over a run. */
export const runThrottled = (db: Database, runId: string): Promise<Throttled> =>
  db.get<Throttled>(sql`
    select coalesce(sum(throttled), 0) as answers, max(created_at) as lastAt
    from usage where run_id = ${runId} and throttled > 0`)

/** How fast a run's workers ask, all of them together. */
export function trafficView(row: Pick<RunRow, 'load'>, throttled: Throttled, now: number): Traffic {
  const live = Object.values(row.load ?? {}).filter(({ at }) => at > now - livesMs)
  const sum = (of: (load: WorkerLoad) => number) => live.reduce((all, load) => all + of(load), 0)
  return {
    connections:
      live.length === 0
        ? null
        : { open: sum(({ open }) => open), allowed: sum(({ allowed }) => allowed), most: sum(({ most }) => most) },
    requestsPerMinute: live.length === 0 ? null : sum(({ requestsPerMinute }) => requestsPerMinute),
    throttled: throttled.answers,
    lastThrottledAt: throttled.lastAt === null ? null : new Date(throttled.lastAt).toISOString(),
  }
}
