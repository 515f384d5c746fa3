import { expect, test } from 'vitest'
import { itemEvidence } from '../../src/runs/evidence.ts'
import { PlanError } from '../../src/runs/plan.ts'
import { rescoreRun } from '../../src/runs/rescore.ts'
import { openDatabase } from '../../src/store/database.ts'
import { getRunBenchmarks, runView } from '../../src/store/runs.ts'
import { allScores } from '../../src/store/scores.ts'
import { addTarget, compared, find, openPlace } from './place.ts'

const second = { model: 'second-model', name: 'second', baseUrl: 'http://second.test/v1' }
const withSecond = (targetId: string) => ({ benchmarks: [{ id: 'compared' }], size: 6, roles: { second: targetId } })

test('a benchmark asks the target of a role beside its own, and their answers to the same question stay apart', async () => {
  const place = await openPlace()
  const other = await addTarget(place, second)
  place.behave = (_, body) => {
    const said = (prompt: unknown) => `${body.model} on ${prompt}`
    const prompts = [body.prompt].flat()
    return Response.json({
      choices: prompts.map((prompt, index) => ({ index, text: said(prompt), finish_reason: 'stop' })),
      usage: { prompt_tokens: 3 * prompts.length, completion_tokens: 2 * prompts.length },
    })
  }
  const { id } = await place.start(withSecond(other))
  await place.drain()
  const db = openDatabase(place.env.DB)
  const run = await place.run(id)
  expect(run.status).toBe('done')
  const [benchmark] = await getRunBenchmarks(db, id)
  const rows = await allScores(db, benchmark?.id ?? '')
  expect(rows).toHaveLength(6)
  for (const { detail } of rows) expect(detail).toMatch(/test-model on .*\|second-model on /)
  const exchanges = await itemEvidence(place.env, place.tenantId, id, 'compared', 2, find)
  expect(exchanges.map(({ role }) => role).sort()).toEqual([null, 'second'])
  expect((await runView(db, run)).roles).toEqual({
    second: { id: other, name: 'second', model: 'second-model', revision: expect.any(String) },
  })

  const asked = place.requests.length
  const again = await place.start(withSecond(other))
  await place.drain()
  expect((await place.run(again.id)).status).toBe('done')
  expect(place.requests.length).toBe(asked)

  // Another target in the role: its answers are its own.
  const third = await addTarget(place, { ...second, model: 'third-model' })
  const { id: different } = await place.start(withSecond(third))
  await place.drain()
  const [newer] = await getRunBenchmarks(db, different)
  expect((await allScores(db, newer?.id ?? ''))[0]?.detail).toMatch(/\|third-model on /)

  // Scored again by another version, from the answers of both.
  const later = { ...compared, version: 2 }
  expect(await rescoreRun(place.env, place.tenantId, id, () => later)).toBe(true)
  expect((await allScores(db, benchmark?.id ?? ''))[2]?.detail).toMatch(/test-model on .*\|second-model on /)
})

test('without a target for its role a benchmark does without', async () => {
  const place = await openPlace()
  const { id } = await place.start({ benchmarks: [{ id: 'compared' }], size: 3 })
  await place.drain()
  const db = openDatabase(place.env.DB)
  const [benchmark] = await getRunBenchmarks(db, id)
  for (const { detail } of await allScores(db, benchmark?.id ?? ''))
    expect(JSON.parse(detail ?? '{}').text).toMatch(/\|$/)
})

test('each target is paid at its own price', async () => {
  const place = await openPlace({ price: { prompt: 1_000_000, completion: 0 } })
  const other = await addTarget(place, { ...second, price: { prompt: 5_000_000, completion: 0 } })
  place.behave = (_, body) => {
    const prompts = [body.prompt].flat()
    return Response.json({
      choices: prompts.map((_, index) => ({ index, text: 'x', finish_reason: 'stop' })),
      usage: { prompt_tokens: 10 * prompts.length, completion_tokens: prompts.length },
    })
  }
  const { id } = await place.start(withSecond(other))
  await place.drain()
  const spent = await place.env.DB.prepare(
    'select sum(micro_usd) as money, sum(calls) as calls from usage where run_id = ?',
  )
    .bind(id)
    .first<{ money: number; calls: number }>()
  // Six items of both, and the one that is asked again.
  expect(spent).toEqual({ money: 6 * 10 * 6 + 10, calls: 13 })
})

test('roles that no benchmark has, targets that are not there, and prices that are missing are named', async () => {
  const place = await openPlace({ price: { prompt: 1, completion: 1 } })
  const other = await addTarget(place, second)
  const refused = async (request: Parameters<typeof place.start>[0]) => {
    const error = await place.start(request).then(
      () => null,
      (error: unknown) => error,
    )
    expect(error).toBeInstanceOf(PlanError)
    return (error as PlanError).problems
  }
  expect(await refused({ benchmarks: [{ id: 'compared' }], roles: { judge: other } })).toEqual([
    { pointer: '/roles/judge', detail: 'The benchmarks of this run have no role "judge": they have second.' },
  ])
  expect(await refused(withSecond('tgt_nobody'))).toMatchObject([{ pointer: '/roles/second' }])
  expect(await refused({ ...withSecond(other), budget: { microUsd: 5 } })).toMatchObject([{ pointer: '/roles/second' }])
})
