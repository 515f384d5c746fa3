import { and, eq, sql } from 'drizzle-orm'
import type { ScoreRow } from '../../schema/run.ts'
import { scores } from '../../schema/tables.ts'
import { type Database, inOneBatch, type Statement } from './database.ts'
import { type StoredScore, scoreView } from './scores.ts'

/**
 * The rows of named items, by benchmark id: those that a report tells its reader to look at first. One round trip.
 * The caller has made sure whose run it is.
 */
export async function scoresOfItems(
  db: Database,
  wanted: readonly { runBenchmarkId: string; benchmarkId: string; itemIds: readonly string[] }[],
): Promise<Map<string, ScoreRow[]>> {
  const asked = wanted.filter(({ itemIds }) => itemIds.length > 0)
  const statements: Statement[] = asked.map(({ runBenchmarkId, itemIds }) =>
    db
      .select()
      .from(scores)
      .where(
        and(
          eq(scores.runBenchmarkId, runBenchmarkId),
          sql`${scores.itemId} in (select value from json_each(${JSON.stringify(itemIds)}))`,
        ),
      ),
  )
  const results = (await inOneBatch(db, statements)) as StoredScore[][]
  return new Map(
    asked.map(({ runBenchmarkId, benchmarkId }, place) => [
      runBenchmarkId,
      (results[place] ?? []).map((row) => scoreView(benchmarkId, row)),
    ]),
  )
}
