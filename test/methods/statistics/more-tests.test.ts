import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { randomFrom } from '../../../src/methods/random.ts'
import { brierDecomposition } from '../../../src/methods/statistics/brier-decomposition.ts'
import { confidenceSequence } from '../../../src/methods/statistics/confidence-sequence.ts'
import { chiSquareQuantileAbove } from '../../../src/methods/statistics/distributions/gamma.ts'
import { fisherExact } from '../../../src/methods/statistics/fisher-exact.ts'
import { fitGaussian, squaredMahalanobis } from '../../../src/methods/statistics/gaussian-fit.ts'
import { kernelPca } from '../../../src/methods/statistics/kernel-pca.ts'
import { brier } from '../../../src/methods/statistics/proper-scores.ts'
import {
  coefficientOfVariation,
  kruskalWallisTest,
  mannWhitneyTest,
} from '../../../src/methods/statistics/rank-sum-tests.ts'
import { minimumCovarianceDeterminant } from '../../../src/methods/statistics/robust-covariance.ts'
import { leastSignificantSuccesses, successRateLevel } from '../../../src/methods/statistics/success-rate.ts'
import { cochranArmitageTest } from '../../../src/methods/statistics/trend-test.ts'

describe('fisherExact', () => {
  it.each([
    [8, 2, 1, 5, 0.034965034965034975],
    [10, 10, 10, 10, 1],
    [0, 5, 7, 3, 0.025641025641025637],
    [120, 80, 90, 110, 0.0036351855558814402],
    [3, 0, 0, 3, 0.1],
    [0, 0, 3, 4, 1],
  ])('[[%d, %d], [%d, %d]] as scipy', (a, b, c, d, pValue) => {
    expect(
      fisherExact([
        [a, b],
        [c, d],
      ]).pValue,
    ).toBeCloseTo(pValue, 10)
  })

  it('refuses what are no counts', () => {
    expect(() =>
      fisherExact([
        [1.5, 0],
        [0, 1],
      ]),
    ).toThrow(RangeError)
  })
})

describe('rank-sum tests', () => {
  const [x, y] = [
    [1.1, 2.3, 0.7, 3.9, 5.2],
    [2.2, 4.1, 6.3, 5.5, 7.7, 8.1],
  ]
  const tiedX = [1, 2, 2, 3, 4, 4, 4, 5, 6, 7]
  const tiedY = [2, 4, 4, 5, 6, 6, 8, 8, 9, 9, 9]

  it('agree with scipy, exact and with ties', () => {
    expect(mannWhitneyTest(x, y)).toEqual({
      statistic: 4,
      pValue: expect.closeTo(0.05194805194805195, 12),
      method: 'exact',
    })
    expect(mannWhitneyTest(tiedX, tiedY)).toEqual({
      statistic: 22.5,
      pValue: expect.closeTo(0.022686889693985007, 12),
      method: 'normal',
    })
    expect(kruskalWallisTest([tiedX, tiedY, [1, 1, 2, 3, 3]])).toEqual({
      statistic: expect.closeTo(11.317225961386553, 9),
      degreesOfFreedom: 2,
      pValue: expect.closeTo(0.0034873505678070724, 12),
    })
  })

  it('are symmetric and null of nothing or of equal values', () => {
    expect(mannWhitneyTest(y, x)?.pValue).toBeCloseTo(mannWhitneyTest(x, y)?.pValue ?? 0, 12)
    expect([mannWhitneyTest([], x), mannWhitneyTest(new Array(20).fill(1), new Array(20).fill(1))]).toEqual([
      null,
      null,
    ])
    expect([kruskalWallisTest([x]), kruskalWallisTest([[1], [1]])]).toEqual([null, null])
    expect(coefficientOfVariation([1, 3])).toBeCloseTo(Math.SQRT2 / 2, 12)
    expect([coefficientOfVariation([1]), coefficientOfVariation([-1, 1])]).toEqual([null, null])
  })
})

describe('success rates against baselines', () => {
  it.each([
    [50, [32, 37, 41]],
    [100, [59, 69, 78]],
    [200, [113, 132, 152]],
    [500, [269, 319, 368]],
  ])('need the known numbers of successes of %d', (trials, least) => {
    expect([0.5, 0.6, 0.7].map((p0) => leastSignificantSuccesses(trials, p0))).toEqual(least)
  })

  it('are tested in order and stop at the first that holds', () => {
    expect([58, 59, 70, 90].map((successes) => successRateLevel(successes, 100).level)).toEqual([null, 0.5, 0.6, 0.7])
    expect(successRateLevel(59, 100).tests.map(({ reached }) => reached)).toEqual([true, false, false])
    expect(leastSignificantSuccesses(2, 0.9)).toBeNull()
  })
})

it('Cochran–Armitage finds a trend and none in level rates', () => {
  expect(cochranArmitageTest([10, 15, 22], [30, 30, 30])?.statistic).toBeCloseTo(3.0841729 * Math.sqrt(90 / 89), 5)
  expect(cochranArmitageTest([22, 15, 10], [30, 30, 30])?.statistic).toBeLessThan(0)
  expect(cochranArmitageTest([5, 5], [10, 10])?.pValue).toBe(1)
  expect([cochranArmitageTest([0, 0], [5, 5]), cochranArmitageTest([1], [2])]).toEqual([null, null])
})

