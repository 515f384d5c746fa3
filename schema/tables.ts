import { sql } from 'drizzle-orm'
import { check, index, integer, primaryKey, real, sqliteTable, text, uniqueIndex } from 'drizzle-orm/sqlite-core'
import type { Family } from './benchmark.ts'
import { type Capabilities, dialectNames } from './capabilities.ts'
import type { BenchmarkReport, ItemCounts } from './report.ts'
import type { Determinism, WorkerLoad } from './run.ts'
import { type Budget, type Price, runStatuses, type StopReason, scoreStatuses, type TargetLimits } from './states.ts'

/**
 * The tables of D1. Times are milliseconds since 1970 (UTC), ids prefixed ULIDs. No foreign key cascades: D1 runs
 * table rebuilds with foreign keys on, and a cascade would then delete children.
 */

const quoted = (values: readonly string[]) => sql.raw(values.map((value) => `'${value}'`).join(', '))

export const tenants = sqliteTable('tenants', {
  id: text().primaryKey(),
  name: text().notNull(),
  createdAt: integer('created_at').notNull(),
})
const tenantId = () =>
  text('tenant_id')
    .notNull()
    .references(() => tenants.id)

export const apiKeys = sqliteTable(
  'api_keys',
  {
    id: text().primaryKey(),
    tenantId: tenantId(),
    name: text().notNull(),
    /** First characters, for people to tell keys apart. */
    prefix: text().notNull(),
    /** SHA-256 of the whole key, hex; the key itself is shown once and never stored. */
    hash: text().notNull(),
    createdAt: integer('created_at').notNull(),
    lastUsedAt: integer('last_used_at'),
    revokedAt: integer('revoked_at'),
  },
  (t) => [uniqueIndex('api_keys_hash').on(t.hash), index('api_keys_tenant').on(t.tenantId, t.createdAt)],
)

export const targets = sqliteTable(
  'targets',
  {
    id: text().primaryKey(),
    tenantId: tenantId(),
    name: text().notNull(),
    baseUrl: text('base_url').notNull(),
    model: text().notNull(),
    dialect: text({ enum: dialectNames }).notNull(),
    /** AES-GCM ciphertext of the provider's key, base64 of iv and sealed bytes. */
    sealedKey: text('sealed_key'),
    price: text({ mode: 'json' }).$type<Price>(),
    limits: text({ mode: 'json' }).$type<TargetLimits>().notNull(),
    /** Tags whose content is reasoning, not answer, as `think`. */
    reasoningTags: text('reasoning_tags', { mode: 'json' }).$type<string[]>().notNull(),
    capabilities: text({ mode: 'json' }).$type<Capabilities>(),
    probedAt: integer('probed_at'),
    probeError: text('probe_error'),
    createdAt: integer('created_at').notNull(),
    updatedAt: integer('updated_at').notNull(),
    deletedAt: integer('deleted_at'),
  },
  (t) => [
    index('targets_tenant').on(t.tenantId, t.createdAt, t.id),
    check('targets_dialect', sql`${t.dialect} in (${quoted(dialectNames)})`),
  ],
)

export const datasets = sqliteTable(
  'datasets',
  {
    id: text().primaryKey(),
    tenantId: tenantId(),
    name: text().notNull(),
    /** The benchmark whose item shape the items have. */
    benchmarkId: text('benchmark_id').notNull(),
    importer: text(),
    itemCount: integer('item_count').notNull(),
    /** SHA-256 over the items' JSON lines, hex: the same items give the same evidence set. */
    sha256: text().notNull(),
    createdAt: integer('created_at').notNull(),
    deletedAt: integer('deleted_at'),
  },
  (t) => [index('datasets_tenant').on(t.tenantId, t.createdAt, t.id)],
)

