import { describe, expect, it } from 'vitest'
import type { Row } from '../../src/benchmarks/define.ts'
import {
  type Candidate,
  type SelfEvaluationDetail,
  selfEvaluation,
} from '../../src/benchmarks/uncertainty/self-evaluation.ts'
import { metricOf, reportOf, rowsOf } from './running.ts'
import { scriptedModel } from './world-model.ts'

const target = scriptedModel(() => [])

const candidate = (quality: number, more: Partial<Candidate> = {}): Candidate => ({
  text: `quality ${quality}`,
  quality,
  sequenceNll: 2,
  meanNll: 1,
  select: 0.5,
  selectNota: 0.4,
  evalPlain: 0.5,
  evalNota: null,
  evalOthers: null,
  ...more,
})
const row = (
  index: number,
  candidates: Candidate[],
  more: Partial<SelfEvaluationDetail> = {},
): Row<SelfEvaluationDetail> => ({
  index,
  itemId: `item/${index}`,
  cluster: null,
  status: 'scored',
  score: null,
  reason: null,
  detail: {
    question: 'q',
    gold: 'g',
    stratum: null,
    candidates,
    pNota: 0.2,
    chosenPositions: [0],
    samples: 4,
    empirical: false,
    qualityBy: 'match',
    unseen: 0,
    ...more,
  },
})

