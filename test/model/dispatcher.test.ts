import { describe, expect, test } from 'vitest'
import type { ModelErrorKind } from '../../src/model/model.ts'
import { createModel, type SessionOptions } from '../../src/model/session.ts'
import { createSpend } from '../../src/model/spend.ts'
import { createWindow } from '../../src/model/window.ts'
import { connection, echoing, fakeClock, fakeServer, outcome, type Sent } from './target.ts'

const refuse = (status: number, headers: Record<string, string> = {}, message = 'no') =>
  Response.json({ error: { message } }, { status, headers })
const items = (count: number) => Array.from({ length: count }, (_, index) => `item ${index}`)

function open(handle: (sent: Sent, index: number) => unknown, options: Partial<SessionOptions> = {}) {
  const clock = fakeClock()
  const server = fakeServer(handle)
  const session = createModel({
    target: connection(options.target),
    transport: server.transport,
    clock,
    random: () => 0.5,
    turn: (callback) => void setImmediate(callback),
    seed: 1,
    maxConnections: 8,
    ...options,
  })
  const chat = (item: string, deadline?: number) =>
    outcome(session.forItem(item, { deadline }).chat([{ role: 'user', content: item }]))
  return { clock, session, sent: server.sent, chat }
}

describe('a server that refuses for load', () => {
  test.each([
    ['retry-after in seconds', { 'retry-after': '3' }, 3000],
    ['retry-after as a date', { 'retry-after': new Date(1_700_000_000_000 + 4000).toUTCString() }, 4000],
    ['retry-after-ms', { 'retry-after-ms': '700', 'retry-after': '1' }, 700],
    ['an exhausted rate window', { 'x-ratelimit-remaining-requests': '0', 'x-ratelimit-reset-requests': '2s' }, 2000],
  ])('is left alone as long as it asks: %s', async (_name, headers, wait) => {
    const { clock, chat, sent } = open((request, index) => (index === 0 ? refuse(429, headers) : echoing(request)))
    const asked = chat('a')
    await clock.pass(wait - 1)
    expect(sent).toHaveLength(1)
    await clock.pass(wait)
    expect(sent).toHaveLength(2)
    expect(asked.value).toEqual([{ text: 're: a', finishReason: 'stop' }])
  })

  test('is left alone for a while also where it asks for no pause', async () => {
    const { clock, chat, sent } = open((request, index) =>
      index < 2 ? refuse(429, { 'retry-after': '0' }) : echoing(request),
    )
    const asked = chat('a')
    await clock.pass(100)
    expect(sent).toHaveLength(1)
    await clock.pass(5000)
    expect(asked.value).toEqual([{ text: 're: a', finishReason: 'stop' }])
  })

  test('loses no item while it makes progress, and is asked by fewer at once', async () => {
    let spare = 4
    let open_ = 0
    const widths: number[] = []
    const { clock, chat, session } = open(async (request) => {
      widths.push(++open_)
      await null
      open_--
      // Four good answers a second, as a rate limiter gives them.
      return spare-- > 0 ? echoing(request) : refuse(429, { 'retry-after': '1' })
    })
    const asked = items(40).map((item) => chat(item))
    for (let second = 0; second < 30; second++) {
      await clock.pass(1100)
      spare = 4
    }
    expect(asked.every(({ value }) => value !== undefined)).toBe(true)
    expect(Math.max(...widths.slice(0, 8))).toBe(8)
    expect(Math.max(...widths.slice(-8))).toBeLessThanOrEqual(6)
    expect(session.usage.calls).toBe(40)
    expect(session.usage.retries).toBeGreaterThan(0)
  })

  test('and stays so, makes every question raise rate_limited with its wait', async () => {
    const { clock, chat, sent } = open(() => refuse(429, { 'retry-after': '2' }))
    const asked = items(20).map((item) => chat(item))
    await clock.pass(60_000)
    for (const { error } of asked) expect(error).toMatchObject({ kind: 'rate_limited', retryAfterMs: 2000 })
    // Three rounds, each by half as many: no storm.
    expect(sent.length).toBeLessThanOrEqual(8 + 4 + 2)
  })

  test('for longer than a worker can wait, ends what waits at once', async () => {
    const { clock, chat, sent } = open(() => refuse(429, { 'retry-after': '60' }))
    const asked = items(20).map((item) => chat(item))
    await clock.pass(0)
    for (const { error } of asked) expect(error).toMatchObject({ kind: 'rate_limited', retryAfterMs: 60_000 })
    expect(sent).toHaveLength(8)
  })

  test('503 without a hint is tried again after a jittered pause', async () => {
    const { clock, chat, sent } = open((request, index) => (index < 2 ? refuse(503) : echoing(request)))
    const asked = chat('a')
    await clock.pass(0)
    expect(sent).toHaveLength(1)
    await clock.pass(10_000)
    expect(asked.value).toHaveLength(1)
  })
})

