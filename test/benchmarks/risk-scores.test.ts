import { describe, expect, it } from 'vitest'
import type { Row } from '../../src/benchmarks/define.ts'
import {
  keyMasses,
  type RiskAnswer,
  type RiskDetail,
  riskScores,
} from '../../src/benchmarks/uncertainty/risk-scores.ts'
import { randomFrom } from '../../src/methods/random.ts'
import { checkEdges, metricOf, reportOf, rowsOf } from './running.ts'
import { scriptedModel } from './world-model.ts'

const target = scriptedModel(() => [])

const answer = (score: number | null, more: Partial<RiskAnswer> = {}): RiskAnswer => ({
  forward: score,
  reversed: score,
  answerMass: score === null ? null : 0.9,
  floored: false,
  numeric: 0.5,
  numericBy: 'digits',
  ...more,
})
const row = (index: number, outcome: 0 | 1, score: number | null, more: Partial<RiskDetail> = {}): Row<RiskDetail> => ({
  index,
  itemId: `item/${index}`,
  cluster: null,
  status: 'scored',
  score: 0,
  reason: null,
  detail: {
    question: 'q',
    task: 'cold',
    group: index % 2 === 0 ? 'even' : 'odd',
    features: [`parity: ${index % 2}`],
    outcome,
    pstar: null,
    target: answer(score),
    base: null,
    ...more,
  },
})

