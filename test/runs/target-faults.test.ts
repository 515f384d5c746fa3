import { expect, test } from 'vitest'
import { normalPace } from '../../src/runs/pace.ts'
import { workOn } from '../../src/runs/work.ts'
import { openDatabase } from '../../src/store/database.ts'
import { runProgress, runReportView, runView } from '../../src/store/runs.ts'
import { openPlace, type Place } from './place.ts'

const promptsOf = (body: Record<string, unknown>) => [body.prompt].flat().map(String)
const countsOf = async (place: Place, runId: string) => [
  ...(await runProgress(openDatabase(place.env.DB), runId)).progress.values(),
]

test('items that fail become error rows with their reason, and the run goes on', async () => {
  const place = await openPlace()
  place.behave = (_, body) => {
    const [prompt = ''] = promptsOf(body)
    if (/plus [12]\?/.test(promptsOf(body).join('')) && promptsOf(body).length > 1)
      return Response.json({ error: { message: 'no' } }, { status: 400 })
    if (/plus 1\?/.test(prompt)) return Response.json({ error: { message: 'no' } }, { status: 400 })
    if (/plus 2\?/.test(prompt)) return new Response('<html>hello</html>', { headers: { 'content-type': 'text/html' } })
    return null
  }
  const { id } = await place.start({ benchmarks: [{ id: 'one-call', size: 30 }] })
  await place.drain()
  expect(await place.run(id)).toMatchObject({ status: 'done', stopReason: null })
  const [counts] = await countsOf(place, id)
  expect(counts).toMatchObject({ total: 30, scored: 28, error: 2, open: 0, reasons: { rejected: 1, malformed: 1 } })
})

test('over a fifth of items lost is degraded, all lost is failed', async () => {
  const place = await openPlace()
  const failing = (least: number) => (_: string, body: Record<string, unknown>) =>
    promptsOf(body).some((prompt) => Number(/plus (\d+)\?/.exec(prompt)?.[1] ?? -1) >= least)
      ? Response.json({ error: { message: 'no' } }, { status: 400 })
      : null
  place.behave = failing(22)
  const degraded = await place.start({ benchmarks: [{ id: 'one-call', size: 30 }] })
  await place.drain()
  expect((await place.run(degraded.id)).status).toBe('degraded')
  place.behave = failing(0)
  const failed = await place.start({ benchmarks: [{ id: 'one-call', size: 30 }], seed: 5 })
  await place.drain()
  expect((await place.run(failed.id)).status).toBe('failed')
  const report = await runReportView(openDatabase(place.env.DB), await place.run(failed.id))
  expect(report.benchmarks[0]?.report.headline).toMatchObject({ value: null, reason: 'no_items' })
})

test.each([
  [401, 'invalid_api_key', 'target_unauthorized'],
  [404, 'model_not_found', 'model_not_found'],
] as const)('a target that answers %i stops the run', async (status, code, reason) => {
  const place = await openPlace()
  place.behave = () => Response.json({ error: { message: 'no', code } }, { status })
  const { id } = await place.start({ benchmarks: [{ id: 'one-call', size: 300 }] })
  await place.drain()
  expect(await place.run(id)).toMatchObject({ status: 'failed', stopReason: reason })
  expect(place.requests.length).toBeLessThan(20)
})

test('a target that is never reached fails the run', async () => {
  const place = await openPlace()
  place.behave = () => {
    throw new TypeError('connection refused')
  }
  const { id } = await place.start({ benchmarks: [{ id: 'one-call', size: 5 }] })
  await place.drain()
  expect(await place.run(id)).toMatchObject({ status: 'failed', stopReason: 'target_unreachable' })
}, 60_000)

test('a target that goes away and comes back loses nothing', async () => {
  const place = await openPlace()
  const undisturbed = await place.start({ benchmarks: [{ id: 'two-calls', size: 6 }] })
  await workOn(place.env, undisturbed.id, 1, place.options)
  let left = 5
  place.behave = () => {
    if (left-- > 0) return null
    throw new TypeError('connection refused')
  }
  const { id } = await place.start({ benchmarks: [{ id: 'two-calls', size: 6 }], fresh: true })
  place.queue.length = 0
  await workOn(place.env, id, 1, place.options)
  expect((await place.run(id)).status).toBe('running')
  expect(place.queue).toHaveLength(1)
  expect(place.queue[0]?.delaySeconds).toBeGreaterThan(0)
  place.behave = null
  await place.drain()
  const db = openDatabase(place.env.DB)
  const [after, before] = await Promise.all(
    [id, undisturbed.id].map(async (one) => (await runReportView(db, await place.run(one))).benchmarks),
  )
  expect(JSON.stringify(after)).toBe(JSON.stringify(before))
}, 60_000)

