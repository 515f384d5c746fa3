import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { randomFrom } from '../../../src/methods/random.ts'
import { certifiedThreshold, conformalThreshold } from '../../../src/methods/selective/certified-risk.ts'
import { nonInferiority } from '../../../src/methods/statistics/non-inferiority.ts'
import { pairedShareInterval } from '../../../src/methods/statistics/paired-share-interval.ts'
import {
  minimalDetectableEffect,
  nonInferiorityPower,
  nonInferioritySampleSize,
  pairedMeanSampleSize,
  pairedSampleSize,
} from '../../../src/methods/statistics/power.ts'
import { sequentialTest } from '../../../src/methods/statistics/sequential-test.ts'

describe('pairedShareInterval', () => {
  it.each([
    [100, 0, 0, -0.02634, 0.02634],
    [100, 5, 0, -0.09916, -0.02234],
    [200, 25, 12, -0.11645, -0.01548],
    [200, 12, 7, -0.06369, 0.01154],
  ])('90 %% of %d items with %d and %d discordant', (items, b, c, low, high) => {
    const interval = pairedShareInterval(b, c, items, 0.9)
    expect(interval?.low).toBeCloseTo(low, 5)
    expect(interval?.high).toBeCloseTo(high, 5)
  })

  it('mirrors when the targets trade places and holds the observed difference', () => {
    fc.assert(
      fc.property(fc.nat(40), fc.nat(40), fc.nat(200), (b, c, rest) => {
        const n = b + c + rest + 1
        const [one, other] = [pairedShareInterval(b, c, n), pairedShareInterval(c, b, n)]
        expect(one?.low).toBeCloseTo(-(other?.high ?? 0), 9)
        expect(one?.low).toBeLessThanOrEqual((c - b) / n)
        expect(one?.high).toBeGreaterThanOrEqual((c - b) / n)
      }),
    )
    expect(pairedShareInterval(0, 0, 0)).toBeNull()
    expect(() => pairedShareInterval(3, 3, 5)).toThrow(RangeError)
  })
})

describe('power', () => {
  it('paired superiority', () => {
    const sizes = (psi: number) => [0.01, 0.02, 0.03, 0.05].map((delta) => Math.ceil(pairedSampleSize(psi, delta) ?? 0))
    expect(sizes(0.1)).toEqual([7847, 1960, 870, 312])
    expect(sizes(0.2)).toEqual([15696, 3923, 1742, 626])
    expect(pairedSampleSize(0.1, 0)).toBeNull()
    expect(pairedSampleSize(0.1, 0.2)).toBeNull()
    expect(pairedMeanSampleSize(1, 0)).toBeNull()
    expect(pairedMeanSampleSize(0.25, 0.1)).toBeCloseTo(196.2, 1)
  })

  it('minimal detectable effect', () => {
    const effects = [100, 200, 500, 1000, 2000].map((n) => minimalDetectableEffect(0.1, n)?.toFixed(3))
    expect(effects).toEqual(['0.088', '0.062', '0.040', '0.028', '0.020'])
    expect(minimalDetectableEffect(0.1, 3)).toBeNull()
    expect(minimalDetectableEffect(0, 100)).toBeNull()
  })

  it('non-inferiority', () => {
    const sizes = (psi: number) => [0.01, 0.02, 0.03, 0.05].map((m) => Math.ceil(nonInferioritySampleSize(psi, m)))
    expect(sizes(0.05)).toEqual([3092, 773, 344, 124])
    expect(sizes(0.2)).toEqual([12366, 3092, 1374, 495])
    expect(nonInferiorityPower(0.1, 0.03, 687)).toBeCloseTo(0.8, 2)
    expect(nonInferiorityPower(0.1, 0.03, 100)).toBeCloseTo(0.24, 1)
    expect(nonInferiorityPower(0, 0.03, 100)).toBe(1)
    expect(() => nonInferioritySampleSize(0.1, 0)).toThrow(RangeError)
  })
})

it('nonInferiority: pass, fail and inconclusive, superiority and equivalence', () => {
  expect(nonInferiority({ low: -0.01, high: 0.01 }, 0.03)).toEqual({
    verdict: 'pass',
    superior: false,
    equivalent: true,
  })
  expect(nonInferiority({ low: 0.01, high: 0.09 }, 0.03)).toEqual({
    verdict: 'pass',
    superior: true,
    equivalent: false,
  })
  expect(nonInferiority({ low: -0.09, high: -0.04 }, 0.03).verdict).toBe('fail')
  expect(nonInferiority({ low: -0.09, high: 0.04 }, 0.03).verdict).toBe('inconclusive')
  expect(nonInferiority(null, 0.03).verdict).toBe('inconclusive')
  expect(() => nonInferiority(null, 0)).toThrow(RangeError)
})

