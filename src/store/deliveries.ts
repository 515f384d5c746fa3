import { and, asc, eq, isNotNull, lte, sql } from 'drizzle-orm'
import type { Delivery, RunFinishedEvent } from '../../schema/hook.ts'
import type { Page, PageQuery } from '../../schema/pagination.ts'
import { deliveries, reports, runBenchmarks } from '../../schema/tables.ts'
import { afterCursor, newestFirst, pageFrom } from './cursor.ts'
import type { Database } from './database.ts'

export type DeliveryRow = typeof deliveries.$inferSelect

/** Inserts a delivery; null where this hook already has one of that key. */
export async function insertDelivery(db: Database, row: DeliveryRow): Promise<DeliveryRow | null> {
  const inserted = await db.insert(deliveries).values(row).onConflictDoNothing().returning()
  return inserted[0] ?? null
}

export async function findDelivery(db: Database, hookId: string, key: string): Promise<DeliveryRow | null> {
  const where = and(eq(deliveries.hookId, hookId), eq(deliveries.key, key))
  return (await db.select().from(deliveries).where(where).get()) ?? null
}

export async function updateDelivery(db: Database, id: string, change: Partial<DeliveryRow>): Promise<void> {
  await db.update(deliveries).set(change).where(eq(deliveries.id, id))
}

/**
 * Takes a due delivery for one attempt, and sets when the next would be due: a worker that dies in the middle, or a
 * message delivered twice, changes nothing. Null where it is not due, ended, or taken by another.
 */
export async function takeDelivery(
  db: Database,
  id: string,
  now: number,
  nextAttemptAt: number,
): Promise<DeliveryRow | null> {
  const due = and(eq(deliveries.id, id), eq(deliveries.status, 'pending'), lte(deliveries.nextAttemptAt, now))
  const taken = await db
    .update(deliveries)
    .set({ attempts: sql`${deliveries.attempts} + 1`, nextAttemptAt })
    .where(due)
    .returning()
  return taken[0] ?? null
}

export async function getDelivery(db: Database, id: string): Promise<DeliveryRow | null> {
  return (await db.select().from(deliveries).where(eq(deliveries.id, id)).get()) ?? null
}

/** Ids of outbound deliveries whose time has come, longest waiting first. */
export async function dueDeliveries(db: Database, now: number, limit: number): Promise<string[]> {
  const rows = await db
    .select({ id: deliveries.id })
    .from(deliveries)
    .where(and(eq(deliveries.status, 'pending'), isNotNull(deliveries.body), lte(deliveries.nextAttemptAt, now)))
    .orderBy(asc(deliveries.nextAttemptAt))
    .limit(limit)
  return rows.map(({ id }) => id)
}

export async function listDeliveries(db: Database, hookId: string, page: PageQuery): Promise<Page<DeliveryRow>> {
  const rows = await db
    .select()
    .from(deliveries)
    .where(and(eq(deliveries.hookId, hookId), afterCursor(deliveries.createdAt, deliveries.id, page.cursor)))
    .orderBy(...newestFirst(deliveries.createdAt, deliveries.id))
    .limit(page.limit + 1)
  return pageFrom(rows, page.limit)
}

/** The headlines of a run, for the thin event that says it ended. */
export async function runHeadlines(db: Database, runId: string): Promise<RunFinishedEvent['data']['headlines']> {
  const rows = await db
    .select({ benchmarkId: runBenchmarks.benchmarkId, report: reports.report })
    .from(reports)
    .innerJoin(runBenchmarks, eq(runBenchmarks.id, reports.runBenchmarkId))
    .where(eq(reports.runId, runId))
    .orderBy(asc(runBenchmarks.position))
  return rows.map(({ benchmarkId, report: { headline } }) => ({
    benchmarkId,
    metricId: headline.id,
    value: headline.value,
    low: headline.interval?.low ?? null,
    high: headline.interval?.high ?? null,
    n: headline.n,
  }))
}

const isoOrNull = (time: number | null) => (time === null ? null : new Date(time).toISOString())

export const deliveryView = (row: DeliveryRow): Delivery => ({
  id: row.id,
  hookId: row.hookId,
  direction: row.direction,
  event: row.event,
  key: row.key,
  runId: row.runId,
  status: row.status,
  detail: row.detail,
  attempts: row.attempts,
  nextAttemptAt: row.status === 'pending' ? isoOrNull(row.nextAttemptAt) : null,
  responseStatus: row.responseStatus,
  createdAt: new Date(row.createdAt).toISOString(),
  finishedAt: isoOrNull(row.finishedAt),
})
