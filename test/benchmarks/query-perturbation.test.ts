import { describe, expect, it } from 'vitest'
import type { Row } from '../../src/benchmarks/define.ts'
import { isFair, listedTexts, reword } from '../../src/benchmarks/hallucination/paraphrasing.ts'
import { type QueryDetail, queryPerturbation } from '../../src/benchmarks/hallucination/query-perturbation.ts'
import { gainOf, rankedByConsensus, transitionOf } from '../../src/benchmarks/hallucination/rewriting.ts'
import { randomFrom } from '../../src/methods/random.ts'
import { metricOf, reportOf, rowsOf } from './running.ts'
import { scriptedModel } from './world-model.ts'

const target = scriptedModel(() => [])

/** Variants as [class, right, right when asked anew]. */
const detail = (
  variants: [number, boolean, boolean][],
  control: number[],
  more: Partial<QueryDetail> = {},
): QueryDetail => ({
  gold: 'g',
  scenario: 'abstractive',
  bad: false,
  variants: variants.map(([kind, correct, freshCorrect], place) => ({
    text: `wording ${place}?`,
    answer: 'a',
    class: kind,
    correct,
    freshCorrect,
  })),
  control: { classes: control, correct: 0 },
  optionCounts: null,
  byModel: 5,
  calls: 19,
  secondCorrect: null,
  ...more,
})
const row = (index: number, one: QueryDetail): Row<QueryDetail> & { cluster: null } => ({
  index,
  itemId: `item/${index}`,
  cluster: null,
  status: 'scored',
  score: null,
  reason: null,
  detail: one,
})
const yes: [number, boolean, boolean] = [0, true, true]
const no: [number, boolean, boolean] = [1, false, false]