describe('sequentialTest', () => {
  const run = (seed: number, difference: number, psi = 0.1, margin = 0.03, plannedItems = 1000) => {
    const random = randomFrom('sequential', seed)
    const add = sequentialTest({ margin, plannedItems })
    const better = (psi + difference) / 2
    for (let i = 1; ; i++) {
      const u = random.next()
      const state = add(u < better ? 1 : u < psi ? -1 : 0)
      if (state.verdict !== 'inconclusive' || i === plannedItems) return state
    }
  }

  it('passes equal targets early, as often as simulated elsewhere (0.81 at a median of 497)', () => {
    const passed = Array.from({ length: 200 }, (_, seed) => run(seed, 0)).filter(({ verdict }) => verdict === 'pass')
    expect(passed.length / 200).toBeGreaterThan(0.72)
    expect(passed.length / 200).toBeLessThan(0.9)
    const items = passed.map((state) => state.items).sort((a, b) => a - b)
    expect(items[Math.floor(items.length / 2)]).toBeGreaterThan(400)
    expect(items[Math.floor(items.length / 2)]).toBeLessThan(600)
  })

  it('keeps its error at the boundary and fails what is truly worse', () => {
    const states = Array.from({ length: 200 }, (_, seed) => run(seed, -0.03))
    expect(states.filter(({ verdict }) => verdict === 'pass').length / 200).toBeLessThan(0.08)
    const worse = Array.from({ length: 50 }, (_, seed) => run(seed, -0.09))
    expect(worse.every(({ verdict }) => verdict === 'fail')).toBe(true)
  })

  it('raises on what is no difference of scores', () => {
    expect(() => sequentialTest({ margin: 0.1, plannedItems: 9 })(1.5)).toThrow(RangeError)
    expect(() => sequentialTest({ margin: 0, plannedItems: 9 })).toThrow(RangeError)
  })
})

describe('certified thresholds', () => {
  const draw = (seed: number, count: number) => {
    const random = randomFrom('certified', seed)
    const confidences = Array.from({ length: count }, () => random.next())
    return { confidences, correct: confidences.map((u) => random.next() < 0.5 + 0.5 * u) }
  }
  /** Share of wrong answers above a threshold when P(correct) = ½ + ½u. */
  const risk = (threshold: number) => 0.5 - 0.25 * (1 + threshold)

  it('rarely let through more errors than they promise', () => {
    let [violations, coverage] = [0, 0]
    for (let seed = 0; seed < 200; seed++) {
      const { confidences, correct } = draw(seed, 1000)
      const found = certifiedThreshold(confidences, correct)
      if (found && risk(found.threshold) > 0.1) violations++
      coverage += (found?.coverage ?? 0) / 200
    }
    expect(violations / 200).toBeLessThan(0.08)
    expect(coverage).toBeGreaterThan(0.18)
    expect(coverage).toBeLessThan(0.3)
  })

  it('conformal control holds the loss on average', () => {
    let loss = 0
    for (let seed = 0; seed < 200; seed++) {
      const { confidences, correct } = draw(seed, 300)
      const threshold = conformalThreshold(confidences, correct, 0.05)?.threshold ?? 1
      loss += ((1 - threshold) * risk(threshold)) / 200
    }
    expect(loss).toBeLessThan(0.055)
    expect(loss).toBeGreaterThan(0.04)
  })

  it('certify nothing of too few or of wrong answers, never split a tie, and take all of a flawless set', () => {
    expect(certifiedThreshold([0.9, 0.8], [1, 1])).toBeNull()
    expect(certifiedThreshold(new Array(100).fill(0.5), new Array(100).fill(0))).toBeNull()
    expect(certifiedThreshold([], [])).toBeNull()
    expect(conformalThreshold([0.9], [1])).toBeNull()
    expect(certifiedThreshold(new Array(100).fill(0.5), new Array(100).fill(1))).toMatchObject({
      answered: 100,
      coverage: 1,
    })
    expect(conformalThreshold(new Array(100).fill(0.5), new Array(100).fill(1))?.coverage).toBe(1)
  })
})
