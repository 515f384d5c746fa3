import { expect, test } from 'vitest'
import { cancelRun } from '../../src/runs/cancel.ts'
import { finishRun } from '../../src/runs/finish.ts'
import { normalPace } from '../../src/runs/pace.ts'
import { wakeStalled } from '../../src/runs/wake.ts'
import { handleSchedule, workOn } from '../../src/runs/work.ts'
import { openDatabase } from '../../src/store/database.ts'
import { getRunBenchmarks, runReportView, runView } from '../../src/store/runs.ts'
import { allScores, insertScores } from '../../src/store/scores.ts'
import { takeShards } from '../../src/store/shards.ts'
import { openPlace, type Place } from './place.ts'

const reportOf = async (place: Place, id: string) => runReportView(openDatabase(place.env.DB), await place.run(id))
const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms))
const pace = { ...normalPace, commitMs: 20 }

test('a budget in calls is never passed, and the run says where it stopped', async () => {
  const place = await openPlace()
  const { id } = await place.start({ benchmarks: [{ id: 'one-call', size: 100 }], budget: { calls: 40 } })
  await place.drain()
  const run = await place.run(id)
  expect(run).toMatchObject({ status: 'degraded', stopReason: 'budget_calls' })
  const { execution, benchmarks } = await reportOf(place, id)
  expect(execution.calls).toBeLessThanOrEqual(40)
  expect(execution.calls).toBeGreaterThan(35)
  expect(benchmarks[0]?.counts.open).toBe(100 - (benchmarks[0]?.counts.scored ?? 0))
  expect(benchmarks[0]?.report.headline.n).toBeGreaterThan(30)
}, 20_000)

test('a budget in money stops by the price of the target', async () => {
  const place = await openPlace({ price: { prompt: 1_000_000, completion: 1_000_000 } })
  const { id } = await place.start({ benchmarks: [{ id: 'one-call', size: 100 }], budget: { microUsd: 900 } })
  await place.drain()
  expect(await place.run(id)).toMatchObject({ stopReason: 'budget_money' })
  const { execution } = await reportOf(place, id)
  expect(execution.microUsd).toBeLessThanOrEqual(900)
  expect(execution.microUsd).toBe(execution.promptTokens + execution.completionTokens)
}, 20_000)

test('a cancelled run keeps the rows that it had, and reports on just these', async () => {
  const place = await openPlace({ connections: 1, capabilities: { promptLists: false } })
  place.behave = async () => {
    await pause(15)
    return null
  }
  const { id } = await place.start({ benchmarks: [{ id: 'two-calls', size: 200 }] })
  const working = workOn(place.env, id, 1, { ...place.options, pace })
  const db = openDatabase(place.env.DB)
  while ((await runView(db, await place.run(id))).progress.done === 0) await pause(30)
  const cancelled = await cancelRun(place.env, place.tenantId, id, place.options.find)
  expect(cancelled).toMatchObject({ status: 'cancelled', stopReason: 'cancelled' })
  const before = JSON.stringify((await reportOf(place, id)).benchmarks)
  await working
  const after = await reportOf(place, id)
  expect(JSON.stringify(after.benchmarks)).toBe(before)
  expect(after.run.progress.done).toBe(
    after.benchmarks[0]?.counts.total === 200 ? 200 - (after.benchmarks[0]?.counts.open ?? 0) : -1,
  )
  expect(place.requests.length).toBeLessThan(400)
  // Once more, and by somebody else: nothing changes.
  await cancelRun(place.env, place.tenantId, id, place.options.find)
  expect(await cancelRun(place.env, 'ten_other', id)).toBeNull()
  expect((await place.run(id)).finishedAt).toBe(cancelled?.finishedAt)
}, 20_000)

test('a run that nobody has begun can be cancelled', async () => {
  const place = await openPlace()
  const { id } = await place.start({})
  expect(await cancelRun(place.env, place.tenantId, id, place.options.find)).toMatchObject({ status: 'cancelled' })
  await place.drain()
  expect((await place.run(id)).status).toBe('cancelled')
  expect(place.requests).toHaveLength(0)
})

