import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { randomFrom } from '../../../src/methods/random.ts'
import {
  adaptiveCalibrationError,
  expectedCalibrationError,
  quantileBins,
  reliabilityBins,
} from '../../../src/methods/statistics/calibration-error.ts'
import { isotonicCalibration } from '../../../src/methods/statistics/isotonic-calibration.ts'
import { logisticRegression } from '../../../src/methods/statistics/logistic-regression.ts'
import { plattScaling } from '../../../src/methods/statistics/platt-scaling.ts'
import { brier, logLoss, multiclassBrier, multiclassLogLoss } from '../../../src/methods/statistics/proper-scores.ts'
import { softmax, temperatureScaling } from '../../../src/methods/statistics/temperature-scaling.ts'

const forecasts = fc.array(fc.tuple(fc.double({ min: 0, max: 1, noNaN: true }), fc.boolean()), {
  minLength: 1,
  maxLength: 60,
})

describe('calibration error', () => {
  it('lies in [0, 1] and does not depend on the order of the items', () => {
    fc.assert(
      fc.property(forecasts, (items) => {
        const turned = [...items].reverse()
        for (const error of [expectedCalibrationError, adaptiveCalibrationError]) {
          const value = error(
            items.map(([p]) => p),
            items.map(([, y]) => y),
          ) as number
          expect(value).toBeGreaterThanOrEqual(0)
          expect(value).toBeLessThanOrEqual(1)
          expect(
            error(
              turned.map(([p]) => p),
              turned.map(([, y]) => y),
            ),
          ).toBeCloseTo(value, 10)
        }
      }),
    )
  })

  it('is 0 of sure and right answers, 1 of sure and wrong ones, null of none', () => {
    for (const error of [expectedCalibrationError, adaptiveCalibrationError]) {
      expect(error([1, 0, 1], [1, 0, 1])).toBe(0)
      expect(error([1, 0], [0, 1])).toBe(1)
      expect(error([], [])).toBeNull()
    }
  })

  it('puts an edge into the bin below it, and 0 into the first', () => {
    const counts = (confidence: number) => reliabilityBins([confidence], [1]).findIndex(({ count }) => count === 1)
    expect([0, 0.1, 0.3, 0.5, 0.7, 1].map(counts)).toEqual([0, 0, 2, 4, 6, 9])
    expect(counts(0.30000000000000016)).toBe(3)
    expect(counts(1 + 1e-15)).toBe(9)
    expect(() => reliabilityBins([1.01], [1])).toThrow(RangeError)
    expect(() => reliabilityBins([Number.NaN], [1])).toThrow(RangeError)
  })

  it('quantile bins hold equal counts', () => {
    const bins = quantileBins(
      Array.from({ length: 100 }, (_, i) => i / 100),
      new Array(100).fill(1),
    )
    expect(bins.map(({ count }) => count)).toEqual(new Array(10).fill(10))
  })
})

describe('proper scores', () => {
  it('are least at the truth', () => {
    const labels = [1, 1, 1, 0]
    const at = (p: number) => labels.map(() => p)
    for (const score of [brier, logLoss])
      for (const p of [0.1, 0.5, 0.9]) expect(score(at(p), labels)).toBeGreaterThan(score(at(0.75), labels) ?? 0)
  })

  it('stay finite at sure mistakes and have no value of nothing', () => {
    expect(logLoss([0], [1])).toBeCloseTo(36.04, 1)
    expect(multiclassLogLoss([[1, 0]], [1])).toBeCloseTo(36.04, 1)
    expect(brier([], [])).toBeNull()
    expect(logLoss([], [])).toBeNull()
  })

  it('of two classes are twice the binary Brier score', () => {
    expect(multiclassBrier([[0.3, 0.7]], [1])).toBeCloseTo(2 * (brier([0.7], [1]) ?? 0))
  })
})

