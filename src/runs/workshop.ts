import type { Bindings } from '../../schema/bindings.ts'
import type { Determinism } from '../../schema/run.ts'
import type { AnyBenchmark } from '../benchmarks/define.ts'
import { defaultMaxBatch, defaultMaxConnections, type TargetConnection, type Transport } from '../model/connection.ts'
import { createDispatcher } from '../model/dispatcher.ts'
import type { ModelError } from '../model/errors.ts'
import { createModel } from '../model/session.ts'
import { createSpend, microUsd, type Spend } from '../model/spend.ts'
import { type Database, inOneBatch, newId } from '../store/database.ts'
import { readEvidence, shardsWithEvidence, writeEvidence } from '../store/evidence.ts'
import { type RunBenchmarkRow, type RunRow, type ShardRow, setDeterminism } from '../store/runs.ts'
import { scoredIndexes } from '../store/scores.ts'
import { insertUsage, type UsageTotal } from '../store/usage.ts'
import { openBook } from './book.ts'
import { askCheck } from './determinism.ts'
import { checkSet } from './evidence-set.ts'
import { type ItemSource, openItems } from './items.ts'
import type { FindBenchmark } from './plan.ts'
import { openShard, type ShardWork } from './shard.ts'

/** What one worker has at hand for a run: the target, opened once, its budget, and the items of each benchmark. */
export interface Workshop {
  readonly spend: Spend
  /** Requests sent so far. */
  readonly requests: number
  /** Items that keep the target busy when they are evaluated at once. */
  readonly slots: number
  /** Opens taken shards, in their order. */
  open(rows: readonly ShardRow[], onStop: (error: ModelError) => void): Promise<ShardWork[]>
  /** Asks the determinism check's question and keeps the answer with the run. */
  check(place: keyof Determinism): Promise<void>
  /** Whether the target answers a short question now. */
  alive(): Promise<boolean>
  /** Lets the two above end with what is on its way. */
  windDown(): void
  /** Counts what they have cost. */
  settle(): Promise<void>
}

/** More items at once than this would cost memory and bring nothing. */
const mostSlots = 1500

