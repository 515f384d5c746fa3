import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { binomialAtMost } from '../../../src/methods/statistics/distributions/binomial.ts'
import {
  agrestiCoullInterval,
  clopperPearsonInterval,
  jeffreysInterval,
  wilsonInterval,
} from '../../../src/methods/statistics/intervals.ts'

const kinds = { wilsonInterval, clopperPearsonInterval, jeffreysInterval, agrestiCoullInterval }

const share = fc
  .integer({ min: 1, max: 2000 })
  .chain((trials) => fc.tuple(fc.integer({ min: 0, max: trials }), fc.constant(trials)))

describe.each(Object.entries(kinds))('%s', (_, interval) => {
  it('is an interval within [0, 1] that mirrors when successes and failures trade places', () => {
    fc.assert(
      fc.property(share, ([successes, trials]) => {
        const one = interval(successes, trials)
        const mirrored = interval(trials - successes, trials)
        expect(one).not.toBeNull()
        expect(one?.low).toBeGreaterThanOrEqual(0)
        expect(one?.high).toBeLessThanOrEqual(1)
        expect(one?.low).toBeLessThan(one?.high ?? 0)
        expect(one?.low).toBeCloseTo(1 - (mirrored?.high ?? 0), 9)
      }),
      { numRuns: 60 },
    )
  })

  it('is wider at a higher confidence and has no value without trials', () => {
    const [narrow, wide] = [interval(7, 20, 0.8), interval(7, 20, 0.99)]
    expect(wide?.low).toBeLessThan(narrow?.low ?? 0)
    expect(wide?.high).toBeGreaterThan(narrow?.high ?? 1)
    expect(interval(0, 0)).toBeNull()
  })

  it('raises on impossible counts', () => {
    expect(() => interval(3, 2)).toThrow(RangeError)
    expect(() => interval(-1, 2)).toThrow(RangeError)
    expect(() => interval(Number.NaN, 2)).toThrow(RangeError)
  })
})

it('the Wilson interval touches 0 and 1 exactly', () => {
  expect(wilsonInterval(0, 7)?.low).toBe(0)
  expect(wilsonInterval(7, 7)?.high).toBe(1)
})

it('the Clopper–Pearson ends are where the binomial tails reach 2.5 %', () => {
  const interval = clopperPearsonInterval(8, 30)
  expect(1 - binomialAtMost(7, 30, interval?.low ?? 0)).toBeCloseTo(0.025, 10)
  expect(binomialAtMost(8, 30, interval?.high ?? 0)).toBeCloseTo(0.025, 10)
})
