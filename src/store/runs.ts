import { and, eq, sql } from 'drizzle-orm'
import type { ItemCounts } from '../../schema/report.ts'
import type { Run, RunReport } from '../../schema/run.ts'
import { runBenchmarks, scores } from '../../schema/tables.ts'
import type { Database } from './database.ts'
import { executionView } from './execution.ts'
import { getReports } from './reports.ts'
import { getRunBenchmarks, type RunBenchmarkRow, type RunRow } from './run-rows.ts'
import { runUsage } from './usage.ts'

export * from './run-rows.ts'

/** How many items of each benchmark of a run have a row of each status, and why items were lost. */
export async function runProgress(db: Database, runId: string): Promise<Map<string, ItemCounts>> {
  const [benchmarks, byStatus, byReason] = await db.batch([
    db
      .select({ id: runBenchmarks.id, size: runBenchmarks.size })
      .from(runBenchmarks)
      .where(eq(runBenchmarks.runId, runId)),
    db
      .select({ id: scores.runBenchmarkId, status: scores.status, count: sql<number>`count(*)` })
      .from(runBenchmarks)
      .innerJoin(scores, eq(scores.runBenchmarkId, runBenchmarks.id))
      .where(eq(runBenchmarks.runId, runId))
      .groupBy(scores.runBenchmarkId, scores.status),
    db
      .select({ id: scores.runBenchmarkId, reason: scores.reason, count: sql<number>`count(*)` })
      .from(runBenchmarks)
      .innerJoin(scores, eq(scores.runBenchmarkId, runBenchmarks.id))
      .where(and(eq(runBenchmarks.runId, runId), sql`${scores.status} in ('error', 'skipped')`))
      .groupBy(scores.runBenchmarkId, scores.reason),
  ])
  const counts = new Map<string, ItemCounts>(
    benchmarks.map(({ id, size }) => [
      id,
      { total: size, scored: 0, refused: 0, error: 0, skipped: 0, open: size, reasons: {} },
    ]),
  )
  for (const { id, status, count } of byStatus) {
    const own = counts.get(id)
    if (own === undefined) continue
    own[status] += count
    own.open -= count
  }
  for (const { id, reason, count } of byReason) {
    const own = counts.get(id)
    if (own !== undefined) own.reasons[reason ?? 'unknown'] = count
  }
  return counts
}

const iso = (time: number) => new Date(time).toISOString()
const isoOrNull = (time: number | null) => (time === null ? null : iso(time))

const noCounts = (size: number): ItemCounts => ({
  total: size,
  scored: 0,
  refused: 0,
  error: 0,
  skipped: 0,
  open: size,
  reasons: {},
})

/** A run as the API shows it, with the state of each benchmark. */
export async function runView(db: Database, row: RunRow): Promise<Run> {
  const [benchmarks, progress] = await Promise.all([getRunBenchmarks(db, row.id), runProgress(db, row.id)])
  return viewOf(row, benchmarks, progress)
}

/** The same from parts already read. */
export function viewOf(row: RunRow, benchmarks: RunBenchmarkRow[], progress: Map<string, ItemCounts>): Run {
  const counted = benchmarks.map((benchmark) => ({
    benchmarkId: benchmark.benchmarkId,
    family: benchmark.family,
    version: benchmark.benchmarkVersion,
    position: benchmark.position,
    size: benchmark.size,
    params: benchmark.params,
    datasetId: benchmark.datasetId,
    counts: progress.get(benchmark.id) ?? noCounts(benchmark.size),
  }))
  return {
    id: row.id,
    status: row.status,
    stopReason: row.stopReason,
    stopDetail: row.stopDetail,
    target: { id: row.targetId, ...row.target, revision: row.targetRevision, deploymentId: row.deploymentId },
    suite: row.suite,
    seed: row.seed,
    budget: row.budget,
    fresh: row.fresh,
    published: row.published,
    source: row.source,
    progress: {
      total: row.itemsTotal,
      done: counted.reduce((sum, { counts }) => sum + counts.total - counts.open, 0),
    },
    benchmarks: counted,
    createdAt: iso(row.createdAt),
    startedAt: isoOrNull(row.startedAt),
    finishedAt: isoOrNull(row.finishedAt),
  }
}

/** A run with the reports of its benchmarks; a benchmark without one (the run has not ended) is left out. */
export async function runReportView(db: Database, row: RunRow): Promise<RunReport> {
  const [benchmarks, progress, kept, used] = await Promise.all([
    getRunBenchmarks(db, row.id),
    runProgress(db, row.id),
    getReports(db, row.id),
    runUsage(db, row.id),
  ])
  const run = viewOf(row, benchmarks, progress)
  return {
    run,
    benchmarks: benchmarks.flatMap((benchmark) => {
      const report = kept.get(benchmark.id)
      return report === undefined
        ? []
        : [
            {
              benchmarkId: benchmark.benchmarkId,
              version: benchmark.benchmarkVersion,
              title: benchmark.title,
              params: benchmark.params,
              size: benchmark.size,
              counts: report.counts,
              report: report.report,
            },
          ]
    }),
    execution: executionView(row, used, run.progress.done),
  }
}
