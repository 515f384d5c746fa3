import type { Bindings } from '../../schema/bindings.ts'
import type { AnyBenchmark } from '../benchmarks/define.ts'
import { defaultMaxBatch, defaultMaxConnections, type TargetConnection, type Transport } from '../model/connection.ts'
import { createDispatcher } from '../model/dispatcher.ts'
import type { ModelError } from '../model/errors.ts'
import type { EvidenceBook } from '../model/evidence.ts'
import { createModel } from '../model/session.ts'
import { createSpend, type Spend } from '../model/spend.ts'
import { type Database, inOneBatch } from '../store/database.ts'
import { readEvidence, shardsWithEvidence, writeEvidence } from '../store/evidence.ts'
import { type RunBenchmarkRow, type RunRow, type ShardRow, setDeterminism } from '../store/runs.ts'
import { scoredIndexes } from '../store/scores.ts'
import { insertUsage, type UsageTotal } from '../store/usage.ts'
import { openBook, type ShardBook } from './book.ts'
import { answers, askAgain, checkedExchange } from './determinism.ts'
import { type ItemSource, openItems } from './items.ts'
import { openModels, total, usageRow } from './models.ts'
import type { FindBenchmark } from './plan.ts'
import { openReplay } from './replay.ts'
import { openShard, type ShardWork } from './shard.ts'

/** What one worker has at hand for a run: its targets, opened once, its budget, and the items of each benchmark. */
export interface Workshop {
  readonly spend: Spend
  /** Requests sent so far. */
  readonly requests: number
  /** Connections that are open, that may be by now, and that may be at most. */
  readonly connections: { open: number; allowed: number; most: number }
  /** Items that keep the target busy when they are evaluated at once: more once questions leave in lists. */
  readonly slots: number
  /** Items that begin in one go: where each question leaves alone, the first must not wait for the last item. */
  readonly stride: number
  /** Opens taken shards, in their order. */
  open(rows: readonly ShardRow[], onStop: (error: ModelError) => void): Promise<ShardWork[]>
  /** Makes the determinism check and keeps it with the run; false where it cannot be made yet. */
  check(): Promise<boolean>
  /** Whether the target answers a short question now. */
  alive(): Promise<boolean>
  /** Lets the two above end with what is on its way. */
  windDown(): void
  /** Counts what they have cost. */
  settle(): Promise<void>
}

/** More items at once than this would cost memory and bring nothing. */
const mostSlots = 1500
/** Items that begin in one go, where their questions leave one by one. */
const strideAlone = 16
/** Items that are looked through for a question to ask twice. */
const mostChecked = 25

