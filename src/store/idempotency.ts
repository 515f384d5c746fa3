import { and, eq, lt, sql } from 'drizzle-orm'
import { idempotencyKeys } from '../../schema/tables.ts'
import type { Database } from './database.ts'

/** Answers are kept for a day. */
export const idempotencyMs = 24 * 3_600_000
/** A first request that has not answered by then has died with its worker. */
const inFlightMs = 120_000

export type IdempotencyClaim =
  | { state: 'new' }
  | { state: 'inFlight' }
  | { state: 'otherRequest' }
  | { state: 'answered'; status: number; body: string }

/**
 * Claims an Idempotency-Key for a request (draft-ietf-httpapi-idempotency-key-header-07): `new` means that the caller
 * is to do the work and then `storeAnswer` or `releaseClaim`. One statement decides between two callers at once.
 */
export async function claimIdempotencyKey(
  db: Database,
  tenantId: string,
  key: string,
  requestHash: string,
  now: number,
): Promise<IdempotencyClaim> {
  await db.delete(idempotencyKeys).where(lt(idempotencyKeys.createdAt, now - idempotencyMs))
  const dead = sql`${idempotencyKeys.responseStatus} is null and ${idempotencyKeys.createdAt} < ${now - inFlightMs}
    and ${idempotencyKeys.requestHash} = ${requestHash}`
  const taken = await db
    .insert(idempotencyKeys)
    .values({ tenantId, key, requestHash, responseStatus: null, responseBody: null, createdAt: now })
    .onConflictDoUpdate({
      target: [idempotencyKeys.tenantId, idempotencyKeys.key],
      set: { createdAt: now },
      setWhere: dead,
    })
    .returning({ key: idempotencyKeys.key })
  if (taken.length > 0) return { state: 'new' }
  const row = await db.select().from(idempotencyKeys).where(own(tenantId, key)).get()
  if (!row) return { state: 'inFlight' }
  if (row.requestHash !== requestHash) return { state: 'otherRequest' }
  if (row.responseStatus === null) return { state: 'inFlight' }
  return { state: 'answered', status: row.responseStatus, body: row.responseBody ?? '' }
}

const own = (tenantId: string, key: string) => and(eq(idempotencyKeys.tenantId, tenantId), eq(idempotencyKeys.key, key))

/** Keeps the answer of the request that claimed the key. */
export async function storeAnswer(
  db: Database,
  tenantId: string,
  key: string,
  answer: { status: number; body: string },
): Promise<void> {
  await db
    .update(idempotencyKeys)
    .set({ responseStatus: answer.status, responseBody: answer.body })
    .where(own(tenantId, key))
}

/** Forgets a claim whose request failed on our side, so that it can be tried again. */
export async function releaseClaim(db: Database, tenantId: string, key: string): Promise<void> {
  await db.delete(idempotencyKeys).where(own(tenantId, key))
}