describe('the window', () => {
  test('halves once a round and grows by one after a round of successes', () => {
    const window = createWindow(16)
    window.shrink(100, 110)
    window.shrink(105, 111)
    expect(window.size).toBe(8)
    window.shrink(111, 120)
    expect(window.size).toBe(4)
    for (let success = 0; success < 4; success++) window.grow()
    expect(window.size).toBe(5)
    for (let success = 0; success < 500; success++) window.grow()
    expect(window.size).toBe(16)
    for (let round = 0; round < 10; round++) window.shrink(200 + round * 10, 205 + round * 10)
    expect(window.size).toBe(1)
  })
})

describe('failures that may mend', () => {
  test.each<[string, () => unknown, ModelErrorKind]>([
    ['500', () => refuse(500), 'server_error'],
    ['a closed connection', () => Promise.reject(new TypeError('fetch failed')), 'unreachable'],
    ['half a JSON', () => new Response('{"choices":[{"mess'), 'malformed'],
    ['no choice', () => ({ choices: [] }), 'empty'],
  ])('%s is asked three times, then given up', async (_name, answer, kind) => {
    const failing = open(answer)
    const lost = failing.chat('a')
    await failing.clock.pass(60_000)
    expect(failing.sent).toHaveLength(3)
    expect(lost.error).toMatchObject({ kind })
    const mending = open((request, index) => (index < 2 ? answer() : echoing(request)))
    const asked = mending.chat('a')
    await mending.clock.pass(60_000)
    expect(asked.value).toEqual([{ text: 're: a', finishReason: 'stop' }])
    expect(mending.session.usage).toMatchObject({ requests: 3, retries: 2 })
  })

  test('a hang ends at the time limit, and is tried twice', async () => {
    const { clock, chat, sent } = open(() => new Promise(() => {}), {
      target: connection({ limits: { requestTimeoutSeconds: 30 } }),
    })
    const asked = chat('a')
    await clock.pass(29_000)
    expect(sent).toHaveLength(1)
    await clock.pass(1_500)
    expect(sent[0]?.init.signal?.aborted).toBe(true)
    expect(sent).toHaveLength(2)
    await clock.pass(30_000)
    expect(asked.error).toMatchObject({ kind: 'timeout' })
    expect(sent).toHaveLength(2)
  })

  test('one byte a second ends at the same limit', async () => {
    let bytes = 0
    const drip = () =>
      new ReadableStream<Uint8Array>({
        async pull(controller) {
          await new Promise((resolve) => setTimeout(resolve, 5))
          bytes++
          controller.enqueue(new Uint8Array([32]))
        },
      })
    const { clock, chat } = open(() => new Response(drip()))
    const asked = chat('a')
    for (let attempt = 0; attempt < 2; attempt++) {
      await new Promise((resolve) => setTimeout(resolve, 20))
      await clock.pass(120_500)
    }
    expect(asked.error).toMatchObject({ kind: 'timeout' })
    // What had been pulled when the time ran out may still come.
    await new Promise((resolve) => setTimeout(resolve, 30))
    const read = bytes
    await new Promise((resolve) => setTimeout(resolve, 50))
    expect(bytes).toBe(read)
  })

  test("an item's deadline ends its question, also while it waits", async () => {
    const { clock, chat, sent } = open(() => new Promise(() => {}), { maxConnections: 1 })
    const first = chat('a', clock.now() + 5000)
    const second = chat('b', clock.now() + 2000)
    await clock.pass(2000)
    expect(second.error).toMatchObject({ kind: 'timeout' })
    expect(first.done).toBe(false)
    await clock.pass(3000)
    expect(first.error).toMatchObject({ kind: 'timeout' })
    expect(sent).toHaveLength(1)
  })

  test('nobody answering at all ends those that wait too', async () => {
    const { clock, chat, sent } = open(() => Promise.reject(new TypeError('connection refused')), { maxConnections: 2 })
    const asked = items(50).map((item) => chat(item))
    await clock.pass(60_000)
    for (const { error } of asked) expect(error).toMatchObject({ kind: 'unreachable' })
    expect(sent.length).toBeLessThan(20)
  })
})

