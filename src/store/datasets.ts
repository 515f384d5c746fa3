import { and, asc, eq, gte, inArray, isNotNull, isNull, lt } from 'drizzle-orm'
import type { Dataset } from '../../schema/dataset.ts'
import type { Page, PageQuery } from '../../schema/pagination.ts'
import { datasets, items, runBenchmarks, runs } from '../../schema/tables.ts'
import { afterCursor, newestFirst, pageFrom } from './cursor.ts'
import { type Database, inOneBatch, insertRows } from './database.ts'

export type DatasetRow = typeof datasets.$inferSelect

/** An upload that is older and still unfinished has died with its worker. */
const abandonedMs = 3_600_000

const own = (tenantId: string, id: string) =>
  and(eq(datasets.tenantId, tenantId), eq(datasets.id, id), isNull(datasets.deletedAt))

/**
 * Opens an upload: the row that its items refer to, hidden (as deleted) until `completeDataset`, so that nobody sees
 * half a dataset. Also sweeps away uploads of this tenant that never ended.
 */
export async function openUpload(
  db: Database,
  row: Pick<DatasetRow, 'id' | 'tenantId' | 'name' | 'benchmarkId' | 'importer' | 'createdAt'>,
): Promise<void> {
  const unfinished = and(
    eq(datasets.tenantId, row.tenantId),
    eq(datasets.sha256, ''),
    isNotNull(datasets.deletedAt),
    lt(datasets.createdAt, row.createdAt - abandonedMs),
  )
  const abandoned = await db.select({ id: datasets.id }).from(datasets).where(unfinished).limit(10)
  for (const { id } of abandoned) await dropUpload(db, id)
  await db.insert(datasets).values({ ...row, itemCount: 0, sha256: '', deletedAt: row.createdAt })
}

/** Inserts a slice of an upload's items, in order. Raises where an item id is there already. */
export async function insertItems(db: Database, batch: (typeof items.$inferInsert)[]): Promise<void> {
  await inOneBatch(db, insertRows(db, items, batch))
}

/** Shows the finished dataset. */
export async function completeUpload(
  db: Database,
  datasetId: string,
  found: { itemCount: number; sha256: string },
): Promise<void> {
  await db
    .update(datasets)
    .set({ ...found, deletedAt: null })
    .where(eq(datasets.id, datasetId))
}

/** Removes a dataset and its items for good. */
export async function dropUpload(db: Database, datasetId: string): Promise<void> {
  await db.batch([
    db.delete(items).where(eq(items.datasetId, datasetId)),
    db.delete(datasets).where(eq(datasets.id, datasetId)),
  ])
}

/** A tenant's dataset that is not deleted, or null. */
export async function getDataset(db: Database, tenantId: string, id: string): Promise<DatasetRow | null> {
  return (await db.select().from(datasets).where(own(tenantId, id)).get()) ?? null
}

export async function listDatasets(db: Database, tenantId: string, page: PageQuery): Promise<Page<DatasetRow>> {
  const mine = and(eq(datasets.tenantId, tenantId), isNull(datasets.deletedAt))
  const rows = await db
    .select()
    .from(datasets)
    .where(and(mine, afterCursor(datasets.createdAt, datasets.id, page.cursor)))
    .orderBy(...newestFirst(datasets.createdAt, datasets.id))
    .limit(page.limit + 1)
  return pageFrom(rows, page.limit)
}

/** Items from `fromIndex` on, in their order. */
export async function pageItems(db: Database, datasetId: string, fromIndex: number, limit: number) {
  return db
    .select({ index: items.index, itemId: items.itemId, body: items.body })
    .from(items)
    .where(and(eq(items.datasetId, datasetId), gte(items.index, fromIndex)))
    .orderBy(asc(items.index))
    .limit(limit)
}

/** A run that still works through this dataset, or null. */
export async function openRunOfDataset(db: Database, tenantId: string, datasetId: string): Promise<string | null> {
  const row = await db
    .select({ id: runs.id })
    .from(runBenchmarks)
    .innerJoin(runs, eq(runs.id, runBenchmarks.runId))
    .where(
      and(
        eq(runs.tenantId, tenantId),
        eq(runBenchmarks.datasetId, datasetId),
        inArray(runs.status, ['queued', 'running']),
      ),
    )
    .get()
  return row?.id ?? null
}

/** Hides a dataset that runs refer to (they stay readable and can be re-scored), removes one that none does. */
export async function deleteDataset(db: Database, tenantId: string, id: string, now: number): Promise<void> {
  const used = await db
    .select({ id: runBenchmarks.id })
    .from(runBenchmarks)
    .where(and(eq(runBenchmarks.tenantId, tenantId), eq(runBenchmarks.datasetId, id)))
    .limit(1)
  if (used.length === 0) return dropUpload(db, id)
  await db.update(datasets).set({ deletedAt: now }).where(own(tenantId, id))
}

export const datasetView = (row: DatasetRow): Dataset => ({
  id: row.id,
  name: row.name,
  benchmarkId: row.benchmarkId,
  importer: row.importer,
  itemCount: row.itemCount,
  sha256: row.sha256,
  createdAt: new Date(row.createdAt).toISOString(),
})