export const items = sqliteTable(
  'items',
  {
    tenantId: tenantId(),
    datasetId: text('dataset_id')
      .notNull()
      .references(() => datasets.id),
    index: integer().notNull(),
    itemId: text('item_id').notNull(),
    /** The item as JSON, of its benchmark's item shape. */
    body: text().notNull(),
  },
  (t) => [primaryKey({ columns: [t.datasetId, t.index] }), uniqueIndex('items_item').on(t.datasetId, t.itemId)],
)

export const hooks = sqliteTable(
  'hooks',
  {
    id: text().primaryKey(),
    tenantId: tenantId(),
    /** `in`: a deployment tells us and a run starts. `out`: we tell a receiver that a run ended. */
    direction: text({ enum: ['in', 'out'] }).notNull(),
    provider: text({ enum: ['github', 'standard'] }).notNull(),
    name: text().notNull(),
    /** Sealed signing secret. */
    sealedSecret: text('sealed_secret').notNull(),
    /** Out: where to send. */
    url: text(),
    /** In: the run to start (target, suite or benchmarks, size, seed, publish). */
    runTemplate: text('run_template', { mode: 'json' }).$type<unknown>(),
    /** In, GitHub: only deployments to these environments; empty: any. */
    environments: text({ mode: 'json' }).$type<string[]>().notNull(),
    disabledAt: integer('disabled_at'),
    createdAt: integer('created_at').notNull(),
    deletedAt: integer('deleted_at'),
  },
  (t) => [
    index('hooks_tenant').on(t.tenantId, t.direction, t.createdAt),
    check('hooks_direction', sql`${t.direction} in ('in', 'out')`),
    check('hooks_url', sql`${t.direction} = 'in' or ${t.url} is not null`),
  ],
)

/** A target that a run uses beside its own, as it was when the run began. */
export interface RunRole {
  targetId: string
  revision: string
  name: string
  model: string
  dialect: string
  capabilities: Capabilities
  price: Price | null
}

export const runs = sqliteTable(
  'runs',
  {
    id: text().primaryKey(),
    tenantId: tenantId(),
    targetId: text('target_id')
      .notNull()
      .references(() => targets.id),
    /** Hash of tenant, base URL, model, dialect, probe fingerprint and deployment id. */
    targetRevision: text('target_revision').notNull(),
    /** The deployment a webhook told of (a commit's sha), else null. */
    deploymentId: text('deployment_id'),
    /** The target as it was when the run began: name, model, dialect, capabilities, price. */
    target: text({ mode: 'json' })
      .$type<{ name: string; model: string; dialect: string; capabilities: Capabilities; price: Price | null }>()
      .notNull(),
    /** Other targets by role, as they were when the run began; null where there are none. */
    roles: text({ mode: 'json' }).$type<Record<string, RunRole>>(),
    suite: text(),
    seed: integer().notNull(),
    status: text({ enum: runStatuses }).notNull(),
    stopReason: text('stop_reason').$type<StopReason>(),
    stopDetail: text('stop_detail'),
    budget: text({ mode: 'json' }).$type<Budget>().notNull(),
    fresh: integer({ mode: 'boolean' }).notNull(),
    published: integer({ mode: 'boolean' }).notNull(),
    source: text({ enum: ['api', 'hook'] }).notNull(),
    hookId: text('hook_id').references(() => hooks.id),
    /** What the hook may start only once: repository, sha and environment. */
    hookKey: text('hook_key'),
    itemsTotal: integer('items_total').notNull(),
    createdAt: integer('created_at').notNull(),
    startedAt: integer('started_at'),
    finishedAt: integer('finished_at'),
    cancelRequestedAt: integer('cancel_requested_at'),
    /** When wake-up messages were last sent. */
    wokenAt: integer('woken_at').notNull(),
    /** The result of the determinism check, once it is made. */
    determinism: text({ mode: 'json' }).$type<Determinism>(),
    /** What workers that are at it told last, by the owner of their leases; for those who watch, and soon stale. */
    load: text({ mode: 'json' }).$type<Record<string, WorkerLoad>>(),
    /** When its end was told to the out-hooks; null with a finish time: still to be told. */
    announcedAt: integer('announced_at'),
  },
  (t) => [
    index('runs_tenant').on(t.tenantId, t.createdAt, t.id),
    index('runs_target').on(t.tenantId, t.targetId, t.createdAt, t.id),
    index('runs_unannounced').on(t.finishedAt).where(sql`announced_at is null and finished_at is not null`),
    index('runs_open').on(t.status, t.wokenAt).where(sql`status in ('queued', 'running')`),
    index('runs_published').on(t.published, t.finishedAt).where(sql`published = 1`),
    uniqueIndex('runs_hook').on(t.hookId, t.hookKey).where(sql`hook_key is not null`),
    check('runs_status', sql`${t.status} in (${quoted(runStatuses)})`),
  ],
)