test('a deployment that brings another version of a benchmark ends runs begun before it, and says so', async () => {
  const place = await openPlace({ connections: 1, capabilities: { promptLists: false } })
  place.behave = async () => {
    await pause(10)
    return null
  }
  const { id } = await place.start({ benchmarks: [{ id: 'two-calls', size: 60 }] })
  const short = { ...pace, turnMs: 150, landingMs: 1000 }
  await workOn(place.env, id, 1, { ...place.options, pace: short })
  const before = (await place.run(id)).finishedAt
  expect(before).toBeNull()
  const asked = place.requests.length
  expect(asked).toBeGreaterThan(0)
  const find: typeof place.options.find = (name) => {
    const known = place.options.find?.(name)
    return known && { ...known, version: known.version + 1 }
  }
  await workOn(place.env, id, 1, { ...place.options, find })
  const run = await place.run(id)
  expect(run).toMatchObject({ status: 'failed', stopReason: 'internal' })
  expect(run.stopDetail).toMatch(/"two-calls" is at version 2 by now; the run began with version 1/)
  expect(place.requests.length).toBe(asked)
}, 20_000)

test('messages that come twice, late and at once start nothing twice', async () => {
  const place = await openPlace()
  const { id } = await place.start({ benchmarks: [{ id: 'one-call', size: 450 }] })
  await Promise.all([1, 2, 3].map(() => workOn(place.env, id, 3, place.options)))
  await place.drain()
  expect((await place.run(id)).status).toBe('done')
  const { execution, run } = await reportOf(place, id)
  expect(run.progress).toEqual({ total: 450, done: 450 })
  expect(execution.calls).toBeLessThanOrEqual(452)
  const finishedAt = (await place.run(id)).finishedAt
  await workOn(place.env, id, 1, place.options)
  await finishRun(place.env, id, place.options.find)
  expect((await place.run(id)).finishedAt).toBe(finishedAt)
}, 20_000)

test('a worker that lost its lease commits nothing more', async () => {
  const place = await openPlace()
  const { id } = await place.start({ benchmarks: [{ id: 'one-call', size: 10 }] })
  const db = openDatabase(place.env.DB)
  const now = Date.now()
  const [shard] = await takeShards(db, id, 'first', now, now + 1000, 5)
  expect(await takeShards(db, id, 'second', now + 500, now + 1500, 5)).toEqual([])
  expect(await takeShards(db, id, 'second', now + 1001, now + 2000, 5)).toHaveLength(1)
  const row = {
    shardId: shard?.id as string,
    itemIndex: 0,
    itemId: 'q0',
    cluster: null,
    status: 'scored' as const,
    score: 1,
    reason: null,
    detail: '{"text":"late"}',
  }
  const [benchmark] = await getRunBenchmarks(db, id)
  for (const statement of insertScores(db, 'first', [row])) await statement
  expect(await allScores(db, benchmark?.id as string)).toEqual([])
  for (const statement of insertScores(db, 'second', [row, row])) await statement
  expect(await allScores(db, benchmark?.id as string)).toHaveLength(1)
})

test('a worker whose shard was taken over drops it and the run ends alike', async () => {
  const place = await openPlace({ connections: 2 })
  place.behave = async () => {
    await pause(10)
    return null
  }
  const { id } = await place.start({ benchmarks: [{ id: 'two-calls', size: 40 }] })
  const slow = workOn(place.env, id, 1, { ...place.options, pace })
  await pause(150)
  await place.env.DB.prepare(`update shards set lease_owner = 'another', lease_until = 0 where run_id = ?`)
    .bind(id)
    .run()
  await slow
  await workOn(place.env, id, 1, place.options)
  await place.drain()
  expect((await place.run(id)).status).toBe('done')
  expect((await reportOf(place, id)).run.progress.done).toBe(40)
}, 20_000)

test('a stalled run is woken by its readers and by the clock, not while somebody works on it', async () => {
  const place = await openPlace()
  const { id } = await place.start({ benchmarks: [{ id: 'one-call', size: 300 }] })
  place.queue.length = 0
  const db = openDatabase(place.env.DB)
  await wakeStalled(place.env, await place.run(id))
  expect(place.queue).toHaveLength(0)
  const age = () => place.env.DB.prepare('update runs set woken_at = woken_at - 60000 where id = ?').bind(id).run()
  await age()
  const now = Date.now()
  const taken = await takeShards(db, id, 'somebody', now, now + 60_000, 5)
  expect(taken).toHaveLength(2)
  await wakeStalled(place.env, await place.run(id))
  await handleSchedule(place.env, now)
  expect(place.queue).toHaveLength(0)
  await place.env.DB.prepare('update shards set lease_until = 0').run()
  await wakeStalled(place.env, await place.run(id))
  expect(place.queue).toHaveLength(2)
  place.queue.length = 0
  await wakeStalled(place.env, await place.run(id))
  await handleSchedule(place.env, Date.now())
  expect(place.queue).toHaveLength(0)
  await age()
  await handleSchedule(place.env, Date.now())
  expect(place.queue).toHaveLength(2)
  await place.drain()
  expect((await place.run(id)).status).toBe('done')
}, 20_000)
