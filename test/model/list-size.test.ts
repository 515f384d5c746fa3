import { describe, expect, test } from 'vitest'
import type { Clock } from '../../src/model/clock.ts'
import { aimMs, createListSizes } from '../../src/model/list-size.ts'
import { createModel } from '../../src/model/session.ts'
import { connection, echoing, fakeClock, fakeServer, type Sent } from './target.ts'

const items = (count: number) => Array.from({ length: count }, (_, index) => `item ${index}`)
const lengthOf = (sent: Sent): number => (Array.isArray(sent.body.prompt) ? sent.body.prompt.length : 1)

/** A server that takes `took` milliseconds of a clock that we move, and what it was sent. */
function simulated(took: (list: Sent, index: number) => number, maxBatch = 64, connections = 1) {
  const clock = fakeClock()
  const server = fakeServer(async (sent, index) => {
    await after(clock, took(sent, index))
    return echoing(sent)
  })
  const session = createModel({
    target: connection({ limits: { maxBatch } }),
    transport: server.transport,
    clock,
    random: () => 0.5,
    turn: (callback) => void setImmediate(callback),
    seed: 1,
    maxConnections: connections,
  })
  return { clock, session, sent: server.sent }
}
const after = (clock: Clock, ms: number) => new Promise<void>((resolve) => void clock.after(ms, resolve))

async function askAll(place: ReturnType<typeof simulated>, count: number, maxTokens = 8): Promise<number[]> {
  const asked = Promise.all(items(count).map((item) => place.session.forItem(item).complete(item, { maxTokens })))
  let done = false
  void asked.finally(() => {
    done = true
  })
  for (let second = 0; !done && second < 3600; second++) await place.clock.pass(1000)
  await asked
  return place.sent.map(lengthOf)
}

describe('lists', () => {
  test('shrink until a slow server answers within seconds, and hold there', async () => {
    const place = simulated((sent) => 500 * lengthOf(sent))
    const lengths = await askAll(place, 400)
    expect(lengths[0]).toBe(64)
    // The first took 32 s; a quarter of it takes 8 s, and 8 take the 4 s that are aimed at.
    expect(lengths[1]).toBe(16)
    for (const length of lengths.slice(2, -1)) expect(length * 500).toBeLessThanOrEqual(aimMs)
    expect(Math.min(...lengths.slice(2, -1))).toBeGreaterThanOrEqual(4)
    expect(lengths.reduce((sum, length) => sum + length, 0)).toBe(400)
  })

  test('that outlast the time limit lose nobody: their prompts go on alone', async () => {
    const place = simulated((sent) => 8000 * lengthOf(sent), 64, 6)
    const lengths = await askAll(place, 192)
    expect(lengths.slice(0, 3)).toEqual([64, 64, 64])
    // Whether a prompt or its list took so long is seen only alone.
    expect(lengths.filter((length) => length === 1)).toHaveLength(192)
    expect(lengths).toHaveLength(3 + 192)
  })

  test('grow again by steps when the server is fast again', async () => {
    const place = simulated((sent, index) => (index < 3 ? 500 : 10) * lengthOf(sent))
    const lengths = await askAll(place, 600)
    const from = lengths.findIndex((length, index) => index > 2 && length > (lengths[index - 1] as number))
    expect(from).toBeGreaterThan(0)
    expect(lengths.slice(from, -1)).toContain(64)
    for (let index = 3; index < lengths.length - 1; index++)
      expect((lengths[index] as number) - (lengths[index - 1] as number)).toBeLessThanOrEqual(8)
    expect(Math.max(...lengths)).toBe(64)
  })

  test('stay large where one reply takes as long as many', async () => {
    const place = simulated(() => 9000)
    const lengths = await askAll(place, 640)
    // One smaller list shows that it is no faster.
    expect(lengths.filter((length) => length < 64).length).toBeLessThanOrEqual(2)
  })

  test('of a fast server are as large as they may be', async () => {
    const place = simulated(() => 50, 40, 4)
    expect(await askAll(place, 100)).toEqual([40, 40, 20])
  })

  test('of one kind do not shrink those of another', async () => {
    const place = simulated(({ body }) => (body.max_tokens > 100 ? 500 : 5) * (body.prompt.length ?? 1))
    await askAll(place, 200, 512)
    const before = place.sent.length
    await askAll(place, 200, 8)
    expect(lengthOf(place.sent[before] as Sent)).toBe(64)
    await askAll(place, 20, 512)
    expect(lengthOf(place.sent.at(-1) as Sent)).toBeLessThanOrEqual(12)
  })

  test('answered late by requests that left before a cut do not cut again', () => {
    const sizes = createListSizes(64)
    for (let flight = 0; flight < 6; flight++) sizes.returned('a', { weight: 64, sentAt: 0 }, 8000)
    expect(sizes.of('a')).toBe(32)
    sizes.returned('a', { weight: 1, sentAt: 0 }, 60_000)
    expect(sizes.of('a')).toBe(32)
    expect(sizes.of('b')).toBe(64)
  })
})

test('questions that share a prefix leave side by side', async () => {
  const place = simulated(() => 10, 4)
  const passages = ['Of bees. '.repeat(40), 'Of ants. '.repeat(40), 'Of moths. '.repeat(40)]
  const asked = items(12).map((item, place_) =>
    place.session.forItem(item).complete(`${passages[place_ % 3]}${item}`, { maxTokens: 4 }),
  )
  await place.clock.pass(100)
  expect((await Promise.all(asked)).map(([sample]) => sample?.text.slice(-7).trim())).toEqual(
    items(12).map((item) => item.slice(-7)),
  )
  for (const { body } of place.sent)
    expect(new Set(body.prompt.map((prompt: string) => prompt.slice(0, 9))).size).toBe(1)
  expect(place.sent).toHaveLength(3)
})
