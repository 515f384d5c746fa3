import { and, asc, eq, gt, inArray, lte, sql } from 'drizzle-orm'
import { shards } from '../../schema/tables.ts'
import { changesOf, type Database, type Statement } from './database.ts'
import type { ShardRow } from './run-rows.ts'

/**
 * Takes up to `most` open shards of a run whose lease ran out, by a lease until `until`. Slices of all benchmarks come
 * in turn, so that none waits for another's end.
 */
export async function takeShards(
  db: Database,
  runId: string,
  owner: string,
  now: number,
  until: number,
  most: number,
): Promise<ShardRow[]> {
  const taken = await db
    .update(shards)
    .set({ leaseOwner: owner, leaseUntil: until, attempts: sql`${shards.attempts} + 1` })
    .where(
      sql`id in (select id from shards where run_id = ${runId} and status = 'open' and lease_until < ${now}
        and not_before <= ${now} order by "index", run_benchmark_id limit ${most})`,
    )
    .returning()
  return taken.sort((a, b) => a.index - b.index || (a.runBenchmarkId < b.runBenchmarkId ? -1 : 1))
}

const held = (owner: string, ids: readonly string[]) =>
  and(
    sql`${shards.id} in (select value from json_each(${JSON.stringify(ids)}))`,
    eq(shards.leaseOwner, owner),
    eq(shards.status, 'open'),
  )

/** A statement that renews the leases which `owner` still holds, and answers their shards. */
export const renewLeases = (db: Database, owner: string, ids: readonly string[], until: number) =>
  db.update(shards).set({ leaseUntil: until }).where(held(owner, ids)).returning({ id: shards.id })

/** A statement: rows of these shards were committed, so that earlier takes no longer count against them. */
export const noteProgress = (db: Database, owner: string, ids: readonly string[]): Statement =>
  db.update(shards).set({ attempts: 0, lastError: null }).where(held(owner, ids))

/** Status of a row, with its reason where an item was lost or passed over. */
const statusAndReason = sql.raw(
  `scores.status || case when scores.status in ('error', 'skipped') then ':' || coalesce(reason, 'unknown') else '' end`,
)
/** The rows of a shard by status and reason, as a JSON object. */
const countedRows = sql`(select json_group_object(kind, number) from
  (select ${statusAndReason} as kind, count(*) as number from scores
    where scores.run_benchmark_id = ${shards.runBenchmarkId}
      and scores.item_index >= ${shards.fromIndex} and scores.item_index < ${shards.toIndex} group by kind))`

/** A statement that counts the rows of a run benchmark's closed shards anew. */
export const recountShards = (db: Database, runBenchmarkId: string): Statement =>
  db
    .update(shards)
    .set({ counts: countedRows })
    .where(and(eq(shards.runBenchmarkId, runBenchmarkId), eq(shards.status, 'done')))

/** Rows of a run by run benchmark, status and reason: closed shards know theirs, those of open ones are counted. */
export const countedStatuses = (db: Database, runId: string) =>
  db.all<{ id: string; kind: string; number: number }>(sql`
    select s.run_benchmark_id as id, j.key as kind, sum(j.value) as number
      from shards as s, json_each(s.counts) as j where s.run_id = ${runId} group by s.run_benchmark_id, j.key
    union all
    select s.run_benchmark_id as id, ${statusAndReason} as kind, count(*) as number
      from shards as s join scores on scores.run_benchmark_id = s.run_benchmark_id
        and item_index >= from_index and item_index < to_index
      where s.run_id = ${runId} and s.counts is null group by s.run_benchmark_id, kind`)

/** A statement that closes shards of which every item has its row. */
export const closeShards = (db: Database, owner: string, ids: readonly string[]): Statement =>
  db
    .update(shards)
    .set({ status: 'done', leaseOwner: null, leaseUntil: 0, counts: countedRows })
    .where(
      and(
        held(owner, ids),
        sql`(select count(*) from scores where scores.run_benchmark_id = ${shards.runBenchmarkId}
          and scores.item_index >= ${shards.fromIndex} and scores.item_index < ${shards.toIndex})
          = ${shards.toIndex} - ${shards.fromIndex}`,
      ),
    )

/** Gives shards back with what is left of them, not to be taken before `notBefore`. */
export async function releaseShards(
  db: Database,
  owner: string,
  ids: readonly string[],
  notBefore: number,
  lastError: string | null,
): Promise<number> {
  if (ids.length === 0) return 0
  const result = await db
    .update(shards)
    .set({ leaseOwner: null, leaseUntil: 0, notBefore, ...(lastError === null ? {} : { lastError }) })
    .where(held(owner, ids))
  return changesOf(result)
}

/** Lets all shards of a run that nobody holds rest until a time: the target asked to be left alone. */
export async function restShards(db: Database, runId: string, until: number): Promise<void> {
  await db
    .update(shards)
    .set({ notBefore: until })
    .where(sql`run_id = ${runId} and status = 'open' and lease_owner is null and not_before < ${until}`)
}

export interface OpenShards {
  /** Shards that are not done. */
  open: number
  /** Of these, those that could be taken now. */
  free: number
  /** When the next of the others may be taken; null where there is none. */
  nextAt: number | null
  /** Some shards rest: nobody holds them, but they may not be taken yet. */
  resting: boolean
}

/** What is left of a run. */
export async function openShards(db: Database, runId: string, now: number): Promise<OpenShards> {
  const row = await db.get<Omit<OpenShards, 'resting'> & { resting: number }>(sql`
    select count(*) as open,
      coalesce(sum(lease_until < ${now} and not_before <= ${now}), 0) as free,
      min(case when lease_until < ${now} and not_before <= ${now} then null else max(lease_until + 1, not_before) end)
        as nextAt,
      coalesce(max(lease_until < ${now} and not_before > ${now}), 0) as resting
    from shards where run_id = ${runId} and status = 'open'`)
  return { ...row, resting: row.resting === 1 }
}

/** All shards of run benchmarks, for readers of their evidence. */
export const shardsOf = (db: Database, runBenchmarkIds: readonly string[]): Promise<ShardRow[]> =>
  db
    .select()
    .from(shards)
    .where(inArray(shards.runBenchmarkId, [...runBenchmarkIds]))
    .orderBy(asc(shards.runBenchmarkId), asc(shards.index))

/** The shard that an item is in, or null. */
export async function shardWith(db: Database, runBenchmarkId: string, itemIndex: number): Promise<ShardRow | null> {
  const holds = and(
    eq(shards.runBenchmarkId, runBenchmarkId),
    lte(shards.fromIndex, itemIndex),
    gt(shards.toIndex, itemIndex),
  )
  return (await db.select().from(shards).where(holds).get()) ?? null
}