test('one item at which the target always hangs up is lost alone', async () => {
  const place = await openPlace()
  place.behave = (_, body) => {
    if (promptsOf(body).some((prompt) => /plus 3\?/.test(prompt))) throw new TypeError('socket closed')
    return null
  }
  const { id } = await place.start({ benchmarks: [{ id: 'one-call', size: 6 }] })
  await place.drain()
  expect((await place.run(id)).status).toBe('done')
  const [counts] = await countsOf(place, id)
  expect(counts).toMatchObject({ scored: 5, error: 1, open: 0, reasons: { unreachable: 1 } })
}, 60_000)

test('a target that is too busy gets a rest, and nothing is lost', async () => {
  const place = await openPlace()
  let refuse = true
  place.behave = () =>
    refuse ? Response.json({ error: { message: 'busy' } }, { status: 429, headers: { 'retry-after': '30' } }) : null
  const { id } = await place.start({ benchmarks: [{ id: 'one-call', size: 250 }] })
  place.queue.length = 0
  await workOn(place.env, id, 1, place.options)
  expect((await place.run(id)).status).toBe('running')
  expect(place.requests.length).toBeLessThan(20)
  // One wake-up, not before the target asked to be left alone.
  expect(place.queue).toHaveLength(1)
  expect(place.queue[0]?.delaySeconds).toBeGreaterThanOrEqual(29)
  const requests = place.requests.length
  await workOn(place.env, id, 1, place.options)
  expect(place.requests.length).toBe(requests)
  refuse = false
  await place.letRest()
  await workOn(place.env, id, 1, place.options)
  expect((await place.run(id)).status).toBe('done')
})

test('what a target refuses for load is told while the run goes on, with the connections that it costs', async () => {
  const place = await openPlace({ connections: 8 })
  const db = openDatabase(place.env.DB)
  let refuse = true
  place.behave = () =>
    refuse ? Response.json({ error: { message: 'busy' } }, { status: 429, headers: { 'retry-after': '30' } }) : null
  const { id } = await place.start({ benchmarks: [{ id: 'two-calls', size: 100 }] })
  expect((await runView(db, await place.run(id))).traffic).toBeNull()
  const began = Date.now()
  await workOn(place.env, id, 1, place.options)
  const refused = place.requests.length
  const { traffic } = await runView(db, await place.run(id))
  expect(traffic).toMatchObject({ connections: { open: 0, allowed: 4, most: 8 }, throttled: refused })
  expect(traffic?.requestsPerMinute).toBeGreaterThan(0)
  expect(Date.parse(traffic?.lastThrottledAt ?? '')).toBeGreaterThanOrEqual(began)
  refuse = false
  await place.letRest()
  await place.drain()
  const ended = await place.run(id)
  expect((await runView(db, ended)).traffic).toBeNull()
  expect((await runReportView(db, ended)).execution.throttled).toBe(refused)
})

test('of a target that refuses nothing no refusal is told', async () => {
  const place = await openPlace({ connections: 2 })
  const db = openDatabase(place.env.DB)
  place.behave = async () => {
    await new Promise((resolve) => setTimeout(resolve, 20))
    return null
  }
  const { id } = await place.start({ benchmarks: [{ id: 'two-calls', size: 60 }] })
  const work = workOn(place.env, id, 1, { ...place.options, pace: { ...normalPace, commitMs: 50 } })
  let traffic: Awaited<ReturnType<typeof runView>>['traffic'] = null
  while ((traffic?.requestsPerMinute ?? 0) === 0) {
    await new Promise((resolve) => setTimeout(resolve, 10))
    traffic = (await runView(db, await place.run(id))).traffic
  }
  expect(traffic).toMatchObject({ connections: { allowed: 2, most: 2 }, throttled: 0, lastThrottledAt: null })
  await work
  expect((await runReportView(db, await place.run(id))).execution.throttled).toBe(0)
})

test('a turn that ends gives back what is left, and the next asks nothing twice', async () => {
  const place = await openPlace({ connections: 2 })
  place.behave = async (path) => {
    if (path === '/v1/chat/completions') await new Promise((resolve) => setTimeout(resolve, 20))
    return null
  }
  const { id } = await place.start({ benchmarks: [{ id: 'two-calls', size: 60 }] })
  place.queue.length = 0
  const pace = { ...normalPace, turnMs: 200, landingMs: 5000, commitMs: 50 }
  let turns = 0
  while ((await place.run(id)).finishedAt === null && turns++ < 60) {
    await workOn(place.env, id, 1, { ...place.options, pace })
    expect(place.queue.splice(0).length).toBeLessThanOrEqual(1)
  }
  expect(turns).toBeGreaterThan(1)
  expect((await place.run(id)).status).toBe('done')
  const { execution } = await runReportView(openDatabase(place.env.DB), await place.run(id))
  expect(execution.calls).toBe(121)
  expect(place.requests.length).toBe(121)
}, 20_000)
