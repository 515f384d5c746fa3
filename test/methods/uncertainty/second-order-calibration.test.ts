import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  orderOutcomes,
  secondOrderBins,
  secondOrderCalibrationError,
} from '../../../src/methods/uncertainty/second-order-calibration.ts'

describe('secondOrderBins', () => {
  it('are of equal weight, in order of the variance, and lose nothing', () => {
    const one = fc.record({
      v: fc.double({ min: -0.1, max: 0.3, noNaN: true }),
      o: fc.double({ min: 0, max: 1, noNaN: true }),
    })
    fc.assert(
      fc.property(fc.array(one, { minLength: 1, maxLength: 60 }), (list) => {
        const sorted = orderOutcomes(
          list.map(({ v }) => v),
          list.map(({ o }) => o),
          list.map(({ v }) => v),
        )
        const bins = secondOrderBins(sorted)
        const total = (of: (bin: (typeof bins)[number]) => number) =>
          bins.reduce((sum, bin) => sum + bin.weight * of(bin), 0)
        expect(total(() => 1)).toBeCloseTo(list.length, 9)
        expect(total((bin) => bin.meanObserved)).toBeCloseTo(
          list.reduce((sum, { o }) => sum + o, 0),
          9,
        )
        expect(total((bin) => bin.meanExpected)).toBeCloseTo(
          list.reduce((sum, { v }) => sum + v, 0),
          9,
        )
        for (const bin of bins) expect(bin.weight).toBeCloseTo(list.length / 10, 9)
        const means = bins.map((bin) => bin.meanVariance)
        for (let at = 1; at < means.length; at++)
          expect(means[at]).toBeGreaterThanOrEqual((means[at - 1] as number) - 1e-12)
      }),
    )
  })

  it('treat a repeated outcome as a weight, and do not depend on order', () => {
    const [v, o] = [
      [0.3, 0.1, 0.1, 0.2],
      [0.5, 0, 0.4, 0.1],
    ]
    const twice = orderOutcomes([0.1, 0.3, 0.3, 0.1, 0.2], [0, 0.5, 0.5, 0.4, 0.1], [0.1, 0.3, 0.3, 0.1, 0.2])
    const weighed = secondOrderBins(orderOutcomes(v, o, v), 3, [2, 1, 1, 1])
    secondOrderBins(twice, 3).forEach((bin, at) => {
      expect(bin.meanObserved).toBeCloseTo(weighed[at]?.meanObserved as number, 12)
      expect(bin.meanExpected).toBeCloseTo(weighed[at]?.meanExpected as number, 12)
    })
  })
})

describe('secondOrderCalibrationError', () => {
  it('is the weighted gap, 0 where expectation and observation agree bin by bin, null of nothing', () => {
    const v = [0.1, 0.1, 0.2, 0.2]
    // Two bins: |0.15 − 0.1| and |0.4 − 0.2|.
    expect(secondOrderCalibrationError(orderOutcomes(v, [0, 0.3, 0.4, 0.4], v), 2)).toBeCloseTo((0.05 + 0.2) / 2, 12)
    expect(secondOrderCalibrationError(orderOutcomes(v, [0, 0.2, 0.4, 0], v), 2)).toBeCloseTo(0, 12)
    expect(secondOrderCalibrationError(orderOutcomes([], [], []))).toBeNull()
    expect(secondOrderCalibrationError(orderOutcomes(v, v, v), 2, [0, 0, 0, 0])).toBeNull()
  })
})