export const runBenchmarks = sqliteTable(
  'run_benchmarks',
  {
    id: text().primaryKey(),
    tenantId: tenantId(),
    runId: text('run_id')
      .notNull()
      .references(() => runs.id),
    position: integer().notNull(),
    benchmarkId: text('benchmark_id').notNull(),
    benchmarkVersion: integer('benchmark_version').notNull(),
    family: text().$type<Family>().notNull(),
    /** Its title when the run began. */
    title: text().notNull(),
    params: text({ mode: 'json' }).$type<Record<string, unknown>>().notNull(),
    datasetId: text('dataset_id').references(() => datasets.id),
    size: integer().notNull(),
    /** Hash of target revision, benchmark id and version, params, items and seed (and the run where it asks anew). */
    evidenceSet: text('evidence_set').notNull(),
  },
  (t) => [
    uniqueIndex('run_benchmarks_run').on(t.runId, t.position),
    index('run_benchmarks_tenant').on(t.tenantId, t.benchmarkId),
    index('run_benchmarks_dataset').on(t.datasetId).where(sql`dataset_id is not null`),
  ],
)

export const shards = sqliteTable(
  'shards',
  {
    id: text().primaryKey(),
    tenantId: tenantId(),
    runId: text('run_id')
      .notNull()
      .references(() => runs.id),
    runBenchmarkId: text('run_benchmark_id')
      .notNull()
      .references(() => runBenchmarks.id),
    index: integer().notNull(),
    /** Items fromIndex ≤ i < toIndex. */
    fromIndex: integer('from_index').notNull(),
    toIndex: integer('to_index').notNull(),
    status: text({ enum: ['open', 'done'] }).notNull(),
    leaseOwner: text('lease_owner'),
    leaseUntil: integer('lease_until').notNull(),
    /** Not to be taken before this time. */
    notBefore: integer('not_before').notNull(),
    /** Times it was taken since a row of it was last committed. */
    attempts: integer().notNull(),
    lastError: text('last_error'),
    /** Rows by status, and by reason where it has one ("error:timeout"), once all are there: readers need not count them. */
    counts: text({ mode: 'json' }).$type<Record<string, number>>(),
  },
  (t) => [
    uniqueIndex('shards_slice').on(t.runBenchmarkId, t.index),
    index('shards_open').on(t.runId, t.status, t.leaseUntil),
    check('shards_status', sql`${t.status} in ('open', 'done')`),
    check('shards_slice_order', sql`${t.fromIndex} < ${t.toIndex}`),
  ],
)

export const scores = sqliteTable(
  'scores',
  {
    tenantId: tenantId(),
    runBenchmarkId: text('run_benchmark_id')
      .notNull()
      .references(() => runBenchmarks.id),
    itemIndex: integer('item_index').notNull(),
    itemId: text('item_id').notNull(),
    cluster: text(),
    status: text({ enum: scoreStatuses }).notNull(),
    score: real(),
    reason: text(),
    /** The row of the benchmark's own shape as JSON; null for errors. */
    detail: text(),
  },
  (t) => [
    primaryKey({ columns: [t.runBenchmarkId, t.itemIndex] }),
    index('scores_status').on(t.runBenchmarkId, t.status, t.itemIndex),
    check('scores_status_known', sql`${t.status} in (${quoted(scoreStatuses)})`),
    check('scores_detail', sql`${t.status} = 'error' or ${t.detail} is not null`),
  ],
)

