import { sql } from 'drizzle-orm'
import { usage } from '../../schema/tables.ts'
import { type Database, insertRows, type Statement } from './database.ts'

export type UsageRow = typeof usage.$inferInsert

/** What a run has cost so far. `microUsd` is null where the price is unknown. */
export interface UsageTotal {
  calls: number
  requests: number
  retries: number
  throttled: number
  reused: number
  promptTokens: number
  completionTokens: number
  microUsd: number | null
}

/** Statements that count what was spent; a row whose id is there already is left out. */
export const insertUsage = (db: Database, rows: readonly UsageRow[]): Statement[] =>
  insertRows(db, usage, rows, 'ignore')

/** The sum over a run. */
export async function runUsage(db: Database, runId: string): Promise<UsageTotal> {
  return db.get<UsageTotal>(sql`
    select coalesce(sum(calls), 0) as calls, coalesce(sum(requests), 0) as requests,
      coalesce(sum(retries), 0) as retries, coalesce(sum(throttled), 0) as throttled, coalesce(sum(reused), 0) as reused,
      coalesce(sum(prompt_tokens), 0) as promptTokens, coalesce(sum(completion_tokens), 0) as completionTokens,
      sum(micro_usd) as microUsd
    from usage where run_id = ${runId}`)
}
