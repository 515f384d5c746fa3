import { describe, expect, it } from 'vitest'
import type { Row } from '../../src/benchmarks/define.ts'
import {
  type FirstTokenDetail,
  firstTokenVsText,
  type Variant,
} from '../../src/benchmarks/robustness/first-token-vs-text.ts'
import { debias } from '../../src/benchmarks/robustness/prior-debiasing.ts'
import { metricOf, reportOf, rowsOf } from './running.ts'
import { scriptedModel } from './world-model.ts'

const target = scriptedModel(() => [])

const variant = (first: number | null, text: number | null, masses = [0.7, 0.1, 0.1, 0.1]): Variant => ({
  masses,
  truncated: false,
  first,
  text,
})
const row = (index: number, rotations: Variant[], more: Partial<FirstTokenDetail> = {}): Row<FirstTokenDetail> => ({
  index,
  itemId: `item/${index}`,
  cluster: null,
  status: 'scored',
  score: null,
  reason: null,
  detail: {
    question: 'q',
    gold: 'g',
    answerIndex: 0,
    subject: 's',
    answer: 'a',
    textBy: 'leading',
    estimated: false,
    rotations,
    typo: rotations[0] as Variant,
    wordSwap: rotations[0] as Variant,
    otherIds: rotations[0] as Variant,
    ...more,
  },
})
const steady = (first: number | null, text: number | null) => Array.from({ length: 4 }, () => variant(first, text))

describe('first-token-vs-text', () => {
  it('computes mismatch, consistency and flips from rows', () => {
    const rows = [
      row(0, steady(0, 0)),
      row(1, steady(1, 0), { answerIndex: 0, typo: variant(2, 0) }),
      // No text choice: out of mismatch, wrong and never consistent.
      row(2, steady(0, null)),
      row(3, [variant(0, 0), variant(1, 0), variant(2, 0), variant(3, 0)]),
    ]
    const report = reportOf(firstTokenVsText, rows, { target })
    expect(report.headline).toMatchObject({ id: 'mismatch', value: expect.closeTo(1 / 3, 12), n: 3 })
    expect(metricOf(report, 'accuracy.first').value).toBe(3 / 4)
    expect(metricOf(report, 'accuracy.text').value).toBe(3 / 4)
    expect(metricOf(report, 'consistency.first').value).toBe(3 / 4)
    expect(metricOf(report, 'consistency.text').value).toBe(3 / 4)
    expect(metricOf(report, 'flipRate.typo.first').value).toBe(1 / 4)
    expect(metricOf(report, 'flipRate.typo.text').value).toBe(0)
    expect(metricOf(report, 'parseFailureRate').value).toBe(1 / 4)
    expect(metricOf(report, 'firstIdMass').value).toBeCloseTo(1, 12)
    expect(metricOf(report, 'recallDeviation.first')).toMatchObject({ value: null, reason: 'too_few' })
  })

  it('tells the gap only where accuracy is beyond chance', () => {
    const chance = Array.from({ length: 40 }, (_, index) => row(index, steady(0, 0), { answerIndex: index % 4 }))
    expect(metricOf(reportOf(firstTokenVsText, chance, { target }), 'robustnessGap')).toMatchObject({
      value: null,
      reason: 'degenerate_level',
    })
    const good = Array.from({ length: 40 }, (_, index) =>
      row(index, index % 2 ? steady(0, 0) : [variant(0, 0), variant(1, 0), variant(0, 0), variant(0, 0)]),
    )
    expect(metricOf(reportOf(firstTokenVsText, good, { target }), 'robustnessGap').value).toBe(0.5)
  })

  it('divides a letter prior out: who likes A and otherwise knows is right again', () => {
    // The model sees content 0 as twice as likely as the others, and letter A as four times as likely as the others.
    const observed = (order: number[]) => {
      const raw = order.map((content, place) => (place === 0 ? 4 : 1) * (content === 2 ? 2 : 1))
      const sum = raw.reduce((total, one) => total + one, 0)
      return raw.map((one) => one / sum)
    }
    const orders = Array.from({ length: 4 }, (_, turn) => Array.from({ length: 4 }, (_, place) => (place + turn) % 4))
    const rotations = orders.map((order) => variant(order[0] as number, null, observed(order)))
    const items = Array.from({ length: 20 }, () => ({
      answerIndex: 2,
      rotations,
      typo: rotations[0] as Variant,
      wordSwap: rotations[0] as Variant,
      otherIds: rotations[0] as Variant,
    }))
    expect(debias(items, 0.05, 5, 1)).toEqual({
      accuracy: 1,
      recallDeviation: null,
      consistency: 1,
      flips: { typo: 0, wordSwap: 0, otherIds: 0 },
    })
  })

  it('reads a model that always says the first letter but writes the right answer', async () => {
    const items = Array.from({ length: 8 }, (_, index) => ({
      id: `i/${index}`,
      question: `Which one is number ${index}?`,
      options: ['red fox', 'blue owl', 'green elk', 'gold bee'],
      answerIndex: index % 4,
    }))
    const writer = scriptedModel((prompt) => {
      const index = Number(/number (\d)/.exec(prompt)?.[1] ?? -1)
      const right = items[index]?.options[index % 4] ?? 'unknown'
      return [[`A is not it; the answer is ${right}.`, 0.9]]
    })
    const rows = await rowsOf(firstTokenVsText, writer, { items })
    expect(writer.asked).toHaveLength(8 * 7)
    const report = reportOf(firstTokenVsText, rows, { target: writer })
    expect(metricOf(report, 'accuracy.text').value).toBe(1)
    expect(metricOf(report, 'accuracy.first').value).toBe(0.25)
    expect(metricOf(report, 'consistency.text').value).toBe(1)
    expect(metricOf(report, 'consistency.first').value).toBe(0)
    expect(report.headline.value).toBe(0.75)
  })

  it('estimates the first token by samples where no log-probabilities are shown', async () => {
    const silent = scriptedModel(
      () => [
        ['B', 0.8],
        ['A', 0.2],
      ],
      { logprobs: false, prompt_logprobs: false },
    )
    const rows = await rowsOf(firstTokenVsText, silent, { size: 4 })
    const report = reportOf(firstTokenVsText, rows, { target: silent })
    expect(report.headline.id).toBe('mismatch:estimated')
    // No metric of the first token goes by the name of a measured one.
    const ids = report.metrics.map((metric) => metric.id)
    expect(ids.filter((id) => /first|gap/i.test(id) && !id.endsWith(':estimated'))).toEqual([])
    expect(ids).toEqual(expect.arrayContaining(['accuracy.first:estimated', 'accuracy.text', 'consistency.text']))
    expect(report.tables[0]?.rows[1]?.slice(1).every((cell) => cell === null)).toBe(true)
  })
})
