import type { SuiteName } from '../../schema/benchmark.ts'
import type { Bindings } from '../../schema/bindings.ts'
import type { BenchmarkRequest, RunRequest } from '../../schema/run.ts'
import { findBenchmark } from '../benchmarks/catalogue.ts'
import type { AnyBenchmark } from '../benchmarks/define.ts'
import { suiteParams, suites } from '../benchmarks/suites.ts'
import { targetRevision } from '../model/connection.ts'
import { type Database, newId, openDatabase } from '../store/database.ts'
import { type DatasetRow, getDataset } from '../store/datasets.ts'
import {
  getRunByHookKey,
  insertRun,
  type NewRun,
  type RunBenchmarkRow,
  type RunRow,
  type ShardRow,
} from '../store/runs.ts'
import { evidenceSet } from './evidence-set.ts'
import { PlanError, type PlanProblem, pointerTo } from './plan-error.ts'
import { type ProbedTarget, planRoles, probedTarget, type Roles, revisionsOf } from './roles.ts'
import { sendWork } from './wake.ts'

export { PlanError } from './plan-error.ts'

/** Who asked for a run. */
export interface Origin {
  source: 'api' | 'hook'
  hookId?: string
  /** What the hook may start only once. */
  hookKey?: string
  /** The deployment that is measured, as a commit's sha. */
  deploymentId?: string
}

/** Looks benchmarks up; the catalogue unless a test brings its own. */
export type FindBenchmark = (id: string) => AnyBenchmark | undefined

type Asked = BenchmarkRequest & { pointer: string; preset: RunRequest['size'] }

interface Planned {
  benchmark: AnyBenchmark
  params: Record<string, unknown>
  dataset: DatasetRow | null
  /** 0 where the target cannot be asked. */
  size: number
}

/** Items per shard: about 200 questions' worth of one or two calls, fewer where items are costly. */
const shardSize = (callsPerItem: number): number =>
  Math.max(25, Math.min(200, Math.round(400 / Math.max(1, callsPerItem))))

/**
 * Checks a request against catalogue, datasets and the target's capabilities, writes the run and its shards in one
 * batch and wakes workers. The same hook key starts one run only: its run is given back. Raises PlanError.
 */
export async function startRun(
  env: Bindings,
  tenantId: string,
  request: RunRequest,
  origin: Origin,
  find: FindBenchmark = findBenchmark,
): Promise<RunRow> {
  const db = openDatabase(env.DB)
  const { hookId, hookKey } = origin
  const earlier = async () =>
    hookId !== undefined && hookKey !== undefined ? getRunByHookKey(db, tenantId, hookId, hookKey) : null
  const started = await earlier()
  if (started !== null) return started
  const target = await probedTarget(db, tenantId, request.targetId, '/targetId')
  const planned = await planBenchmarks(db, tenantId, request, target, find)
  const roles = await planRoles(
    db,
    tenantId,
    request,
    planned.map(({ benchmark }) => benchmark),
  )
  const plan = rowsOf(tenantId, target, roles, request, origin, planned)
  try {
    await insertRun(db, plan)
  } catch (error) {
    // The same hook key at once from two deliveries: the unique index let one of them through.
    const other = await earlier()
    if (other !== null) return other
    throw error
  }
  await sendWork(env, plan.run.id, plan.shards.length)
  return plan.run
}

/** Raises the PlanError that starting this run now would raise; nothing is written. */
export async function checkRun(
  env: Bindings,
  tenantId: string,
  request: RunRequest,
  find: FindBenchmark = findBenchmark,
): Promise<void> {
  const db = openDatabase(env.DB)
  const target = await probedTarget(db, tenantId, request.targetId, '/targetId')
  const planned = await planBenchmarks(db, tenantId, request, target, find)
  const benchmarks = planned.map(({ benchmark }) => benchmark)
  await planRoles(db, tenantId, request, benchmarks)
}