describe('isotonicCalibration', () => {
  it('never falls, stays within [0, 1], and has zero calibration error on its own items', () => {
    fc.assert(
      fc.property(forecasts, (items) => {
        const [scores, labels] = [items.map(([p]) => p), items.map(([, y]) => y)]
        const calibrate = isotonicCalibration(scores, labels)
        const values = [...scores].sort((a, b) => a - b).map((score) => calibrate?.(score) as number)
        values.forEach((value, i) => {
          expect(value).toBeGreaterThanOrEqual(0)
          expect(value).toBeLessThanOrEqual(1)
          if (i > 0) expect(value).toBeGreaterThanOrEqual((values[i - 1] as number) - 1e-12)
        })
        const mean = (list: number[]) => list.reduce((sum, v) => sum + v, 0) / list.length
        expect(mean(values)).toBeCloseTo(mean(labels.map(Number)), 10)
      }),
    )
  })

  it('is constant outside and has no value of nothing', () => {
    const calibrate = isotonicCalibration([0, 1], [0, 1])
    expect([-5, 0.25, 9].map((score) => calibrate?.(score))).toEqual([0, 0.25, 1])
    expect(isotonicCalibration([], [])).toBeNull()
  })
})

describe('logistic fits', () => {
  it('find the coefficients that made the data', () => {
    const random = randomFrom('logistic')
    const rows = Array.from({ length: 20_000 }, () => [random.normal() * 3 + 1, random.normal()])
    const labels = rows.map(([a, b]) => random.next() < 1 / (1 + Math.exp(-(0.5 + (a as number) - 2 * (b as number)))))
    const model = logisticRegression(rows, labels)
    expect(model?.intercept).toBeCloseTo(0.5, 0)
    expect(model?.weights[0]).toBeCloseTo(1, 0)
    expect(model?.weights[1]).toBeCloseTo(-2, 0)
    expect(Math.abs((model?.weights[1] ?? 0) + 2)).toBeLessThan(0.15)
  })

  it('have no solution for separable, constant or one-class data, unless penalised', () => {
    expect(plattScaling([1, 2, 3, 4], [0, 0, 1, 1])).toBeNull()
    expect(plattScaling([1, 2, 2, 3], [0, 0, 1, 1])).toBeNull()
    expect(plattScaling([1, 1], [0, 1])).toBeNull()
    expect(plattScaling([1, 2], [1, 1])).toBeNull()
    expect(
      logisticRegression(
        [
          [1, 1],
          [2, 5],
          [3, 1],
          [4, 5],
        ],
        [0, 0, 1, 1],
      ),
    ).toBeNull()
    const penalised = logisticRegression([[1], [2], [3], [4]], [0, 0, 1, 1], { penalty: 0.1 })
    expect(penalised?.predict([1])).toBeLessThan(0.5)
    expect(penalised?.predict([4])).toBeGreaterThan(0.5)
  })

  it('ignore a constant feature when penalised', () => {
    const model = logisticRegression(
      [
        [1, 7],
        [2, 7],
        [3, 7],
        [4, 7],
      ],
      [0, 1, 0, 1],
      { penalty: 1 },
    )
    expect(model?.weights[1]).toBe(0)
  })
})

describe('temperatureScaling', () => {
  it('finds the temperature that the logits were multiplied by', () => {
    const random = randomFrom('temperature')
    const rows = Array.from({ length: 2000 }, () => [random.normal(), random.normal(), random.normal()])
    const gold = rows.map((row) => {
      const p = softmax(row)
      const draw = random.next()
      return draw < (p[0] as number) ? 0 : draw < (p[0] as number) + (p[1] as number) ? 1 : 2
    })
    expect(
      temperatureScaling(
        rows.map((row) => row.map((logit) => 3 * logit)),
        gold,
      ),
    ).toBeCloseTo(3, 0)
    expect(temperatureScaling([[1, 1]], [0])).toBeNull()
    expect(temperatureScaling([], [])).toBeNull()
  })

  it('softmax does not overflow', () => {
    expect([...softmax([1000, 1000])]).toEqual([0.5, 0.5])
    expect([...softmax([0, -Infinity])]).toEqual([1, 0])
  })
})
