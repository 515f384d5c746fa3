import { and, eq, isNull, lt, or } from 'drizzle-orm'
import type { ApiKey } from '../../schema/key.ts'
import type { Page, PageQuery } from '../../schema/pagination.ts'
import { apiKeys } from '../../schema/tables.ts'
import { afterCursor, newestFirst, pageFrom } from './cursor.ts'
import { type Database, newId } from './database.ts'

export type KeyRow = typeof apiKeys.$inferSelect

/** `ask_` and 32 random bytes in base64url. */
const keyPattern = /^ask_[\w-]{43}$/
const lastUsedGrain = 3_600_000

const hex = (bytes: ArrayBuffer) =>
  Array.from(new Uint8Array(bytes), (byte) => byte.toString(16).padStart(2, '0')).join('')

/** SHA-256 of a key, hex. A key has 256 random bits, so a slow hash would add nothing. */
const hashKey = async (key: string) => hex(await crypto.subtle.digest('SHA-256', new TextEncoder().encode(key)))

function makeKey(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(32))
  const base64 = btoa(String.fromCharCode(...bytes))
  return `ask_${base64.replaceAll('+', '-').replaceAll('/', '_').replaceAll('=', '')}`
}

/** Makes a key. The key itself is in this answer only. */
export async function insertKey(
  db: Database,
  tenantId: string,
  name: string,
  now: number,
): Promise<{ row: KeyRow; key: string }> {
  const key = makeKey()
  const row: KeyRow = {
    id: newId('key'),
    tenantId,
    name,
    prefix: key.slice(0, 10),
    hash: await hashKey(key),
    createdAt: now,
    lastUsedAt: null,
    revokedAt: null,
  }
  await db.insert(apiKeys).values(row)
  return { row, key }
}

/** The unrevoked key of this text, or null. Found by its hash, so no comparison can tell how near a guess was. */
export async function findKey(db: Database, key: string): Promise<KeyRow | null> {
  if (!keyPattern.test(key)) return null
  const where = and(eq(apiKeys.hash, await hashKey(key)), isNull(apiKeys.revokedAt))
  return (await db.select().from(apiKeys).where(where).get()) ?? null
}

/** The unrevoked key of this id, for page sessions. */
export async function findKeyById(db: Database, keyId: string): Promise<KeyRow | null> {
  const where = and(eq(apiKeys.id, keyId), isNull(apiKeys.revokedAt))
  return (await db.select().from(apiKeys).where(where).get()) ?? null
}

/** Notes that a key was used; at most once an hour, to spare D1's one writer. */
export async function touchKey(db: Database, row: KeyRow, now: number): Promise<void> {
  const before = now - lastUsedGrain
  if (row.lastUsedAt !== null && row.lastUsedAt > before) return
  const stale = or(isNull(apiKeys.lastUsedAt), lt(apiKeys.lastUsedAt, before))
  await db
    .update(apiKeys)
    .set({ lastUsedAt: now })
    .where(and(eq(apiKeys.id, row.id), stale))
}

export async function listKeys(db: Database, tenantId: string, page: PageQuery): Promise<Page<KeyRow>> {
  const rows = await db
    .select()
    .from(apiKeys)
    .where(and(eq(apiKeys.tenantId, tenantId), afterCursor(apiKeys.createdAt, apiKeys.id, page.cursor)))
    .orderBy(...newestFirst(apiKeys.createdAt, apiKeys.id))
    .limit(page.limit + 1)
  return pageFrom(rows, page.limit)
}

/** False where the tenant has no such key. Revoking twice is no error. */
export async function revokeKey(db: Database, tenantId: string, keyId: string, now: number): Promise<boolean> {
  const own = and(eq(apiKeys.tenantId, tenantId), eq(apiKeys.id, keyId))
  const row = await db.select().from(apiKeys).where(own).get()
  if (!row) return false
  await db
    .update(apiKeys)
    .set({ revokedAt: now })
    .where(and(own, isNull(apiKeys.revokedAt)))
  return true
}

/** As the API shows a key. */
export const keyView = (row: KeyRow): ApiKey => ({
  id: row.id,
  tenantId: row.tenantId,
  name: row.name,
  prefix: row.prefix,
  createdAt: new Date(row.createdAt).toISOString(),
  lastUsedAt: row.lastUsedAt === null ? null : new Date(row.lastUsedAt).toISOString(),
  revokedAt: row.revokedAt === null ? null : new Date(row.revokedAt).toISOString(),
})
