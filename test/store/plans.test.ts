import { env } from 'cloudflare:workers'
import type { D1Database, D1PreparedStatement } from '@cloudflare/workers-types'
import { expect, test } from 'vitest'
import { datasets, targets, tenants } from '../../schema/tables.ts'
import { inOneBatch, newId, openDatabase } from '../../src/store/database.ts'
import { openRunOfDataset, pageItems } from '../../src/store/datasets.ts'
import { noteLoad, runThrottled } from '../../src/store/load.ts'
import {
  getPublishedRun,
  getRun,
  getRunByHookKey,
  getRunForWork,
  listRuns,
  runProgress,
  runReportView,
  runState,
  runView,
  setDeterminism,
  stalledRuns,
  stopRun,
  unannouncedRuns,
  waitingRuns,
} from '../../src/store/runs.ts'
import { allScores, getScore, insertScores, pageScores, scoredIndexes } from '../../src/store/scores.ts'
import {
  closeShards,
  noteProgress,
  openShards,
  releaseShards,
  renewLeases,
  restShards,
  shardsOf,
  shardWith,
  takeShards,
} from '../../src/store/shards.ts'
import { openRunOfTarget } from '../../src/store/targets.ts'
import { runUsage } from '../../src/store/usage.ts'

/** D1 that notes every statement with its values, to be explained afterwards. */
function noting(database: D1Database) {
  const seen = new Map<string, unknown[]>()
  const inner = new WeakMap<object, D1PreparedStatement>()
  const wrap = (statement: D1PreparedStatement, query: string): D1PreparedStatement => {
    const wrapped = {
      bind: (...values: unknown[]) => {
        seen.set(query, values)
        return wrap(statement.bind(...values), query)
      },
      all: () => statement.all(),
      run: () => statement.run(),
      raw: () => statement.raw(),
      first: () => statement.first(),
    } as unknown as D1PreparedStatement
    inner.set(wrapped, statement)
    return wrapped
  }
  const noted = {
    prepare: (query: string) => {
      seen.set(query, [])
      return wrap(database.prepare(query), query)
    },
    batch: (statements: D1PreparedStatement[]) =>
      database.batch(statements.map((statement) => inner.get(statement) ?? statement)),
  } as unknown as D1Database
  return { noted, seen }
}

test('every statement about runs, shards, scores and items finds its rows by an index', async () => {
  const { noted, seen } = noting(env.DB)
  const db = openDatabase(noted)
  const now = Date.now()
  const [tenantId, targetId] = [newId('ten'), newId('tgt')]
  await db.insert(tenants).values({ id: tenantId, name: 't', createdAt: now })
  await db.insert(targets).values({
    id: targetId,
    tenantId,
    name: 't',
    baseUrl: 'http://x.test',
    model: 'm',
    dialect: 'openai',
    limits: {},
    reasoningTags: [],
    createdAt: now,
    updatedAt: now,
  })
  await db.select().from(datasets).limit(0)
  seen.clear()
  const shard = {
    shardId: 'sh_1',
    itemIndex: 0,
    itemId: 'i',
    cluster: null,
    status: 'scored' as const,
    score: 1,
    reason: null,
    detail: '{}',
  }
  await getRun(db, tenantId, 'run_1')
  await getPublishedRun(db, 'run_1')
  await getRunForWork(db, 'run_1')
  await getRunByHookKey(db, tenantId, 'hook_1', 'k')
  await listRuns(db, tenantId, { limit: 10 })
  await listRuns(db, tenantId, { limit: 10, status: 'done', targetId })
  await openRunOfTarget(db, tenantId, targetId)
  await openRunOfDataset(db, tenantId, 'ds_1')
  await runProgress(db, 'run_1')
  await stalledRuns(db, now, now, 10)
  await waitingRuns(db, now, 10)
  await unannouncedRuns(db, now, 10)
  await stopRun(db, 'run_1', 'cancelled', null, now)
  await setDeterminism(db, 'run_1', {
    benchmarkId: 'factor',
    itemId: 'i',
    first: { text: null, logprobs: null, error: null },
    second: { text: null, logprobs: null, error: null },
  })
  await pageScores(db, 'run_1', { limit: 5 })
  await allScores(db, 'rb_1')
  await getScore(db, 'rb_1', 3)
  await scoredIndexes(db, 'rb_1', 0, 9)
  await takeShards(db, 'run_1', 'me', now, now, 3)
  await openShards(db, 'run_1', now)
  await releaseShards(db, 'me', ['sh_1'], 0, null)
  await restShards(db, 'run_1', now)
  await shardsOf(db, ['rb_1'])
  await shardWith(db, 'rb_1', 3)
  await inOneBatch(db, [
    renewLeases(db, 'me', ['sh_1'], now),
    runState(db, 'run_1', now),
    ...insertScores(db, 'me', [shard]),
    noteProgress(db, 'me', ['sh_1']),
    closeShards(db, 'me', ['sh_1']),
    noteLoad(db, 'run_1', 'me', { at: now, open: 1, allowed: 2, most: 4, requestsPerMinute: 60 }),
  ])
  await runUsage(db, 'run_1')
  await runThrottled(db, 'run_1')
  await pageItems(db, 'ds_1', 0, 10)
  const missing = { id: 'run_1', determinism: null } as Awaited<ReturnType<typeof getRun>> & object
  await runView(db, { ...missing, createdAt: now, startedAt: null, finishedAt: null, itemsTotal: 0 })
  await runReportView(db, { ...missing, createdAt: now, startedAt: null, finishedAt: null, itemsTotal: 0 })

  expect(seen.size).toBeGreaterThan(25)
  for (const [query, values] of seen) {
    const { results } = await env.DB.prepare(`explain query plan ${query}`)
      .bind(...values)
      .all<{ detail: string }>()
    for (const { detail } of results) {
      // A virtual table (json_each), a constant row and a subquery's few rows are no tables of ours.
      const scans =
        /^SCAN (?!.*(VIRTUAL TABLE|CONSTANT ROW|\(subquery-\d+\)))/.test(detail) &&
        !/USING (COVERING )?INDEX/.test(detail)
      expect([scans, detail, query]).toEqual([false, detail, query])
    }
  }
})
