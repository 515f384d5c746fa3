import { describe, expect, it } from 'vitest'
import type { Row } from '../../src/benchmarks/define.ts'
import {
  type JointAnswers,
  type JointDetail,
  jointReliability,
} from '../../src/benchmarks/uncertainty/joint-reliability.ts'
import { randomFrom } from '../../src/methods/random.ts'
import { foreignChoices } from '../../src/worlds/foreign-choices.ts'
import { checkEdges, metricOf, reportOf, rowsOf } from './running.ts'
import { scriptedModel } from './world-model.ts'

const target = scriptedModel(() => [])
const params = { kinds: ['typo', 'case'], severities: [1, 5] }

/** Shares with `top` on that choice and the rest spread evenly. */
const on = (place: number, top: number): number[] => [0, 1, 2, 3].map((at) => (at === place ? top : (1 - top) / 3))

const row = (
  index: number,
  clean: number[],
  more: Partial<JointDetail> = {},
  answers: Record<string, JointAnswers> = {},
): Row<JointDetail> => ({
  index,
  itemId: `item/${index}`,
  cluster: null,
  status: 'scored',
  score: 0,
  reason: null,
  detail: {
    question: 'q',
    choices: ['a', 'b', 'c', 'd'],
    label: 0,
    split: 'id',
    length: 20 + (index % 5),
    empirical: false,
    answers: { target: { clean, corrupted: [] }, ...answers },
    ...more,
  },
})

const foreign = (index: number, top: number) => row(index, on(1, top), { split: 'ood', label: null })

