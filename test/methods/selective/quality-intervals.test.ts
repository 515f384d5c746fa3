import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { randomFrom } from '../../../src/methods/random.ts'
import { measuredQuality, uncertaintyQuality } from '../../../src/methods/selective/quality-intervals.ts'
import { rankItems } from '../../../src/methods/selective/ranked-items.ts'
import { resampledRanks } from '../../../src/methods/selective/resampled-ranks.ts'
import { rocAuc } from '../../../src/methods/statistics/binary-classification.ts'
import { plainQuality } from './plain-quality.ts'

const judged = fc.array(
  fc.tuple(
    fc.integer({ min: 0, max: 6 }),
    fc.integer({ min: 0, max: 4 }).map((q) => q / 4),
    fc.integer({ min: 0, max: 3 }),
  ),
  { minLength: 1, maxLength: 25 },
)

/** Answers whose chance of being right falls with their uncertainty. */
function answers(count: number, seed: string, link: number) {
  const random = randomFrom(seed)
  const uncertainties = Array.from({ length: count }, () => random.next())
  const qualities = uncertainties.map((u) => (random.next() < 0.5 + link * (0.5 - u) ? 1 : 0))
  return { uncertainties, qualities }
}

describe('resampledRanks', () => {
  it('gives what the drawn items written out give', () => {
    fc.assert(
      fc.property(judged, (items) => {
        const drawn = items.flatMap(([u, q, weight]) => Array.from({ length: weight }, () => [u, q] as const))
        const ranked = rankItems(
          items.map(([u]) => u),
          items.map(([, q]) => q),
        )
        const found = resampledRanks(
          ranked,
          Uint16Array.from(items, ([, , weight]) => weight),
        )
        const wanted = plainQuality(
          drawn.map(([value]) => value),
          drawn.map(([, value]) => value),
        )
        for (const [name, value] of Object.entries(found)) {
          const plain = wanted[name as keyof typeof wanted]
          if (plain === null) expect(value, name).toBeNull()
          else expect(value, name).toBeCloseTo(plain, 10)
        }
      }),
    )
  })
})

describe('measuredQuality', () => {
  const { uncertainties, qualities } = answers(300, 'answers', 0.8)

  it('has the values of every measure alone, inside their intervals', () => {
    const measured = measuredQuality(uncertainties, qualities, { random: randomFrom(1), resamples: 300 })
    const alone = plainQuality(uncertainties, qualities)
    expect(Object.keys(measured).sort()).toEqual(Object.keys(alone).sort())
    for (const [name, value] of Object.entries(alone)) {
      const one = measured[name as keyof typeof measured]
      expect(one.value, name).toBeCloseTo(value as number, 10)
      expect(uncertaintyQuality(uncertainties, qualities)[name as keyof typeof measured]).toBe(one.value)
      if (one.value === null || !one.interval) throw new Error(`${name} has no interval`)
      expect(one.interval.low).toBeLessThan(one.value)
      expect(one.interval.high).toBeGreaterThan(one.value)
    }
  })

  it('is the same for the same seed', () => {
    const again = () => measuredQuality(uncertainties, qualities, { random: randomFrom(2), resamples: 50 })
    expect(again()).toEqual(again())
  })

  it('says why there is nothing: no items, one class, one item', () => {
    const options = { random: randomFrom(4), resamples: 20 }
    const nothing = measuredQuality([], [], options)
    for (const measured of Object.values(nothing)) expect(measured).toEqual({ value: null, reason: 'no_items' })
    const right = measuredQuality([1, 2, 3], [1, 1, 1], options)
    expect(right.rocAuc).toEqual({ value: null, reason: 'single_class' })
    expect(right.predictionRejectionRatio).toEqual({ value: null, reason: 'constant' })
    expect(right.riskCoverageAuc.value).toBe(0)
    const alone = measuredQuality([1], [1], options)
    expect(alone.riskCoverageAuc).toEqual({ value: 0, interval: null })
    expect(() => measuredQuality([1], [], options)).toThrow(RangeError)
  })

  it('intervals hold the truth about as often as they say', () => {
    let held = 0
    const many = answers(50_000, 'truth', 0.8)
    const wanted = rocAuc(
      many.uncertainties.map((u) => -u),
      many.qualities,
    ) as number
    for (let run = 0; run < 60; run++) {
      const measured = measuredQuality(...sides(answers(150, `run ${run}`, 0.8)), {
        random: randomFrom('run', run),
        resamples: 100,
      })
      const found = measured.rocAuc
      if (found.value !== null && found.interval && found.interval.low <= wanted && wanted <= found.interval.high)
        held++
    }
    expect(held).toBeGreaterThanOrEqual(51)
  })
})

const sides = ({ uncertainties, qualities }: ReturnType<typeof answers>): [number[], number[]] => [
  uncertainties,
  qualities,
]
