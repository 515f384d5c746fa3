import { describe, expect, it } from 'vitest'
import type { Row } from '../../src/benchmarks/define.ts'
import { summarizeAbstention, thresholdAtError } from '../../src/benchmarks/report/abstention.ts'
import { type IdkDetail, idkToken } from '../../src/benchmarks/uncertainty/idk-token.ts'
import { metricOf, reportOf, rowsOf } from './running.ts'
import { scriptedModel } from './world-model.ts'

const target = scriptedModel(() => [])

const row = (index: number, more: Partial<IdkDetail>): Row<IdkDetail> => ({
  index,
  itemId: `item/${index}`,
  cluster: null,
  status: 'scored',
  score: null,
  reason: null,
  detail: {
    question: 'q',
    gold: 'g',
    stratum: index % 2 ? 'head' : 'tail',
    unanswerable: false,
    answer: 'a',
    baseline: 'a',
    correct: more.baselineCorrect ?? false,
    baselineCorrect: false,
    severalValues: false,
    greedyIdk: false,
    mass: 0.1,
    massUpper: null,
    massTruncated: false,
    massBy: 'phrase',
    firstTokenProbability: 0.5,
    pTrue: null,
    largestClass: null,
    classesBy: null,
    ...more,
  },
})

describe('summarizeAbstention', () => {
  it('agrees with a table counted by hand', () => {
    const items = [
      { abstained: false, correct: true, baselineCorrect: true },
      { abstained: false, correct: true, baselineCorrect: true },
      { abstained: false, correct: false, baselineCorrect: true },
      { abstained: true, correct: false, baselineCorrect: true },
      { abstained: true, correct: false, baselineCorrect: false },
      { abstained: false, correct: false, baselineCorrect: false },
    ]
    expect(summarizeAbstention(items)).toEqual({
      answered: 4,
      correct: 2,
      wrong: 2,
      abstained: 2,
      precision: 1 / 2,
      recall: 1 / 3,
      f1: 0.4,
      idkPrecision: 1 / 2,
      idkRecall: 1 / 2,
      idkError: 1 / 4,
      knowledgeLoss: 1 / 2,
    })
  })

  it('has no precision where nothing is answered, and then an F1 of 0', () => {
    const summary = summarizeAbstention([{ abstained: true, correct: false, baselineCorrect: true }])
    expect(summary).toMatchObject({ precision: null, recall: 0, f1: 0, idkPrecision: 0, idkRecall: null })
  })
})

describe('thresholdAtError', () => {
  const item = (score: number, baselineCorrect: boolean, anyway = false) => ({ score, baselineCorrect, anyway })
  it('takes the lowest threshold that keeps right answers', () => {
    expect(thresholdAtError([item(0.9, false), item(0.5, false), item(0.4, true), item(0.3, false)], 0.05)).toBe(0.5)
    expect(thresholdAtError([item(0.9, true), item(0.5, false)], 0.05)).toBe(Number.POSITIVE_INFINITY)
    expect(thresholdAtError([item(0.9, true, true), item(0.5, false)], 0.05)).toBeNull()
  })
})