it('Brier falls into its parts', () => {
  const forecasts = fc.array(fc.tuple(fc.integer({ min: 0, max: 5 }), fc.boolean()), { minLength: 1, maxLength: 40 })
  fc.assert(
    fc.property(forecasts, (list) => {
      const [p, y] = [list.map(([k]) => k / 5), list.map(([, label]) => label)]
      const parts = brierDecomposition(p, y)
      if (!parts) throw new Error('no parts')
      expect(parts.brier).toBeCloseTo(brier(p, y) as number, 12)
      expect(parts.reliability - parts.resolution + parts.uncertainty).toBeCloseTo(parts.brier, 12)
    }),
  )
  expect(brierDecomposition([], [])).toBeNull()
})

describe('confidenceSequence', () => {
  it('holds the mean at every look in nearly all of 100 streams, and narrows', () => {
    let missed = 0
    const widths: number[] = []
    for (let stream = 0; stream < 100; stream++) {
      const random = randomFrom('sequence', stream)
      const next = confidenceSequence({ plannedItems: 200 })
      let [held, width] = [true, 2]
      for (let i = 0; i < 200; i++) {
        const u = random.next()
        const interval = next(u < 0.1 ? -1 : u < 0.3 ? 1 : 0)
        held &&= interval !== null && interval.low <= 0.1 + 1e-9 && interval.high >= 0.1 - 1e-9
        if (interval && interval.high - interval.low > width + 1e-12) throw new Error('the interval widened')
        if (interval) width = interval.high - interval.low
      }
      if (!held) missed++
      widths.push(width)
    }
    expect(missed).toBeLessThanOrEqual(0.05 * 100 + 3 * Math.sqrt(100 * 0.05 * 0.95))
    expect(Math.max(...widths)).toBeLessThan(0.5)
  })

  it('knows nothing at first, works without a plan, and refuses what lies outside', () => {
    const next = confidenceSequence()
    expect(next(0)).toEqual({ low: -1, high: 1 })
    let last = next(0)
    for (let i = 0; i < 500; i++) last = next(0)
    expect(last?.low).toBeGreaterThan(-0.2)
    expect(last?.high).toBeLessThan(0.2)
    expect(() => next(1.5)).toThrow(RangeError)
  })
})

describe('fits to hidden states', () => {
  it('Gaussian distance by hand, and of a plane that needs a jitter', () => {
    const fit = fitGaussian([
      [0, 0],
      [2, 0],
      [0, 2],
      [2, 2],
    ])
    // Variance 4/3 each, no covariance.
    expect(squaredMahalanobis([3, 1], fit as never)).toBeCloseTo(4 / (4 / 3), 9)
    const flat = fitGaussian([
      [0, 0],
      [1, 1],
      [2, 2],
    ])
    expect(flat?.jitter).toBeGreaterThan(0)
    expect([fitGaussian([]), fitGaussian([[1, 2]]), fitGaussian([[1], [1]])]).toEqual([null, null, null])
    expect(() => squaredMahalanobis([1], fit as never)).toThrow(RangeError)
  })

  it.each([
    [1, 0.45493642, 5.02388619],
    [5, 4.35146019, 12.83250199],
    [100, 99.33412924, 129.56119719],
  ])('chi-square points with %d degrees of freedom as scipy', (degrees, median, far) => {
    expect(chiSquareQuantileAbove(0.5, degrees)).toBeCloseTo(median, 6)
    expect(chiSquareQuantileAbove(0.025, degrees)).toBeCloseTo(far, 6)
  })

  it('robust covariance is not drawn by outliers', () => {
    const random = randomFrom('robust')
    const clean = Array.from({ length: 80 }, () => [random.normal(), 2 * random.normal()])
    const foul = Array.from({ length: 20 }, () => [50 + random.normal(), 50 + random.normal()])
    const fit = minimumCovarianceDeterminant([...clean, ...foul])
    expect(Math.hypot(...(fit?.centre ?? [9]))).toBeLessThan(0.8)
    expect(squaredMahalanobis([50, 50], fit as never)).toBeGreaterThan(500)
    expect(minimumCovarianceDeterminant([[1], [2]])).toBeNull()
  })

  it('kernel components give a fitted row what it had, and centre the rows', () => {
    const random = randomFrom('kernel')
    const rows = Array.from({ length: 20 }, () => [random.normal(), random.normal(), random.normal()])
    const fit = kernelPca(rows, 5)
    if (!fit) throw new Error('no fit')
    rows.forEach((row, i) => {
      const again = fit.project(row)
      again.forEach((value, k) => {
        expect(value).toBeCloseTo(fit.fitted[i]?.[k] as number, 8)
      })
    })
    for (let k = 0; k < 5; k++) expect(fit.fitted.reduce((sum, row) => sum + (row[k] as number), 0)).toBeCloseTo(0, 8)
    expect(kernelPca([[1], [1]], 2)).toBeNull()
  })
})
