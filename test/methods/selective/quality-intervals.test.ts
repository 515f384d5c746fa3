import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { randomFrom } from '../../../src/methods/random.ts'
import { uncertaintyQuality } from '../../../src/methods/selective/quality.ts'
import { qualityReport } from '../../../src/methods/selective/quality-intervals.ts'
import { resampledRanks } from '../../../src/methods/selective/resampled-ranks.ts'
import { reversedPairs } from '../../../src/methods/selective/reversed-pairs.ts'
import { rocAuc } from '../../../src/methods/statistics/binary-classification.ts'
import { kendallTauB, spearman } from '../../../src/methods/statistics/correlation.ts'

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
        const ranks = resampledRanks(
          items.map(([u]) => u),
          items.map(([, q]) => q),
        )
        const found = ranks(Uint16Array.from(items, ([, , weight]) => weight))
        const [u, q] = [drawn.map(([value]) => value), drawn.map(([, value]) => value)]
        const certainty = u.map((value) => -value)
        const close = (value: number | null, wanted: number | null) =>
          wanted === null ? expect(value).toBeNull() : expect(value).toBeCloseTo(wanted, 10)
        close(found.reversedPairs, reversedPairs(u, q))
        close(found.spearman, spearman(certainty, q))
        close(found.kendallTauB, kendallTauB(certainty, q))
      }),
    )
  })
})

describe('qualityReport', () => {
  const { uncertainties, qualities } = answers(300, 'answers', 0.8)

  it('has the values of every measure alone, inside their intervals', () => {
    const { ranking } = qualityReport(uncertainties, qualities, { random: randomFrom(1), resamples: 300 })
    const alone = uncertaintyQuality(uncertainties, qualities)
    for (const [name, value] of Object.entries(alone)) {
      const measured = ranking[name as keyof typeof ranking]
      expect(measured.value, name).toBeCloseTo(value as number, 10)
      if (measured.value === null || !measured.interval) throw new Error(`${name} has no interval`)
      expect(measured.interval.low).toBeLessThan(measured.value)
      expect(measured.interval.high).toBeGreaterThan(measured.value)
    }
    expect(ranking.kendallTauB.value).toBeCloseTo(
      kendallTauB(
        uncertainties.map((u) => -u),
        qualities,
      ) as number,
      10,
    )
  })

  it('is the same for the same seed', () => {
    const again = () => qualityReport(uncertainties, qualities, { random: randomFrom(2), resamples: 50 })
    expect(again()).toEqual(again())
  })

  it('fits on one fold and judges calibration on the other', () => {
    const calibrationFold = uncertainties.map((_, i) => i % 2 === 0)
    const options = { random: randomFrom(3), resamples: 200, calibrationFold }
    const { calibration } = qualityReport(uncertainties, qualities, options)
    for (const map of [calibration?.isotonic, calibration?.platt]) {
      expect(map?.brier.value).toBeLessThan(0.25)
      expect(map?.expectedCalibrationError.value).toBeLessThan(0.2)
      expect(map?.adaptiveCalibrationError).toMatchObject({ interval: { low: expect.any(Number) } })
      expect(map?.logLoss.value).toBeGreaterThan(0)
    }
    const few = qualityReport(uncertainties.slice(0, 30), qualities.slice(0, 30), {
      ...options,
      calibrationFold: calibrationFold.slice(0, 30),
    })
    expect(few.calibration?.platt.brier).toEqual({ value: null, reason: 'too_few' })
    expect(qualityReport(uncertainties, qualities, { random: randomFrom(3), resamples: 9 }).calibration).toBeNull()
  })

  it('says why there is nothing: no items, one class, one item', () => {
    const options = { random: randomFrom(4), resamples: 20 }
    const nothing = qualityReport([], [], options).ranking
    for (const measured of Object.values(nothing)) expect(measured).toEqual({ value: null, reason: 'no_items' })
    const right = qualityReport([1, 2, 3], [1, 1, 1], options).ranking
    expect(right.rocAuc).toEqual({ value: null, reason: 'single_class' })
    expect(right.predictionRejectionRatio).toEqual({ value: null, reason: 'constant' })
    expect(right.riskCoverageAuc.value).toBe(0)
    const alone = qualityReport([1], [1], options).ranking
    expect(alone.riskCoverageAuc).toEqual({ value: 0, interval: null })
    expect(() => qualityReport([1], [], options)).toThrow(RangeError)
  })

  it('intervals hold the truth about as often as they say', () => {
    let held = 0
    const many = answers(50_000, 'truth', 0.8)
    const wanted = rocAuc(
      many.uncertainties.map((u) => -u),
      many.qualities,
    ) as number
    for (let run = 0; run < 60; run++) {
      const { ranking } = qualityReport(...sides(answers(150, `run ${run}`, 0.8)), {
        random: randomFrom('run', run),
        resamples: 100,
      })
      const found = ranking.rocAuc
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