test('a wrong key ends every question after the first answer', async () => {
  const { clock, chat, sent } = open(() => refuse(401), { maxConnections: 2 })
  const asked = items(50).map((item) => chat(item))
  await clock.pass(0)
  for (const { error } of asked) expect(error).toMatchObject({ kind: 'unauthorized' })
  expect(sent).toHaveLength(2)
})

test('a newer model that wants max_completion_tokens gets it', async () => {
  const { clock, chat, sent } = open((request) =>
    'max_tokens' in request.body
      ? refuse(400, {}, "Unsupported parameter: 'max_tokens'. Use 'max_completion_tokens' instead.")
      : echoing(request),
  )
  const asked = chat('a')
  await clock.pass(0)
  expect(asked.value).toHaveLength(1)
  expect(sent[1]?.body.max_completion_tokens).toBe(512)
})

describe('answers that come in a bunch', () => {
  /** Four questions over two connections; the first two are answered, and the turn that follows has not come. */
  const bunch = async () => {
    const order: string[] = []
    const turns: (() => void)[] = []
    const answers: (() => void)[] = []
    const { clock, session } = open(
      (request) => {
        order.push(`asked ${request.body.messages[0].content}`)
        return new Promise((resolve) => void answers.push(() => resolve(echoing(request))))
      },
      { maxConnections: 2, turn: (callback) => void turns.push(callback) },
    )
    for (const item of items(4)) {
      const answered = session.forItem(item).chat([{ role: 'user', content: item }])
      answered.then(
        () => order.push(`answered ${item}`),
        () => order.push(`failed ${item}`),
      )
    }
    for (const answer of answers.splice(0)) answer()
    await clock.pass(0)
    return { clock, session, order, turn: () => turns.splice(0).forEach((callback) => void callback()) }
  }
  const asked = items(4).map((item) => `asked ${item}`)

  test('are handed over when the next questions have left', async () => {
    const { clock, order, turn } = await bunch()
    expect(order).toEqual(asked)
    turn()
    await clock.pass(0)
    expect(order).toEqual([...asked, 'answered item 0', 'answered item 1'])
  })

  test.each(['close', 'windDown'] as const)('are kept where the work ends before: %s', async (end) => {
    const { clock, session, order } = await bunch()
    session[end]()
    await clock.pass(0)
    const lost = end === 'close' ? ['failed item 2', 'failed item 3'] : []
    expect(order).toEqual([...asked, 'answered item 0', 'answered item 1', ...lost])
  })
})

describe('lists', () => {
  const complete = (session: ReturnType<typeof open>['session'], item: string) =>
    outcome(session.forItem(item).complete(item))

  test('a prompt that spoils its list fails alone', async () => {
    const { clock, session, sent } = open((request) => {
      const prompts: string[] = [request.body.prompt].flat()
      return prompts.includes('item 11') ? refuse(400, {}, 'maximum context length is 4') : echoing(request)
    })
    const asked = items(32).map((item) => complete(session, item))
    await clock.pass(0)
    expect(asked.filter(({ value }) => value !== undefined)).toHaveLength(31)
    expect(asked[11]?.error).toMatchObject({ kind: 'context_too_long' })
    expect(sent.length).toBeLessThanOrEqual(11)
  })

  test.each<[string, () => unknown]>([
    ['an error', () => refuse(500)],
    ['half an answer', () => new Response('{"half')],
    ['a closed connection', () => Promise.reject(new TypeError('connection reset'))],
  ])('a prompt to which its server has only %s is lost alone', async (_name, broken) => {
    const { clock, session, sent } = open((request) =>
      [request.body.prompt].flat().includes('item 11') ? broken() : echoing(request),
    )
    const asked = items(32).map((item) => complete(session, item))
    await clock.pass(60_000)
    expect(asked.flatMap(({ error }, index) => (error === undefined ? [] : [index]))).toEqual([11])
    expect(asked.filter(({ value }) => value !== undefined)).toHaveLength(31)
    expect(sent.map(({ body }) => [body.prompt].flat().length)).toEqual([32, 16, 16, ...Array(16).fill(1)])
  })

  test('one bad choice of a list costs only its own item', async () => {
    const { clock, session } = open((request) => {
      const answer = echoing(request) as { choices: { text: string | null }[] }
      for (const choice of answer.choices) if (choice.text === 're: item 3') choice.text = null
      return answer
    })
    const asked = items(8).map((item) => complete(session, item))
    await clock.pass(60_000)
    expect(asked.filter(({ value }) => value !== undefined)).toHaveLength(7)
    expect(asked[3]?.error).toMatchObject({ kind: 'empty' })
  })

  test('a list that takes too long is sent again prompt by prompt', async () => {
    const { clock, session, sent } = open((request) =>
      [request.body.prompt].flat().length > 8 ? new Promise(() => {}) : echoing(request),
    )
    const asked = items(16).map((item) => complete(session, item))
    await clock.pass(121_000)
    expect(sent.map(({ body }) => [body.prompt].flat().length)).toEqual([16, ...Array(16).fill(1)])
    expect(asked.every(({ value }) => value !== undefined)).toBe(true)
  })

  test('lists that take long are sent fewer at once, to a server that stays as busy', async () => {
    const waiting: (() => void)[] = []
    const { clock, session } = open(
      (request) => new Promise((resolve) => void waiting.push(() => resolve(echoing(request)))),
      { target: connection({ limits: { maxBatch: 2 } }) },
    )
    const asked = items(16).map((item) => complete(session, item))
    await clock.pass(30_000)
    expect(waiting).toHaveLength(8)
    for (const answer of waiting.splice(0)) answer()
    await clock.pass(0)
    expect(asked.every(({ value }) => value !== undefined)).toBe(true)
    expect(session.load.window).toBe(4)
  })

  test('fewer choices than prompts are nobody’s answers', async () => {
    const { clock, session } = open((request) => {
      const answer = echoing(request) as { choices: unknown[] }
      answer.choices.pop()
      return answer
    })
    const asked = items(3).map((item) => complete(session, item))
    await clock.pass(60_000)
    for (const { error } of asked) expect(error).toMatchObject({ kind: expect.stringMatching(/malformed|empty/) })
  })
})

