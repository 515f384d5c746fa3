import { and, asc, eq, isNull, lt, sql } from 'drizzle-orm'
import type { Page, PageQuery } from '../../schema/pagination.ts'
import type { Determinism } from '../../schema/run.ts'
import { finishedStatuses, type RunStatus, type StopReason } from '../../schema/states.ts'
import { runBenchmarks, runs, shards } from '../../schema/tables.ts'
import { afterCursor, newestFirst, pageFrom } from './cursor.ts'
import { changesOf, type Database, inOneBatch, insertRows, type Statement } from './database.ts'

export type RunRow = typeof runs.$inferSelect
export type RunBenchmarkRow = typeof runBenchmarks.$inferSelect
export type ShardRow = typeof shards.$inferSelect

export interface NewRun {
  run: RunRow
  benchmarks: RunBenchmarkRow[]
  shards: ShardRow[]
}

/** In letters, not as parameters: only so does SQLite see that the index of open runs fits. */
const isOpen = sql`${runs.status} in ('queued', 'running')`

/** Writes a run with its benchmarks and shards, whole or not at all. */
export async function insertRun(db: Database, { run, benchmarks, shards: slices }: NewRun): Promise<void> {
  await inOneBatch(db, [
    db.insert(runs).values(run),
    ...insertRows(db, runBenchmarks, benchmarks),
    ...insertRows(db, shards, slices),
  ])
}

/** A tenant's run, or null. */
export async function getRun(db: Database, tenantId: string, runId: string): Promise<RunRow | null> {
  return (
    (await db
      .select()
      .from(runs)
      .where(and(eq(runs.id, runId), eq(runs.tenantId, tenantId)))
      .get()) ?? null
  )
}

/** A run that its tenant shows to everybody, or null. */
export async function getPublishedRun(db: Database, runId: string): Promise<RunRow | null> {
  return (
    (await db
      .select()
      .from(runs)
      .where(and(eq(runs.id, runId), eq(runs.published, true)))
      .get()) ?? null
  )
}

/** A run by its id alone, for workers: a wake-up names no tenant. */
export async function getRunForWork(db: Database, runId: string): Promise<RunRow | null> {
  return (await db.select().from(runs).where(eq(runs.id, runId)).get()) ?? null
}

/** The run that a hook has already started for this key, or null. */
export async function getRunByHookKey(
  db: Database,
  tenantId: string,
  hookId: string,
  hookKey: string,
): Promise<RunRow | null> {
  const one = and(eq(runs.hookId, hookId), eq(runs.hookKey, hookKey), eq(runs.tenantId, tenantId))
  return (await db.select().from(runs).where(one).get()) ?? null
}

/** A tenant's runs, newest first. */
export async function listRuns(
  db: Database,
  tenantId: string,
  query: PageQuery & { status?: RunStatus | undefined; targetId?: string | undefined },
): Promise<Page<RunRow>> {
  const rows = await db
    .select()
    .from(runs)
    .where(
      and(
        eq(runs.tenantId, tenantId),
        query.status === undefined ? undefined : eq(runs.status, query.status),
        query.targetId === undefined ? undefined : eq(runs.targetId, query.targetId),
        afterCursor(runs.createdAt, runs.id, query.cursor),
      ),
    )
    .orderBy(...newestFirst(runs.createdAt, runs.id))
    .limit(query.limit + 1)
  return pageFrom(rows, query.limit)
}

/** A run's benchmarks in their order. The caller has made sure whose run it is. */
export const getRunBenchmarks = (db: Database, runId: string): Promise<RunBenchmarkRow[]> =>
  db.select().from(runBenchmarks).where(eq(runBenchmarks.runId, runId)).orderBy(asc(runBenchmarks.position))

/** Whether a run has ended, in whatever state. */
export const finishedRun = (run: Pick<RunRow, 'status'>): boolean => finishedStatuses.includes(run.status)

const open = (runId: string) => and(eq(runs.id, runId), isOpen)

/**
 * Stops a run: from here on no row is committed, so whoever finishes it reports on rows that no longer change.
 * Returns false where the run had ended or was being stopped already.
 */
export async function stopRun(
  db: Database,
  runId: string,
  reason: StopReason,
  detail: string | null,
  now: number,
): Promise<boolean> {
  const result = await db
    .update(runs)
    .set({
      stopReason: reason,
      stopDetail: detail,
      ...(reason === 'cancelled' ? { cancelRequestedAt: now } : {}),
    })
    .where(and(open(runId), isNull(runs.stopReason)))
  return changesOf(result) > 0
}