/** What is asked for, benchmark by benchmark. */
function askedBenchmarks(request: RunRequest): Asked[] {
  if ((request.suite === undefined) === (request.benchmarks === undefined))
    throw new PlanError('invalid', [{ pointer: '', detail: 'Give either a suite or benchmarks.' }])
  if (request.benchmarks !== undefined)
    return request.benchmarks.map((benchmark, index) => ({
      ...benchmark,
      pointer: pointerTo('benchmarks', index),
      preset: request.size ?? 'full',
    }))
  const name = request.suite as SuiteName
  const preset = request.size ?? suites[name].defaultSize
  return suites[name].benchmarks.map((id) => ({ id, params: suiteParams(name, id, preset), pointer: '/suite', preset }))
}

async function planBenchmarks(
  db: Database,
  tenantId: string,
  request: RunRequest,
  target: ProbedTarget,
  find: FindBenchmark,
): Promise<Planned[]> {
  const problems: PlanProblem[] = []
  if (request.budget.microUsd !== undefined && target.price === null) {
    const detail = 'A budget in money needs the price of the target: set it, or give a budget in calls or tokens.'
    problems.push({ pointer: '/budget/microUsd', detail })
  }
  const planned: Planned[] = []
  const lacking: PlanProblem[] = []
  const seen = new Set<string>()
  for (const asked of askedBenchmarks(request)) {
    const benchmark = find(asked.id)
    if (benchmark === undefined) {
      problems.push({ pointer: `${asked.pointer}/id`, detail: `There is no benchmark "${asked.id}".` })
      continue
    }
    if (seen.has(asked.id)) {
      problems.push({ pointer: `${asked.pointer}/id`, detail: `"${asked.id}" is asked for twice: start two runs.` })
      continue
    }
    seen.add(asked.id)
    const params = readParams(benchmark, asked, problems)
    const source = await readItems(db, tenantId, benchmark, asked, problems)
    const missing = missingNeeds(benchmark, asked, target)
    lacking.push(...missing)
    if (params !== null && source !== null)
      planned.push({ benchmark, params, ...source, size: missing.length > 0 ? 0 : source.size })
  }
  // Nothing could be measured: say so now rather than in a report of nulls.
  if (planned.every(({ size }) => size === 0)) problems.push(...lacking)
  if (problems.length > 0) throw new PlanError('invalid', problems)
  return planned
}

function readParams(benchmark: AnyBenchmark, asked: Asked, problems: PlanProblem[]): Record<string, unknown> | null {
  const parsed = benchmark.params.safeParse(asked.params)
  const known = Object.keys((benchmark.params as { shape?: object }).shape ?? parsed.data ?? {})
  const unknown = Object.keys(asked.params).filter((name) => !known.includes(name))
  for (const name of unknown) {
    const list = known.length === 0 ? 'it has none' : `it has ${known.join(', ')}`
    const detail = `"${benchmark.id}" has no parameter "${name}": ${list}.`
    problems.push({ pointer: asked.pointer + pointerTo('params', name), detail })
  }
  for (const issue of parsed.error?.issues ?? []) {
    if (issue.code === 'unrecognized_keys' && issue.path.length === 0) continue
    problems.push({ pointer: asked.pointer + pointerTo('params', ...issue.path), detail: `${issue.message}.` })
  }
  return unknown.length === 0 && parsed.success ? (parsed.data as Record<string, unknown>) : null
}