describe('budgets', () => {
  test('parallel items never pass a cap of calls, and what fits is answered', async () => {
    const spend = createSpend({ calls: 25 }, null)
    const { clock, chat, sent } = open(echoing, { spend })
    const asked = items(60).map((item) => chat(item))
    await clock.pass(1000)
    expect(asked.filter(({ value }) => value !== undefined)).toHaveLength(25)
    expect(asked.filter(({ error }) => (error as { kind?: string })?.kind === 'budget')).toHaveLength(35)
    expect(sent).toHaveLength(25)
    expect(spend.spent.calls).toBe(25)
  })

  test('a cap of tokens is not passed, and requests in flight give back what they did not use', async () => {
    // Each reserves up to 512 completion tokens and uses 5 of them beside 10 of the prompt.
    const spend = createSpend({ tokens: 1200 }, null)
    const { clock, chat } = open(echoing, { spend })
    const asked = items(100).map((item) => chat(item))
    await clock.pass(1000)
    const answered = asked.filter(({ value }) => value !== undefined).length
    expect(spend.spent.promptTokens + spend.spent.completionTokens).toBe(answered * 15)
    expect(answered * 15).toBeLessThanOrEqual(1200)
    expect(answered).toBeGreaterThan(40)
    expect(spend.outstanding).toBe(0)
  })

  test('a cap of money counts prices, retries and answers without usage', async () => {
    const price = { prompt: 1_000_000, completion: 2_000_000 }
    const spend = createSpend({ microUsd: 100_000 }, price)
    const { clock, chat, session } = open(
      (request, index) => {
        if (index === 0) return new Response('{"half')
        const { usage: _, ...answer } = echoing(request) as { usage: unknown }
        return answer
      },
      { spend },
    )
    const asked = chat('a')
    await clock.pass(10_000)
    expect(asked.value).toHaveLength(1)
    expect(session.usage.estimated).toBe(true)
    expect(spend.spent.calls).toBe(2)
    expect(spend.spent.promptTokens).toBeGreaterThan(0)
    expect(spend.spent.completionTokens).toBeGreaterThan(0)
  })

  test('money cannot be capped where the price is unknown', () => {
    expect(() => createSpend({ microUsd: 5 }, null)).toThrow(/prices/)
  })

  test('what others have spent counts', () => {
    const spend = createSpend({ calls: 10 }, null, { calls: 9, promptTokens: 0, completionTokens: 0 })
    const cost = { calls: 1, promptTokens: 5, completionTokens: 5 }
    spend.reserve(cost)
    expect(() => spend.reserve(cost)).toThrow(/10 calls/)
    spend.settle(cost, { calls: 0, promptTokens: 0, completionTokens: 0 })
    expect(() => spend.reserve(cost)).not.toThrow()
  })
})