/** Raises Error where a benchmark of the run is no longer in the catalogue in the version that it began with. */
export function openWorkshop(options: {
  env: Bindings
  db: Database
  run: RunRow
  benchmarks: readonly RunBenchmarkRow[]
  connection: TargetConnection
  /** Connections of the run's other targets, by role. */
  roles: ReadonlyMap<string, TargetConnection>
  used: UsageTotal
  find: FindBenchmark
  /** Runs that share this invocation's connections. */
  shares: number
  transport?: Transport | undefined
  /** Jitter of retries, in [0, 1). */
  jitter?: (() => number) | undefined
}): Workshop {
  const { env, db, run, benchmarks, connection, roles, used, find } = options
  const maxConnections = Math.max(1, Math.floor(connectionsOf(env) / options.shares / (1 + roles.size)))
  const target: TargetConnection = { ...connection, capabilities: run.target.capabilities, price: run.target.price }
  const spend = createSpend(run.budget, run.target.price, used)
  const opened = (connected: TargetConnection, spend: Spend) => ({
    target: connected,
    spend,
    seed: run.seed,
    dispatcher: createDispatcher(connected, {
      maxConnections,
      ...(options.transport ? { transport: options.transport } : {}),
      ...(options.jitter ? { random: options.jitter } : {}),
    }),
  })
  const own = opened(target, spend)
  const others = new Map(
    [...roles].map(([role, other]) => {
      const { capabilities = null, price = null } = run.roles?.[role] ?? {}
      return [role, opened({ ...other, capabilities, price }, spend.at(price))]
    }),
  )
  const sources = new Map<string, ItemSource>()
  // Counts only: a session would keep its shard's answers in memory.
  const usages: { readonly requests: number }[] = []
  /** Sessions of no shard. */
  const extras: ReturnType<typeof createModel>[] = []
  const [checked] = benchmarks.filter(({ size }) => size > 0)
  /** The answers of the shard that the determinism check takes its question from. */
  let firstBook: ShardBook | null = null
  let lastAlive: { at: number; answer: Promise<boolean> } | null = null

  const session = (more: Partial<Parameters<typeof createModel>[0]>, shared = own) => {
    const created = createModel({ ...shared, ...more })
    usages.push(created.usage)
    return created
  }
  const extra = (more: Partial<Parameters<typeof createModel>[0]>) => {
    const created = session(more)
    extras.push(created)
    return created
  }

  function definitionOf(benchmark: RunBenchmarkRow): AnyBenchmark {
    const definition = find(benchmark.benchmarkId)
    if (definition?.version === benchmark.benchmarkVersion) return definition
    const found = definition === undefined ? 'is gone' : `is at version ${definition.version} by now`
    throw new Error(`"${benchmark.benchmarkId}" ${found}; the run began with version ${benchmark.benchmarkVersion}`)
  }
  function sourceOf(benchmark: RunBenchmarkRow): ItemSource {
    const source = sources.get(benchmark.id) ?? openItems(db, definitionOf(benchmark), benchmark, run.seed)
    sources.set(benchmark.id, source)
    return source
  }

  /** Opens shards of one benchmark: what is stored of them is looked up for all of them together. */
  async function openGroup(rows: readonly ShardRow[], onStop: (error: ModelError) => void): Promise<ShardWork[]> {
    const { runBenchmarkId } = rows[0] as ShardRow
    const benchmark = benchmarks.find(({ id }) => id === runBenchmarkId)
    if (benchmark === undefined) throw new Error(`shards of ${runBenchmarkId} are of no benchmark of their run`)
    const definition = definitionOf(benchmark)
    const source = sourceOf(benchmark)
    const given = (definition.roles ?? []).filter((role) => others.has(role))
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
        if (benchmark === checked && row.index === 0) firstBook = book
        const models = openModels(
          (role, book) => {
            const shared = role === null ? own : (others.get(role) ?? own)
            return { session: session({ book }, shared), price: shared.target.price }
          },
          given,
          book,
        )
        return openShard({ row, benchmark, definition, source, items, scored, book, models, seed: run.seed, onStop })
      }),
    )
  }

  const width = Math.min(maxConnections, connection.limits.maxConnections ?? maxConnections)
  const slotsAlone = Math.max(16, width * 3)
  const slotsInLists = Math.min(width, 8) * (connection.limits.maxBatch ?? defaultMaxBatch) * 2
  const dispatchers = [own, ...others.values()].map(({ dispatcher }) => dispatcher)
  const asksLists = () => dispatchers.some((dispatcher) => dispatcher.asksLists)

  return {
    spend,
    get requests() {
      return usages.reduce((sum, { requests }) => sum + requests, 0)
    },
    get connections() {
      const sum = { open: 0, allowed: 0, most: 0 }
      for (const { load } of dispatchers) {
        sum.open += load.open
        sum.allowed += load.window
        sum.most += load.most
      }
      return sum
    },
    get slots() {
      return Math.min(mostSlots, asksLists() ? Math.max(slotsAlone, slotsInLists) : slotsAlone)
    },
    get stride() {
      return asksLists() ? mostSlots : strideAlone
    },
    async open(rows, onStop) {
      const groups = Map.groupBy(rows, ({ runBenchmarkId }) => runBenchmarkId)
      const opened = await Promise.all([...groups.values()].map((group) => openGroup(group, onStop)))
      const byRow = new Map(opened.flat().map((shard) => [shard.row, shard]))
      return rows.flatMap((row) => byRow.get(row) ?? [])
    },
    async check() {
      if (checked === undefined) return true
      const { evidenceSet, benchmarkId } = checked
      const source = sourceOf(checked)
      const stored = firstBook ?? (await openBook(readEvidence(env.EVIDENCE, run.tenantId, evidenceSet, 0)))
      const fresh = await openBook([])
      const book: EvidenceBook = { get: (key) => fresh.get(key) ?? stored.get(key), put: fresh.put }
      const replay = openReplay(run, definitionOf(checked), checked.params, source)
      for (const item of await source.slice(0, Math.min(checked.size, mostChecked))) {
        const exchange = item === undefined ? null : checkedExchange((await replay(item, stored)).exchanges)
        if (item === undefined || exchange === null) continue
        const found = await askAgain(extra({ book }).forItem(item.id), exchange, { benchmarkId, itemId: item.id })
        await writeEvidence(env.EVIDENCE, run.tenantId, evidenceSet, 0, fresh.takeLines())
        if (found === null) return false
        await setDeterminism(db, run.id, found)
        return true
      }
      return false
    },
    alive() {
      if (lastAlive === null || lastAlive.at < Date.now() - 2000)
        lastAlive = { at: Date.now(), answer: answers(extra({ reuse: false }).forItem('alive')) }
      return lastAlive.answer
    },
    windDown() {
      for (const asker of extras) asker.windDown()
    },
    async settle() {
      const [first] = benchmarks
      if (first === undefined) return
      const used = total(extras.splice(0).map((session) => ({ session, price: run.target.price })))
      if (used.requests + used.reused > 0) await inOneBatch(db, insertUsage(db, [usageRow(run, first.id, used)]))
    },
  }
}

/** Open connections per invocation, as the environment allows. */
function connectionsOf(env: Bindings): number {
  const stated = Number(env.MAX_CONNECTIONS)
  return Number.isInteger(stated) && stated > 0 ? stated : defaultMaxConnections
}
