import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { rocAucScoreInterval } from '../../../src/methods/statistics/auc-interval.ts'

describe('rocAucScoreInterval', () => {
  it('holds its area, lies within [0, 1], and does not vanish at the ends', () => {
    const count = fc.integer({ min: 1, max: 500 })
    fc.assert(
      fc.property(fc.double({ min: 0, max: 1, noNaN: true }), count, count, (auc, positives, negatives) => {
        const ends = rocAucScoreInterval(auc, positives, negatives)
        expect(ends?.low).toBeGreaterThanOrEqual(0)
        expect(ends?.low).toBeLessThanOrEqual(auc)
        expect(ends?.high).toBeGreaterThanOrEqual(auc)
        expect(ends?.high).toBeLessThanOrEqual(1)
        expect((ends?.high as number) - (ends?.low as number)).toBeGreaterThan(0)
      }),
    )
  })

  it('is symmetric in the classes, and mirrored with the area', () => {
    const [first, second] = [rocAucScoreInterval(0.8, 30, 50), rocAucScoreInterval(0.8, 50, 30)]
    expect(first?.low).toBeCloseTo(second?.low as number, 10)
    const mirrored = rocAucScoreInterval(0.2, 30, 50)
    expect(mirrored?.high).toBeCloseTo(1 - (first?.low as number), 10)
  })

  it('solves (auc − θ)² = z²·V(θ) at its ends, and is null without a class', () => {
    const low = rocAucScoreInterval(0.8, 30, 50)?.low as number
    const half = 39
    const variance = ((low * (1 - low)) / 1500) * (1 + (half * (1 - low)) / (2 - low) + (half * low) / (1 + low))
    expect((0.8 - low) / Math.sqrt(variance)).toBeCloseTo(1.959964, 4)
    expect(rocAucScoreInterval(1, 0, 5)).toBeNull()
  })
})
