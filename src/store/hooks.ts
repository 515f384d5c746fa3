import { and, eq, isNull } from 'drizzle-orm'
import type { Bindings } from '../../schema/bindings.ts'
import type { Hook } from '../../schema/hook.ts'
import type { Page, PageQuery } from '../../schema/pagination.ts'
import type { RunRequest } from '../../schema/run.ts'
import { hooks } from '../../schema/tables.ts'
import { afterCursor, newestFirst, pageFrom } from './cursor.ts'
import type { Database } from './database.ts'
import { openSecret, sealSecret } from './seal.ts'

export type HookRow = typeof hooks.$inferSelect

/** After a rotation the old secret still signs and verifies for a day, so that neither side drops a message. */
const rotationMs = 24 * 3_600_000

interface KeptSecret {
  secret: string
  /** When it ends; null for the current one. */
  until: number | null
}

const own = (tenantId: string, id: string) =>
  and(eq(hooks.tenantId, tenantId), eq(hooks.id, id), isNull(hooks.deletedAt))

export async function insertHook(
  env: Bindings,
  db: Database,
  row: Omit<HookRow, 'sealedSecret'>,
  secret: string,
): Promise<HookRow> {
  const kept: KeptSecret[] = [{ secret, until: null }]
  const whole = { ...row, sealedSecret: await sealSecret(env, JSON.stringify(kept)) }
  await db.insert(hooks).values(whole)
  return whole
}

/** The secrets that count now, the current one first. Raises SealError. */
export async function hookSecrets(env: Bindings, row: HookRow, now: number): Promise<string[]> {
  const kept: KeptSecret[] = JSON.parse(await openSecret(env, row.sealedSecret))
  return kept.filter(({ until }) => until === null || until > now).map(({ secret }) => secret)
}

/** Makes `secret` the current one; the one before stays good for a day. Raises SealError. */
export async function rotateHookSecret(
  env: Bindings,
  db: Database,
  row: HookRow,
  secret: string,
  now: number,
): Promise<void> {
  const [current] = await hookSecrets(env, row, now)
  const kept: KeptSecret[] = [{ secret, until: null }]
  if (current !== undefined && current !== secret) kept.push({ secret: current, until: now + rotationMs })
  await db
    .update(hooks)
    .set({ sealedSecret: await sealSecret(env, JSON.stringify(kept)) })
    .where(own(row.tenantId, row.id))
}

/** A tenant's hook that is not deleted, or null. */
export async function getHook(db: Database, tenantId: string, id: string): Promise<HookRow | null> {
  return (await db.select().from(hooks).where(own(tenantId, id)).get()) ?? null
}

/** A hook by its id alone: for inbound messages, which the signature vouches for. */
export async function findHook(db: Database, id: string): Promise<HookRow | null> {
  const where = and(eq(hooks.id, id), isNull(hooks.deletedAt))
  return (await db.select().from(hooks).where(where).get()) ?? null
}

/** Enabled outbound hooks of a tenant. */
export async function outboundHooks(db: Database, tenantId: string): Promise<HookRow[]> {
  const live = and(isNull(hooks.deletedAt), isNull(hooks.disabledAt))
  return db
    .select()
    .from(hooks)
    .where(and(eq(hooks.tenantId, tenantId), eq(hooks.direction, 'out'), live))
}

export async function listHooks(db: Database, tenantId: string, page: PageQuery): Promise<Page<HookRow>> {
  const mine = and(eq(hooks.tenantId, tenantId), isNull(hooks.deletedAt))
  const rows = await db
    .select()
    .from(hooks)
    .where(and(mine, afterCursor(hooks.createdAt, hooks.id, page.cursor)))
    .orderBy(...newestFirst(hooks.createdAt, hooks.id))
    .limit(page.limit + 1)
  return pageFrom(rows, page.limit)
}

export type HookChange = Partial<
  Pick<HookRow, 'name' | 'url' | 'runTemplate' | 'environments' | 'disabledAt' | 'deletedAt'>
>

export async function updateHook(db: Database, tenantId: string, id: string, change: HookChange): Promise<void> {
  await db.update(hooks).set(change).where(own(tenantId, id))
}

export const hookView = (row: HookRow): Hook => ({
  id: row.id,
  direction: row.direction,
  provider: row.provider,
  name: row.name,
  url: row.url,
  runTemplate: row.runTemplate as RunRequest | null,
  environments: row.environments,
  receives: row.direction === 'in' ? `/v1/hooks/${row.id}/${row.provider}` : null,
  disabledAt: row.disabledAt === null ? null : new Date(row.disabledAt).toISOString(),
  createdAt: new Date(row.createdAt).toISOString(),
})