export const reports = sqliteTable(
  'reports',
  {
    runBenchmarkId: text('run_benchmark_id')
      .primaryKey()
      .references(() => runBenchmarks.id),
    tenantId: tenantId(),
    runId: text('run_id')
      .notNull()
      .references(() => runs.id),
    report: text({ mode: 'json' }).$type<BenchmarkReport>().notNull(),
    counts: text({ mode: 'json' }).$type<ItemCounts>().notNull(),
    /** The headline again, in columns, for leaderboards. */
    value: real(),
    low: real(),
    high: real(),
    createdAt: integer('created_at').notNull(),
    rescoredAt: integer('rescored_at'),
  },
  (t) => [index('reports_run').on(t.runId)],
)

export const usage = sqliteTable(
  'usage',
  {
    /** One row per commit of a shard: the commit's own id, so that a repeated commit counts once. */
    id: text().primaryKey(),
    tenantId: tenantId(),
    runId: text('run_id')
      .notNull()
      .references(() => runs.id),
    runBenchmarkId: text('run_benchmark_id')
      .notNull()
      .references(() => runBenchmarks.id),
    /** Answers asked of the target (each sample and each scored continuation list counts one). */
    calls: integer().notNull(),
    /** HTTP requests sent, retries included. */
    requests: integer().notNull(),
    retries: integer().notNull(),
    /** Requests that the target refused for load (429, 503). */
    throttled: integer().notNull().default(0),
    /** Answers taken from evidence. */
    reused: integer().notNull(),
    promptTokens: integer('prompt_tokens').notNull(),
    completionTokens: integer('completion_tokens').notNull(),
    microUsd: integer('micro_usd'),
    createdAt: integer('created_at').notNull(),
  },
  (t) => [
    index('usage_run').on(t.runId),
    index('usage_throttled').on(t.runId, t.createdAt, t.throttled).where(sql`throttled > 0`),
  ],
)

export const deliveries = sqliteTable(
  'deliveries',
  {
    id: text().primaryKey(),
    tenantId: tenantId(),
    hookId: text('hook_id')
      .notNull()
      .references(() => hooks.id),
    direction: text({ enum: ['in', 'out'] }).notNull(),
    event: text().notNull(),
    /** The sender's delivery id (in) or our message id (out). */
    key: text().notNull(),
    runId: text('run_id').references(() => runs.id),
    status: text({ enum: ['accepted', 'ignored', 'pending', 'delivered', 'failed'] }).notNull(),
    detail: text(),
    /** Out: the exact body that is signed. */
    body: text(),
    attempts: integer().notNull(),
    nextAttemptAt: integer('next_attempt_at'),
    responseStatus: integer('response_status'),
    createdAt: integer('created_at').notNull(),
    finishedAt: integer('finished_at'),
  },
  (t) => [
    uniqueIndex('deliveries_key').on(t.hookId, t.key),
    index('deliveries_due').on(t.status, t.nextAttemptAt).where(sql`status = 'pending'`),
    index('deliveries_hook').on(t.hookId, t.createdAt),
  ],
)

/** Answers to requests that carried an Idempotency-Key, for a day. */
export const idempotencyKeys = sqliteTable(
  'idempotency_keys',
  {
    tenantId: tenantId(),
    key: text().notNull(),
    requestHash: text('request_hash').notNull(),
    /** Null while the first request is still being answered. */
    responseStatus: integer('response_status'),
    responseBody: text('response_body'),
    createdAt: integer('created_at').notNull(),
  },
  (t) => [primaryKey({ columns: [t.tenantId, t.key] }), index('idempotency_keys_age').on(t.createdAt)],
)
