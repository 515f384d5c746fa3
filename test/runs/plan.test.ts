import { expect, test } from 'vitest'
import { datasets, items, targets } from '../../schema/tables.ts'
import { PlanError } from '../../src/runs/plan.ts'
import { inOneBatch, insertRows, newId, openDatabase } from '../../src/store/database.ts'
import { getRunBenchmarks, getRunForWork, runReportView } from '../../src/store/runs.ts'
import { shardsOf } from '../../src/store/shards.ts'
import { openPlace, type Place } from './place.ts'

const problemsOf = async (attempt: Promise<unknown>) => {
  const error = await attempt.then(
    () => null,
    (raised) => raised,
  )
  expect(error).toBeInstanceOf(PlanError)
  return [error.code, ...error.problems.map((problem: { pointer: string }) => problem.pointer)]
}

async function upload(place: Place, benchmarkId: string, texts: string[]): Promise<string> {
  const db = openDatabase(place.env.DB)
  const id = newId('ds')
  const { tenantId } = place
  await db.insert(datasets).values({
    id,
    tenantId,
    name: 'mine',
    benchmarkId,
    importer: null,
    itemCount: texts.length,
    sha256: `sha-${texts.join()}`,
    createdAt: 0,
    deletedAt: null,
  })
  const rows = texts.map((text, index) => ({
    tenantId,
    datasetId: id,
    index,
    itemId: `i${index}`,
    body: JSON.stringify({ id: `i${index}`, text }),
  }))
  await inOneBatch(db, insertRows(db, items, rows))
  return id
}

test('every problem is told at once, each with its place', async () => {
  const place = await openPlace()
  expect(
    await problemsOf(
      place.start({
        benchmarks: [
          { id: 'one-call', params: { maxTokens: 'many', other: 1 } },
          { id: 'nothing' },
          { id: 'one-call' },
          { id: 'two-calls', params: { 'a/b': 1 }, datasetId: 'ds_none' },
        ],
        budget: { microUsd: 5 },
      }),
    ),
  ).toEqual([
    'invalid',
    '/budget/microUsd',
    '/benchmarks/0/params/other',
    '/benchmarks/0/params/maxTokens',
    '/benchmarks/1/id',
    '/benchmarks/2/id',
    '/benchmarks/3/params/a~1b',
    '/benchmarks/3/datasetId',
  ])
  expect(await problemsOf(place.start({ targetId: 'tgt_none' }))).toEqual(['not_found', '/targetId'])
  expect(await problemsOf(place.start({ suite: 'core', benchmarks: [{ id: 'one-call' }] }))).toEqual(['invalid', ''])
  await openDatabase(place.env.DB).update(targets).set({ capabilities: null, probeError: 'HTTP 500' })
  expect(await problemsOf(place.start({}))).toEqual(['conflict', '/targetId'])
})

test('another tenant’s target and dataset do not exist', async () => {
  const [mine, theirs] = [await openPlace(), await openPlace()]
  const datasetId = await upload(theirs, 'one-call', ['a'])
  expect(await problemsOf(mine.start({ targetId: theirs.targetId }))).toEqual(['not_found', '/targetId'])
  expect(await problemsOf(mine.start({ benchmarks: [{ id: 'one-call', datasetId }] }))).toEqual([
    'invalid',
    '/benchmarks/0/datasetId',
  ])
})

test('a run that would be all null is refused by name; beside others, such a benchmark is null with its reason', async () => {
  const place = await openPlace()
  const refused = await place.start({ benchmarks: [{ id: 'needs-full' }] }).catch((error) => error)
  expect(refused).toBeInstanceOf(PlanError)
  expect(refused.problems).toEqual([
    {
      pointer: '/benchmarks/0',
      detail: '"needs-full" needs full, which this target lacks: the server shows no full vocabulary',
    },
  ])
  const { id } = await place.start({
    benchmarks: [
      { id: 'needs-full', size: 5 },
      { id: 'one-call', size: 5 },
    ],
  })
  await place.drain()
  const db = openDatabase(place.env.DB)
  const run = await place.run(id)
  expect(run.status).toBe('done')
  const { benchmarks } = await runReportView(db, run)
  expect(benchmarks[0]?.report.headline).toMatchObject({ value: null, reason: 'capability_missing' })
  expect(benchmarks[0]?.report.caveats[0]?.message).toContain('shows no full vocabulary')
  expect(benchmarks[1]?.report.headline.value).not.toBeNull()
})

