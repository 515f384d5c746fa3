import type { Family } from '../../schema/benchmark.ts'
import type { BenchmarkReport, ItemCounts, Metric } from '../../schema/report.ts'
import type { RunStatus, StopReason } from '../../schema/states.ts'
import { reports, runBenchmarks, runs, scores, shards, targets, tenants, usage } from '../../schema/tables.ts'
import { type Database, newId } from '../../src/store/database.ts'
import { capable } from '../servers/in-process.ts'

/** Rows as a worker would have left them, for pages to read. */

export const capabilities = capable({
  embeddings: false,
  missing: { full: 'not offered' },
  fingerprint: 'f'.repeat(64),
})

/** A share with a symmetric interval. */
export const share = (value: number | null, half = 0.1, more: Partial<Metric> = {}): Metric => ({
  id: 'accuracy',
  title: 'Accuracy',
  value,
  ...(value === null ? { reason: 'too_few' as const } : {}),
  interval:
    value === null
      ? null
      : { low: Math.max(0, value - half), high: Math.min(1, value + half), confidence: 0.95, method: 'wilson' },
  n: 60,
  unit: 'share',
  direction: 'higher',
  ...more,
})

export const reportOf = (headline: Metric, more: Partial<BenchmarkReport> = {}): BenchmarkReport => ({
  headline: { ...headline, reading: 'The share of items that it gets right.' },
  metrics: [],
  curves: [],
  tables: [],
  caveats: [],
  worst: [],
  ...more,
})

export interface SeededBenchmark {
  id: string
  family?: Family
  version?: number
  title?: string
  params?: Record<string, unknown>
  size?: number
  /** Null: the run has not come that far. */
  report: BenchmarkReport | null
  counts?: Partial<ItemCounts>
  rows?: (Partial<typeof scores.$inferInsert> & { itemId: string })[]
}

export interface SeededRun {
  tenantId: string
  targetId: string
  name?: string
  model?: string
  revision?: string
  deploymentId?: string | null
  status?: RunStatus
  stopReason?: StopReason
  stopDetail?: string
  published?: boolean
  suite?: string | null
  createdAt?: number
  seconds?: number
  benchmarks: SeededBenchmark[]
}

export async function seedTenant(db: Database, name = 'somebody'): Promise<string> {
  const id = newId('ten')
  await db.insert(tenants).values({ id, name, createdAt: 0 })
  return id
}

export async function seedTarget(db: Database, tenantId: string, name: string): Promise<string> {
  const id = newId('tgt')
  await db.insert(targets).values({
    id,
    tenantId,
    name,
    baseUrl: 'http://localhost:8000/v1',
    model: name,
    dialect: 'vllm',
    limits: {},
    reasoningTags: [],
    createdAt: 0,
    updatedAt: 0,
  })
  return id
}

const start = Date.UTC(2026, 10, 20, 9)

/** Writes a run with its benchmarks, rows and reports; finished where it is not told otherwise. Returns its id. */
export async function seedRun(db: Database, seeded: SeededRun): Promise<string> {
  const { tenantId, status = 'done', createdAt = start, seconds = 83 } = seeded
  const id = newId('run')
  const finished = status !== 'queued' && status !== 'running'
  const name = seeded.name ?? 'a-model'
  const sizes = seeded.benchmarks.map((benchmark) => benchmark.size ?? 60)
  await db.insert(runs).values({
    id,
    tenantId,
    targetId: seeded.targetId,
    targetRevision: seeded.revision ?? `${name}-revision`,
    deploymentId: seeded.deploymentId ?? null,
    target: { name, model: seeded.model ?? name, dialect: 'vllm', capabilities, price: null },
    suite: seeded.suite === undefined ? 'core' : seeded.suite,
    seed: 0,
    status,
    stopReason: seeded.stopReason ?? null,
    stopDetail: seeded.stopDetail ?? null,
    budget: {},
    fresh: false,
    published: seeded.published ?? true,
    source: 'api',
    itemsTotal: sizes.reduce((sum, size) => sum + size, 0),
    createdAt,
    startedAt: status === 'queued' ? null : createdAt + 400,
    finishedAt: finished ? createdAt + 400 + seconds * 1000 : null,
    wokenAt: createdAt,
    determinism: {
      benchmarkId: 'factor',
      itemId: 'factor-0',
      first: { text: 'Paris', logprobs: [-0.1], error: null },
      second: { text: 'Paris', logprobs: [-0.1], error: null },
    },
  })
  for (const [position, benchmark] of seeded.benchmarks.entries()) {
    const runBenchmarkId = newId('rb')
    const size = benchmark.size ?? 60
    await db.insert(runBenchmarks).values({
      id: runBenchmarkId,
      tenantId,
      runId: id,
      position,
      benchmarkId: benchmark.id,
      benchmarkVersion: benchmark.version ?? 1,
      family: benchmark.family ?? 'uncertainty',
      title: benchmark.title ?? benchmark.id,
      params: benchmark.params ?? {},
      size,
      evidenceSet: 'e'.repeat(64),
    })
    for (const [itemIndex, row] of (benchmark.rows ?? []).entries())
      await db.insert(scores).values({ tenantId, runBenchmarkId, itemIndex, status: 'scored', detail: '{}', ...row })
    // Somebody is at work on it, so that no reader takes the run for stalled.
    if (!finished)
      await db.insert(shards).values({
        id: newId('sh'),
        tenantId,
        runId: id,
        runBenchmarkId,
        index: 0,
        fromIndex: 0,
        toIndex: size,
        status: 'open',
        leaseOwner: 'somebody',
        leaseUntil: Date.now() + 3_600_000,
        notBefore: 0,
        attempts: 1,
      })
    if (benchmark.report !== null)
      await db.insert(reports).values({
        runBenchmarkId,
        tenantId,
        runId: id,
        report: benchmark.report,
        counts: {
          total: size,
          scored: size,
          refused: 0,
          error: 0,
          skipped: 0,
          open: 0,
          reasons: {},
          ...benchmark.counts,
        },
        value: benchmark.report.headline.value,
        low: benchmark.report.headline.interval?.low ?? null,
        high: benchmark.report.headline.interval?.high ?? null,
        createdAt,
      })
    await db.insert(usage).values({
      id: newId('use'),
      tenantId,
      runId: id,
      runBenchmarkId,
      calls: size * 2,
      requests: size,
      retries: 1,
      reused: 12,
      promptTokens: size * 90,
      completionTokens: size * 11,
      microUsd: null,
      createdAt,
    })
  }
  return id
}
