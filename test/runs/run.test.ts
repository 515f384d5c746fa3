import { expect, test } from 'vitest'
import { randomFrom } from '../../src/methods/random.ts'
import { openDatabase } from '../../src/store/database.ts'
import { getRunBenchmarks, runReportView, runView } from '../../src/store/runs.ts'
import { allScores, pageScores } from '../../src/store/scores.ts'
import { openPlace, withLogprobs } from './place.ts'

test('a run works through all items of all benchmarks and reports on them', async () => {
  const place = await openPlace()
  const started = await place.start({
    benchmarks: [
      { id: 'one-call', size: 450 },
      { id: 'two-calls', size: 210 },
    ],
  })
  expect(started.status).toBe('queued')
  expect(place.queue).toHaveLength(5)
  await place.drain()
  const run = await place.run(started.id)
  expect(run).toMatchObject({ status: 'done', stopReason: null })
  const db = openDatabase(place.env.DB)
  const view = await runView(db, run)
  expect(view.progress).toEqual({ total: 660, done: 660 })
  for (const benchmark of await getRunBenchmarks(db, run.id)) {
    const rows = await allScores(db, benchmark.id)
    expect(rows.map((row) => row.itemIndex)).toEqual(Array.from({ length: benchmark.size }, (_, index) => index))
    expect(new Set(rows.map((row) => row.status))).toEqual(new Set(['scored']))
  }
  const report = await runReportView(db, run)
  expect(report.benchmarks.map((one) => [one.benchmarkId, one.report.headline.n])).toEqual([
    ['one-call', 450],
    ['two-calls', 210],
  ])
  expect(report.benchmarks[0]?.report.headline.value).toBeGreaterThan(0)
  // 450 + 2 × 210 answers and the one question that is put once more.
  expect(report.execution.calls).toBe(450 + 420 + 1)
  expect(report.execution.reused).toBe(0)
  expect(report.execution.determinism).toEqual({
    benchmarkId: 'one-call',
    itemId: 'q0',
    equalText: true,
    largestLogprobDifference: null,
    note: 'The same question of q0, asked again at the end of the run, gave the same text.',
  })
  // Completions left in lists, chats alone.
  expect(place.requests.filter(({ path }) => path === '/v1/completions').length).toBeLessThan(60)
  const page = await pageScores(db, run.id, { limit: 500 })
  const next = await pageScores(db, run.id, { limit: 500, cursor: page.next ?? '' })
  expect([page.rows.length, next.rows.length, next.next]).toEqual([500, 160, null])
  expect(page.rows[450]).toMatchObject({ benchmarkId: 'two-calls', index: 0 })
})

test('the first list is as long as a list may be', async () => {
  const place = await openPlace({ connections: 2 })
  await place.start({ benchmarks: [{ id: 'one-call', size: 200 }] })
  await place.drain()
  const [first] = place.requests.filter(({ path }) => path === '/v1/completions')
  expect(first?.body.prompt).toHaveLength(64)
})

test('the same questions are not asked again by another run, unless it is to ask anew', async () => {
  const place = await openPlace()
  const first = await place.start({ benchmarks: [{ id: 'two-calls', size: 30 }] })
  await place.drain()
  const asked = place.requests.length
  const second = await place.start({ benchmarks: [{ id: 'two-calls', size: 30 }] })
  await place.drain()
  expect(place.requests.length).toBe(asked)
  const db = openDatabase(place.env.DB)
  const [before, after] = await Promise.all(
    [first, second].map(async ({ id }) => runReportView(db, await place.run(id))),
  )
  expect(JSON.stringify(after?.benchmarks)).toBe(JSON.stringify(before?.benchmarks))
  expect(after?.execution).toMatchObject({ calls: 0, reused: 61 })
  // A longer run of the same items reuses the shorter one's answers.
  await place.start({ benchmarks: [{ id: 'two-calls', size: 40 }] })
  await place.drain()
  expect(place.requests.length).toBe(asked + 20)
  const anew = await place.start({ benchmarks: [{ id: 'two-calls', size: 30 }], fresh: true })
  await place.drain()
  expect(place.requests.length).toBe(asked + 20 + asked)
  const fresh = await runReportView(db, await place.run(anew.id))
  expect(JSON.stringify(fresh.benchmarks)).toBe(JSON.stringify(before?.benchmarks))
  // Another seed, another set.
  await place.start({ benchmarks: [{ id: 'two-calls', size: 30 }], seed: 1 })
  await place.drain()
  expect(place.requests.length).toBeGreaterThan(asked + 20 + asked + 50)
})

test('an item’s question that gives other log-probabilities or another text the second time is told of', async () => {
  const place = await openPlace()
  let asked = 0
  let text = 'same'
  place.behave = (_, body) => {
    const prompts = [body.prompt].flat()
    const choices = prompts.map((prompt, index) => {
      const again = prompt === first && asked++ > 0
      const said = again ? text : 'same'
      const tokens = { tokens: [said], token_logprobs: [again ? -0.5 : -0.25], top_logprobs: [{ same: -0.25 }] }
      return { index, text: said, finish_reason: 'stop', logprobs: tokens }
    })
    return Response.json({ choices, usage: { prompt_tokens: 1, completion_tokens: 1 } })
  }
  let first = ''
  const db = openDatabase(place.env.DB)
  const determinismOf = async (seed: number) => {
    asked = 0
    const items = withLogprobs.builtin?.(randomFrom(seed, 'with-logprobs', 'items'), 4, { maxTokens: 16, prefix: '' })
    first = `Question: ${items?.[0]?.text}\nAnswer:`
    const { id } = await place.start({ benchmarks: [{ id: 'with-logprobs' }], size: 4, seed })
    await place.drain()
    return (await runReportView(db, await place.run(id))).execution.determinism
  }
  expect(await determinismOf(1)).toMatchObject({ itemId: 'q0', equalText: true, largestLogprobDifference: 0.25 })
  text = 'other'
  expect(await determinismOf(2)).toMatchObject({ equalText: false, largestLogprobDifference: null })
})
