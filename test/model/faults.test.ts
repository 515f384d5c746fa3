import { afterEach, expect, test } from 'vitest'
import { createModel } from '../../src/model/session.ts'
import { type ServerOptions, startServer, type TestServer } from '../servers/openai.ts'
import { allCapabilities, connection } from './target.ts'

/** Trials over real HTTP: whatever a server does, each item ends, and what is answered is answered right. */

let server: TestServer | null = null
afterEach(async () => {
  await server?.close()
  server = null
})

async function trial(options: ServerOptions, count: number, maxConnections = 16) {
  server = await startServer({ seed: 5, ...options })
  const target = connection({
    baseUrl: server.url,
    limits: { requestTimeoutSeconds: 1 },
    capabilities: allCapabilities,
  })
  const session = createModel({ target, seed: 1, maxConnections, random: () => 0.1 })
  const results = await Promise.allSettled(
    Array.from({ length: count }, (_, index) =>
      session.forItem(`item ${index}`).chat([{ role: 'user', content: `Reply with: word${index}` }], { maxTokens: 8 }),
    ),
  )
  const lost = results.filter((result) => result.status === 'rejected')
  results.forEach((result, index) => {
    if (result.status === 'fulfilled') expect(result.value).toEqual([{ text: `word${index}`, finishReason: 'stop' }])
  })
  return { lost, session, stats: server.stats() }
}

test('a good server is asked each question once', async () => {
  const { lost, session, stats } = await trial({}, 200)
  expect(lost).toHaveLength(0)
  expect(stats).toMatchObject({ requests: 200, prompts: { distinct: 200, duplicates: 0 } })
  expect(session.usage).toMatchObject({ calls: 200, requests: 200, retries: 0, estimated: false })
})

test('errors, broken answers and closed connections are asked again', async () => {
  const { lost, session, stats } = await trial({ failRate: 0.1, malformedRate: 0.1, dropRate: 0.1 }, 200)
  // A third fails each time: about 200 / 27 items fail three times in a row.
  expect(lost.length).toBeLessThan(20)
  expect(session.usage.retries).toBeGreaterThan(50)
  expect(stats.bodies.maxAnswered).toBe(1)
  for (const result of lost)
    expect((result as PromiseRejectedResult).reason.kind).toMatch(/^(server_error|malformed|unreachable)$/)
})

test('questions that hang end', async () => {
  const { lost, stats } = await trial({ hangRate: 0.1 }, 40)
  expect(lost.length).toBeLessThan(5)
  expect(stats.faults.hang).toBeGreaterThan(0)
})

test('a rate limit loses nothing', async () => {
  const { lost, stats } = await trial({ rateLimit: 200 }, 300)
  expect(lost).toHaveLength(0)
  expect(stats.bodies.maxAnswered).toBe(1)
})

test('a bound on concurrency is found', async () => {
  const { lost, session } = await trial({ concurrency: 4, latency: 2 }, 120)
  expect(lost).toHaveLength(0)
  expect(session.load.window).toBeLessThan(16)
})
