import { afterAll, beforeAll, expect, test } from 'vitest'
import type { Run, RunReport, ScoreRow } from '../../schema/run.ts'
import { startServer, type TestServer } from '../servers/openai.ts'
import { type Instance, startInstance, untilFinished } from './instance.ts'

/**
 * The power-cut trial: kill -9 of the Worker in the middle of a core run, against a deterministic model server.
 * Nothing may be lost, counted twice, or paid for again but the answers of the last two seconds.
 */
let server: TestServer
let instance: Instance

beforeAll(async () => {
  server = await startServer({ dialect: 'vllm', latency: 60 })
  instance = await startInstance()
})
afterAll(async () => {
  await instance.close()
  await server.close()
})

const flushSeconds = 2

async function startRun(connections: number): Promise<Run> {
  const target = await instance.call<{ id: string }>('POST', '/v1/targets', {
    name: 'deterministic',
    baseUrl: server.url,
    model: 'test-model',
    dialect: 'vllm',
    limits: { maxConnections: connections, maxBatch: 4 },
  })
  return instance.call<Run>('POST', '/v1/runs', {
    targetId: target.id,
    suite: 'core',
    size: 'demo',
    seed: 11,
    fresh: true,
  })
}

async function allRows(runId: string): Promise<ScoreRow[]> {
  const rows: ScoreRow[] = []
  let cursor: string | null = null
  do {
    const query: string = `?limit=200${cursor ? `&cursor=${encodeURIComponent(cursor)}` : ''}`
    const page: { items: ScoreRow[]; next: string | null } = await instance.call(
      'GET',
      `/v1/runs/${runId}/rows${query}`,
    )
    rows.push(...page.items)
    cursor = page.next
  } while (cursor)
  return rows
}

test('a Worker killed in the middle of a run loses nothing and asks only the last two seconds again', async () => {
  const calm = await startRun(4)
  const calmEnd = await untilFinished(instance, calm.id, 240)
  expect(calmEnd.status).toBe('done')
  const calmReport = await instance.call<RunReport>('GET', `/v1/runs/${calm.id}/report`)
  const calmRepeats = server.stats().prompts.duplicates
  const calmAnswers = server.stats().answers

  server.reset()
  const killed = await startRun(4)
  const answersOverTime: [number, number][] = []
  const watch = setInterval(() => answersOverTime.push([Date.now(), server.stats().answers]), 50)
  while (server.stats().answers < calmAnswers * 0.5) await new Promise((resolve) => setTimeout(resolve, 20))
  const killedAt = Date.now()
  await instance.kill()
  clearInterval(watch)
  const before = server.stats().answers
  const safe = answersOverTime.filter(([at]) => at <= killedAt - flushSeconds * 1000).at(-1)?.[1] ?? 0

  await instance.restart()
  const end = await untilFinished(instance, killed.id, 240)
  expect(end.status).toBe('done')
  const report = await instance.call<RunReport>('GET', `/v1/runs/${killed.id}/report`)

  const rows = await allRows(killed.id)
  expect(rows.length).toBe(end.progress.total)
  expect(new Set(rows.map((row) => `${row.benchmarkId} ${row.index}`)).size).toBe(rows.length)
  expect(JSON.stringify(report.benchmarks)).toBe(JSON.stringify(calmReport.benchmarks))

  const asked = server.stats().answers
  const repeated = asked - calmAnswers
  console.log(
    `kill -9 after ${before} of ${calmAnswers} answers; ${before - safe} of them in the last ${flushSeconds} s; ` +
      `asked again: ${repeated} (same prompt twice: ${server.stats().prompts.duplicates - calmRepeats})`,
  )
  // What was on its way when the power went was answered by the server, but never arrived here.
  const inFlight = 4 * 4
  expect(repeated).toBeLessThanOrEqual(before - safe + inFlight)
})
