import { describe, expect, it } from 'vitest'
import type { Row } from '../../src/benchmarks/define.ts'
import {
  classesWithGold,
  extractAnswer,
  lastBoxed,
  sameAnswer,
} from '../../src/benchmarks/uncertainty/perplexity-consistency.answers.ts'
import { perplexityConsistency, type ReasoningDetail } from '../../src/benchmarks/uncertainty/perplexity-consistency.ts'
import { measurePaths } from '../../src/benchmarks/uncertainty/perplexity-consistency.votes.ts'
import { randomFrom } from '../../src/methods/random.ts'
import { checkEdges, metricOf, reportOf, rowsOf } from './running.ts'
import { scriptedModel } from './world-model.ts'

const target = scriptedModel(() => [])

/** A problem whose votes have these credits by method with few and with all samples; confidence as given. */
const row = (
  index: number,
  few: [number, number, number, number],
  all: [number, number, number, number],
  more: Partial<ReasoningDetail> = {},
): Row<ReasoningDetail> => ({
  index,
  itemId: `item/${index}`,
  cluster: null,
  status: 'scored',
  score: all[0],
  reason: null,
  detail: {
    problem: 'p',
    gold: '1',
    stratum: null,
    answer: '1',
    paths: 8,
    invalid: 2,
    cutOff: 1,
    weighed: true,
    counts: [4, 8],
    credits: few.map((credit, method) => [[credit, credit], [all[method] as number]]),
    confidences: few.map((_, method) => [[0.5, 0.5], [method === 3 ? (all[3] as number) : 0.5]]),
    modelErrors: [0.25, 0.25, 0.25, 0],
    estimationErrors: [
      [0.1, 0],
      [0.2, 0],
      [0.1, 0],
      [0.05, 0],
    ],
    pruned: { right: 1, wrong: 3 },
    valid: { right: 4, wrong: 4 },
    ...more,
  },
})

describe('perplexity-consistency', () => {
  it('counts the samples that pruned perplexity consistency saves, and its gain in calibration', () => {
    // Self-consistency is right on half only with all 8, RPC with 4 already; RPC's confidence is its credit.
    const rows = Array.from({ length: 40 }, (_, index) =>
      index % 2 === 0 ? row(index, [0, 0, 1, 1], [1, 0, 1, 1]) : row(index, [0, 0, 0, 0], [0, 0, 0, 0]),
    )
    const report = reportOf(perplexityConsistency, rows, { target })
    expect(report.headline).toMatchObject({ id: 'samplesSaved', value: 0.5, n: 40 })
    // Confidence ½ at accuracy ½ has no error; neither has RPC's. So there is nothing to gain.
    expect(metricOf(report, 'eceGain').value).toBeCloseTo(0, 12)
    expect(metricOf(report, 'accuracy.SC').value).toBe(0.5)
    expect(metricOf(report, 'accuracy.PPL').value).toBe(0)
    expect(metricOf(report, 'ece.PPL').value).toBeCloseTo(0.5, 12)
    expect(metricOf(report, 'brier.RPC').value).toBe(0)
    expect(metricOf(report, 'brier.SC').value).toBeCloseTo(0.25, 12)
    expect(metricOf(report, 'pruned.wrong').value).toBeCloseTo(0.75, 12)
    expect(metricOf(report, 'pruned.right').value).toBeCloseTo(0.25, 12)
    expect(metricOf(report, 'invalidPaths').value).toBeCloseTo(0.25, 12)
    expect(report.curves.map(({ id }) => id)).toEqual(['accuracy', 'ece', 'errors'])
  })

  it('survives the edges', () => {
    const rows = Array.from({ length: 8 }, (_, index) => row(index, [0, 0, 1, 1], [1, 0, 1, index % 2]))
    checkEdges(perplexityConsistency, rows, { target })
  })

  it('has no saving where it never reaches self-consistency', () => {
    const rows = Array.from({ length: 20 }, (_, index) => row(index, [1, 0, 0, 0], [1, 0, 0, 0]))
    const report = reportOf(perplexityConsistency, rows, { target })
    expect(report.headline).toMatchObject({ value: null, reason: 'undefined' })
    expect(report.caveats.map(({ code }) => code)).toContain('degenerate_level')
  })

  it('is 0 samples saved where both need the fewest', () => {
    const rows = Array.from({ length: 20 }, (_, index) => row(index, [1, 1, 1, 1], [1, 1, 1, 1]))
    expect(reportOf(perplexityConsistency, rows, { target }).headline.value).toBe(0)
  })

  it('lets only self-consistency vote without log-probabilities', async () => {
    const model = scriptedModel(
      () => [
        ['Answer: 7', 0.5],
        ['Answer: 8', 0.5],
      ],
      { logprobs: false, topLogprobs: 0 },
    )
    const rows = await rowsOf(perplexityConsistency, model, { size: 6, params: { samples: 8 } })
    const report = reportOf(perplexityConsistency, rows, { target: model, params: { samples: 8 } })
    expect(report.headline).toMatchObject({ value: null, reason: 'capability_missing' })
    expect(metricOf(report, 'accuracy.SC').value).not.toBeNull()
    expect(metricOf(report, 'accuracy.RPC')).toMatchObject({ value: null, reason: 'capability_missing' })
  })

  it('samples paths and votes over their answers', async () => {
    const model = scriptedModel(() => [
      ['one and two is 3\nAnswer: 3', 0.7],
      ['Answer: 4', 0.3],
    ])
    const items = [{ id: 'a', problem: 'What is 1 + 2?', answer: '3' }]
    const [first] = (await rowsOf(perplexityConsistency, model, {
      items,
      params: { samples: 32, mode: 'chat' },
    })) as Row<ReasoningDetail>[]
    expect(first?.detail).toMatchObject({ counts: [4, 8, 16, 32], invalid: 0, weighed: true, answer: '3' })
    expect(first?.score).toBe(1)
    expect(first?.detail?.credits[0]?.[0]).toHaveLength(10)
  })

  it('counts a path that was cut off as invalid', async () => {
    const model = scriptedModel(() => [['a b c d e f g h i j 3', 1]])
    const [first] = (await rowsOf(perplexityConsistency, model, {
      items: [{ id: 'a', problem: 'What is 1 + 2?', answer: '3' }],
      params: { samples: 4, maxTokens: 8, mode: 'chat' },
    })) as Row<ReasoningDetail>[]
    expect(first?.detail).toMatchObject({ invalid: 4, cutOff: 4, answer: null })
    expect(first?.score).toBe(0)
  })
})

