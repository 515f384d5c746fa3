import { tenants } from '../../schema/tables.ts'
import type { Database } from './database.ts'
import { newId } from './database.ts'

export type TenantRow = typeof tenants.$inferSelect

/** A tenant: the owner of everything else. */
export async function insertTenant(db: Database, name: string, now: number): Promise<TenantRow> {
  const row = { id: newId('ten'), name, createdAt: now }
  await db.insert(tenants).values(row)
  return row
}
