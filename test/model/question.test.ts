import { describe, expect, test } from 'vitest'
import { questionKey, seedAndKey } from '../../src/model/canonical.ts'
import { targetRevision } from '../../src/model/connection.ts'
import {
  chatQuestion,
  completeQuestion,
  dropoutQuestion,
  type Question,
  scoreQuestion,
  statesQuestion,
} from '../../src/model/question.ts'
import { allCapabilities } from './target.ts'

const asker = { seed: 7, itemId: 'item-1' }
const messages = [{ role: 'user' as const, content: 'What is 12 + 7?' }]

describe('evidence keys', () => {
  // Stored evidence is found by these: a change of them asks every model everything anew.
  test('are what they were', () => {
    expect(questionKey(chatQuestion(messages, {}, allCapabilities))).toMatchInlineSnapshot(
      `"a90bd393ff649d48e49304330fe6784ea0e1d0f11fa5132d1ad285b77e2d7d4b"`,
    )
    const sampled = chatQuestion(messages, { temperature: 1, n: 10, topLogprobs: 5, stop: ['\n'] }, allCapabilities)
    const key = seedAndKey(sampled, asker)
    expect(key).toBe(questionKey(sampled))
    expect(sampled.seed).toMatchInlineSnapshot(`308743873`)
    expect(questionKey(sampled)).toMatchInlineSnapshot(
      `"1a4c8919d0f5d78200df15efbd38317684727d07f535a9a06acafe8ef303ebaa"`,
    )
    expect(questionKey(completeQuestion('Once', { maxTokens: 8 }, allCapabilities))).toMatchInlineSnapshot(
      `"cc1155a23f7d4faddf7f6d6c55964da5714919547af86f9a1dde40ce47c9759d"`,
    )
    expect(questionKey(scoreQuestion('The cat', [' sat', ' ran'], {}, allCapabilities))).toMatchInlineSnapshot(
      `"f169962e0e98ffc11756c1dabb5abb550da9949def85f5e0335d40dcdb5a73bb"`,
    )
    expect(
      questionKey(scoreQuestion({ messages, answerPrefix: 'It is' }, [' 19'], { topLogprobs: 2 }, allCapabilities)),
    ).toMatchInlineSnapshot(`"567b0c62fea1ab5372986e65eab7d9109f2b2ef044c31f68e24ce6bb6c990f3c"`)
    expect(questionKey({ kind: 'embed', texts: ['a', 'b'] })).toMatchInlineSnapshot(
      `"0695298e074e5315ab83c4b6a747ecea7b29be0b1812d7a5d72dfadee1ae82e8"`,
    )
  })

  test('do not rest on the order or number of fields that a caller writes', () => {
    const plain = chatQuestion([{ role: 'user', content: 'q' }], { maxTokens: 4, stop: ['.'] }, allCapabilities)
    const odd = chatQuestion(
      [{ content: 'q', role: 'user', name: 'x' } as never],
      { stop: ['.'], n: 1, temperature: 0, topP: 0.9, maxTokens: 4 },
      allCapabilities,
    )
    expect(seedAndKey(odd, { seed: 8, itemId: 'item-2' })).toBe(seedAndKey(plain, asker))
  })

  test('differ in whatever changes the answer', () => {
    const chat = (options: Parameters<typeof chatQuestion>[1]) =>
      chatQuestion(messages, options, { ...allCapabilities, full: true })
    const keys = [
      ...[
        chat({}),
        chat({ maxTokens: 5 }),
        chat({ topLogprobs: 0 }),
        chat({ entropy: true }),
        chat({ terms: true }),
        chat({ repeat: 1 }),
        chat({ answerPrefix: 'x' }),
        chat({ temperature: 1 }),
        chat({ temperature: 1, topP: 0.9 }),
        completeQuestion('What is 12 + 7?', {}, allCapabilities),
        dropoutQuestion('p', 'c', {}),
        dropoutQuestion('p', 'c', { seed: 1 }),
        dropoutQuestion('p', 'c', { passes: 20 }),
        statesQuestion('p', ['c'], {}),
        statesQuestion('p', ['c'], { layer: 3 }),
        statesQuestion('p', ['c'], { pool: 'last' }),
        { kind: 'mass', prompt: 'p', phrases: ['c'] },
        { kind: 'entail', pairs: [['p', 'c']] },
        { kind: 'compare', reference: 'r', texts: ['p', 'c'] },
        { kind: 'compare', reference: 'r', texts: ['p', 'c'], topK: 5 },
      ].map((question) => seedAndKey(question as Question, asker)),
      seedAndKey(chat({ temperature: 1 }), { ...asker, itemId: 'item-2' }),
      seedAndKey(chat({ temperature: 1 }), { ...asker, seed: 8 }),
    ]
    expect(new Set(keys).size).toBe(keys.length)
  })
})

test('a target is another one after a redeployment, for another tenant, and when the server says so', () => {
  const target = {
    baseUrl: 'https://a.example/v1',
    model: 'm',
    dialect: 'openai' as const,
    reasoningTags: ['think'],
  }
  const revisions = [
    targetRevision('ten_1', target, 'f', null),
    targetRevision('ten_2', target, 'f', null),
    targetRevision('ten_1', target, 'g', null),
    targetRevision('ten_1', target, 'f', 'sha-1'),
    targetRevision('ten_1', { ...target, model: 'n' }, 'f', null),
    targetRevision('ten_1', { ...target, baseUrl: 'https://b.example/v1' }, 'f', null),
    // Answers are kept without their reasoning: other tags leave another text.
    targetRevision('ten_1', { ...target, reasoningTags: [] }, 'f', null),
    targetRevision('ten_1', { ...target, reasoningTags: ['think', 'plan'] }, 'f', null),
  ]
  expect(new Set(revisions).size).toBe(revisions.length)
  expect(targetRevision('ten_1', target, 'f', null)).toBe(revisions[0])
  // Stored answers are found by it.
  expect(revisions[0]).toBe('f87946bcaf2576207772227beffce1eac03cc013e56ac35ae82008a80577007a')
})