/** Raises Error where a benchmark of the run is no longer in the catalogue in the version that it began with. */
export function openWorkshop(options: {
  env: Bindings
  db: Database
  run: RunRow
  benchmarks: readonly RunBenchmarkRow[]
  connection: TargetConnection
  used: UsageTotal
  find: FindBenchmark
  /** Runs that share this invocation's connections. */
  shares: number
  transport?: Transport | undefined
  /** Jitter of retries, in [0, 1). */
  jitter?: (() => number) | undefined
}): Workshop {
  const { env, db, run, benchmarks, connection, used, find } = options
  const maxConnections = Math.max(1, Math.floor(connectionsOf(env) / options.shares))
  const target: TargetConnection = { ...connection, capabilities: run.target.capabilities, price: run.target.price }
  const dispatcher = createDispatcher(target, {
    maxConnections,
    ...(options.transport ? { transport: options.transport } : {}),
    ...(options.jitter ? { random: options.jitter } : {}),
  })
  const spend = createSpend(run.budget, run.target.price, used)
  const shared = { target, dispatcher, spend, seed: run.seed }
  const sources = new Map<string, ItemSource>()
  // Counts only: a session would keep its shard's answers in memory.
  const usages: { readonly requests: number }[] = []
  const set = checkSet(run.targetRevision, run.seed, run.fresh ? run.id : null)
  const extras: ReturnType<typeof createModel>[] = []
  let lastAlive: { at: number; answer: Promise<boolean> } | null = null

  const session = (more: Partial<Parameters<typeof createModel>[0]>) => {
    const created = createModel({ ...shared, ...more })
    usages.push(created.usage)
    return created
  }

  function definitionOf(benchmark: RunBenchmarkRow): AnyBenchmark {
    const definition = find(benchmark.benchmarkId)
    if (definition?.version === benchmark.benchmarkVersion) return definition
    const found = definition === undefined ? 'is gone' : `is at version ${definition.version} by now`
    throw new Error(`"${benchmark.benchmarkId}" ${found}; the run began with version ${benchmark.benchmarkVersion}`)
  }

  /** Opens shards of one benchmark: what is stored of them is looked up for all of them together. */
  async function openGroup(rows: readonly ShardRow[], onStop: (error: ModelError) => void): Promise<ShardWork[]> {
    const { runBenchmarkId } = rows[0] as ShardRow
    const benchmark = benchmarks.find(({ id }) => id === runBenchmarkId)
    if (benchmark === undefined) throw new Error(`shards of ${runBenchmarkId} are of no benchmark of their run`)
    const definition = definitionOf(benchmark)
    const source = sources.get(benchmark.id) ?? openItems(db, definition, benchmark, run.seed)
    sources.set(benchmark.id, source)
    const { tenantId, evidenceSet } = benchmark
    const from = Math.min(...rows.map(({ fromIndex }) => fromIndex))
    const to = Math.max(...rows.map(({ toIndex }) => toIndex))
    const [answered, scored] = await Promise.all([
      rows.length === 1 ? null : shardsWithEvidence(env.EVIDENCE, tenantId, evidenceSet),
      scoredIndexes(db, benchmark.id, from, to),
    ])
    return Promise.all(
      rows.map(async (row) => {
        const [book, items] = await Promise.all([
          answered === null || answered.has(row.index)
            ? openBook(readEvidence(env.EVIDENCE, tenantId, evidenceSet, row.index))
            : openBook([]),
          source.slice(row.fromIndex, row.toIndex),
        ])
        const parts = { row, benchmark, definition, source, items, scored, book, seed: run.seed, onStop }
        return openShard({ ...parts, session: session({ book }) })
      }),
    )
  }

  const width = Math.min(maxConnections, connection.limits.maxConnections ?? maxConnections)
  const inLists = target.capabilities?.promptLists === true
  const slots = inLists ? Math.min(width, 8) * (connection.limits.maxBatch ?? defaultMaxBatch) * 2 : width * 3

  return {
    spend,
    get requests() {
      return usages.reduce((sum, { requests }) => sum + requests, 0)
    },
    slots: Math.max(16, Math.min(mostSlots, slots)),
    async open(rows, onStop) {
      const groups = Map.groupBy(rows, ({ runBenchmarkId }) => runBenchmarkId)
      const opened = await Promise.all([...groups.values()].map((group) => openGroup(group, onStop)))
      const byRow = new Map(opened.flat().map((shard) => [shard.row, shard]))
      return rows.flatMap((row) => byRow.get(row) ?? [])
    },
    async check(place) {
      const book = await openBook(readEvidence(env.EVIDENCE, run.tenantId, set, 0))
      const asker = session({ book })
      extras.push(asker)
      const answer = await askCheck(asker, place)
      await writeEvidence(env.EVIDENCE, run.tenantId, set, 0, book.takeLines())
      if (answer !== null) await setDeterminism(db, run.id, place, answer)
    },
    alive() {
      if (lastAlive === null || lastAlive.at < Date.now() - 2000) {
        const asker = session({ reuse: false })
        extras.push(asker)
        lastAlive = { at: Date.now(), answer: askCheck(asker, 'first').then((found) => found?.error === null) }
      }
      return lastAlive.answer
    },
    windDown() {
      for (const asker of extras) asker.windDown()
    },
    async settle() {
      const [first] = benchmarks
      if (first === undefined) return
      const rows = extras.splice(0).flatMap(({ usage }) => {
        const { calls, requests, retries, reused, promptTokens, completionTokens } = usage
        if (requests === 0 && reused === 0) return []
        return {
          id: newId('use'),
          tenantId: run.tenantId,
          runId: run.id,
          runBenchmarkId: first.id,
          calls,
          requests,
          retries,
          reused,
          promptTokens,
          completionTokens,
          microUsd: microUsd(usage, run.target.price),
          createdAt: Date.now(),
        }
      })
      await inOneBatch(db, insertUsage(db, rows))
    },
  }
}

/** Open connections per invocation, as the environment allows. */
function connectionsOf(env: Bindings): number {
  const stated = Number(env.MAX_CONNECTIONS)
  return Number.isInteger(stated) && stated > 0 ? stated : defaultMaxConnections
}
