import type { Bindings } from '../../schema/bindings.ts'
import { findBenchmark } from '../benchmarks/catalogue.ts'
import { openDatabase } from '../store/database.ts'
import { readEvidence } from '../store/evidence.ts'
import { getRun, getRunBenchmarks } from '../store/runs.ts'
import { shardWith } from '../store/shards.ts'
import { openBook } from './book.ts'
import { openItems } from './items.ts'
import type { FindBenchmark } from './plan.ts'
import { openReplay } from './replay.ts'

/** One question and its answer. */
export interface ItemExchange {
  /** Of which target; null: the run's own. */
  role: string | null
  asked: unknown
  answered: unknown
}

/**
 * What a target was asked about one item of a tenant's run and what it answered, in the order of asking. Empty where
 * there is no such item, where nothing was answered yet, or where the benchmark has changed since.
 */
export async function itemEvidence(
  env: Bindings,
  tenantId: string,
  runId: string,
  benchmarkId: string,
  itemIndex: number,
  find: FindBenchmark = findBenchmark,
): Promise<ItemExchange[]> {
  const db = openDatabase(env.DB)
  const run = await getRun(db, tenantId, runId)
  if (run === null) return []
  const benchmark = (await getRunBenchmarks(db, runId)).find((one) => one.benchmarkId === benchmarkId)
  const definition = find(benchmarkId)
  if (benchmark === undefined || definition === undefined) return []
  const shard = await shardWith(db, benchmark.id, itemIndex)
  if (shard === null) return []
  const source = openItems(db, definition, benchmark, run.seed)
  const [[item], book] = await Promise.all([
    source.slice(itemIndex, itemIndex + 1),
    openBook(readEvidence(env.EVIDENCE, tenantId, benchmark.evidenceSet, shard.index)),
  ])
  if (item === undefined) return []
  const { exchanges } = await openReplay(run, definition, benchmark.params, source)(item, book)
  return exchanges.map(({ role, question, answer }) => ({ role, asked: question, answered: answer }))
}
