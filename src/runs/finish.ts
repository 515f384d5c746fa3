import type { Bindings } from '../../schema/bindings.ts'
import type { ItemCounts } from '../../schema/report.ts'
import type { RunStatus, StopReason } from '../../schema/states.ts'
import { findBenchmark } from '../benchmarks/catalogue.ts'
import { queueRunFinished } from '../hooks/outbound.ts'
import { type Database, inOneBatch, openDatabase, type Statement } from '../store/database.ts'
import { headlineColumns, insertReport, type ReportRow } from '../store/reports.ts'
import {
  endRun,
  finishedRun,
  getRunBenchmarks,
  getRunForWork,
  markAnnounced,
  type RunBenchmarkRow,
  type RunRow,
} from '../store/runs.ts'
import { allScores } from '../store/scores.ts'
import type { FindBenchmark } from './plan.ts'
import { countRows, reportOf } from './report.ts'

/** Over this share of items without an answer a run is degraded. */
const mostLost = 0.2

/**
 * The state in which a run ends. Whatever has no answer counts as lost: items that ended in an error, and items that a
 * spent budget left open. All lost: failed.
 */
export function endStatus(stopReason: StopReason | null, counts: readonly ItemCounts[]): RunStatus {
  if (stopReason === 'cancelled') return 'cancelled'
  if (stopReason !== null && !stopReason.startsWith('budget_')) return 'failed'
  let total = 0
  let lost = 0
  for (const { total: items, error, open } of counts) {
    total += items
    lost += error + open
  }
  if (total > 0 && lost === total) return 'failed'
  return lost > mostLost * total ? 'degraded' : 'done'
}

/** The report of one benchmark of a run, from its rows. */
export async function makeReport(
  db: Database,
  run: RunRow,
  benchmark: RunBenchmarkRow,
  now: number,
  find: FindBenchmark,
): Promise<ReportRow> {
  const rows = await allScores(db, benchmark.id)
  const report = reportOf(find(benchmark.benchmarkId), benchmark, run, rows)
  return {
    runBenchmarkId: benchmark.id,
    tenantId: run.tenantId,
    runId: run.id,
    report,
    counts: countRows(rows, benchmark.size),
    ...headlineColumns(report),
    createdAt: now,
    rescoredAt: null,
  }
}

/**
 * Ends a run whose rows change no more (every shard is done, or it was stopped): reports and state in one batch, which
 * takes effect once however many workers come here; then the out-hooks are told.
 */
export async function finishRun(env: Bindings, runId: string, find: FindBenchmark = findBenchmark): Promise<void> {
  const db = openDatabase(env.DB)
  const [run, benchmarks] = await Promise.all([getRunForWork(db, runId), getRunBenchmarks(db, runId)])
  if (run === null) return
  if (!finishedRun(run)) {
    const now = Date.now()
    const reports: ReportRow[] = []
    // One benchmark after another: the rows of one are let go before those of the next are read.
    for (const benchmark of benchmarks) reports.push(await makeReport(db, run, benchmark, now, find))
    const status = endStatus(
      run.stopReason,
      reports.map(({ counts }) => counts),
    )
    const statements: Statement[] = reports.map((report) => insertReport(db, report))
    await inOneBatch(db, [...statements, endRun(db, runId, status, now)])
  }
  await announce(env, runId)
}

/** Tells the out-hooks that a run ended, unless that was done. */
export async function announce(env: Bindings, runId: string): Promise<void> {
  const db = openDatabase(env.DB)
  const run = await getRunForWork(db, runId)
  if (run === null || !finishedRun(run) || run.announcedAt !== null) return
  await queueRunFinished(env, run.tenantId, run)
  await markAnnounced(db, runId, Date.now())
}