describe('measurePaths', () => {
  it('has the estimation error of self-consistency that drawing a share without replacement has', () => {
    // 64 paths, 40 % of them right: h(1 − h)/K·(1 − (K − 1)/(Kmax − 1)).
    const paths = Array.from({ length: 64 }, (_, place) => ({
      probability: 0.5,
      answer: place % 5 < 2 ? 0 : 1,
      text: `${place}`,
    }))
    const errors = [4, 8, 16, 32].map(() => 0)
    const trials = 40
    for (let trial = 0; trial < trials; trial++) {
      const { estimationErrors, modelErrors, counts } = measurePaths(paths, 0, true, randomFrom('error', trial))
      expect(counts).toEqual([4, 8, 16, 32, 64])
      for (const place of errors.keys())
        errors[place] = (errors[place] as number) + (estimationErrors[0]?.[place] as number) / trials
      // The wrong answer has 38 of 64 votes: (h − 0)².
      expect(modelErrors[0]).toBeCloseTo((38 / 64) ** 2, 12)
    }
    const h = 38 / 64
    for (const [place, count] of [4, 8, 16, 32].entries()) {
      const expected = ((h * (1 - h)) / count) * (1 - (count - 1) / 63)
      expect((errors[place] as number) / expected).toBeGreaterThan(0.85)
      expect((errors[place] as number) / expected).toBeLessThan(1.15)
    }
  })

  it('counts what is pruned among right and wrong paths', () => {
    const random = randomFrom('pruned')
    const paths = Array.from({ length: 40 }, (_, place) => ({
      probability: place < 20 ? 0.9 + 0.05 * random.next() : 0.1 + 0.05 * random.next(),
      answer: place < 20 ? 0 : 1,
      text: `${place}`,
    }))
    const { pruned, valid } = measurePaths(paths, 0, true, randomFrom('x'))
    expect(valid).toEqual({ right: 20, wrong: 20 })
    expect(pruned).toEqual({ right: 0, wrong: 20 })
  })
})

describe('answers of reasoning paths', () => {
  it.each([
    ['numeric', 'First 2 + 3 = 5.\nAnswer: 10', '10'],
    ['numeric', 'so it is \\boxed{1,234}', '1234'],
    ['numeric', 'The sum is 7 apples', '7'],
    ['symbolic', 'Thus $\\boxed{\\frac{1}{2}}$.', '\\frac{1}{2}'],
    ['exact', 'thinking …\nAnswer: Blue whale', 'Blue whale'],
  ] as const)('%s: %s', (equal, text, wanted) => {
    expect(extractAnswer(text, equal)).toBe(wanted)
  })

  it('finds nested boxes, and none where there is none', () => {
    expect(lastBoxed('\\boxed{1} and \\boxed{\\frac{a}{b}}')).toBe('\\frac{a}{b}')
    expect(lastBoxed('plain')).toBeNull()
    expect(extractAnswer('no number here', 'numeric')).toBeNull()
  })

  it('takes equal results for one', () => {
    expect(sameAnswer('\\dfrac{1}{2}', '0.5', 'symbolic')).toBe(true)
    expect(sameAnswer('\\left( 3, 4 \\right)', '(3,4)', 'symbolic')).toBe(true)
    expect(sameAnswer('x^2', 'x^3', 'symbolic')).toBe(false)
    expect(sameAnswer('The Cat', 'cat', 'exact')).toBe(true)
    expect(classesWithGold(['0.5', null, '1/3', '\\frac12'], { answer: '\\frac{1}{2}', equal: 'symbolic' })).toEqual({
      classOf: [0, null, 1, 2],
      gold: 0,
    })
  })

  it('reads gold answers of GSM8K and MATH', () => {
    const { importers } = perplexityConsistency
    expect(importers?.['gsm8k-jsonl']?.toItem({ question: 'q', answer: 'so\n#### 1,200' }, 0)).toMatchObject({
      answer: '1200',
    })
    expect(
      importers?.['math-jsonl']?.toItem({ problem: 'p', solution: 'it is $\\boxed{2\\sqrt{3}}$' }, 4),
    ).toMatchObject({
      id: 'math/4',
      answer: '2\\sqrt{3}',
      equal: 'symbolic',
    })
    expect(() => importers?.['math-jsonl']?.toItem({ problem: 'p', solution: 'none' }, 0)).toThrow(/boxed/)
  })
})
