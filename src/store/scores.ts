import { and, asc, eq, gte, sql } from 'drizzle-orm'
import type { ScoreRow } from '../../schema/run.ts'
import type { ScoreStatus } from '../../schema/states.ts'
import { scores } from '../../schema/tables.ts'
import { CursorError } from './cursor.ts'
import { type Database, jsonArrays, type Statement } from './database.ts'
import { getRunBenchmarks } from './run-rows.ts'

/** A score as a worker hands it over; `detail` is JSON text already, null for errors. */
export interface NewScore {
  shardId: string
  itemIndex: number
  itemId: string
  cluster: string | null
  status: ScoreStatus
  score: number | null
  reason: string | null
  detail: string | null
}

export type StoredScore = typeof scores.$inferSelect
/** A stored score without what all rows of its benchmark share. */
export type BenchmarkScore = Omit<StoredScore, 'tenantId' | 'runBenchmarkId'>

/**
 * Statements that commit rows of shards that `owner` holds. A row of a shard whose lease went to somebody else, of a
 * run that ended or is being stopped, or of an item that has its row already is left out: a repeated commit changes
 * nothing.
 */
export function insertScores(db: Database, owner: string, rows: readonly NewScore[]): Statement[] {
  const texts = rows.map((row) =>
    JSON.stringify([
      row.shardId,
      row.itemIndex,
      row.itemId,
      row.cluster,
      row.status,
      row.score,
      row.reason,
      row.detail,
    ]),
  )
  return jsonArrays(texts).map((json) =>
    db.run(sql`
      insert into scores (tenant_id, run_benchmark_id, item_index, item_id, cluster, status, score, reason, detail)
      select s.tenant_id, s.run_benchmark_id, j.value ->> 1, j.value ->> 2, j.value ->> 3, j.value ->> 4,
        j.value ->> 5, j.value ->> 6, j.value ->> 7
      from json_each(${json}) as j
      join shards as s on s.id = j.value ->> 0 and s.lease_owner = ${owner} and s.status = 'open'
      join runs as r on r.id = s.run_id and r.status in ('queued', 'running') and r.stop_reason is null
      where true
      on conflict do nothing`),
  )
}

/** Statements that put rows scored anew in the place of those stored. */
export function replaceScores(
  db: Database,
  tenantId: string,
  runBenchmarkId: string,
  rows: readonly NewScore[],
): Statement[] {
  const texts = rows.map(({ itemIndex, status, score, reason, detail }) =>
    JSON.stringify([itemIndex, status, score, reason, detail]),
  )
  return jsonArrays(texts).map((json) =>
    db.run(sql`
      update scores set status = j.value ->> 1, score = j.value ->> 2, reason = j.value ->> 3, detail = j.value ->> 4
      from json_each(${json}) as j
      where scores.tenant_id = ${tenantId} and scores.run_benchmark_id = ${runBenchmarkId}
        and scores.item_index = j.value ->> 0`),
  )
}

/** Indexes of items in [from, to) that have their row. */
export async function scoredIndexes(
  db: Database,
  runBenchmarkId: string,
  from: number,
  to: number,
): Promise<Set<number>> {
  const rows = await db
    .select({ index: scores.itemIndex })
    .from(scores)
    .where(
      and(
        eq(scores.runBenchmarkId, runBenchmarkId),
        sql`${scores.itemIndex} >= ${from} and ${scores.itemIndex} < ${to}`,
      ),
    )
  return new Set(rows.map((row) => row.index))
}

/** Rows per statement when a whole benchmark is read: D1 answers at most some MB at once. */
const rowsAtOnce = 2000

/**
 * All rows of one benchmark of a run, in order of items. The caller has made sure whose run it is. In plain SQL: the
 * columns need no mapping, which takes as long as reading them.
 */
export async function allScores(db: Database, runBenchmarkId: string): Promise<BenchmarkScore[]> {
  const all: BenchmarkScore[] = []
  for (;;) {
    const page = await db.all<BenchmarkScore>(sql`
      select item_index as itemIndex, item_id as itemId, cluster, status, score, reason, detail from scores
      where run_benchmark_id = ${runBenchmarkId} and item_index > ${all.at(-1)?.itemIndex ?? -1}
      order by item_index limit ${rowsAtOnce}`)
    all.push(...page)
    if (page.length < rowsAtOnce) return all
  }
}

/** The row of one item, or null. */
export async function getScore(db: Database, runBenchmarkId: string, index: number): Promise<StoredScore | null> {
  const one = and(eq(scores.runBenchmarkId, runBenchmarkId), eq(scores.itemIndex, index))
  return (await db.select().from(scores).where(one).get()) ?? null
}

/** A stored row as the API shows it. */
export const scoreView = (benchmarkId: string, row: StoredScore): ScoreRow => ({
  benchmarkId,
  index: row.itemIndex,
  itemId: row.itemId,
  cluster: row.cluster,
  status: row.status,
  score: row.score,
  reason: row.reason,
  detail: row.detail === null ? null : JSON.parse(row.detail),
})

/** A cursor names the next row to give: place of its benchmark in the run, and item index. */
const readCursor = (cursor: string): { position: number; index: number } => {
  const match = /^(\d{1,6})\.(\d{1,9})$/.exec(cursor)
  if (!match) throw new CursorError('the cursor is none that a page gave out; start again without it')
  return { position: Number(match[1]), index: Number(match[2]) }
}

/**
 * A run's rows page by page, benchmark by benchmark in order of items. The caller has made sure whose run it is.
 * Raises CursorError.
 */
export async function pageScores(
  db: Database,
  runId: string,
  query: {
    benchmarkId?: string | undefined
    status?: ScoreStatus | undefined
    cursor?: string | undefined
    limit: number
  },
): Promise<{ rows: ScoreRow[]; next: string | null }> {
  const from = query.cursor === undefined ? { position: 0, index: 0 } : readCursor(query.cursor)
  const rows: ScoreRow[] = []
  for (const benchmark of await getRunBenchmarks(db, runId)) {
    if (benchmark.position < from.position) continue
    if (query.benchmarkId !== undefined && benchmark.benchmarkId !== query.benchmarkId) continue
    const missing = query.limit - rows.length
    const page = await db
      .select()
      .from(scores)
      .where(
        and(
          eq(scores.runBenchmarkId, benchmark.id),
          gte(scores.itemIndex, benchmark.position === from.position ? from.index : 0),
          query.status === undefined ? undefined : eq(scores.status, query.status),
        ),
      )
      .orderBy(asc(scores.itemIndex))
      .limit(missing + 1)
    rows.push(...page.slice(0, missing).map((row) => scoreView(benchmark.benchmarkId, row)))
    const following = page[missing]
    if (following !== undefined) return { rows, next: `${benchmark.position}.${following.itemIndex}` }
  }
  return { rows, next: null }
}
