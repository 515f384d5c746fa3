import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { Capabilities } from '../../schema/capabilities.ts'
import { memoryBook } from '../../src/model/evidence.ts'
import type { Model } from '../../src/model/model.ts'
import { createModel } from '../../src/model/session.ts'
import { createSpend } from '../../src/model/spend.ts'
import { startServer, type TestServer } from '../servers/openai.ts'
import { allCapabilities, connection, fakeServer } from './target.ts'

const everything: Capabilities = {
  ...allCapabilities,
  promptLogprobsBy: 'score',
  full: true,
  entailment: true,
  dropout: true,
}

let server: TestServer
beforeAll(async () => {
  server = await startServer({ dialect: 'assay', seed: 3 })
})
afterAll(() => server.close())

const open = (options: Partial<Parameters<typeof createModel>[0]> = {}, changes: Partial<Capabilities> = {}) => {
  const target = connection({ dialect: 'assay', baseUrl: server.url, capabilities: { ...everything, ...changes } })
  return createModel({ target, seed: 1, ...options })
}

/** Everything that only the own surface can be asked, twice the same. */
async function askAll(model: Model) {
  return {
    mass: await model.mass('The answer is', [" I don't know", " I don't know that", ' 42']),
    embed: await model.embed(['a cat', 'a cat', 'the weather']),
    entail: await model.entail([
      ['the cat sleeps', 'the cat sleeps'],
      ['the cat sleeps', 'no dog barks'],
    ]),
    dropout: await model.dropout('Once upon a', ' time there was é', { passes: 20, seed: 3 }),
    states: await model.states('The cat', [' sat', ' sat', ' ran'], { pool: 'last' }),
    compare: await model.compare('larger', ['a first text', 'and a second one']),
    score: await model.score('The cat', [' sat on it'], { terms: true, entropy: true }),
    chat: await model.chat([{ role: 'user', content: 'q' }], { terms: true, topLogprobs: 2 }),
  }
}