async function readItems(
  db: Database,
  tenantId: string,
  benchmark: AnyBenchmark,
  asked: Asked,
  problems: PlanProblem[],
): Promise<{ dataset: DatasetRow | null; size: number } | null> {
  const wanted =
    asked.size ?? (typeof asked.preset === 'number' ? asked.preset : benchmark.sizes[asked.preset ?? 'full'])
  if (asked.datasetId === undefined) {
    if (benchmark.builtin !== undefined) return { dataset: null, size: wanted }
    const detail = `"${asked.id}" has no items of its own: give a datasetId.`
    problems.push({ pointer: `${asked.pointer}/datasetId`, detail })
    return null
  }
  const pointer = `${asked.pointer}/datasetId`
  const dataset = await getDataset(db, tenantId, asked.datasetId)
  if (dataset === null) {
    problems.push({ pointer, detail: `There is no dataset ${asked.datasetId}.` })
    return null
  }
  if (dataset.benchmarkId !== benchmark.id) {
    const detail = `Its items are of benchmark "${dataset.benchmarkId}", not "${benchmark.id}".`
    problems.push({ pointer, detail })
    return null
  }
  if (dataset.itemCount === 0) {
    problems.push({ pointer, detail: 'It holds no items.' })
    return null
  }
  const whole = asked.size === undefined && asked.preset === 'full'
  return { dataset, size: whole ? dataset.itemCount : Math.min(wanted, dataset.itemCount) }
}

const missingNeeds = (benchmark: AnyBenchmark, asked: Asked, { capabilities }: ProbedTarget): PlanProblem[] =>
  benchmark.needs
    .filter((need) => !capabilities[need])
    .map((need) => {
      const why = capabilities.missing[need] ?? 'the probe did not find it'
      return { pointer: asked.pointer, detail: `"${benchmark.id}" needs ${need}, which this target lacks: ${why}` }
    })

function rowsOf(
  tenantId: string,
  target: ProbedTarget,
  roles: Roles,
  request: RunRequest,
  origin: Origin,
  planned: readonly Planned[],
): NewRun {
  const now = Date.now()
  const deploymentId = origin.deploymentId ?? null
  const { capabilities, name, model, dialect, price } = target
  const run: RunRow = {
    id: newId('run'),
    tenantId,
    targetId: target.id,
    targetRevision: targetRevision(tenantId, target, capabilities.fingerprint, deploymentId),
    deploymentId,
    target: { name, model, dialect, capabilities, price },
    roles: Object.keys(roles).length === 0 ? null : roles,
    suite: request.suite ?? null,
    seed: request.seed,
    status: 'queued',
    stopReason: null,
    stopDetail: null,
    budget: request.budget,
    fresh: request.fresh,
    published: request.published,
    source: origin.source,
    hookId: origin.hookId ?? null,
    hookKey: origin.hookKey ?? null,
    itemsTotal: planned.reduce((sum, { size }) => sum + size, 0),
    createdAt: now,
    startedAt: null,
    finishedAt: null,
    cancelRequestedAt: null,
    wokenAt: now,
    determinism: null,
    load: null,
    announcedAt: null,
  }
  const benchmarks: RunBenchmarkRow[] = []
  const shards: ShardRow[] = []
  planned.forEach(({ benchmark, params, dataset, size }, position) => {
    const length = shardSize(benchmark.callsPerItem(params, capabilities).typical)
    const id = newId('rb')
    benchmarks.push({
      id,
      tenantId,
      runId: run.id,
      position,
      benchmarkId: benchmark.id,
      benchmarkVersion: benchmark.version,
      family: benchmark.family,
      title: benchmark.title,
      params,
      datasetId: dataset?.id ?? null,
      size,
      evidenceSet: evidenceSet({
        targetRevision: run.targetRevision,
        benchmarkId: benchmark.id,
        version: benchmark.version,
        params,
        itemsSha256: dataset?.sha256 ?? null,
        seed: request.seed,
        shardSize: length,
        roles: revisionsOf(benchmark, roles),
        freshRunId: request.fresh ? run.id : null,
      }),
    })
    for (let from = 0; from < size; from += length)
      shards.push({
        id: newId('sh'),
        tenantId,
        runId: run.id,
        runBenchmarkId: id,
        index: from / length,
        fromIndex: from,
        toIndex: Math.min(size, from + length),
        status: 'open',
        leaseOwner: null,
        leaseUntil: 0,
        notBefore: 0,
        attempts: 0,
        lastError: null,
        counts: null,
      })
  })
  return { run, benchmarks, shards }
}
