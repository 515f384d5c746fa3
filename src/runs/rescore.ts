import type { Bindings } from '../../schema/bindings.ts'
import { findBenchmark } from '../benchmarks/catalogue.ts'
import type { AnyBenchmark } from '../benchmarks/define.ts'
import { type Database, inOneBatch, openDatabase } from '../store/database.ts'
import { readEvidence } from '../store/evidence.ts'
import { replaceReport } from '../store/reports.ts'
import { finishedRun, getRun, getRunBenchmarks, type RunBenchmarkRow, type RunRow, setVersion } from '../store/runs.ts'
import { allScores, type NewScore, replaceScores } from '../store/scores.ts'
import { recountShards, shardsOf } from '../store/shards.ts'
import { openBook } from './book.ts'
import { makeReport } from './finish.ts'
import { openItems } from './items.ts'
import { outcomeRow } from './outcome.ts'
import type { FindBenchmark } from './plan.ts'
import { openReplay } from './replay.ts'

/**
 * Makes the reports of a tenant's finished run again, without any model: from its rows, or, where a benchmark's
 * version has changed since, from rows scored anew out of the stored answers. A benchmark whose present version asks
 * what was never asked keeps the report that it has. Returns false where the tenant has no such run, or it is open.
 */
export async function rescoreRun(
  env: Bindings,
  tenantId: string,
  runId: string,
  find: FindBenchmark = findBenchmark,
): Promise<boolean> {
  const db = openDatabase(env.DB)
  const run = await getRun(db, tenantId, runId)
  if (run === null || !finishedRun(run)) return false
  for (const benchmark of await getRunBenchmarks(db, runId)) {
    const definition = find(benchmark.benchmarkId)
    if (definition === undefined) continue
    if (definition.version !== benchmark.benchmarkVersion) {
      const rows = await rowsFromEvidence(env, db, run, benchmark, definition)
      if (rows === null) continue
      await inOneBatch(db, [
        ...replaceScores(db, tenantId, benchmark.id, rows),
        recountShards(db, benchmark.id),
        setVersion(db, benchmark.id, definition.version),
      ])
    }
    const now = Date.now()
    const report = await makeReport(db, run, benchmark, now, find)
    await inOneBatch(db, [replaceReport(db, { ...report, rescoredAt: now })])
  }
  return true
}

/** Every scored item of a benchmark scored anew from its stored answers; null where an answer is missing. */
async function rowsFromEvidence(
  env: Bindings,
  db: Database,
  run: RunRow,
  benchmark: RunBenchmarkRow,
  definition: AnyBenchmark,
): Promise<NewScore[] | null> {
  const source = openItems(db, definition, benchmark, run.seed)
  const replay = openReplay(run, definition, benchmark.params, source)
  const stored = new Map((await allScores(db, benchmark.id)).map((row) => [row.itemIndex, row]))
  const rows: NewScore[] = []
  for (const shard of await shardsOf(db, [benchmark.id])) {
    const book = await openBook(readEvidence(env.EVIDENCE, run.tenantId, benchmark.evidenceSet, shard.index))
    const items = await source.slice(shard.fromIndex, shard.toIndex)
    for (const [offset, item] of items.entries()) {
      const index = shard.fromIndex + offset
      const before = stored.get(index)
      // Items never reached, and items that never had an answer, stay as they are.
      if (before === undefined || before.status === 'error') continue
      if (item === undefined || item.id !== before.itemId) return null
      const { outcome } = await replay(item, book)
      if (outcome === null) return null
      rows.push(outcomeRow({ shardId: shard.id, itemIndex: index }, definition, item, outcome))
    }
  }
  return rows
}
