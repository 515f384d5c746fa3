import { and, eq, inArray, isNull, sql } from 'drizzle-orm'
import type { Bindings } from '../../schema/bindings.ts'
import type { Page, PageQuery } from '../../schema/pagination.ts'
import { runs, targets } from '../../schema/tables.ts'
import type { Target } from '../../schema/target.ts'
import { afterCursor, newestFirst, pageFrom } from './cursor.ts'
import type { Database } from './database.ts'
import { openSecret } from './seal.ts'

export type TargetRow = typeof targets.$inferSelect

const own = (tenantId: string, id: string) =>
  and(eq(targets.tenantId, tenantId), eq(targets.id, id), isNull(targets.deletedAt))

export async function insertTarget(db: Database, row: TargetRow): Promise<void> {
  await db.insert(targets).values(row)
}

/** A tenant's target that is not deleted, or null. */
export async function getTarget(db: Database, tenantId: string, id: string): Promise<TargetRow | null> {
  return (await db.select().from(targets).where(own(tenantId, id)).get()) ?? null
}

export async function listTargets(db: Database, tenantId: string, page: PageQuery): Promise<Page<TargetRow>> {
  const mine = and(eq(targets.tenantId, tenantId), isNull(targets.deletedAt))
  const rows = await db
    .select()
    .from(targets)
    .where(and(mine, afterCursor(targets.createdAt, targets.id, page.cursor)))
    .orderBy(...newestFirst(targets.createdAt, targets.id))
    .limit(page.limit + 1)
  return pageFrom(rows, page.limit)
}

export type TargetChange = Partial<Omit<TargetRow, 'id' | 'tenantId' | 'createdAt' | 'deletedAt'>>

export async function updateTarget(db: Database, tenantId: string, id: string, change: TargetChange): Promise<void> {
  await db.update(targets).set(change).where(own(tenantId, id))
}

/** Hides a target; its runs stay readable. */
export async function deleteTarget(db: Database, tenantId: string, id: string, now: number): Promise<void> {
  await db.update(targets).set({ deletedAt: now, sealedKey: null }).where(own(tenantId, id))
}

/** A run of this target that still works, or null: what it is asked must not change under it. */
export async function openRunOfTarget(db: Database, tenantId: string, targetId: string): Promise<string | null> {
  const open = inArray(runs.status, ['queued', 'running'])
  const row = await db
    .select({ id: runs.id })
    .from(runs)
    .where(
      and(
        eq(runs.tenantId, tenantId),
        open,
        sql`(${runs.targetId} = ${targetId} or exists
          (select 1 from json_each(${runs.roles}) as j where j.value ->> 'targetId' = ${targetId}))`,
      ),
    )
    .get()
  return row?.id ?? null
}

/** What the model port needs to ask this target, its key opened. Raises SealError. */
export async function targetConnection(env: Bindings, row: TargetRow) {
  return {
    baseUrl: row.baseUrl,
    model: row.model,
    dialect: row.dialect,
    apiKey: row.sealedKey === null ? null : await openSecret(env, row.sealedKey),
    limits: row.limits,
    reasoningTags: row.reasoningTags,
    price: row.price,
    capabilities: row.capabilities,
    allowPrivate: env.ALLOW_PRIVATE_TARGETS === 'true',
  }
}

const isoOrNull = (time: number | null) => (time === null ? null : new Date(time).toISOString())

/** As the API shows a target: never its key. */
export const targetView = (row: TargetRow): Target => ({
  id: row.id,
  name: row.name,
  baseUrl: row.baseUrl,
  model: row.model,
  dialect: row.dialect,
  hasApiKey: row.sealedKey !== null,
  price: row.price,
  limits: row.limits,
  reasoningTags: row.reasoningTags,
  capabilities: row.capabilities,
  probedAt: isoOrNull(row.probedAt),
  probeError: row.probeError,
  createdAt: new Date(row.createdAt).toISOString(),
  updatedAt: new Date(row.updatedAt).toISOString(),
})
