import { Buffer } from 'node:buffer'
import type { D1Database } from '@cloudflare/workers-types'
import { getTableColumns, getTableName, type SQL, sql } from 'drizzle-orm'
import { drizzle } from 'drizzle-orm/d1'
import type { SQLiteColumn, SQLiteTable } from 'drizzle-orm/sqlite-core'
import { monotonicFactory } from 'ulid'

/** Drizzle over D1; without the relations of its query API. Only `batch()` is a transaction. */
export type Database = ReturnType<typeof drizzleOver>

const drizzleOver = (d1: D1Database) => drizzle(d1)
const opened = new WeakMap<D1Database, Database>()

/** The database behind a binding; the same for all requests of an isolate. */
export function openDatabase(d1: D1Database): Database {
  const known = opened.get(d1)
  if (known !== undefined) return known
  const database = drizzleOver(d1)
  opened.set(d1, database)
  return database
}

/** A statement as `batch()` takes it. */
export type Statement = Parameters<Database['batch']>[0][number]

/**
 * Runs statements as one transaction; none is no error. Drizzle's own `batch` cannot bind the parameters of a raw
 * statement (`db.run(sql`…`)`), so they are bound here; results are mapped as Drizzle does.
 */
export async function inOneBatch(db: Database, statements: Statement[]): Promise<unknown[]> {
  if (statements.length === 0) return []
  const prepared = statements.map((statement) => (statement as unknown as Preparable)._prepare())
  const bound = prepared.map((statement) => {
    const { sql, params } = statement.getQuery()
    return db.$client.prepare(sql).bind(...params)
  })
  const results = await db.$client.batch(bound)
  return results.map((result, place) => prepared[place]?.mapResult(result, true))
}

/** What every Drizzle statement can tell of itself. */
interface Preparable {
  _prepare(): {
    getQuery(): { sql: string; params: unknown[] }
    mapResult(result: unknown, fromBatch: boolean): unknown
  }
}

export type IdPrefix = 'run' | 'tgt' | 'ds' | 'key' | 'ten' | 'hook' | 'dlv' | 'rb' | 'sh' | 'use'

const nextUlid = monotonicFactory()

/** A new id: prefix and a ULID, ascending within one isolate even inside a millisecond. */
export const newId = (prefix: IdPrefix): string => `${prefix}_${nextUlid()}`

/** Bytes of JSON in one bound parameter: D1 allows 2 MB, and a statement's other parameters need room too. */
export const mostJsonBytes = 1_000_000

/** Joins JSON texts into arrays of at most `mostJsonBytes` bytes each. Raises RangeError for one that is larger by itself. */
export function jsonArrays(texts: Iterable<string>): string[] {
  const arrays: string[] = []
  let parts: string[] = []
  let bytes = 2
  for (const text of texts) {
    const size = Buffer.byteLength(text) + 1
    if (size + 2 > mostJsonBytes) throw new RangeError(`a row of ${size} bytes is more than one statement can carry`)
    if (bytes + size > mostJsonBytes) {
      arrays.push(`[${parts.join(',')}]`)
      parts = []
      bytes = 2
    }
    parts.push(text)
    bytes += size
  }
  if (parts.length > 0) arrays.push(`[${parts.join(',')}]`)
  return arrays
}

/**
 * Statements that insert rows from JSON arrays: one bound parameter however many rows, since D1 binds at most 100.
 * Rows that break a unique index are left out when `onConflict` is 'ignore', else the batch fails.
 */
export function insertRows<Table extends SQLiteTable>(
  db: Database,
  table: Table,
  rows: readonly Table['$inferInsert'][],
  onConflict: 'ignore' | 'fail' = 'fail',
): Statement[] {
  const columns = Object.entries(getTableColumns(table)) as [string, SQLiteColumn][]
  const texts = rows.map((row) =>
    JSON.stringify(
      columns.map(([key, column]) => {
        const value = (row as Record<string, unknown>)[key] ?? null
        return value === null ? null : column.mapToDriverValue(value)
      }),
    ),
  )
  const names = sql.join(
    columns.map(([, column]) => sql.identifier(column.name)),
    sql`, `,
  )
  const values = sql.join(
    columns.map((_, place) => sql.raw(`value ->> '$[${place}]'`)),
    sql`, `,
  )
  const conflict: SQL = onConflict === 'ignore' ? sql` on conflict do nothing` : sql``
  return jsonArrays(texts).map((json) =>
    db.run(
      sql`insert into ${sql.identifier(getTableName(table))} (${names}) select ${values} from json_each(${json}) where true${conflict}`,
    ),
  )
}

/** Rows that a statement run by `db.run` changed. */
export const changesOf = (result: unknown): number => (result as { meta?: { changes?: number } }).meta?.changes ?? 0