describe('query-perturbation', () => {
  it('computes rates, agreement and its spread from rows', () => {
    const rows = [
      // 2 of 6 wrong; classes 4:2; asked the same: all agree.
      row(0, detail([yes, yes, yes, yes, no, no], [0, 0, 0, 0, 0, 0])),
      // All wrong, all different; asked the same: three and three.
      row(
        1,
        detail(
          [0, 1, 2, 3, 4, 5].map((kind) => [kind, false, false]),
          [0, 0, 0, 1, 1, 1],
        ),
      ),
    ]
    const report = reportOf(queryPerturbation, rows, { target })
    expect(report.headline).toMatchObject({ id: 'hallucinationRate', value: expect.closeTo((1 / 3 + 1) / 2, 12) })
    expect(metricOf(report, 'hallucinatoryShare').value).toBe(0.5)
    expect(metricOf(report, 'agreement').value).toBeCloseTo((4 / 6 + 1 / 6) / 2, 12)
    expect(metricOf(report, 'agreementSpread').value).toBeCloseTo(100 * ((1 - 4 / 6 + (3 / 6 - 1 / 6)) / 2), 10)
    expect(metricOf(report, 'giniSimpson').value).toBeCloseTo((1 - (16 + 4) / 36 + 5 / 6) / 2, 12)
    const certainty = 1 - (-(4 / 6) * Math.log(4 / 6) - (2 / 6) * Math.log(2 / 6)) / Math.log(6)
    expect(metricOf(report, 'normalizedCertainty').value).toBeCloseTo((certainty + 0) / 2, 12)
    expect(metricOf(report, 'rewriteGain')).toMatchObject({ value: null, reason: 'too_few' })
    expect(metricOf(report, 'routeAccuracy')).toMatchObject({ value: null, reason: 'not_asked' })
  })

  it('judges the chosen wording on answers asked anew, and takes out what asking again brings', () => {
    const wrong: [number, boolean, boolean] = [0, false, false]
    const rows = [
      // Hallucinatory; consensus picks wording 1, which is right anew; the question itself stays wrong.
      {
        ...row(
          0,
          detail(
            [wrong, [1, false, true], [1, false, false], [1, false, true], [2, true, true], [3, false, false]],
            [0],
          ),
        ),
        cluster: 'a',
      },
      // Hallucinatory; the chosen one is wrong anew, the question itself right anew.
      {
        ...row(
          1,
          detail(
            [
              [0, false, true],
              [1, false, false],
              [1, false, true],
              [2, false, true],
            ],
            [0],
          ),
        ),
        cluster: 'b',
      },
      // Sound; the chosen wording turns wrong.
      { ...row(2, detail([yes, [0, true, false], yes, yes], [0])), cluster: 'c' },
    ].map((one) => ({ ...one, detail: one.detail as QueryDetail }))
    expect(gainOf(rows, rankedByConsensus)).toBeCloseTo((1 - 1 - 1) / 3, 12)
    // Chosen: 1/2 right of hallucinatory − 1/1 wrong of sound = −½. Again: 1/2 − 0 = ½.
    expect(transitionOf(rows, rankedByConsensus)).toBeCloseTo(-0.5 - 0.5, 12)
    expect(transitionOf(rows.slice(2), rankedByConsensus)).toBeNull()
  })

  it('fits risk on one fold and reports on the other: wording that tells is found', () => {
    const rows = Array.from({ length: 120 }, (_, index) => {
      const bad = index % 2 === 0
      const texts = bad
        ? 'They spoke of it, so what is its number, more or less?'
        : `What is the capital of Land ${index}?`
      const one = detail(
        Array.from({ length: 6 }, (): [number, boolean, boolean] => (bad ? no : yes)),
        [0],
        { bad },
      )
      return row(index, { ...one, variants: one.variants.map((variant) => ({ ...variant, text: texts })) })
    })
    const report = reportOf(queryPerturbation, rows, { target })
    expect(metricOf(report, 'ratiocinateF1').value).toBe(1)
    const always = metricOf(report, 'alwaysF1').value as number
    expect(always).toBeGreaterThan(0.55)
    expect(always).toBeLessThan(0.8)
    expect(metricOf(report, 'savedComputation').value).toBe(1)
    expect(metricOf(report, 'falseAlarms').value).toBe(0)
    expect(metricOf(report, 'rewriteGain').value).toBe(0)
  })

  it('reads lists however badly they are written, and keeps only fair rewordings', () => {
    expect(listedTexts('Sure: ["One way?", "Another way?"')).toEqual(['One way?', 'Another way?'])
    expect(listedTexts('1. One way?\n2) Another way?\n- Third one?')).toEqual([
      'One way?',
      'Another way?',
      'Third one?',
    ])
    expect(isFair('What is the capital of France?', 'Name the capital of France.', ['Paris'])).toBe(true)
    expect(isFair('What is the capital of France?', 'Is Paris the capital of France?', ['Paris'])).toBe(false)
    expect(isFair('What is the capital of France?', 'Name the capital of Spain.', ['Paris'])).toBe(false)
    expect(isFair('What is 12 + 5?', 'Add 12 and 6.', ['17'])).toBe(false)
  })

  it('asks the model once more where too little is fair, then follows rules', async () => {
    const poor = scriptedModel(() => [['["What is the capital of France?"]', 1]])
    const given = {
      mode: 'auto' as const,
      by: 'model' as const,
      count: 5,
      question: 'What is the capital of France?',
      answers: ['Paris'],
    }
    const found = await reword(poor, given, randomFrom('x'))
    expect(found).toMatchObject({ byModel: 0, calls: 2 })
    expect(found.texts).toHaveLength(5)
    expect(poor.asked.map((one) => one.sampling?.repeat)).toEqual([0, 1])
    const rich = scriptedModel(() => [
      [
        '["Name the capital of France.", "Which city is the capital of France?", "France has which capital?", "Tell me the capital of France.", "Capital of France, please?"]',
        1,
      ],
    ])
    expect(await reword(rich, given, randomFrom('x'))).toMatchObject({ byModel: 5, calls: 1 })
  })

  it('asks one answer and a fresh one per wording, and the control beside them', async () => {
    const model = scriptedModel(() => [
      ['Paris', 0.5],
      ['Rome', 0.5],
    ])
    const items = [{ id: 'i', query: 'What is the capital of France?', answers: ['Paris'] }]
    const rows = (await rowsOf(queryPerturbation, model, {
      items,
      params: { paraphrases: 'rules' },
    })) as Row<QueryDetail>[]
    expect(model.asked.map((one) => one.sampling?.n)).toEqual([2, 2, 2, 2, 2, 2, 6])
    expect(rows[0]?.detail?.calls).toBe(18)
    expect(rows[0]?.detail?.control.classes).toHaveLength(6)
  })
})
