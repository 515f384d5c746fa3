import fc from 'fast-check'
import { expect, it } from 'vitest'
import { betaQuantile, incompleteBeta } from '../../../src/methods/statistics/distributions/beta.ts'
import {
  binomialAtLeast,
  binomialAtMost,
  binomialProbability,
} from '../../../src/methods/statistics/distributions/binomial.ts'
import { chiSquareUpperTail, logGamma } from '../../../src/methods/statistics/distributions/gamma.ts'
import { normalCdf, normalQuantile } from '../../../src/methods/statistics/distributions/normal.ts'
import { studentTQuantile, studentTTwoSided } from '../../../src/methods/statistics/distributions/student-t.ts'

it('logGamma gives factorials', () => {
  let factorial = 1
  for (let n = 1; n <= 20; n++) {
    factorial *= n
    expect(logGamma(n + 1)).toBeCloseTo(Math.log(factorial), 12)
  }
  expect(logGamma(0.5)).toBeCloseTo(Math.log(Math.sqrt(Math.PI)), 13)
})

it('known quantiles', () => {
  expect(normalQuantile(0.975)).toBeCloseTo(1.959963984540054, 13)
  expect(normalQuantile(1e-10)).toBeCloseTo(-6.361340902404056, 10)
  expect(studentTQuantile(0.975, 10)).toBeCloseTo(2.2281388519649385, 10)
  expect(chiSquareUpperTail(3.841458820694124, 1)).toBeCloseTo(0.05, 12)
  expect(studentTTwoSided(2.2281388519649385, 10)).toBeCloseTo(0.05, 10)
})

it('quantiles invert their distribution functions', () => {
  fc.assert(
    fc.property(
      fc.double({ min: 1e-6, max: 1 - 1e-6, noNaN: true }),
      fc.double({ min: 0.5, max: 300, noNaN: true }),
      fc.double({ min: 0.5, max: 300, noNaN: true }),
      (p, a, b) => {
        expect(incompleteBeta(betaQuantile(p, a, b), a, b)).toBeCloseTo(p, 7)
        expect(normalCdf(normalQuantile(p))).toBeCloseTo(p, 12)
      },
    ),
    { numRuns: 100 },
  )
})

it('binomial tails agree with the sum of the probabilities', () => {
  const sum = (from: number, to: number) =>
    Array.from({ length: to - from + 1 }, (_, i) => binomialProbability(from + i, 25, 0.3)).reduce((a, b) => a + b, 0)
  for (let k = 0; k <= 25; k++) {
    expect(binomialAtMost(k, 25, 0.3)).toBeCloseTo(sum(0, k), 12)
    expect(binomialAtLeast(k, 25, 0.3)).toBeCloseTo(sum(k, 25), 12)
  }
})

it('quantiles raise outside (0, 1)', () => {
  for (const p of [0, 1, -1, Number.NaN]) {
    expect(() => normalQuantile(p)).toThrow(RangeError)
    expect(() => studentTQuantile(p, 3)).toThrow(RangeError)
  }
})