describe('risk-scores', () => {
  it('measures calibration, discrimination and over-confidence', () => {
    // Says .9 to all; half of them happen: ECE .4, accuracy .5, certainty .9.
    const rows = Array.from({ length: 40 }, (_, index) => row(index, index < 20 ? 1 : 0, 0.9))
    const report = checkEdges(riskScores, rows, { target })
    expect(report.headline).toMatchObject({ id: 'ece.mcq', value: expect.closeTo(0.4, 12) })
    expect(metricOf(report, 'rocAuc.mcq').value).toBe(0.5)
    expect(metricOf(report, 'overConfidence.mcq').value).toBeCloseTo(0.4, 12)
    expect(metricOf(report, 'brierSkill.mcq').value).toBeCloseTo(1 - (0.81 + 0.01) / 2 / 0.25, 12)
    expect(metricOf(report, 'polarization.mcq').value).toBeCloseTo(0.8, 12)
    expect(metricOf(report, 'scaledEce.mcq')).toMatchObject({ value: null, reason: 'constant' })
    expect(metricOf(report, 'ece.numeric').value).toBe(0)
    expect(report.caveats.map(({ code }) => code)).toContain('constant_scores')
  })

  it('compares with the truth where it is known, and averages both orders', () => {
    const rows = Array.from({ length: 60 }, (_, index) =>
      row(index, index % 4 === 0 ? 1 : 0, null, {
        pstar: 0.25,
        target: answer(null, { forward: 0.75, reversed: 0.25, answerMass: 0.05, floored: index < 15 }),
      }),
    )
    const report = reportOf(riskScores, rows, { target })
    expect(metricOf(report, 'orderEffect').value).toBe(0.5)
    expect(metricOf(report, 'truthGap.mcq').value).toBe(0.25)
    // The score ½ is not polarised at all, the truth by ½.
    expect(metricOf(report, 'excessPolarization.mcq').value).toBe(-0.5)
    expect(metricOf(report, 'flooredKeys').value).toBe(0.25)
    expect(report.caveats.map(({ code }) => code)).toContain('low_answer_mass')
    const references = report.tables.find(({ id }) => id === 'references')
    expect(references?.rows.map(([name]) => name)).toEqual([
      'the model, multiple choice',
      'the model, stated number',
      'base rate of the task',
      'logistic regression',
      'true probability',
    ])
  })

  it('fits its threshold on one fold and measures it on the other', () => {
    const random = randomFrom('threshold')
    const rows = Array.from({ length: 80 }, (_, index) => {
      const happened = random.next() < 0.5
      return row(index, happened ? 1 : 0, happened ? 0.3 : 0.2)
    })
    const report = reportOf(riskScores, rows, { target })
    expect(metricOf(report, 'accuracy.mcq')).toMatchObject({ value: 1, note: expect.stringContaining('0.300') })
    expect(metricOf(report, 'rocAuc.mcq').value).toBe(1)
    expect(metricOf(reportOf(riskScores, rows.slice(0, 20), { target }), 'accuracy.mcq')).toMatchObject({
      value: null,
      reason: 'too_few',
    })
  })

  it('shows groups with their counts and the largest gap', () => {
    const rows = Array.from({ length: 40 }, (_, index) => row(index, index % 2 === 0 ? 1 : 0, 0.5))
    const table = reportOf(riskScores, rows, { target }).tables.find(({ id }) => id === 'groups')
    expect(table?.rows.map((line) => line.slice(0, 4))).toEqual([
      ['cold', 'even', 20, 1],
      ['cold', 'odd', 20, 0],
      ['cold', 'largest gap', null, 1],
    ])
  })

  it('has no AUC where everything or nothing happened', () => {
    for (const outcome of [0, 1] as const) {
      const rows = Array.from({ length: 40 }, (_, index) => row(index, outcome, 0.5))
      const report = reportOf(riskScores, rows, { target })
      expect(metricOf(report, 'rocAuc.mcq')).toMatchObject({ value: null, reason: 'single_class' })
      expect(metricOf(report, 'brierSkill.mcq')).toMatchObject({ value: null, reason: 'single_class' })
      expect(report.headline.value).toBe(0.5)
    }
  })

  it('takes the spelling of the keys with more mass, and the least listed for a key that is not', () => {
    const candidates = [
      { token: 'A', logprob: Math.log(0.1) },
      { token: ' A', logprob: Math.log(0.5) },
      { token: 'B', logprob: Math.log(0.2) },
      { token: ' so', logprob: Math.log(0.05) },
    ]
    const { masses, mass, floored } = keyMasses(candidates, ['A', 'B'])
    expect(mass).toBeCloseTo(0.5, 12)
    expect(masses?.[0]).toBeCloseTo(0.5, 12)
    expect(masses?.[1]).toBeCloseTo(0.05, 12)
    expect(floored).toBe(true)
    expect(keyMasses([{ token: 'No', logprob: -1 }], ['A', 'B'])).toMatchObject({ masses: null, mass: 0 })
  })

  it('reads letters in both orders and a number digit by digit', async () => {
    const model = scriptedModel((prompt) => {
      if (prompt.endsWith('0.'))
        return [
          ['7', 0.6],
          ['8', 0.3],
        ]
      if (prompt.endsWith('0.7')) return [['2', 0.9]]
      // It prefers the first letter whatever it says, and the truth a little.
      return /A\. Yes/.test(prompt)
        ? [
            ['A', 0.8],
            ['B', 0.2],
          ]
        : [
            ['A', 0.5],
            ['B', 0.5],
          ]
    })
    const [first] = (await rowsOf(riskScores, model, { size: 1 })) as Row<RiskDetail>[]
    expect(first?.detail?.target.forward).toBeCloseTo(0.5, 12)
    expect(first?.detail?.target.reversed).toBeCloseTo(0.8, 12)
    expect(first?.detail?.target).toMatchObject({ numeric: 0.72, numericBy: 'digits' })
    expect(model.asked).toHaveLength(4)
  })

  it('asks a target that gives only text for a number alone', async () => {
    const model = scriptedModel(() => [['about 35 %', 1]], { logprobs: false, prompt_logprobs: false, topLogprobs: 0 })
    const rows = (await rowsOf(riskScores, model, { size: 8 })) as Row<RiskDetail>[]
    expect(rows[0]?.detail?.target).toMatchObject({ forward: null, numeric: 0.35, numericBy: 'text' })
    const report = reportOf(riskScores, rows, { target: model })
    expect(report.headline.id).toBe('ece.numeric')
    expect(metricOf(report, 'ece.mcq')).toMatchObject({ value: null, reason: 'capability_missing' })
  })

  it('puts persons of the American Community Survey into words', () => {
    const importer = riskScores.importers?.['acs-income-csv']
    const person = {
      SERIALNO: '2018HU1',
      SPORDER: '2',
      AGEP: '36',
      COW: '1',
      SCHL: '21',
      MAR: '5',
      OCCP: '1021',
      POBP: '6',
      RELP: '0',
      WKHP: '40',
      SEX: '2',
      RAC1P: '1',
      PINCP: '61000',
    }
    const item = riskScores.item.parse(importer?.toItem(person, 0))
    expect(item).toMatchObject({ id: 'acs-income/2018HU1/2', cluster: 'acs/2018HU1', label: 1, group: 'White' })
    expect(item.description).toContainEqual({ key: 'highest education', value: "a bachelor's degree" })
    expect(item.description).toContainEqual({ key: 'occupation', value: 'computing and mathematics' })
    expect(item.description.map(({ key }) => key)).not.toContain('total income of the last twelve months')
    expect(() => importer?.toItem({ ...person, PINCP: '' }, 0)).toThrow(/PINCP/)
  })
})