describe('joint-reliability', () => {
  it('reports error, calibration and likelihood of the clean answers', () => {
    // Half right, always with .7: ECE .2; NLL of .7 and of .1.
    const rows = Array.from({ length: 80 }, (_, index) => row(index, on(index % 2, 0.7)))
    const report = checkEdges(jointReliability, rows.slice(0, 12), { target, params })
    expect(report.headline.value).toBeCloseTo(0.2, 12)
    const whole = reportOf(jointReliability, rows, { target, params })
    expect(metricOf(whole, 'error').value).toBe(0.5)
    expect(metricOf(whole, 'chanceCorrectedError').value).toBeCloseTo(0.5 / 0.75, 12)
    expect(metricOf(whole, 'nll').value).toBeCloseTo(-(Math.log(0.7) + Math.log(0.1)) / 2, 10)
    expect(metricOf(whole, 'brier').value).toBeCloseTo((0.09 + 3 * 0.01 + (0.49 + 0.81 + 2 * 0.01)) / 2, 10)
    expect(metricOf(whole, 'oodRocAuc')).toMatchObject({ value: null, reason: 'single_class' })
    expect(metricOf(whole, 'mCE')).toMatchObject({ value: null, reason: 'no_items' })
    // The temperature that fits: confidence becomes accuracy.
    expect(metricOf(whole, 'eceTempered').value).toBeLessThan(0.2)
  })

  it('relates corruption errors to the baseline, kind by kind', () => {
    const corrupted = (wrong: [boolean, boolean][]): number[][][] =>
      wrong.map((list) => list.map((one) => on(one ? 1 : 0, 0.9)))
    const rows = Array.from({ length: 20 }, (_, index) => {
      const half = index % 2 === 0
      return row(
        index,
        on(0, 0.9),
        {},
        {
          target: {
            clean: on(0, 0.9),
            corrupted: corrupted([
              [half, true],
              [false, half],
            ]),
          },
          // The baseline is always wrong on typos at severity 5 and never on case.
          baseline: {
            clean: on(0, 0.9),
            corrupted: corrupted([
              [true, true],
              [false, false],
            ]),
          },
        },
      )
    })
    const report = reportOf(jointReliability, rows, { target, params })
    // Typo: (.5 + 1)/(1 + 1); case has no baseline error and is left out.
    expect(metricOf(report, 'mCE').value).toBeCloseTo(0.75, 12)
    expect(metricOf(report, 'mCE').note).toContain('case')
    expect(metricOf(report, 'relativeMCE').value).toBeCloseTo(0.75, 12)
    expect(metricOf(report, 'meanCorruptionError').value).toBeCloseTo((0.5 + 1 + 0 + 0.5) / 4, 12)
    expect(report.curves.map(({ id }) => id)).toEqual(['errorByKind', 'errorBySeverity', 'eceBySeverity'])
    expect(report.curves[0]?.series[0]?.points).toEqual([
      [0, 0],
      [1, 0.5],
      [5, 1],
    ])
    expect(report.tables.find(({ id }) => id === 'ranks')?.rows).toHaveLength(2)
  })

  it('needs a baseline for relative errors, and says so', () => {
    const rows = Array.from({ length: 8 }, (_, index) =>
      row(
        index,
        on(0, 0.9),
        {},
        {
          target: {
            clean: on(0, 0.9),
            corrupted: [
              [on(0, 0.9), on(1, 0.9)],
              [on(0, 0.9), on(0, 0.9)],
            ],
          },
        },
      ),
    )
    const report = reportOf(jointReliability, rows, { target, params })
    expect(metricOf(report, 'mCE')).toMatchObject({ value: null, reason: 'not_asked' })
    expect(metricOf(report, 'meanCorruptionError').value).toBeCloseTo(0.25, 12)
    expect(report.caveats.map(({ code }) => code)).toContain('no_baseline')
  })

  it('detects foreign questions by confidence, and watches their length', () => {
    const rows = [
      ...Array.from({ length: 20 }, (_, index) => row(index, on(0, 0.9))),
      ...Array.from({ length: 20 }, (_, index) => foreign(20 + index, index < 5 ? 0.95 : 0.4)),
    ]
    const report = reportOf(jointReliability, rows, { target, params })
    expect(metricOf(report, 'oodRocAuc').value).toBeCloseTo(0.75, 12)
    expect(metricOf(report, 'fprAt95').value).toBeCloseTo(0.25, 12)
    expect(metricOf(report, 'detectionError').value).toBeCloseTo(0.125, 12)
    expect(metricOf(report, 'lengthRocAuc').value).toBeCloseTo(0.5, 12)
    const long = rows.map((one) =>
      one.detail?.split === 'ood' ? { ...one, detail: { ...one.detail, length: 99 } } : one,
    )
    expect(reportOf(jointReliability, long, { target, params }).caveats.map(({ code }) => code)).toContain(
      'lengths_differ',
    )
  })

  it('agrees with all right and all wrong answers', () => {
    const all = (place: number) => Array.from({ length: 24 }, (_, index) => row(index, on(place, 1)))
    const right = reportOf(jointReliability, all(0), { target, params })
    expect([right.headline.value, metricOf(right, 'error').value, metricOf(right, 'nll').value]).toEqual([0, 0, 0])
    const wrong = reportOf(jointReliability, all(1), { target, params })
    expect([wrong.headline.value, metricOf(wrong, 'error').value]).toEqual([1, 1])
    expect(metricOf(wrong, 'nll').value).toBeCloseTo(-Math.log(1e-6), 10)
  })

  it('asks clean, corrupted and foreign questions, never touching the choices', async () => {
    const model = scriptedModel(() => [
      ['A', 0.6],
      ['B', 0.4],
    ])
    const baseline = scriptedModel(() => [['B', 1]])
    const rows = (await rowsOf(jointReliability, model, {
      size: 12,
      params,
      roles: { baseline },
    })) as Row<JointDetail>[]
    const [first] = rows
    expect(first?.detail?.answers.target?.clean).toEqual([0.6, 0.4, 0, 0])
    expect(first?.detail?.answers.baseline?.clean).toEqual([0, 1, 0, 0])
    expect(first?.detail?.answers.target?.corrupted.map((list) => list.length)).toEqual([2, 2])
    expect(rows.filter(({ detail }) => detail?.split === 'ood')).toHaveLength(4)
    const of = model.asked.filter(({ prompt }) =>
      (first?.detail?.choices ?? []).every((choice) => prompt.includes(choice)),
    )
    // Clean, and two kinds at two severities.
    expect(of.length).toBeGreaterThanOrEqual(5)
    const report = reportOf(jointReliability, rows, { target: model, params })
    expect(metricOf(report, 'mCE').value).not.toBeNull()
  })

  it('stands on votes where no log-probabilities are shown', async () => {
    const model = scriptedModel(
      () => [
        ['A', 0.6],
        ['B', 0.4],
      ],
      { logprobs: false, topLogprobs: 0 },
    )
    const rows = (await rowsOf(jointReliability, model, { size: 6, params })) as Row<JointDetail>[]
    expect(rows[0]?.detail?.empirical).toBe(true)
    expect(reportOf(jointReliability, rows, { target: model, params }).headline.id).toBe('ece:empirical')
  })

  it('reads MMLU, with letters or places', () => {
    const importer = jointReliability.importers?.['mmlu-jsonl']
    const record = { question: 'Which?', subject: 'law', choices: ['w', 'x', 'y', 'z'], answer: 2 }
    expect(importer?.toItem(record, 3)).toMatchObject({ id: 'mmlu/law/3', label: 2, split: 'id' })
    expect(importer?.toItem({ ...record, answer: 'D' }, 0)).toMatchObject({ label: 3 })
    expect(() => importer?.toItem({ ...record, answer: 7 }, 0)).toThrow(/beyond/)
    expect(() => importer?.toItem({ ...record, answer: '' }, 0)).toThrow(/place/)
  })
})

describe('foreignChoices', () => {
  it('has the lengths of the known questions, four different options, and starts a longer list with the shorter', () => {
    const lengths = Array.from({ length: 40 }, (_, index) => 30 + index)
    const random = randomFrom('foreign')
    const drawn = foreignChoices(random, { size: 40, lengths })
    const mean = drawn.reduce((sum, { question }) => sum + question.length, 0) / drawn.length
    expect(Math.abs(mean - 49.5)).toBeLessThan(12)
    for (const { options } of drawn) expect(new Set(options).size).toBe(4)
    expect(foreignChoices(random, { size: 11, lengths })).toEqual(drawn.slice(0, 11))
    expect(new Set(drawn.map(({ id }) => id)).size).toBe(40)
  })
})
