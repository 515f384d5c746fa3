import { describe, expect, it } from 'vitest'
import type { Row } from '../../src/benchmarks/define.ts'
import { type RefusalAwareDetail, refusalAware } from '../../src/benchmarks/refusal/refusal-aware.ts'
import { metricOf, reportOf, rowsOf } from './running.ts'
import { fullCapabilities, scriptedModel } from './world-model.ts'

const target = scriptedModel(() => [])

const row = (index: number, more: Partial<RefusalAwareDetail>): Row<RefusalAwareDetail> => ({
  index,
  itemId: `item/${index}`,
  cluster: null,
  status: 'scored',
  score: null,
  reason: null,
  detail: {
    question: 'q',
    gold: 'g',
    domain: 'id',
    answerable: true,
    answer: 'a',
    correct: false,
    refusal: 'answer',
    known: false,
    referenceAnswer: 'a',
    reference: null,
    referenceEntropy: null,
    confidence: 0.5,
    sure: 0.9,
    sureBy: 'score',
    certainty: 0.5,
    ...more,
  },
})

describe('refusal-aware', () => {
  it('scores certainty and two-sided refusal from rows', () => {
    const rows = [
      row(0, { known: true, correct: true, certainty: 0.9 }),
      row(1, { known: true, correct: false, certainty: 0.8 }),
      row(2, { known: false, correct: true, certainty: 0.7 }),
      // Unsure without a word of refusal, and a hedge.
      row(3, { known: false, sure: 0.2, certainty: 0.3 }),
      row(4, { known: false, refusal: 'hedge', certainty: 0.2 }),
      row(5, { known: false, refusal: 'refuse', certainty: 0.1 }),
    ]
    const report = reportOf(refusalAware, rows, { target })
    expect(report.headline).toMatchObject({ id: 'ap', value: expect.closeTo(0.5 * 1 + 0.5 * (2 / 3), 12) })
    // Unknown: 2 refusals and half of a hedge of 4; known: none of 2.
    expect(metricOf(report, 'youden').value).toBeCloseTo(2.5 / 4, 12)
    expect(metricOf(report, 'refusalUnknown').value).toBeCloseTo(2.5 / 4, 12)
    expect(metricOf(report, 'refusalKnown').value).toBe(0)
    expect(metricOf(report, 'apGain').value).toBeCloseTo(0.5 + 1 / 3 - 2 / 6, 12)
    expect(metricOf(report, 'answerRate').value).toBeCloseTo(4 / 6, 12)
    expect(metricOf(report, 'willingAccuracy').value).toBeCloseTo(2 / 4, 12)
    expect(report.tables.find((table) => table.id === 'knownAnswered')?.rows).toEqual([
      ['knows', 2, 0],
      ['does not know', 2, 2],
    ])
    expect(metricOf(report, 'apOod')).toMatchObject({ value: null })
    expect(metricOf(report, 'youdenByEntropy')).toMatchObject({ value: null, reason: 'not_asked' })
  })

  it('shows the two refusal rates that J is made of, on unanswerable questions and their twins too', () => {
    const twins = Array.from({ length: 6 }, (_, index) =>
      row(index, {
        answerable: index % 2 === 0,
        domain: index % 2 === 0 ? 'twin' : 'ood',
        refusal: (['refuse', 'hedge', 'answer'] as const)[index % 3] as RefusalAwareDetail['refusal'],
      }),
    )
    const report = reportOf(refusalAware, twins, { target })
    // Unanswerable (1, 3, 5): hedge, refuse, answer; twins (0, 2, 4): refuse, answer, hedge.
    expect(metricOf(report, 'refusalUnanswerable').value).toBeCloseTo(1.5 / 3, 12)
    expect(metricOf(report, 'refusalTwins').value).toBeCloseTo(1 / 3, 12)
    expect(metricOf(report, 'youdenUnanswerable').value).toBeCloseTo(1.5 / 3 - 1 / 3, 12)
  })

  it('has no average precision where nothing is right, and says why', () => {
    const rows = Array.from({ length: 4 }, (_, index) => row(index, {}))
    expect(reportOf(refusalAware, rows, { target }).headline).toMatchObject({ value: null, reason: 'single_class' })
  })

  it('gives 0 to always and to never refusing', () => {
    for (const refusal of ['refuse', 'answer'] as const) {
      const rows = Array.from({ length: 8 }, (_, index) => row(index, { refusal, known: index % 2 === 0 }))
      expect(metricOf(reportOf(refusalAware, rows, { target }), 'youden').value).toBe(0)
    }
  })

  const words = (given: object) =>
    scriptedModel((prompt, { scoring }) => {
      if (scoring)
        return [
          ['sure', 0.6],
          ['unsure', 0.2],
        ]
      if (prompt.endsWith('I am'))
        return [
          [' sure', 0.6],
          [' uns', 0.2],
          [' surely', 0.1],
        ]
      return prompt.includes('Reply yes or no')
        ? [
            ['yes', 0.75],
            ['no', 0.25],
          ]
        : [['Paris.', 0.5]]
    }, given)
  const item = { id: 'i', question: 'What is the capital of France?', answers: ['Paris'] }
  const detailOf = async (given: object) =>
    ((await rowsOf(refusalAware, words(given), { items: [item] })) as Row<RefusalAwareDetail>[])[0]?.detail

  it('reads “I am sure” by scoring, by the first token, or by votes', async () => {
    expect(await detailOf({})).toMatchObject({
      sureBy: 'score',
      sure: expect.closeTo(0.75, 12),
      correct: true,
      known: true,
    })
    expect(await detailOf({ prompt_logprobs: false })).toMatchObject({
      sureBy: 'firstToken',
      sure: expect.closeTo(0.75, 12),
    })
    const byVotes = await detailOf({ prompt_logprobs: false, logprobs: false })
    expect(byVotes).toMatchObject({ sureBy: 'empirical', confidence: null })
    expect([0, 0.2, 0.4, 0.6, 0.8, 1]).toContain(byVotes?.sure)
  })

  it('is certain of no empty answer, which leaves the other answers their measure', async () => {
    const model = words({})
    const silent = { ...model, chat: async () => [{ text: '', tokens: [], finishReason: 'stop' as const }] }
    const [empty] = (await rowsOf(refusalAware, silent, { items: [item] })) as Row<RefusalAwareDetail>[]
    expect(empty?.detail).toMatchObject({ answer: '', confidence: null, certainty: null, sureBy: 'score' })
    const rows = [
      row(1, { correct: true, certainty: 0.9 }),
      row(2, {}),
      { ...(empty as Row<RefusalAwareDetail>), index: 3 },
    ]
    expect(reportOf(refusalAware, rows, { target }).headline).toMatchObject({ id: 'ap', value: 1, n: 2 })
  })

  it('falls back where the target cannot open its reply', async () => {
    const model = words({})
    const refusing = {
      ...model,
      score: () => Promise.reject(Object.assign(new Error('no prefix'), { kind: 'capability_missing' })),
    }
    const rows = (await rowsOf(refusalAware, refusing, { items: [item] })) as Row<RefusalAwareDetail>[]
    expect(rows[0]?.detail?.sureBy).toBe('firstToken')
    const broken = { ...model, score: () => Promise.reject(Object.assign(new Error('late'), { kind: 'timeout' })) }
    await expect(rowsOf(refusalAware, broken, { items: [item] })).rejects.toThrow('late')
  })

  it('keeps the fingerprint of a reference target of its own', async () => {
    const reference = scriptedModel(() => [['Rome.', 1]], { ...fullCapabilities, fingerprint: 'base' })
    const rows = (await rowsOf(refusalAware, words({}), {
      items: [item],
      roles: { reference },
    })) as Row<RefusalAwareDetail>[]
    expect(rows[0]?.detail).toMatchObject({ reference: 'base', known: false, correct: true })
  })

  it('counts a refusal that the server tells in a field, whatever its words', async () => {
    const plain = scriptedModel(() => [['Paris', 1]])
    const refusing = {
      ...plain,
      chat: async () => [{ text: 'No.', finishReason: 'stop' as const, refusal: 'No.', tokens: [] }],
    }
    const details = async (model: typeof plain) =>
      ((await rowsOf(refusalAware, model, { size: 4 })) as Row<RefusalAwareDetail>[]).map(({ detail }) => detail)
    for (const detail of await details(refusing)) expect(detail).toMatchObject({ refusal: 'refuse', correct: false })
    for (const detail of await details(plain)) expect(detail).toMatchObject({ refusal: 'answer' })
  })
})
