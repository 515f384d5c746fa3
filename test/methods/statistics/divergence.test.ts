import fc from 'fast-check'
import { expect, it } from 'vitest'
import { cohenKappa, fleissKappa } from '../../../src/methods/statistics/agreement.ts'
import { entropy, jensenShannonDivergence, klDivergence } from '../../../src/methods/statistics/divergence.ts'
import { logSumExp, quantile } from '../../../src/methods/statistics/summary.ts'

const distribution = fc.array(fc.double({ min: 0.001, max: 1, noNaN: true }), { minLength: 4, maxLength: 4 })

it('divergences are 0 of a distribution with itself, at least 0, and JS is symmetric and at most 1 bit', () => {
  fc.assert(
    fc.property(distribution, distribution, (p, q) => {
      expect(klDivergence(p, p)).toBeCloseTo(0, 12)
      expect(klDivergence(p, q)).toBeGreaterThanOrEqual(0)
      const js = jensenShannonDivergence(p, q) as number
      expect(js).toBeGreaterThanOrEqual(0)
      expect(js).toBeLessThanOrEqual(1)
      expect(jensenShannonDivergence(q, p)).toBeCloseTo(js, 12)
      const h = entropy(p) as number
      expect(h).toBeLessThanOrEqual(Math.log(4) + 1e-12)
    }),
  )
})

it('distributions without common support: JS is 1 bit, KL has no value', () => {
  expect(jensenShannonDivergence([1, 0], [0, 1])).toBe(1)
  expect(klDivergence([1, 0], [0, 1])).toBeNull()
  expect(klDivergence([1, 0], [0.5, 0.5])).toBeCloseTo(Math.LN2)
})

it('what is no distribution has no value', () => {
  expect(entropy([0, 0])).toBeNull()
  expect(entropy([])).toBeNull()
  expect(entropy([-1, 2])).toBeNull()
  expect(entropy([Number.NaN, 1])).toBeNull()
  expect(entropy([1])).toBe(0)
})

it('kappa: agreement beyond chance', () => {
  expect(cohenKappa(['a', 'b', 'a', 'b'], ['a', 'b', 'a', 'b'])).toBe(1)
  expect(cohenKappa(['a', 'a', 'b', 'b'], ['a', 'b', 'a', 'b'])).toBe(0)
  expect(cohenKappa(['a', 'a'], ['a', 'a'])).toBeNull()
  expect(cohenKappa([], [])).toBeNull()
  // Worked example of Fleiss (1971) as usually printed: 10 subjects, 14 raters, 5 categories.
  const table = [
    [0, 0, 0, 0, 14],
    [0, 2, 6, 4, 2],
    [0, 0, 3, 5, 6],
    [0, 3, 9, 2, 0],
    [2, 2, 8, 1, 1],
    [7, 7, 0, 0, 0],
    [3, 2, 6, 3, 0],
    [2, 5, 3, 2, 2],
    [6, 5, 2, 1, 0],
    [0, 2, 2, 3, 7],
  ]
  expect(fleissKappa(table)).toBeCloseTo(0.2099, 4)
  expect(
    fleissKappa([
      [3, 0],
      [3, 0],
    ]),
  ).toBeNull()
  expect(fleissKappa([])).toBeNull()
  expect(fleissKappa([[1, 0]])).toBeNull()
  expect(() =>
    fleissKappa([
      [2, 0],
      [1, 0],
    ]),
  ).toThrow(RangeError)
})

it('logSumExp neither overflows nor underflows', () => {
  expect(logSumExp([1000, 1000])).toBeCloseTo(1000 + Math.LN2)
  expect(logSumExp([-1000, -1000])).toBeCloseTo(-1000 + Math.LN2)
  expect(logSumExp([])).toBe(-Infinity)
  expect(logSumExp([-Infinity, 0])).toBe(0)
})

it('quantiles interpolate', () => {
  expect(quantile([4, 1, 3, 2], 0.5)).toBe(2.5)
  expect(quantile([5], 0.9)).toBe(5)
  expect(quantile([], 0.5)).toBeNull()
})
