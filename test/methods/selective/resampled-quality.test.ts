import { describe, expect, it } from 'vitest'
import { randomFrom } from '../../../src/methods/random.ts'
import { rankItems, resampleWeights } from '../../../src/methods/selective/ranked-items.ts'
import { resampledQuality } from '../../../src/methods/selective/resampled-quality.ts'
import { plainQuality } from './plain-quality.ts'

const random = randomFrom('resampled-quality')
const places = (count: number) => Array.from({ length: count }, (_, place) => place)

/** The drawn items written out. */
const drawn = (values: number[], weights: ArrayLike<number>): number[] =>
  values.flatMap((value, place) => new Array<number>(weights[place] as number).fill(value))

describe('resampledQuality', () => {
  it.each([
    ['right or wrong answers', () => Number(random.next() < 0.4)],
    ['graded answers', () => Math.round(10 * random.next()) / 10],
  ])('equals the metrics of the drawn items, ties included: %s', (_, quality) => {
    for (let trial = 0; trial < 40; trial++) {
      const count = random.integer(2, 30)
      const uncertainties = Array.from({ length: count }, () => random.integer(0, trial % 2 === 0 ? 4 : 1000))
      const qualities = uncertainties.map(quality)
      const ranked = rankItems(uncertainties, qualities, places(count))
      for (const weights of [
        new Uint16Array(count).fill(1),
        ...(resampleWeights(count, { random, resamples: 3 }) ?? []),
      ]) {
        const whole = plainQuality(drawn(uncertainties, weights), drawn(qualities, weights))
        for (const [name, value] of Object.entries(resampledQuality(ranked, weights))) {
          const wanted = whole[name as keyof typeof whole]
          if (wanted === null) expect(value, name).toBeNull()
          else expect(value, name).toBeCloseTo(wanted, 10)
        }
      }
      expect(resampledQuality(ranked)).toEqual(resampledQuality(ranked, new Uint16Array(count).fill(1)))
    }
  })

  it('reads the weights of the items at their places', () => {
    const ranked = rankItems([1, 2, 3], [1, 0, 1], [0, 2, 4])
    const some = resampledQuality(ranked, Uint16Array.of(2, 9, 1, 9, 0))
    expect(some.predictionRejectionRatio).toBeCloseTo(1, 12)
    expect(some.rocAuc).toBe(1)
  })

  it('has no value where nothing was drawn or nothing differs', () => {
    const ranked = rankItems([1, 2], [1, 1], [0, 1])
    expect(resampledQuality(ranked, new Uint16Array(2)).riskCoverageAuc).toBeNull()
    expect(resampledQuality(ranked)).toMatchObject({
      predictionRejectionRatio: null,
      rocAuc: null,
      riskCoverageAuc: 0,
      averagePrecision: 1,
    })
  })
})

describe('resampleWeights', () => {
  it('draws whole clusters, as many as there are', () => {
    const clusters = places(30).map((place) => place % 6)
    for (const weights of resampleWeights(30, { random, resamples: 20, clusters }) ?? []) {
      expect(weights.reduce((sum, weight) => sum + weight, 0)).toBe(30)
      expect(places(30).every((place) => weights[place] === weights[place % 6])).toBe(true)
    }
  })

  it('gives none of a single item or a handful of clusters', () => {
    expect(resampleWeights(1, { random })).toBeNull()
    expect(resampleWeights(8, { random, clusters: [1, 1, 2, 2, 3, 3, 4, 4] })).toBeNull()
  })
})
