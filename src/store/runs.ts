import type { ItemCounts } from '../../schema/report.ts'
import type { Run, RunReport, Traffic } from '../../schema/run.ts'
import type { ScoreStatus } from '../../schema/states.ts'
import type { Database } from './database.ts'
import { executionView } from './execution.ts'
import { runThrottled, trafficView } from './load.ts'
import { getReports } from './reports.ts'
import { getRunBenchmarks, type RunBenchmarkRow, type RunRow } from './run-rows.ts'
import { countedStatuses } from './shards.ts'
import { runUsage } from './usage.ts'

export * from './run-rows.ts'

/** A run's benchmarks, and how many items of each have a row of each status, and why items were lost. */
export async function runProgress(
  db: Database,
  runId: string,
): Promise<{ benchmarks: RunBenchmarkRow[]; progress: Map<string, ItemCounts> }> {
  const [benchmarks, kinds] = await Promise.all([getRunBenchmarks(db, runId), countedStatuses(db, runId)])
  const progress = new Map<string, ItemCounts>(
    benchmarks.map(({ id, size }) => [
      id,
      { total: size, scored: 0, refused: 0, error: 0, skipped: 0, open: size, reasons: {} },
    ]),
  )
  for (const { id, kind, number } of kinds) {
    const own = progress.get(id)
    if (own === undefined) continue
    const [status, reason] = kind.split(/:(.*)/s) as [ScoreStatus, string | undefined]
    own[status] += number
    own.open -= number
    if (reason !== undefined) own.reasons[reason] = (own.reasons[reason] ?? 0) + number
  }
  return { benchmarks, progress }
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
  const [{ benchmarks, progress }, throttled] = await Promise.all([
    runProgress(db, row.id),
    row.status === 'running' ? runThrottled(db, row.id) : null,
  ])
  return viewOf(row, benchmarks, progress, throttled === null ? null : trafficView(row, throttled, Date.now()))
}

/** The same from parts already read. */
export function viewOf(
  row: RunRow,
  benchmarks: RunBenchmarkRow[],
  progress: Map<string, ItemCounts>,
  traffic: Traffic | null = null,
): Run {
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
    roles: Object.fromEntries(
      Object.entries(row.roles ?? {}).map(([role, { targetId, name, model, revision }]) => [
        role,
        { id: targetId, name, model, revision },
      ]),
    ),
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
    traffic,
    benchmarks: counted,
    createdAt: iso(row.createdAt),
    startedAt: isoOrNull(row.startedAt),
    finishedAt: isoOrNull(row.finishedAt),
  }
}

/** A run with the reports of its benchmarks; a benchmark without one (the run has not ended) is left out. */
export async function runReportView(db: Database, row: RunRow): Promise<RunReport> {
  const [{ benchmarks, progress }, kept, used] = await Promise.all([
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