/** Stops a tenant's run because somebody asked. Returns false where there was nothing to stop. */
export async function requestCancel(db: Database, tenantId: string, runId: string, now: number): Promise<boolean> {
  if ((await getRun(db, tenantId, runId)) === null) return false
  return stopRun(db, runId, 'cancelled', null, now)
}

/** A statement that ends a run, once. */
export const endRun = (db: Database, runId: string, status: RunStatus, now: number): Statement =>
  db.update(runs).set({ status, finishedAt: now }).where(open(runId))

/** A statement: the rows of a run benchmark were scored anew by this version. */
export const setVersion = (db: Database, runBenchmarkId: string, version: number): Statement =>
  db.update(runBenchmarks).set({ benchmarkVersion: version }).where(eq(runBenchmarks.id, runBenchmarkId))

/** Shows a run to everybody, or no longer. Returns false where the tenant has no such run. */
export async function setPublished(
  db: Database,
  tenantId: string,
  runId: string,
  published: boolean,
): Promise<boolean> {
  const result = await db
    .update(runs)
    .set({ published })
    .where(and(eq(runs.id, runId), eq(runs.tenantId, tenantId)))
  return changesOf(result) > 0
}

/**
 * A statement for workers: shards left, the run's state, and (0 or 1) whether other runs that were woken before
 * `waitingBefore` have no worker yet.
 */
export const runState = (db: Database, runId: string, waitingBefore: number) =>
  db.all<{ open: number; status: RunStatus; stopReason: StopReason | null; othersWait: number }>(sql`
    select (select count(*) from shards where run_id = r.id and status = 'open') as open, status,
      stop_reason as stopReason,
      exists (select 1 from runs where status in ('queued', 'running') and status = 'queued'
        and woken_at < ${waitingBefore}) as othersWait
    from runs as r where id = ${runId}`)

/** Marks a queued run as begun. */
export async function markRunning(db: Database, runId: string, now: number): Promise<void> {
  await db
    .update(runs)
    .set({ status: 'running', startedAt: now })
    .where(and(eq(runs.id, runId), eq(runs.status, 'queued')))
}

/** Notes that wake-ups were sent; false where somebody else did so since `olderThan`. */
export async function noteWoken(db: Database, runId: string, now: number, olderThan = now + 1): Promise<boolean> {
  const result = await db
    .update(runs)
    .set({ wokenAt: now })
    .where(and(open(runId), lt(runs.wokenAt, olderThan)))
  return changesOf(result) > 0
}

/** Keeps the determinism check's answers; the first to arrive stay. */
export async function setDeterminism(db: Database, runId: string, answers: Determinism): Promise<void> {
  await db
    .update(runs)
    .set({ determinism: answers })
    .where(and(eq(runs.id, runId), isNull(runs.determinism)))
}

/** Open runs whose last wake-up is older than `before` and of which no shard is being worked on. */
export const stalledRuns = (db: Database, before: number, now: number, limit: number): Promise<RunRow[]> =>
  db
    .select()
    .from(runs)
    .where(
      and(
        isOpen,
        lt(runs.wokenAt, before),
        sql`not exists (select 1 from shards where shards.run_id = ${runs.id} and shards.status = 'open'
          and (shards.lease_until > ${now} or shards.not_before > ${now}))`,
      ),
    )
    .limit(limit)

/** Runs that nobody has begun although they were woken before `before`. */
export const waitingRuns = (db: Database, before: number, limit: number): Promise<{ id: string }[]> =>
  db
    .select({ id: runs.id })
    .from(runs)
    .where(and(isOpen, eq(runs.status, 'queued'), lt(runs.wokenAt, before)))
    .orderBy(asc(runs.wokenAt))
    .limit(limit)

/** Ended runs of which the out-hooks have not been told. */
export const unannouncedRuns = (db: Database, before: number, limit: number): Promise<RunRow[]> =>
  db
    .select()
    .from(runs)
    .where(and(sql`announced_at is null and finished_at is not null`, lt(runs.finishedAt, before)))
    .limit(limit)

export async function markAnnounced(db: Database, runId: string, now: number): Promise<void> {
  await db.update(runs).set({ announcedAt: now }).where(eq(runs.id, runId))
}
