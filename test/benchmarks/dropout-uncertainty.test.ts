import { describe, expect, it } from 'vitest'
import type { Row } from '../../src/benchmarks/define.ts'
import {
  type DropoutDetail,
  dropoutUncertainty,
  type Measures,
} from '../../src/benchmarks/uncertainty/dropout-uncertainty.ts'
import type { DropoutToken } from '../../src/model/model.ts'
import { checkEdges, metricOf, reportOf, rowsOf } from './running.ts'
import { scriptedModel } from './world-model.ts'

const target = scriptedModel(() => [], { full: true })

const measures = (information: number): Measures => ({
  MI: information,
  EPKL: 2 * information,
  RMI: information,
  TU: 1 + information,
  DU: 1,
  variance: information / 10,
})
const row = (
  index: number,
  information: number,
  entropy: number,
  more: Partial<DropoutDetail> = {},
): Row<DropoutDetail> => ({
  index,
  itemId: `item/${index}`,
  cluster: null,
  status: 'scored',
  score: information,
  reason: null,
  detail: {
    prompt: 'p',
    gold: 'g',
    answer: 'a',
    split: 'id',
    severity: 0,
    correct: true,
    meanTokenEntropy: entropy,
    perplexity: entropy,
    tokens: 3,
    passes: 20,
    rates: [
      {
        rate: 0.1,
        mean: measures(information),
        max: measures(2 * information),
        groupSpread: 0.01,
        inserted: true,
        differs: true,
      },
    ],
    ...more,
  },
})
const foreign = (index: number, information: number, entropy: number) =>
  row(index, information, entropy, { split: 'ood', correct: null, gold: null })

const token = (information: number): DropoutToken => ({
  token: 'x',
  start: 0,
  end: 1,
  logprob: -0.5,
  predictiveEntropy: 1 + information,
  aleatoricEntropy: 1,
  epistemicEntropy: information,
  expectedPairwiseKl: 2 * information,
  reverseMutualInformation: information,
  probabilityVariance: 0.01,
  groupEpistemicEntropies: [information - 0.1, information, information + 0.1],
})

