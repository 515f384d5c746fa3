import { describe, expect, test } from 'vitest'
import type { Capabilities } from '../../schema/capabilities.ts'
import { createDispatcher } from '../../src/model/dispatcher.ts'
import { memoryBook } from '../../src/model/evidence.ts'
import { createModel } from '../../src/model/session.ts'
import { allCapabilities, connection, echoing, fakeServer } from './target.ts'

const open = (capabilities: Partial<Capabilities> = {}, limits = {}) => {
  const server = fakeServer(echoing)
  const target = connection({ capabilities: { ...allCapabilities, ...capabilities }, limits })
  const book = memoryBook()
  return {
    sent: server.sent,
    target,
    book,
    transport: server.transport,
    session: createModel({ target, transport: server.transport, book, seed: 1 }),
  }
}
const items = (count: number) => Array.from({ length: count }, (_, index) => `item ${index}`)

describe('coalescing', () => {
  test('raw completions of one tick, from all items, leave in as few lists as the batch allows', async () => {
    const { session, sent } = open({}, { maxBatch: 40 })
    const texts = await Promise.all(
      items(100).map(async (item) => {
        // Items do not all come to their question in the same microtask.
        for (let hop = 0; hop < item.length; hop++) await null
        const [sample] = await session.forItem(item).complete(item)
        return sample?.text
      }),
    )
    expect(texts).toEqual(items(100).map((item) => `re: ${item}`))
    expect(sent.map(({ body }) => body.prompt.length)).toEqual([40, 40, 20])
    expect(session.usage).toMatchObject({ calls: 100, requests: 3, retries: 0, promptTokens: 1000 })
  })

  test('only prompts with equal parameters share a list', async () => {
    const { session, sent } = open()
    await Promise.all([
      session.forItem('a').complete('a'),
      session.forItem('b').complete('b', { stop: ['\n'] }),
      session.forItem('c').complete('c'),
      session.forItem('d').complete('d', { maxTokens: 3 }),
    ])
    expect(sent.map(({ body }) => body.prompt)).toEqual([['a', 'c'], 'b', 'd'])
  })

  test('sampled prompts have seeds of their own, so that they share no list', async () => {
    const { session, sent } = open()
    await Promise.all(['a', 'b'].map((item) => session.forItem(item).complete('same', { temperature: 1 })))
    expect(sent).toHaveLength(2)
    expect(sent[0]?.body.seed).not.toBe(sent[1]?.body.seed)
  })

  test('chats go one by one, at most as many at once as connections', async () => {
    let open = 0
    let most = 0
    const server = fakeServer(async (sent) => {
      most = Math.max(most, ++open)
      await new Promise((resolve) => setTimeout(resolve, 1))
      open--
      return echoing(sent)
    })
    const session = createModel({ target: connection(), transport: server.transport, seed: 1, maxConnections: 6 })
    await Promise.all(items(40).map((item) => session.forItem(item).chat([{ role: 'user', content: item }])))
    expect(server.sent).toHaveLength(40)
    expect(most).toBe(6)
  })

  test("the target's own limit lowers the connections", () => {
    const target = connection({ limits: { maxConnections: 2 } })
    expect(createDispatcher(target, { maxConnections: 64 }).load.window).toBe(2)
    expect(createDispatcher(connection(), { maxConnections: 64 }).load.window).toBe(64)
  })

  test('several samples are one request with n, or one each with a seed of its own', async () => {
    const many = open()
    const samples = await many.session.forItem('a').chat([{ role: 'user', content: 'q' }], { n: 3, temperature: 1 })
    expect(samples).toHaveLength(3)
    expect(many.sent.map(({ body }) => body.n)).toEqual([3])
    const few = open({ multipleSamples: false })
    expect(
      await few.session.forItem('a').chat([{ role: 'user', content: 'q' }], { n: 3, temperature: 1 }),
    ).toHaveLength(3)
    expect(few.sent.map(({ body }) => body.n)).toEqual([undefined, undefined, undefined])
    expect(new Set(few.sent.map(({ body }) => body.seed)).size).toBe(3)
    expect(few.session.usage.calls).toBe(3)
  })

  test('two sessions on one dispatcher share lists and pay for their own', async () => {
    const { target, transport, sent } = open()
    const dispatcher = createDispatcher(target, { transport })
    const [one, two] = [1, 2].map((seed) => createModel({ target, dispatcher, seed }))
    await Promise.all([
      one?.forItem('a').complete('aa'),
      two?.forItem('b').complete('bb'),
      two?.forItem('b').complete('cc'),
    ])
    expect(sent.map(({ body }) => body.prompt)).toEqual([['aa', 'bb', 'cc']])
    expect(one?.usage).toMatchObject({ calls: 1, requests: 1, promptTokens: 10 })
    expect(two?.usage).toMatchObject({ calls: 2, requests: 0, promptTokens: 20 })
  })
})

