import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { randomFrom } from '../../../src/methods/random.ts'
import {
  bootstrapPairsInterval,
  bootstrapUnits,
  expandedPercentiles,
} from '../../../src/methods/statistics/bootstrap.ts'
import {
  adaptiveCalibrationError,
  binShares,
  expectedCalibrationError,
  reliabilityBins,
} from '../../../src/methods/statistics/calibration-error.ts'
import { calibrationErrorInterval } from '../../../src/methods/statistics/calibration-interval.ts'
import { clusteredMeanInterval, clusteredShareInterval } from '../../../src/methods/statistics/clustered.ts'
import { clopperPearsonInterval } from '../../../src/methods/statistics/intervals.ts'
import { ascendingOrder, mean } from '../../../src/methods/statistics/summary.ts'

const sorted = Float64Array.from({ length: 1001 }, (_, i) => i)

describe('expandedPercentiles', () => {
  it('are plain percentiles of many units and wider ones of few', () => {
    const many = expandedPercentiles(sorted, 1e6)
    expect(many.low).toBeCloseTo(25, 2)
    expect(many.high).toBeCloseTo(975, 2)
    // Φ(−√(10/9)·2.262157) = 0.0085475
    const few = expandedPercentiles(sorted, 10)
    expect(few.low).toBeCloseTo(8.5475, 2)
    expect(few.high).toBeCloseTo(991.4525, 2)
  })

  it('move both ends against the bias that the resamples show', () => {
    expect(expandedPercentiles(sorted, 1e6, 0.95, 500).low).toBeCloseTo(25, 0)
    // Seven in ten resamples lie above the value: so does it above the truth.
    const biased = expandedPercentiles(sorted, 1e6, 0.95, 300)
    expect(biased.low).toBeLessThan(3)
    expect(biased.high).toBeLessThan(830)
    const never = expandedPercentiles(sorted, 1e6, 0.95, -5)
    expect(never.low).toBeCloseTo(0, 9)
    expect(Number.isFinite(never.high)).toBe(true)
  })

  it('hold the mean of few skewed numbers nearly as often as they say', () => {
    let held = 0
    for (let run = 0; run < 200; run++) {
      const random = randomFrom('skewed', run)
      const values = Array.from({ length: 15 }, () => random.normal())
      const ends = bootstrapPairsInterval((x) => mean(x), values, values, { random, resamples: 300 })
      if (ends && ends.low <= 0 && ends.high >= 0) held++
    }
    expect(held).toBeGreaterThanOrEqual(180)
  })
})

describe('bootstrapUnits', () => {
  it('are items or clusters, and none where too few', () => {
    expect(bootstrapUnits(3)).toHaveLength(3)
    expect(bootstrapUnits(1)).toBeNull()
    expect(bootstrapUnits(6, [1, 1, 2, 2, 3, 3])).toBeNull()
    expect(bootstrapUnits(6, [1, 1, 2, 3, 4, 5])).toHaveLength(5)
  })
})

describe('clusteredShareInterval', () => {
  const clusters = Array.from({ length: 120 }, (_, i) => Math.floor(i / 4))

  it('does not vanish where nothing is missed, and is then that of as many trials as clusters', () => {
    const ends = clusteredShareInterval(new Array<number>(120).fill(1), clusters)
    expect(ends).toEqual(clopperPearsonInterval(30, 30))
    // One cluster that misses wholly is one miss in as many trials as there are clusters.
    const one = clusteredShareInterval(
      clusters.map((cluster) => Number(cluster !== 3)),
      clusters,
    )
    expect(one?.low).toBeCloseTo(clopperPearsonInterval(29, 30)?.low as number, 2)
    expect(clusteredShareInterval([1, 1, 1, 1], [1, 1, 2, 2])).toBeNull()
  })

  it('is the symmetric one where there are many of both', () => {
    const hits = clusters.map((_, i) => Number((i * 7) % 10 < 5))
    expect(clusteredShareInterval(hits, clusters)).toEqual(clusteredMeanInterval(hits, clusters))
  })

  it('lies in [0, 1] and holds the share', () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 0, max: 1 }), { minLength: 20, maxLength: 60 }), (hits) => {
        const ends = clusteredShareInterval(
          hits,
          hits.map((_, i) => Math.floor(i / 3)),
        )
        const share = mean(hits) as number
        if (!ends) throw new Error('enough clusters')
        expect(ends.low).toBeLessThanOrEqual(share + 1e-12)
        expect(ends.high).toBeGreaterThanOrEqual(share - 1e-12)
      }),
    )
  })
})

describe('calibrationErrorInterval', () => {
  /** Statements that come true as often as they say, shifted by `gap`. */
  const statements = (count: number, gap: number, seed: string) => {
    const random = randomFrom(seed)
    const confidences = Array.from({ length: count }, () => 0.1 + 0.8 * random.next())
    return { confidences, correct: confidences.map((confidence) => Number(random.next() < confidence - gap)) }
  }

  it.each([
    [0, 'width'],
    [0.1, 'width'],
    [0.1, 'count'],
  ] as const)('holds the error of statements that are off by %d, bins of equal %s', (gap, by) => {
    let [held, width] = [0, 0]
    for (let run = 0; run < 100; run++) {
      const { confidences, correct } = statements(80, gap, `run ${run}`)
      const ends = calibrationErrorInterval(confidences, correct, { random: randomFrom(run), resamples: 200, by })
      if (!ends) throw new Error('enough items')
      const error = (by === 'width' ? expectedCalibrationError : adaptiveCalibrationError)(
        confidences,
        correct,
      ) as number
      expect(ends.low).toBeLessThanOrEqual(error)
      expect(ends.high).toBeGreaterThanOrEqual(error)
      if (ends.low <= gap && gap <= ends.high) held++
      width += ends.high - ends.low
    }
    expect(held).toBeGreaterThanOrEqual(89)
    expect(width / 100).toBeLessThan(0.35)
  })

  it('shares ties between bins of equal counts, and has the bins of equal width', () => {
    expect(binShares([0.5, 0.5, 0.5], 2, 'count')).toEqual(
      new Array(3).fill([
        [0, 1 / 3],
        [1, 2 / 3],
      ]),
    )
    const confidences = [0, 0.1, 0.1000001, 0.95, 1]
    const bins = reliabilityBins(confidences, [1, 0, 1, 0, 1])
    confidences.forEach((confidence, i) => {
      const [[bin]] = binShares(confidences, 10, 'width')[i] as [[number, number]]
      expect(confidence).toBeLessThanOrEqual((bins[bin]?.high as number) + 1e-12)
    })
    expect(calibrationErrorInterval([0.5], [1], { random: randomFrom(1) })).toBeNull()
  })
})

describe('ascendingOrder', () => {
  const numbers = fc.oneof(
    fc.double({ noNaN: true }),
    fc.integer({ min: -3, max: 3 }),
    fc.constantFrom(Infinity, -Infinity, 0, -0, 1e-300, 1e300),
  )

  it('is the stable order, whatever the numbers', () => {
    fc.assert(
      fc.property(fc.array(numbers, { maxLength: 120 }), (values) => {
        const plain = values
          .map((value, i) => ({ value, i }))
          .sort((a, b) => (a.value < b.value ? -1 : a.value > b.value ? 1 : a.i - b.i))
        expect([...ascendingOrder(values)]).toEqual(plain.map(({ i }) => i))
      }),
      { numRuns: 400 },
    )
  })
})
