import { describe, expect, it } from 'vitest'
import { randomFrom } from '../../../src/methods/random.ts'
import { rocAuc } from '../../../src/methods/statistics/binary-classification.ts'
import {
  bootstrapDistribution,
  bootstrapInterval,
  bootstrapMeanInterval,
  bootstrapPairsInterval,
  bootstrapPercentile,
  bootstrapPValue,
  bootstrapRatioInterval,
} from '../../../src/methods/statistics/bootstrap.ts'
import { clusteredMeanInterval, clusteredStandardError } from '../../../src/methods/statistics/clustered.ts'

const values = Array.from({ length: 200 }, (_, i) => Math.sin(i) + i / 200)

describe('bootstrap', () => {
  it('gives the same interval for the same seed and another for another', () => {
    const at = (seed: number) => bootstrapMeanInterval(values, { random: randomFrom(seed) })
    expect(at(1)).toEqual(at(1))
    expect(at(1)).not.toEqual(at(2))
  })

  it('agrees with the normal interval of a mean', () => {
    const summary = clusteredStandardError(
      values,
      values.map((_, i) => i),
    )
    const interval = bootstrapMeanInterval(values, { random: randomFrom('normal'), resamples: 4000 })
    const half = 1.96 * (summary?.standardError ?? 0)
    expect(interval?.low).toBeCloseTo((summary?.mean ?? 0) - half, 1)
    expect(interval?.high).toBeCloseTo((summary?.mean ?? 0) + half, 1)
  })

  it('is wider when rows of a cluster repeat each other', () => {
    const repeated = values.slice(0, 20).flatMap((value) => new Array<number>(10).fill(value))
    const clusters = repeated.map((_, i) => Math.floor(i / 10))
    const width = (clusters?: number[]) => {
      const interval = bootstrapMeanInterval(repeated, { random: randomFrom('w'), clusters })
      return (interval?.high ?? 0) - (interval?.low ?? 0)
    }
    expect(width(clusters)).toBeGreaterThan(2 * width())
  })

  it('has no value with too few items or clusters, or when most resamples have none', () => {
    const random = randomFrom('few')
    expect(bootstrapMeanInterval([], { random })).toBeNull()
    expect(bootstrapMeanInterval([1], { random })).toBeNull()
    expect(bootstrapMeanInterval([1, 2, 3, 4, 5, 6], { random, clusters: [0, 0, 1, 1, 2, 2] })).toBeNull()
    expect(bootstrapInterval(10, () => null, { random })).toBeNull()
    expect(bootstrapPairsInterval(rocAuc, [1, 2], [0, 1], { random })).toBeNull()
    expect(bootstrapPercentile([1], [])).toBeNull()
    expect(() => bootstrapPercentile([1], [[3]])).toThrow(RangeError)
  })

  it('takes statistics of two lists and ratios of sums', () => {
    const labels = values.map((value) => value > 0.5)
    const auc = bootstrapPairsInterval(
      rocAuc,
      values.map((v, i) => v + Math.cos(i * 7)),
      labels,
      { random: randomFrom('a') },
    )
    expect(auc?.low).toBeGreaterThan(0.5)
    expect(auc?.high).toBeLessThanOrEqual(1)
    const ratio = bootstrapRatioInterval([2, 4, 6, 8], [1, 2, 3, 4], { random: randomFrom('r') })
    expect(ratio).toEqual({ low: 2, high: 2 })
  })

  it('the p-value of no difference is 1, of a sure one 2/(B + 1)', () => {
    const random = randomFrom('p')
    const none = bootstrapDistribution(4, () => 0, { random, resamples: 99 }) as Float64Array
    expect(bootstrapPValue(none)).toBe(1)
    const sure = bootstrapDistribution(4, () => 3, { random, resamples: 99 }) as Float64Array
    expect(bootstrapPValue(sure)).toBeCloseTo(0.02)
  })
})

describe('clusters', () => {
  it('of one item each give the usual standard error', () => {
    const summary = clusteredStandardError([1, 2, 3, 4], ['a', 'b', 'c', 'd'])
    expect(summary?.standardError).toBeCloseTo(Math.sqrt(5) / 4)
    expect(summary?.designEffect).toBeCloseTo(1)
    expect(summary?.effectiveCount).toBeCloseTo(4)
  })

  it('that repeat one value have their size as design effect', () => {
    const summary = clusteredStandardError([1, 1, 1, 0, 0, 0], [0, 0, 0, 1, 1, 1])
    expect(summary?.designEffect).toBeCloseTo(3)
    expect(summary?.effectiveCount).toBeCloseTo(2)
  })

  it('have no design effect without spread, no interval below five, no value without items', () => {
    expect(clusteredStandardError([1, 1], [0, 1])).toMatchObject({ standardError: 0, designEffect: null })
    expect(clusteredMeanInterval([1, 2, 3, 4], [0, 1, 2, 3])).toBeNull()
    expect(clusteredMeanInterval([1, 2, 3, 4, 5], [0, 1, 2, 3, 4])?.low).toBeCloseTo(3 - 2.776445 * Math.sqrt(0.5), 4)
    expect(clusteredStandardError([], [])).toBeNull()
  })
})