describe('evidence', () => {
  test('equal greedy questions are asked once, in flight and after', async () => {
    const { session, sent, book } = open()
    const ask = (item: string) => session.forItem(item).chat([{ role: 'user', content: 'same' }])
    await Promise.all([ask('a'), ask('b')])
    await ask('c')
    expect(sent).toHaveLength(1)
    expect(session.usage).toMatchObject({ calls: 1, reused: 1 })
    expect([...book.entries.values()]).toEqual([
      {
        question: {
          kind: 'chat',
          messages: [{ role: 'user', content: 'same' }],
          n: 1,
          temperature: 0,
          topP: 1,
          maxTokens: 512,
        },
        answer: { samples: [{ text: 're: same', finishReason: 'stop' }] },
      },
    ])
  })

  test('`repeat` asks anew', async () => {
    const { session, sent } = open()
    const model = session.forItem('a')
    await model.chat([{ role: 'user', content: 'same' }])
    await model.chat([{ role: 'user', content: 'same' }], { repeat: 1 })
    expect(sent).toHaveLength(2)
  })

  test('sampled questions of two items are two questions, of one item one', async () => {
    const { session, sent } = open()
    const ask = (item: string) => session.forItem(item).chat([{ role: 'user', content: 'same' }], { temperature: 0.7 })
    await Promise.all([ask('a'), ask('b'), ask('a')])
    expect(sent).toHaveLength(2)
  })

  test('a second session with the book asks nothing, with another seed only what it samples', async () => {
    const first = open()
    const work = async (session: typeof first.session) => {
      const model = session.forItem('a')
      await model.chat([{ role: 'user', content: 'greedy' }])
      await model.chat([{ role: 'user', content: 'sampled' }], { temperature: 1, n: 4 })
    }
    await work(first.session)
    const again = createModel({ target: first.target, transport: first.transport, book: first.book, seed: 1 })
    await work(again)
    expect(first.sent).toHaveLength(2)
    expect(again.usage).toMatchObject({ calls: 0, requests: 0, reused: 5 })
    const other = createModel({ target: first.target, transport: first.transport, book: first.book, seed: 2 })
    await work(other)
    expect(first.sent).toHaveLength(3)
  })

  test('a failed question is not recorded, and can be asked again', async () => {
    let down = true
    const server = fakeServer((sent) =>
      down ? Response.json({ error: { message: 'no' } }, { status: 400 }) : echoing(sent),
    )
    const book = memoryBook()
    const model = createModel({ target: connection(), transport: server.transport, book, seed: 1 }).forItem('a')
    await expect(model.chat([{ role: 'user', content: 'q' }])).rejects.toMatchObject({ kind: 'rejected' })
    expect(book.entries.size).toBe(0)
    down = false
    expect(await model.chat([{ role: 'user', content: 'q' }])).toHaveLength(1)
  })
})

describe('what a target has not', () => {
  test('is asked for less, and full-vocabulary quantities not at all', async () => {
    const { session, sent } = open({ topLogprobs: 5 })
    const asked = session.forItem('a').chat([{ role: 'user', content: 'q' }], { topLogprobs: 20, entropy: true })
    // The fake server gives none: never taken for certainty.
    await expect(asked).rejects.toMatchObject({ kind: 'invalid_logprobs' })
    expect(sent[0]?.body.top_logprobs).toBe(5)
    expect(JSON.stringify(sent[0]?.body)).not.toContain('entropy')
  })

  test('log-probabilities are left out where there are none', async () => {
    const { session, sent } = open({ logprobs: false, topLogprobs: 0 })
    const [sample] = await session.forItem('a').chat([{ role: 'user', content: 'q' }], { topLogprobs: 3 })
    expect(sample?.tokens).toBeUndefined()
    expect(sent[0]?.body.logprobs).toBeUndefined()
  })

  test('before the first probe nothing can be asked', () => {
    expect(() => createModel({ target: connection({ capabilities: null }), seed: 1 })).toThrow(/not been probed/)
  })
})

test('a closed session ends what is open and takes no more', async () => {
  const server = fakeServer(() => new Promise(() => {}))
  const session = createModel({ target: connection(), transport: server.transport, seed: 1 })
  const model = session.forItem('a')
  const asked = model.chat([{ role: 'user', content: 'q' }])
  await new Promise((resolve) => setTimeout(resolve, 0))
  session.close('lease_ending')
  await expect(asked).rejects.toMatchObject({ kind: 'lease_ending' })
  expect(server.sent[0]?.init.signal?.aborted).toBe(true)
  await expect(model.chat([{ role: 'user', content: 'r' }])).rejects.toMatchObject({ kind: 'lease_ending' })
})

test('winding down ends what waits, and lets what is on its way be answered', async () => {
  let answer: (value: unknown) => void = () => {}
  const server = fakeServer((sent) => new Promise((resolve) => (answer = () => resolve(echoing(sent)))))
  const session = createModel({ target: connection(), transport: server.transport, seed: 1, maxConnections: 1 })
  const [first, second] = ['a', 'b'].map((item) => session.forItem(item).chat([{ role: 'user', content: item }]))
  const refused = expect(second).rejects.toMatchObject({ kind: 'lease_ending' })
  await new Promise((resolve) => setTimeout(resolve, 0))
  session.windDown()
  await refused
  answer(null)
  expect(await first).toEqual([{ text: 're: a', finishReason: 'stop' }])
  expect(server.sent).toHaveLength(1)
})
