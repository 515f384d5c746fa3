import { and, desc, eq, lt, or, type SQL } from 'drizzle-orm'
import type { SQLiteColumn } from 'drizzle-orm/sqlite-core'

/** Raised for a cursor that no page gave out. */
export class CursorError extends Error {
  override name = 'CursorError'
}

/** Place in a list that is ordered by time and id, newest first. */
export interface Place {
  createdAt: number
  id: string
}

export const encodeCursor = (place: Place): string => btoa(`${place.createdAt}:${place.id}`).replaceAll('=', '')

/** Raises CursorError. */
export function decodeCursor(cursor: string): Place {
  let text = ''
  try {
    text = atob(cursor)
  } catch {
    // Falls through to the one error below.
  }
  const match = /^(\d{1,15}):(\w{1,60})$/.exec(text)
  if (!match) throw new CursorError('the cursor is none that a page gave out; start again without it')
  return { createdAt: Number(match[1]), id: match[2] as string }
}

/** Rows after the cursor, newest first (keyset pagination). Raises CursorError. */
export function afterCursor(createdAt: SQLiteColumn, id: SQLiteColumn, cursor: string | undefined): SQL | undefined {
  if (cursor === undefined) return undefined
  const place = decodeCursor(cursor)
  return or(lt(createdAt, place.createdAt), and(eq(createdAt, place.createdAt), lt(id, place.id)))
}

export const newestFirst = (createdAt: SQLiteColumn, id: SQLiteColumn) => [desc(createdAt), desc(id)]

/** Splits rows that were asked for with `limit + 1` into a page and the cursor of the next. */
export function pageFrom<Row extends Place>(rows: Row[], limit: number): { items: Row[]; next: string | null } {
  const items = rows.slice(0, limit)
  const last = items.at(-1)
  return { items, next: rows.length > limit && last ? encodeCursor(last) : null }
}