describe('self-evaluation', () => {
  it('ranks by Eval − p(NOTA), not clipped, against perplexity', () => {
    const rows = [
      // Hybrid picks the first (select), score .9 − .1 = .8, right; perplexity picks the second, wrong, surest.
      row(0, [candidate(1, { select: 0.9, evalPlain: 0.9, meanNll: 2 }), candidate(0, { select: 0.1, meanNll: 0.1 })], {
        pNota: 0.1,
      }),
      // Hybrid: wrong, score .1 − .9 = −.8; perplexity: right, least sure.
      row(1, [candidate(0, { select: 0.9, evalPlain: 0.1, meanNll: 3 }), candidate(1, { select: 0.1, meanNll: 1 })], {
        pNota: 0.9,
      }),
    ]
    const report = reportOf(selfEvaluation, rows, { target })
    expect(metricOf(report, 'selectiveAuc.hybridNota').value).toBeCloseTo((1 + 1 / 2) / 2, 12)
    expect(metricOf(report, 'selectiveAuc.perplexity').value).toBeCloseTo((0 + 1 / 2) / 2, 12)
    expect(report.headline).toMatchObject({ id: 'selectiveGain', value: expect.closeTo(0.5, 12) })
    expect(metricOf(report, 'calibrationAuc.hybridNota').value).toBe(1)
    expect(metricOf(report, 'calibrationAuc.perplexity').value).toBe(0)
    expect(metricOf(report, 'accuracy.hybridNota').value).toBe(0.5)
  })

  it('leaves single candidates out of the comparison and judges them beside it', () => {
    const single = row(2, [candidate(1, { select: null, selectNota: null, evalPlain: 0.7 })], {
      pNota: null,
      chosenPositions: [],
    })
    const rows = [row(0, [candidate(1), candidate(0)]), row(1, [candidate(0), candidate(1)]), single]
    const report = reportOf(selfEvaluation, rows, { target })
    expect(metricOf(report, 'singleCandidate').value).toBe(1)
    expect(metricOf(report, 'accuracy.perplexity').n).toBe(2)
    const fallback = report.tables.find((table) => table.id === 'withFallback')
    expect(fallback?.rows.find((line) => line[0] === 'Hybrid')?.[1]).toBe(3)
    expect(report.caveats.map((caveat) => caveat.code)).toContain('compared_items')
  })

  it('tests chosen positions against chance', () => {
    const rows = Array.from({ length: 10 }, (_, index) =>
      row(index, [candidate(1), candidate(0)], { chosenPositions: [0] }),
    )
    // 10 of 10 in one of two positions: (10 − 5)²/5 + (0 − 5)²/5 = 10.
    expect(metricOf(reportOf(selfEvaluation, rows, { target }), 'positionBias')).toMatchObject({
      value: 10,
      note: expect.stringContaining('0.0016'),
    })
  })

  it('deduplicates candidates, reads letters and verdicts, and finds what the model knows', async () => {
    const items = Array.from({ length: 12 }, (_, index) => ({
      id: `i/${index}`,
      question: `What is ${index} plus ${index}?`,
      answers: [String(2 * index)],
      kind: 'number',
    }))
    const knowing = scriptedModel((prompt) => {
      const value = Number(/What is (\d+)/.exec(prompt)?.[1]) * 2
      if (prompt.startsWith('Which answer')) {
        const letter = /([A-Z])\. (\d+)\./g
        const found = [...prompt.matchAll(letter)].find((match) => Number(match[2]) === value)?.[1]
        return found ? [[found, 0.9]] : [['Z', 1]]
      }
      if (prompt.startsWith('Is the proposed'))
        return Number(/Proposed answer: (\d+)/.exec(prompt)?.[1]) === value
          ? [
              ['True', 0.9],
              ['False', 0.1],
            ]
          : [
              ['False', 0.9],
              ['True', 0.1],
            ]
      return [
        [`${value}.`, 0.5],
        [`${value} .`, 0.1],
        [`${value + 1}.`, 0.4],
      ]
    })
    const rows = (await rowsOf(selfEvaluation, knowing, { items })) as Row<SelfEvaluationDetail>[]
    expect(rows.every((one) => (one.detail?.candidates.length ?? 0) <= 2)).toBe(true)
    const report = reportOf(selfEvaluation, rows, { target: knowing })
    expect(metricOf(report, 'accuracy.hybridNota').value).toBe(1)
    const choosing = rows.filter((one) => (one.detail?.candidates.length ?? 0) > 1)
    expect(choosing.length).toBeGreaterThan(3)
    expect(
      choosing.every((one) =>
        one.detail?.candidates.every(
          (c) => c.select === (c.quality ? 1 : 0) && c.evalPlain?.toFixed(3) === (c.quality ? '0.900' : '0.100'),
        ),
      ),
    ).toBe(true)
  })

  it('scores answers to known wrong ones by nearness, and leaves references to a judge', async () => {
    const items = [
      { id: 'truth', question: 'Do cats bark?', answers: ['No, cats meow'], wrongAnswers: ['Yes, cats bark'] },
      { id: 'summary', question: 'Summarise: I lost my key.', reference: 'Key lost.' },
    ]
    const talking = scriptedModel(() => [
      ['No, cats meow', 0.5],
      ['Yes, all cats bark', 0.5],
    ])
    const alone = (await rowsOf(selfEvaluation, talking, {
      items,
      params: { candidates: 8 },
    })) as Row<SelfEvaluationDetail>[]
    expect(alone.map(({ status, reason }) => [status, reason])).toEqual([
      ['scored', null],
      ['skipped', 'no_judge'],
    ])
    expect(alone[0]?.detail?.candidates.map(({ text, quality }) => [text.startsWith('No'), quality]).sort()).toEqual([
      [false, 0],
      [true, 1],
    ])
    const rating = (text: [string, number][]) =>
      scriptedModel((prompt) => (prompt.startsWith('Rate') ? text : [['True', 1]]))
    const judge = rating([
      ['4', 0.5],
      ['5', 0.5],
    ])
    const judged = (await rowsOf(selfEvaluation, talking, { items, roles: { judge } })) as Row<SelfEvaluationDetail>[]
    expect(judged.map(({ detail }) => detail?.qualityBy)).toEqual(['judge', 'judge'])
    expect(judged[0]?.score).toBeCloseTo(1, 12)
    expect(judged[1]?.score).toBeCloseTo((0.5 * 3 + 0.5 * 4) / 4, 12)
    const report = reportOf(selfEvaluation, judged, { target })
    expect(report.caveats.map(({ code }) => code)).toContain('judged_quality')
    const mute = await rowsOf(selfEvaluation, talking, { items, roles: { judge: rating([['hm', 1]]) } })
    expect(mute[1]).toMatchObject({ status: 'skipped', reason: 'judge_unparsed' })
  })
})