describe('dropout-uncertainty', () => {
  it('asks whether MI tells foreign questions better than the entropy of a single pass', () => {
    // MI tells them apart, entropy is the same on both.
    const rows = [
      ...Array.from({ length: 20 }, (_, index) => row(index, 0.1, 1, { correct: index < 15 })),
      ...Array.from({ length: 20 }, (_, index) => foreign(20 + index, 0.4, 1)),
    ]
    const report = reportOf(dropoutUncertainty, rows, { target })
    expect(report.headline).toMatchObject({ id: 'foreignGain', value: 0.5 })
    expect(metricOf(report, 'foreignRocAuc.MI').value).toBe(1)
    expect(metricOf(report, 'foreignRocAuc.MeanTokenEntropy').value).toBe(0.5)
    expect(metricOf(report, 'foreignRocAuc.DU').value).toBe(0.5)
    expect(metricOf(report, 'shift.MI').value).toBeCloseTo(0.3, 12)
    expect(metricOf(report, 'errorRocAuc.MI').value).toBe(0.5)
    expect(metricOf(report, 'accuracy').value).toBe(0.75)
    expect(metricOf(report, 'costRatio').value).toBe(20)
    const table = report.tables.find(({ id }) => id === 'estimators')
    expect(table?.rows).toHaveLength(14)
    expect(report.caveats.map(({ code }) => code)).toContain('inserted_dropout')
  })

  it('survives the edges', () => {
    checkEdges(dropoutUncertainty, [row(0, 0.1, 1), row(1, 0.2, 1, { correct: false }), foreign(2, 0.3, 2)], { target })
  })

  it('keeps corrupted questions out of the comparison and draws them by severity', () => {
    const rows = [
      ...Array.from({ length: 10 }, (_, index) => row(index, 0.1, 1)),
      ...Array.from({ length: 10 }, (_, index) => foreign(10 + index, 0.2, 1)),
      ...Array.from({ length: 10 }, (_, index) => row(20 + index, 9, 9, { severity: 5, correct: false })),
    ]
    const report = reportOf(dropoutUncertainty, rows, { target })
    expect(metricOf(report, 'foreignRocAuc.MI').value).toBe(1)
    expect(metricOf(report, 'accuracy').value).toBe(1)
    const curve = report.curves.find(({ id }) => id === 'bySeverity')?.series[0]?.points
    expect(curve?.[0]?.[0]).toBe(0)
    expect(curve?.[0]?.[1]).toBeCloseTo(0.1, 12)
    expect(curve?.[1]).toEqual([5, 9])
  })

  it('warns where the passes agree or have not converged', () => {
    const still = (more: object) =>
      Array.from({ length: 4 }, (_, index) => {
        const one = row(index, 0.001, 1)
        const [rate] = one.detail?.rates ?? []
        return {
          ...one,
          detail: { ...(one.detail as DropoutDetail), rates: [{ ...rate, ...more }] },
        } as Row<DropoutDetail>
      })
    const codes = (rows: Row<DropoutDetail>[]) =>
      reportOf(dropoutUncertainty, rows, { target }).caveats.map(({ code }) => code)
    expect(codes(still({ differs: false }))).toContain('dropout_off')
    expect(codes(still({ groupSpread: 0.5 }))).toContain('not_converged')
    expect(codes(still({ groupSpread: 0.0001 }))).not.toContain('not_converged')
  })

  it('takes means over positions, and the rate of the headline first', async () => {
    const model = scriptedModel(() => [['Paris', 1]], { full: true })
    const asked: unknown[] = []
    const dropping = {
      ...model,
      chat: async (...args: Parameters<typeof model.chat>) =>
        (await model.chat(...args)).map((sample) => ({
          ...sample,
          tokens: (sample.tokens ?? []).map((one) => ({ ...one, entropy: 0.25 })),
        })),
      dropout: async (_: unknown, continuation: string, options: { passes?: number; rate?: number } = {}) => {
        asked.push([continuation, options])
        return {
          tokens: [token(0.1), token(0.3)],
          passes: options.passes ?? 0,
          rate: options.rate ?? 0,
          inserted: false,
        }
      },
    }
    const [first] = (await rowsOf(dropoutUncertainty, dropping, { size: 1 })) as Row<DropoutDetail>[]
    expect(asked).toEqual([0.1, 0.05, 0.2].map((rate) => ['Paris', { passes: 20, rate }]))
    expect(first?.detail).toMatchObject({ answer: 'Paris', meanTokenEntropy: 0.25, passes: 20 })
    expect(first?.detail?.rates[0]?.mean.MI).toBeCloseTo(0.2, 12)
    expect(first?.detail?.rates[0]?.max.MI).toBeCloseTo(0.3, 12)
    // Groups at answer level: .1, .2, .3.
    expect(first?.detail?.rates[0]?.groupSpread).toBeCloseTo(0.1, 12)
    expect(first?.score).toBeCloseTo(0.2, 12)
  })

  it('skips an item where the target has no dropout', async () => {
    const model = scriptedModel(() => [['Paris', 1]], { full: true })
    const [first] = await rowsOf(dropoutUncertainty, model, { size: 1 })
    expect(first).toMatchObject({ status: 'skipped', reason: 'capability_missing' })
  })

  it('makes known, corrupted and foreign questions', async () => {
    const model = scriptedModel(() => [['Paris', 1]], { full: true })
    const rows = (await rowsOf(dropoutUncertainty, model, { size: 60 })) as Row<DropoutDetail>[]
    const count = (of: (detail: DropoutDetail) => boolean) => rows.filter(({ detail }) => detail && of(detail)).length
    expect(count(({ split }) => split === 'ood')).toBe(20)
    expect(count(({ severity }) => severity > 0)).toBe(10)
    expect(new Set(rows.map(({ detail }) => detail?.severity))).toEqual(new Set([0, 1, 2, 3, 4, 5]))
  })
})
