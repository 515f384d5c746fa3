import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  averagePrecision,
  bestYouden,
  precisionRecallCurve,
  rocAuc,
  rocCurve,
} from '../../../src/methods/statistics/binary-classification.ts'
import { inversions, kendallTauB, pearson, spearman } from '../../../src/methods/statistics/correlation.ts'
import { averageRanks } from '../../../src/methods/statistics/ranks.ts'

const scored = fc.array(fc.tuple(fc.integer({ min: -5, max: 5 }), fc.boolean()), { minLength: 1, maxLength: 40 })

/** Counts pairs one by one. */
function slowAuc(items: readonly (readonly [number, boolean])[]): number | null {
  let [credit, pairs] = [0, 0]
  for (const [a, positive] of items)
    for (const [b, other] of items)
      if (positive && !other) {
        pairs++
        credit += a > b ? 1 : a === b ? 0.5 : 0
      }
  return pairs === 0 ? null : credit / pairs
}

function slowTau(x: readonly number[], y: readonly number[]): number | null {
  let [sum, untiedX, untiedY] = [0, 0, 0]
  for (let i = 0; i < x.length; i++)
    for (let j = 0; j < i; j++) {
      const [a, b] = [Math.sign((x[i] as number) - (x[j] as number)), Math.sign((y[i] as number) - (y[j] as number))]
      sum += a * b
      untiedX += a * a
      untiedY += b * b
    }
  return untiedX === 0 || untiedY === 0 ? null : sum / Math.sqrt(untiedX * untiedY)
}

const close = (actual: number | null, expected: number | null) =>
  expected === null ? expect(actual).toBeNull() : expect(actual).toBeCloseTo(expected, 10)

describe('rocAuc', () => {
  it('counts pairs, ties half, whatever the order of the items', () => {
    fc.assert(
      fc.property(scored, (items) => {
        const turned = [...items].reverse()
        const expected = slowAuc(items)
        close(
          rocAuc(
            items.map(([s]) => s),
            items.map(([, l]) => l),
          ),
          expected,
        )
        close(
          rocAuc(
            turned.map(([s]) => s),
            turned.map(([, l]) => l),
          ),
          expected,
        )
      }),
    )
  })

  it('is unchanged by a growing transform and turned by a falling one', () => {
    fc.assert(
      fc.property(scored, (items) => {
        const labels = items.map(([, l]) => l)
        const auc = rocAuc(
          items.map(([s]) => s),
          labels,
        )
        close(
          rocAuc(
            items.map(([s]) => Math.exp(s)),
            labels,
          ),
          auc,
        )
        close(
          rocAuc(
            items.map(([s]) => -s),
            labels,
          ),
          auc === null ? null : 1 - auc,
        )
      }),
    )
  })

  it('has no value for one class, and raises on lists that do not belong together', () => {
    expect(rocAuc([1, 2], [1, 1])).toBeNull()
    expect(rocAuc([], [])).toBeNull()
    expect(() => rocAuc([1], [])).toThrow(RangeError)
  })
})

describe('precision, recall and thresholds', () => {
  it('a constant score has the base rate as average precision and no best threshold', () => {
    expect(averagePrecision([2, 2, 2, 2], [1, 0, 0, 0])).toBe(0.25)
    expect(bestYouden([2, 2], [1, 0])).toEqual({ value: 0, threshold: null })
    expect(averagePrecision([1, 2], [0, 0])).toBeNull()
    expect(precisionRecallCurve([1, 2], [0, 0])).toBeNull()
    expect(bestYouden([1, 2], [0, 0])).toBeNull()
    expect(rocCurve([1, 2], [1, 1])).toBeNull()
  })

  it('the best threshold separates what can be separated', () => {
    expect(bestYouden([1, 2, 3, 4], [0, 0, 1, 1])).toEqual({ value: 1, threshold: 3 })
  })

  it('average precision lies in (0, 1], and the curve falls in recall', () => {
    fc.assert(
      fc.property(scored, (items) => {
        const [scores, labels] = [items.map(([s]) => s), items.map(([, l]) => l)]
        const ap = averagePrecision(scores, labels)
        const curve = precisionRecallCurve(scores, labels)
        if (ap === null || curve === null) {
          expect(labels).not.toContain(true)
          return
        }
        expect(ap).toBeGreaterThan(0)
        expect(ap).toBeLessThanOrEqual(1)
        expect(curve.recall).toEqual([...curve.recall].sort((a, b) => b - a))
        expect(curve.precision).toHaveLength(curve.thresholds.length + 1)
      }),
    )
  })

  it('the ROC curve runs from (0, 0) to (1, 1) and its area is rocAuc', () => {
    fc.assert(
      fc.property(scored, (items) => {
        const [scores, labels] = [items.map(([s]) => s), items.map(([, l]) => l)]
        const curve = rocCurve(scores, labels)
        if (!curve) return
        let area = 0
        curve.slice(1).forEach((point, i) => {
          const before = curve[i] as (typeof curve)[number]
          area +=
            ((point.falsePositiveRate - before.falsePositiveRate) *
              (point.truePositiveRate + before.truePositiveRate)) /
            2
        })
        close(area, rocAuc(scores, labels))
        expect(curve.at(-1)).toMatchObject({ falsePositiveRate: 1, truePositiveRate: 1 })
      }),
    )
  })
})

describe('correlation', () => {
  const pairs = fc.array(fc.tuple(fc.integer({ min: 0, max: 6 }), fc.integer({ min: 0, max: 6 })), { maxLength: 30 })

  it('τ-b by merge sort is τ-b by counting', () => {
    fc.assert(
      fc.property(pairs, (list) => {
        const [x, y] = [list.map(([a]) => a), list.map(([, b]) => b)]
        close(kendallTauB(x, y), slowTau(x, y))
      }),
    )
  })

  it('is symmetric, in [−1, 1], and 1 of a list with itself', () => {
    fc.assert(
      fc.property(pairs, (list) => {
        const [x, y] = [list.map(([a]) => a), list.map(([, b]) => b)]
        for (const correlation of [pearson, spearman, kendallTauB]) {
          const value = correlation(x, y)
          close(correlation(y, x), value)
          if (value !== null) expect(Math.abs(value)).toBeLessThanOrEqual(1)
          const self = correlation(x, x)
          if (self !== null) expect(self).toBeCloseTo(1, 12)
        }
      }),
    )
  })

  it('has no value of a constant, of one pair, or of none', () => {
    for (const correlation of [pearson, spearman, kendallTauB]) {
      expect(correlation([1, 1, 1], [1, 2, 3])).toBeNull()
      expect(correlation([1], [2])).toBeNull()
      expect(correlation([], [])).toBeNull()
    }
    // A constant whose mean is not exact in binary.
    expect(pearson([0.1, 0.1, 0.1], [1, 2, 4])).toBeNull()
  })
})

it('ranks share their mean in ties', () => {
  expect([...averageRanks([10, 20, 10, 5]).ranks]).toEqual([2.5, 4, 2.5, 1])
  expect(averageRanks([1, 1, 1, 2]).tieSum).toBe(24)
})

it('inversions sorts and counts', () => {
  const values = Float64Array.of(3, 1, 2, 1)
  expect(inversions(values)).toBe(4)
  expect([...values]).toEqual([1, 1, 2, 3])
})
