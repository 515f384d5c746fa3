import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { binomialTest } from '../../../src/methods/statistics/binomial-test.ts'
import { chiSquareGoodnessOfFit, chiSquareIndependence } from '../../../src/methods/statistics/chi-square-test.ts'
import { mcnemarChi2, mcnemarExact } from '../../../src/methods/statistics/mcnemar.ts'
import { benjaminiHochberg, holm } from '../../../src/methods/statistics/multiple-tests.ts'
import { pairedTTest } from '../../../src/methods/statistics/paired-t-test.ts'
import { sampleSizeTwoProportions } from '../../../src/methods/statistics/sample-size.ts'
import { wilcoxonSignedRank } from '../../../src/methods/statistics/wilcoxon-signed-rank.ts'

describe('binomialTest', () => {
  it('reaches 0.05 at the counts that are known for 50, 60 and 70 %', () => {
    for (const [n, counts] of [
      [50, [32, 37, 41]],
      [100, [59, 69, 78]],
      [200, [113, 132, 152]],
      [500, [269, 319, 368]],
    ] as const) {
      counts.forEach((count, i) => {
        const p0 = 0.5 + i / 10
        expect(binomialTest(count, n, p0, 'greater').pValue).toBeLessThanOrEqual(0.05)
        expect(binomialTest(count - 1, n, p0, 'greater').pValue).toBeGreaterThan(0.05)
      })
    }
  })

  it('at impossible and sure rates', () => {
    expect(binomialTest(0, 5, 0).pValue).toBe(1)
    expect(binomialTest(1, 5, 0, 'greater').pValue).toBe(0)
    expect(binomialTest(5, 5, 1).pValue).toBe(1)
    expect(binomialTest(0, 0, 0.5).pValue).toBe(1)
  })
})

describe('mcnemar', () => {
  it('has no evidence without discordant pairs, or with as many on either side', () => {
    expect(mcnemarExact(0, 0).pValue).toBe(1)
    expect(mcnemarExact(9, 9).pValue).toBe(1)
    expect(mcnemarChi2(0, 0)).toEqual({ statistic: 0, pValue: 1 })
  })

  it('does not care which target is called the baseline', () => {
    expect(mcnemarExact(3, 11)).toEqual(mcnemarExact(11, 3))
  })
})

describe('multiple tests', () => {
  const pValues = fc.array(fc.double({ min: 0, max: 1, noNaN: true }), { maxLength: 30 })

  it('adjusts upward, keeps the order of the p-values, and Holm is never milder than Benjamini–Hochberg', () => {
    fc.assert(
      fc.property(pValues, (ps) => {
        const [h, b] = [holm(ps), benjaminiHochberg(ps)]
        ps.forEach((p, i) => {
          expect(b.adjusted[i]).toBeGreaterThanOrEqual(p - 1e-15)
          expect(h.adjusted[i]).toBeGreaterThanOrEqual((b.adjusted[i] as number) - 1e-12)
          expect(h.adjusted[i]).toBeLessThanOrEqual(1)
          expect(h.reject[i] && !b.reject[i]).toBe(false)
          ps.forEach((q, j) => {
            if (p < q) expect(h.adjusted[i]).toBeLessThanOrEqual(h.adjusted[j] as number)
          })
        })
      }),
      { numRuns: 60 },
    )
  })

  it('an empty family is empty', () => {
    expect(holm([])).toEqual({ adjusted: [], reject: [] })
    expect(benjaminiHochberg([])).toEqual({ adjusted: [], reject: [] })
  })
})

describe('paired tests', () => {
  it('need two pairs that differ', () => {
    expect(pairedTTest([1], [0])).toBeNull()
    expect(pairedTTest([1, 2], [0, 1])).toBeNull()
    expect(wilcoxonSignedRank([], [])).toBeNull()
    expect(wilcoxonSignedRank([1, 2], [1, 2])).toBeNull()
    expect(() => pairedTTest([1], [])).toThrow(RangeError)
  })

  it('turn their sign with the order of the targets', () => {
    const [x, y] = [
      [3, 1, 4, 1.5, 9, 2.6],
      [2, 7, 1, 8.5, 2, 8.1],
    ]
    expect(pairedTTest(x, y)?.statistic).toBeCloseTo(-(pairedTTest(y, x)?.statistic ?? 0))
    expect(wilcoxonSignedRank(x, y)?.pValue).toBeCloseTo(wilcoxonSignedRank(y, x)?.pValue ?? 0, 12)
  })

  it('the exact and the normal form of the signed-rank test meet where one gives way to the other', () => {
    const x = Array.from({ length: 320 }, (_, i) => (i * 37) % 101)
    const y = Array.from({ length: 320 }, (_, i) => ((i * 53) % 97) + (i % 7))
    const [exact, normal] = [wilcoxonSignedRank(x.slice(0, 295), y.slice(0, 295)), wilcoxonSignedRank(x, y)]
    expect(exact?.method).toBe('exact')
    expect(normal?.method).toBe('normal')
    expect(Math.abs((exact?.pValue ?? 0) - (normal?.pValue ?? 1))).toBeLessThan(0.2)
  })
})

describe('chi-square tests', () => {
  it('of a fair and an unfair die', () => {
    expect(chiSquareGoodnessOfFit([10, 10, 10])?.pValue).toBe(1)
    const unfair = chiSquareGoodnessOfFit([30, 10, 10, 10, 10, 10])
    expect(unfair?.statistic).toBeCloseTo(25)
    expect(unfair?.pValue).toBeCloseTo(0.00013933379118, 10)
  })

  it('of a table, without its empty rows and columns', () => {
    const full = chiSquareIndependence([
      [10, 20],
      [30, 40],
    ])
    expect(full?.statistic).toBeCloseTo(0.7936507936507936, 10)
    expect(
      chiSquareIndependence([
        [10, 20, 0],
        [0, 0, 0],
        [30, 40, 0],
      ]),
    ).toEqual(full)
    expect(chiSquareIndependence([[1, 2]])).toBeNull()
    expect(chiSquareGoodnessOfFit([3])).toBeNull()
    expect(chiSquareGoodnessOfFit([0, 0])).toBeNull()
  })
})

it('sampleSizeTwoProportions needs more for a smaller difference, and has no answer for none', () => {
  expect(sampleSizeTwoProportions(0.7, 0.65)).toBeGreaterThan(sampleSizeTwoProportions(0.7, 0.6) ?? 0)
  expect(sampleSizeTwoProportions(0.7, 0.7)).toBeNull()
})