test('sizes follow from the request, the preset and the dataset', async () => {
  const place = await openPlace()
  const db = openDatabase(place.env.DB)
  const sizeOf = async (request: Parameters<Place['start']>[0]) => {
    const run = await place.start(request)
    return (await getRunBenchmarks(db, run.id)).map(({ size }) => size)
  }
  const datasetId = await upload(
    place,
    'one-call',
    Array.from({ length: 30 }, (_, index) => `t${index}`),
  )
  expect(await sizeOf({})).toEqual([20])
  expect(await sizeOf({ size: 'smoke' })).toEqual([3])
  expect(await sizeOf({ size: 7 })).toEqual([7])
  expect(await sizeOf({ size: 7, benchmarks: [{ id: 'one-call', size: 9 }] })).toEqual([9])
  expect(await sizeOf({ benchmarks: [{ id: 'one-call', datasetId }] })).toEqual([30])
  expect(await sizeOf({ size: 'demo', benchmarks: [{ id: 'one-call', datasetId }] })).toEqual([5])
  expect(await sizeOf({ benchmarks: [{ id: 'one-call', datasetId, size: 99 }] })).toEqual([30])
  const run = await place.start({ benchmarks: [{ id: 'one-call', size: 450 }] })
  const [benchmark] = await getRunBenchmarks(db, run.id)
  const slices = await shardsOf(db, [benchmark?.id as string])
  expect(slices.map(({ fromIndex, toIndex }) => [fromIndex, toIndex])).toEqual([
    [0, 200],
    [200, 400],
    [400, 450],
  ])
})

test('uploaded items are asked, and an item that the benchmark cannot read is lost alone', async () => {
  const place = await openPlace()
  const datasetId = await upload(place, 'one-call', ['first', 'second', 'third'])
  await place.env.DB.prepare(`update items set body = '{"id":"i1"}' where item_id = 'i1'`).run()
  const { id } = await place.start({ benchmarks: [{ id: 'one-call', datasetId }] })
  await place.drain()
  const report = await runReportView(openDatabase(place.env.DB), await place.run(id))
  expect(report.benchmarks[0]?.counts).toMatchObject({ scored: 2, error: 1, reasons: { no_item: 1 } })
  expect(JSON.stringify(place.requests)).toContain('third')
})

test('one key of a hook starts one run, however often and at once it is told', async () => {
  const place = await openPlace()
  const db = openDatabase(place.env.DB)
  await place.env.DB.prepare(
    `insert into hooks (id, tenant_id, direction, provider, name, sealed_secret, environments, created_at)
     values ('hook_1', ?, 'in', 'github', 'h', 's', '[]', 0)`,
  )
    .bind(place.tenantId)
    .run()
  const origin = {
    source: 'hook' as const,
    hookId: 'hook_1',
    hookKey: 'repository sha environment',
    deploymentId: 'sha',
  }
  const runs = await Promise.all([1, 2, 3].map(() => place.start({}, origin)))
  expect(new Set(runs.map(({ id }) => id)).size).toBe(1)
  const run = await getRunForWork(db, runs[0]?.id as string)
  expect(run).toMatchObject({ source: 'hook', deploymentId: 'sha' })
  // Another deployment has another revision, so that it reuses nothing of this one's.
  const other = await place.start({}, { ...origin, hookKey: 'next', deploymentId: 'sha2' })
  expect(other.targetRevision).not.toBe(run?.targetRevision)
})