describe('the own surface', () => {
  test('answers, is recorded, and is never asked twice', async () => {
    server.reset()
    const book = memoryBook()
    const session = open({ book })
    const first = await askAll(session.forItem('a'))
    expect(session.usage).toMatchObject({ calls: 8, requests: 8, reused: 0 })
    const known = server.stats().requests
    const replayed = open({ book: { get: (key) => structuredClone(book.get(key)), put: () => {} } })
    replayed.close()
    expect(await askAll(replayed.forItem('a'))).toEqual(first)
    expect(replayed.usage).toMatchObject({ calls: 0, reused: 8 })
    expect(server.stats().requests).toBe(known)
    // What is kept survives JSON as it is.
    for (const { answer } of book.entries.values()) expect(JSON.parse(JSON.stringify(answer))).toEqual(answer)
  })

  test('gives each quantity in one form', async () => {
    const { mass, embed, entail, dropout, states, compare, score, chat } = await askAll(open().forItem('a'))
    expect(mass.phrases.map(({ phrase }) => phrase)).toEqual([" I don't know", " I don't know that", ' 42'])
    const [short, long, other] = mass.phrases.map((phrase) => phrase.mass) as [number, number, number]
    expect(long).toBeLessThan(short)
    // The longer phrase goes on from the shorter one: it adds nothing.
    expect(mass.total).toBeCloseTo(short + other, 12)
    expect(embed[0]).toEqual(embed[1])
    expect(embed[2]).not.toEqual(embed[0])
    expect(entail[0]?.entail).toBeGreaterThan(entail[1]?.entail as number)
    for (const { entail: yes, neutral, contradict, by } of entail) {
      expect(yes + neutral + contradict).toBeCloseTo(1)
      expect(by).toBe('judge:test-model')
    }
    expect(dropout).toMatchObject({ passes: 20, rate: 0.1, inserted: true })
    expect(dropout.tokens.map(({ token }) => token).join('')).toBe(' time there was é')
    expect(dropout.tokens.at(-1)).toMatchObject({ end: 18 })
    for (const token of dropout.tokens) {
      expect(token.predictiveEntropy).toBeCloseTo(token.aleatoricEntropy + token.epistemicEntropy)
      expect(token.groupEpistemicEntropies).toHaveLength(5)
    }
    expect(states.map((state) => state.length)).toEqual([8, 8, 8])
    expect(states[0]).toEqual(states[1])
    expect(states[2]).not.toEqual(states[0])
    expect(compare).toHaveLength(2)
    expect(compare[1]?.tokens.map(({ token }) => token).join('')).toBe(' a second one')
    for (const token of [...(score[0]?.tokens ?? []), ...(chat[0]?.tokens ?? [])])
      expect(Object.keys(token.terms ?? {})).toEqual(['renyi', 'fisherRao', 'selfCertainty'])
  })

  test('gathers the questions of all items in lists by kind', async () => {
    server.reset()
    const session = open()
    await Promise.all(
      Array.from({ length: 12 }, async (_, place) => {
        const model = session.forItem(`item ${place}`)
        await Promise.all([
          model.entail([[`premise ${place}`, 'hypothesis']]),
          model.dropout('Once', ` upon ${place}`, { passes: 4 }),
          model.states('Once', [` upon ${place}`], { layer: 1 }),
          model.compare('larger', [`text number ${place}`]),
          model.embed([`text ${place}`]),
          model.mass('p', [` phrase ${place}`]),
        ])
      }),
    )
    expect(server.stats().paths).toEqual({
      '/v1/assay/entail': 1,
      '/v1/assay/dropout': 1,
      '/v1/assay/states': 1,
      '/v1/assay/compare': 1,
      '/v1/assay/embed': 1,
      '/v1/assay/score': 1,
    })
  })

  test('weighs passes with dropout, so that a list stays answerable', async () => {
    server.reset()
    const session = open()
    await Promise.all(
      Array.from({ length: 10 }, (_, place) =>
        session.forItem(`item ${place}`).dropout('Once', ` upon ${place}`, { passes: 20 }),
      ),
    )
    expect(server.stats().paths).toEqual({ '/v1/assay/dropout': 4 })
  })

  test('parts long lists, and puts the answers together in order', async () => {
    server.reset()
    const pairs = Array.from({ length: 150 }, (_, place): [string, string] => [`one ${place % 2}`, 'one 0'])
    const judged = await open().forItem('a').entail(pairs)
    expect(judged).toHaveLength(150)
    expect(new Set(judged.filter((_, place) => place % 2 === 0).map(({ entail }) => entail)).size).toBe(1)
    expect(judged[1]?.entail).toBeLessThan(judged[0]?.entail as number)
    expect(server.stats().paths).toEqual({ '/v1/assay/entail': 3 })
  })

  test('a budget ends it as all else', async () => {
    const spend = createSpend({ calls: 2 }, null)
    const model = open({ spend }).forItem('a')
    await model.dropout('a', ' b c', {})
    await model.compare('larger', ['a b'])
    await expect(model.entail([['a', 'b']])).rejects.toMatchObject({ kind: 'budget' })
    expect(spend.spent).toMatchObject({ calls: 2, completionTokens: 0 })
    expect(spend.spent.promptTokens).toBeGreaterThan(0)
  })

  test('models of different tokenizers are refused with the reason', async () => {
    await expect(open().forItem('a').compare('other-model', ['a b'])).rejects.toMatchObject({
      kind: 'capability_missing',
      message: /bits per byte/,
    })
  })

  test('what a target was found not to have is not asked', async () => {
    server.reset()
    const missing = { full: 'no entropies', entailment: 'no judge', dropout: 'no layers', embeddings: 'no vectors' }
    const poor = { full: false, entailment: false, embeddings: false, missing }
    const model = open({}, poor).forItem('a')
    await expect(model.entail([['a', 'b']])).rejects.toMatchObject({ kind: 'capability_missing', message: 'no judge' })
    await expect(model.dropout('a', 'b')).rejects.toMatchObject({ message: 'no entropies' })
    await expect(model.states('x', ['b'])).rejects.toMatchObject({ message: 'no entropies' })
    await expect(model.compare('x', ['b'])).rejects.toMatchObject({ message: 'no entropies' })
    await expect(model.embed(['x'])).rejects.toMatchObject({ message: 'no vectors' })
    const generic = open({}, { dropout: false, missing }).forItem('a')
    await expect(generic.dropout('a', 'b')).rejects.toMatchObject({ message: 'no layers' })
    expect(server.stats().requests).toBe(0)
  })

  test.each(['openai', 'vllm', 'llama.cpp', 'ollama', 'workers-ai'] as const)('%s has none of it', async (dialect) => {
    const { transport, sent } = fakeServer(() => ({}))
    const target = connection({ dialect, capabilities: { ...everything, promptLogprobsBy: 'echo' } })
    const model = createModel({ target, transport, seed: 1 }).forItem('a')
    for (const asked of [
      model.entail([['a', 'b']]),
      model.dropout('a', 'b'),
      model.states('a', ['b']),
      model.compare('x', ['b']),
    ])
      await expect(asked).rejects.toMatchObject({ kind: 'capability_missing' })
    expect(sent).toHaveLength(0)
  })
})

