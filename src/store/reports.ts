import { and, eq } from 'drizzle-orm'
import type { BenchmarkReport } from '../../schema/report.ts'
import { reports } from '../../schema/tables.ts'
import type { Database, Statement } from './database.ts'

export type ReportRow = typeof reports.$inferSelect

/** The headline once more, in columns, for leaderboards. */
export const headlineColumns = ({ headline }: BenchmarkReport) => ({
  value: headline.value,
  low: headline.interval?.low ?? null,
  high: headline.interval?.high ?? null,
})

/** A statement that keeps a report; one that is there already stays. */
export const insertReport = (db: Database, row: ReportRow): Statement =>
  db.insert(reports).values(row).onConflictDoNothing()

/** A statement that puts a re-scored report in the place of the old one. */
export const replaceReport = (db: Database, row: ReportRow): Statement =>
  db
    .insert(reports)
    .values(row)
    .onConflictDoUpdate({
      target: reports.runBenchmarkId,
      set: {
        report: row.report,
        counts: row.counts,
        value: row.value,
        low: row.low,
        high: row.high,
        rescoredAt: row.rescoredAt,
      },
    })

/** The reports of a run, by run benchmark. The caller has made sure whose run it is. */
export async function getReports(db: Database, runId: string): Promise<Map<string, ReportRow>> {
  const rows = await db.select().from(reports).where(eq(reports.runId, runId))
  return new Map(rows.map((row) => [row.runBenchmarkId, row]))
}

/** A tenant's report of one benchmark of a run, or null. */
export async function getReport(db: Database, tenantId: string, runBenchmarkId: string): Promise<ReportRow | null> {
  const one = and(eq(reports.runBenchmarkId, runBenchmarkId), eq(reports.tenantId, tenantId))
  return (await db.select().from(reports).where(one).get()) ?? null
}