describe('idk-token', () => {
  it('finds all errors where the mass tells them, at no cost', () => {
    const rows = Array.from({ length: 80 }, (_, index) =>
      row(index, index % 2 ? { baselineCorrect: true, mass: 0.1 } : { mass: 0.6 }),
    )
    const report = reportOf(idkToken, rows, { target })
    expect(report.headline).toMatchObject({ id: 'idkRecallAtError5', value: 1 })
    expect(metricOf(report, 'idkErrorAtThreshold').value).toBe(0)
    expect(metricOf(report, 'rocAuc').value).toBe(1)
    expect(metricOf(report, 'idkRecall').value).toBe(0)
    expect(report.headline.n).toBeLessThan(40)
  })

  it('gives no headline where spoken IDKs alone cost too much, or items are too few', () => {
    const costly = Array.from({ length: 80 }, (_, index) =>
      row(index, { baselineCorrect: index % 2 === 0, greedyIdk: index % 4 === 0 }),
    )
    expect(reportOf(idkToken, costly, { target }).headline).toMatchObject({ value: null, reason: 'undefined' })
    expect(reportOf(idkToken, costly.slice(0, 20), { target }).headline).toMatchObject({
      value: null,
      reason: 'too_few',
    })
  })

  it('keeps unanswerable questions out of all rates but their own', () => {
    const answerable = Array.from({ length: 10 }, (_, index) => row(index, { baselineCorrect: true }))
    const none = Array.from({ length: 10 }, (_, index) =>
      row(10 + index, { unanswerable: true, greedyIdk: true, stratum: 'futureEvent' }),
    )
    const report = reportOf(idkToken, [...answerable, ...none], { target })
    expect(metricOf(report, 'baselineAccuracy').value).toBe(1)
    expect(metricOf(report, 'idkError').value).toBe(0)
    expect(metricOf(report, 'unanswerableIdk').value).toBe(1)
  })

  it('reads the exact mass of phrases, each token sequence once', async () => {
    const knowing = scriptedModel((_, { scoring }) =>
      scoring
        ? [
            ["I don't know", 0.3],
            ['Unknown', 0.1],
          ]
        : [['Paris', 1]],
    )
    const [first] = (await rowsOf(idkToken, knowing, { size: 1 })) as Row<IdkDetail>[]
    // The scripted tokens keep their leading space, so both spellings of a phrase are two sequences.
    expect(first?.detail?.mass).toBeCloseTo(2 * 0.4, 10)
    expect(first?.detail?.massBy).toBe('phrase')
  })

  it('falls back to the first token, then to samples, each under its own name', async () => {
    const spoken = (given: object) =>
      scriptedModel(
        () => [
          ['Paris', 0.6],
          ['Unknown to me', 0.4],
        ],
        { prompt_logprobs: false, ...given },
      )
    const byToken = (await rowsOf(idkToken, spoken({}), { size: 1 })) as Row<IdkDetail>[]
    expect(byToken[0]?.detail).toMatchObject({ massBy: 'firstToken', massTruncated: false })
    expect(byToken[0]?.detail?.mass).toBeCloseTo(0.4, 10)
    const texts = await rowsOf(idkToken, spoken({ logprobs: false }), { size: 40, params: { samples: 10 } })
    const report = reportOf(idkToken, texts, { target: spoken({ logprobs: false }), params: { samples: 10 } })
    expect(metricOf(report, 'rocAuc:empirical')).toBeDefined()
    expect(report.caveats.map((caveat) => caveat.code)).toContain('empirical_mass')
  })

  it('leaves an item without a valid gold answer out, and says so', async () => {
    const items = [
      { id: 'valid', prompt: 'Capital of France?', answers: ['Paris'] },
      { id: 'nothing', prompt: 'Capital of Nowhere?', answers: ['the'] },
    ]
    const rows = await rowsOf(
      idkToken,
      scriptedModel(() => [['Paris', 1]]),
      { items },
    )
    expect(rows.map(({ status, reason }) => [status, reason])).toEqual([
      ['scored', null],
      ['skipped', 'invalid_gold'],
    ])
    expect(reportOf(idkToken, rows, { target }).caveats.map(({ message }) => message)).toContainEqual(
      expect.stringContaining('invalid_gold 1'),
    )
  })

  it('goes on without exact masses where the server scores no chats', async () => {
    const model = scriptedModel(() => [
      ['Paris', 0.6],
      ['Unknown', 0.4],
    ])
    const deaf = {
      ...model,
      score: async () => {
        throw Object.assign(new Error('no chat'), { kind: 'capability_missing' })
      },
    }
    const [first] = (await rowsOf(idkToken, deaf, { size: 1 })) as Row<IdkDetail>[]
    expect(first?.detail).toMatchObject({ massBy: 'firstToken', mass: expect.closeTo(0.4, 10) })
  })

  it('joins samples of one meaning where the target judges entailment', async () => {
    const model = scriptedModel(
      () => [
        ['Paris', 0.34],
        ['It is Paris', 0.33],
        ['That is Paris', 0.33],
      ],
      { entailment: true },
    )
    const judging = {
      ...model,
      entail: async (pairs: [string, string][]) =>
        pairs.map(() => ({ entail: 0.9, neutral: 0.1, contradict: 0, by: 'test' })),
    }
    const [first] = (await rowsOf(idkToken, judging, { size: 1 })) as Row<IdkDetail>[]
    expect(first?.detail).toMatchObject({ largestClass: 1, classesBy: 'nli' })
    const [exact] = (await rowsOf(idkToken, model, { size: 1 })) as Row<IdkDetail>[]
    expect(exact?.detail?.largestClass).toBeLessThan(1)
    expect(exact?.detail?.classesBy).toBe('exact')
  })

  it('asks what does not depend on each other at once, and nothing twice', async () => {
    const counting = scriptedModel(() => [
      ['Paris', 0.9],
      ["I don't know", 0.1],
    ])
    await rowsOf(idkToken, counting, { size: 1 })
    const kinds = counting.asked.map((one) => `${one.kind} ${one.sampling?.n ?? 1}`)
    expect(kinds.sort()).toEqual(['chat 1', 'chat 1', 'chat 1', 'chat 10', 'score 1'])
  })

  it('counts a refusal that the server tells in a field, whatever its words', async () => {
    const plain = scriptedModel(() => [['Paris', 1]], { prompt_logprobs: false, logprobs: false })
    const refusing = {
      ...plain,
      chat: async (_: unknown, { n = 1 }: { n?: number } = {}) =>
        Array.from({ length: n }, () => ({ text: 'No.', finishReason: 'stop' as const, refusal: 'No.' })),
    }
    const [first] = (await rowsOf(idkToken, refusing, { size: 1 })) as Row<IdkDetail>[]
    expect(first?.detail).toMatchObject({ greedyIdk: true, mass: 1, massBy: 'empirical' })
    const [second] = (await rowsOf(idkToken, plain, { size: 1 })) as Row<IdkDetail>[]
    expect(second?.detail).toMatchObject({ greedyIdk: false, mass: 0 })
  })
})