describe('an answer that cannot be', () => {
  const token = { token: 'a', id: 1, start: 0, end: 1 }
  const dropout = {
    ...token,
    logprob: -1,
    predictiveEntropy: 1,
    aleatoricEntropy: 0.9,
    epistemicEntropy: 0.1,
    expectedPairwiseKl: 0.2,
    reverseMutualInformation: 0.1,
    probabilityVariance: 0.1,
    groupEpistemicEntropies: [0.1],
  }
  const compared = {
    ...token,
    klForward: 0,
    klBackward: 0,
    jensenShannon: 0,
    topAgree: true,
    topKOverlap: 1,
    logprobDelta: 0,
  }
  const answering = (result: unknown, more = {}) => {
    const { transport } = fakeServer(() => ({ model: 'test-model', ...more, results: [result] }))
    const target = connection({ dialect: 'assay', capabilities: everything })
    return createModel({ target, transport, seed: 1, random: () => 0 }).forItem('a')
  }
  const dropped = (changes: Record<string, unknown>) =>
    answering({ tokens: [{ ...dropout, ...changes }], passes: 10, rate: 0.1, inserted: true }).dropout('p', 'a')
  const comparing = (changes: Record<string, unknown>) =>
    answering({ tokens: [{ ...compared, ...changes }] }).compare('r', ['a'])
  const judging = (judgement: unknown, more: Record<string, unknown> = { by: 'x' }) =>
    answering(judgement, more).entail([['a', 'b']])

  test('is the mean of what can be', async () => {
    expect((await dropped({ epistemicEntropy: -1e-7 })).tokens[0]?.epistemicEntropy).toBe(0)
    expect((await comparing({ klForward: -1e-7 }))[0]?.tokens[0]?.klForward).toBe(0)
    expect(await judging({ entail: 0.2, neutral: 0.3, contradict: 0.5 })).toHaveLength(1)
  })

  test.each<[string, () => Promise<unknown>, string]>([
    ['a negative entropy', () => dropped({ predictiveEntropy: -1 }), 'invalid_logprobs'],
    ['a mean distribution above 1', () => dropped({ logprob: 0.5 }), 'invalid_logprobs'],
    ['an entropy that is none', () => dropped({ aleatoricEntropy: null }), 'invalid_logprobs'],
    ['no groups of passes', () => dropped({ groupEpistemicEntropies: undefined }), 'malformed'],
    ['a negative divergence', () => comparing({ jensenShannon: -0.5 }), 'invalid_logprobs'],
    ['an overlap above 1', () => comparing({ topKOverlap: 1.5 }), 'invalid_logprobs'],
    ['no offsets', () => comparing({ end: undefined }), 'invalid_logprobs'],
    ['a judgement that sums to 2', () => judging({ entail: 1, neutral: 0, contradict: 1 }), 'malformed'],
    ['a judgement by nobody', () => judging({ entail: 1, neutral: 0, contradict: 0 }, {}), 'malformed'],
    ['a vector of nothing', () => answering({ embedding: [] }).embed(['a']), 'malformed'],
    ['fewer states', () => answering({ states: [[1]] }).states('p', [' a', ' b']), 'malformed'],
    ['a state that is none', () => answering({ states: [[]] }).states('p', [' a']), 'malformed'],
    ['fewer phrases', () => answering({ phrases: [] }).mass('p', [' a']), 'malformed'],
  ])('%s is refused', async (_name, asking, kind) => {
    await expect(asking()).rejects.toMatchObject({ kind })
  })
})
