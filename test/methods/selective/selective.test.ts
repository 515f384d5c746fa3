import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  normalizedRejectionArea,
  predictionRejectionArea,
  predictionRejectionRatio,
  qualitiesByCertainty,
} from '../../../src/methods/selective/rejection.ts'
import { reversedPairs } from '../../../src/methods/selective/reversed-pairs.ts'
import { riskCoverageAuc, riskCoverageCurve, selectiveAuc } from '../../../src/methods/selective/risk-coverage.ts'
import { readVectors } from '../../vectors.ts'
import { plainQuality } from './plain-quality.ts'

const judged = fc.array(
  fc.tuple(
    fc.integer({ min: 0, max: 8 }),
    fc.integer({ min: 0, max: 4 }).map((q) => q / 4),
  ),
  {
    minLength: 1,
    maxLength: 30,
  },
)
const sides = (items: readonly (readonly [number, number])[]) =>
  [items.map(([u]) => u), items.map(([, q]) => q)] as const

const metrics = {
  predictionRejectionArea,
  predictionRejectionRatio,
  half: (u: number[], q: number[]) => predictionRejectionRatio(u, q, 0.5),
  riskCoverageAuc,
  reversedPairs,
  selectiveAuc,
}

describe.each(Object.entries(metrics))('%s', (_, metric) => {
  it('does not depend on the order of the items, ties or not', () => {
    fc.assert(
      fc.property(judged, fc.integer(), (items, turn) => {
        const at = Math.abs(turn) % items.length
        const [u, q] = sides(items)
        const [u2, q2] = sides([...items.slice(at), ...items.slice(0, at)].reverse())
        const value = metric(u, q)
        const other = metric(u2, q2)
        if (value === null) expect(other).toBeNull()
        else expect(other).toBeCloseTo(value, 10)
      }),
    )
  })

  it('has no value without items', () => {
    expect(metric([], [])).toBeNull()
  })
})

describe('predictionRejectionRatio', () => {
  it('is 1 of the perfect order, at most 1, and null of constant quality', () => {
    fc.assert(
      fc.property(judged, (items) => {
        const [u, q] = sides(items)
        const ratio = predictionRejectionRatio(u, q)
        if (new Set(q).size === 1) expect(ratio).toBeNull()
        else {
          expect(ratio).toBeLessThanOrEqual(1 + 1e-9)
          expect(
            predictionRejectionRatio(
              q.map((value) => -value),
              q,
            ),
          ).toBeCloseTo(1, 10)
        }
      }),
    )
  })

  it('is 0 of a constant uncertainty: the mean over all orders', () => {
    expect(predictionRejectionRatio([7, 7, 7, 7], [1, 0, 0, 1])).toBeCloseTo(0, 12)
  })

  it('agrees with the vectors without being told the random and the oracle area', () => {
    const prr = readVectors('test/vectors').find(({ method }) => method === 'PRR')
    for (const { input, expected } of prr?.cases ?? []) {
      const { uncertainty, quality, maxRejection } = input as {
        uncertainty: number[]
        quality: number[]
        maxRejection: number
      }
      expect(predictionRejectionRatio(uncertainty, quality, maxRejection)).toBeCloseTo(expected as number, 6)
    }
    expect(prr?.cases.length).toBeGreaterThan(0)
  })

  it('does not change when qualities are stretched', () => {
    const [u, q] = [
      [1, 2, 3, 4, 5],
      [0.9, 0.1, 0.5, 0.4, 0.2],
    ]
    expect(
      predictionRejectionRatio(
        u,
        q.map((value) => 0.2 + value / 3),
      ),
    ).toBeCloseTo(predictionRejectionRatio(u, q) ?? 0, 12)
  })

  it('has no value where random and oracle agree, or nothing is rejected', () => {
    expect(normalizedRejectionArea(0.5, 0.5, 0.5)).toBeNull()
    expect(predictionRejectionArea([1], [1], 0.5)).toBeNull()
    expect(predictionRejectionArea([1, 2], [1, 0], 0)).toBeNull()
  })
})

describe('risk and coverage', () => {
  it('the mean over all orders of a tie is what ties get', () => {
    // Both orders of the tied pair: means 1, ½ and 0, ½.
    expect(riskCoverageAuc([3, 3], [1, 0])).toBeCloseTo(0.5)
    expect([...qualitiesByCertainty([2, 1, 2], [1, 0.4, 0])]).toEqual([0.4, 0.5, 0.5])
  })

  it('selectiveAuc of a score is what is left of the risk of its negative', () => {
    fc.assert(
      fc.property(judged, (items) => {
        const [u, q] = sides(items)
        expect(
          selectiveAuc(
            u.map((value) => -value),
            q,
          ),
        ).toBeCloseTo(1 - (riskCoverageAuc(u, q) ?? 0), 10)
      }),
    )
  })

  it('the curve ends at full coverage and the mean risk, thinned as asked', () => {
    const curve = riskCoverageCurve(
      Array.from({ length: 1000 }, (_, i) => i),
      Array.from({ length: 1000 }, (_, i) => (i < 500 ? 1 : 0)),
      10,
    )
    expect(curve).toHaveLength(10)
    expect(curve[0]).toEqual({ coverage: 0.1, risk: 0 })
    expect(curve.at(-1)).toEqual({ coverage: 1, risk: 0.5 })
    expect(riskCoverageCurve([], [])).toEqual([])
    expect(riskCoverageCurve([1], [1])).toEqual([{ coverage: 1, risk: 0 }])
  })
})

it('reversedPairs counts what counting pair by pair counts', () => {
  fc.assert(
    fc.property(judged, (items) => {
      let count = 0
      for (const [u, q] of items) for (const [v, r] of items) if (v < u && r < q) count++
      const [u, q] = sides(items)
      expect(reversedPairs(u, q)).toBeCloseTo(count / items.length ** 2, 12)
    }),
  )
})

it('plainQuality: a perfect score, a constant one, and one class', () => {
  const perfect = plainQuality([4, 1, 3, 2], [0, 1, 0, 1])
  expect(perfect).toMatchObject({ rocAuc: 1, averagePrecision: 1, reversedPairs: 0 })
  expect(perfect.predictionRejectionRatio).toBeCloseTo(1)
  expect(perfect.spearman).toBeGreaterThan(0.8)
  expect(plainQuality([1, 1], [0, 1])).toMatchObject({ rocAuc: 0.5, spearman: null, reversedPairs: 0 })
  expect(plainQuality([1, 2], [1, 1])).toMatchObject({ rocAuc: null, predictionRejectionRatio: null })
})
