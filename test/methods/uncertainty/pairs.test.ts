import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { randomFrom } from '../../../src/methods/random.ts'
import {
  empiricalIterativePrompting,
  iterativePrompting,
  pairInformation,
  withoutCopying,
} from '../../../src/methods/uncertainty/iterative-prompting.ts'
import {
  acceptance,
  bayesianPairs,
  boundCoverage,
  cheatConfidence,
  chebyshevBound,
  pairAgreement,
  pairCheating,
  pairErrorRatio,
  pairedSquaredError,
  recalibratedBound,
  squaredErrorRatio,
} from '../../../src/methods/uncertainty/pair-cheating.ts'

const shares = (size: number) =>
  fc
    .array(fc.double({ min: 0.01, max: 1, noNaN: true }), { minLength: size, maxLength: size })
    .map((weights) => weights.map((w) => w / weights.reduce((a, b) => a + b, 0)))

/** μ mixed with plain copying: q(· | i) = (1 − c)·μ + c·δ_i. */
const copying = (first: readonly number[], c: number) =>
  first.map((_, i) => first.map((share, j) => (1 - c) * share + (i === j ? c : 0)))
const uniform = (m: number) => new Array<number>(m).fill(1 / m)

describe('epistemic mutual information', () => {
  it('is 0 of independent answers and of a single class, and null of none', () => {
    const first = [0.5, 0.3, 0.2]
    expect(pairInformation(first, copying(first, 0))).toBeCloseTo(0, 12)
    expect(pairInformation([1], [[1]])).toBe(0)
    expect(pairInformation([], [])).toBeNull()
    expect(iterativePrompting([], [])).toBeNull()
  })

  it('is ln m of answers that only copy', () => {
    expect(pairInformation(uniform(4), copying(uniform(4), 1))).toBeCloseTo(Math.log(4), 12)
  })

  it('keeps its sign with equal stabilisers and turns negative with unequal ones, as half copying over ten classes', () => {
    const [first, second] = [uniform(10), copying(uniform(10), 0.5)]
    const plain = pairInformation(first, second) as number
    expect(pairInformation(first, second, { gamma1: 0, gamma2: 1 / 100 })).toBeLessThan(0)
    expect(pairInformation(first, second, { gamma1: 1e-4, gamma2: 1e-4 })).toBeGreaterThan(0.8 * plain)
  })

  it('lies in [0, ln m], and does not depend on the order of the classes', () => {
    const table = fc
      .integer({ min: 2, max: 5 })
      .chain((m) => fc.tuple(shares(m), fc.array(shares(m), { minLength: m, maxLength: m })))
    fc.assert(
      fc.property(table, ([first, second]) => {
        const value = pairInformation(first, second) as number
        expect(value).toBeGreaterThanOrEqual(0)
        expect(value).toBeLessThanOrEqual(Math.log(first.length) + 1e-12)
        const turned = pairInformation(
          [...first].reverse(),
          [...second].reverse().map((row) => [...row].reverse()),
        )
        expect(turned).toBeCloseTo(value, 10)
      }),
    )
  })

  it('takes out plain copying wholly, and nothing else', () => {
    const first = [0.5, 0.3, 0.2]
    const free = withoutCopying(first, copying(first, 0.7)) as Float64Array[]
    for (const row of free) for (const [j, share] of first.entries()) expect(row[j]).toBeCloseTo(share, 12)
    const changing = iterativePrompting(
      [0, 0],
      [
        [0, 5],
        [5, 0],
      ].map((row) => row.map((x) => x - 6)),
    )
    expect(changing?.informationWithoutCopying).toBeCloseTo(0, 12)
    expect(
      iterativePrompting(
        [0, 0],
        [
          [0, -Infinity],
          [-1, 0],
        ],
      )?.informationWithoutCopying,
    ).toBeNull()
  })

  it('renormalises log-probabilities over the classes and tells how much is copied', () => {
    const found = iterativePrompting(
      [-800, -800],
      [
        [-900, -902],
        [-902, -900],
      ],
    )
    expect(found?.first[0]).toBeCloseTo(0.5, 12)
    expect(found?.entropy).toBeCloseTo(Math.LN2, 12)
    expect(found?.copyingRate).toBeCloseTo(1 / (1 + Math.exp(-2)), 12)
    expect(found?.information).toBeGreaterThan(0)
  })

  it.each([
    [3, 0.17],
    [5, 0.41],
    [8, 0.7],
  ])('by counts, with %d classes, the plug-in bias of five draws a row is %d and is taken off', (m, bias) => {
    const random = randomFrom('counts', m)
    let [plugIn, rest] = [0, 0]
    const repeats = 200
    for (let r = 0; r < repeats; r++) {
      const counts = Array.from({ length: m }, () => {
        const row = new Array<number>(m).fill(0)
        for (let d = 0; d < 5; d++) {
          const j = random.integer(0, m - 1)
          row[j] = (row[j] as number) + 1
        }
        return row
      })
      const found = empiricalIterativePrompting(uniform(m), counts, random.fork(r), 50)
      plugIn += (found?.plugIn ?? 0) / repeats
      rest += (found?.information ?? 0) / repeats
    }
    expect(Math.abs(plugIn - bias)).toBeLessThan(0.04)
    expect(rest).toBeLessThan(bias / 3)
  })

  it('by counts, has no value without any', () => {
    const random = randomFrom(1)
    expect(
      empiricalIterativePrompting(
        [0, 0],
        [
          [1, 0],
          [0, 1],
        ],
        random,
      ),
    ).toBeNull()
    expect(
      empiricalIterativePrompting(
        [1, 1],
        [
          [0, 0],
          [0, 0],
        ],
        random,
      ),
    ).toBeNull()
    expect(
      empiricalIterativePrompting(
        [5, 5],
        [
          [9, 1],
          [0, 0],
        ],
        random,
      )?.information,
    ).toBeGreaterThanOrEqual(0)
  })
})

describe('pair cheating', () => {
  it('is 0 of an expert who learns nothing from its own answer', () => {
    const first = [0.5, 0.3, 0.2]
    const found = pairCheating(first, copying(first, 0))
    expect(found?.cheat).toBeCloseTo(0, 12)
    expect(found?.confidence.every((c) => Math.abs((c ?? 0) - 1) < 1e-9)).toBe(true)
  })

  it('of an exact Bayesian, V is the posterior variance of the true probability', () => {
    const hypotheses = [0, 0.25, 0.5, 0.75, 1].map((red) => [red, 1 - red])
    // Two reds and a blue were drawn.
    const weights = hypotheses.map(([red, blue]) => (red as number) ** 2 * (blue as number))
    const pairs = bayesianPairs(weights, hypotheses)
    const found = pairCheating(pairs?.probabilities as Float64Array, pairs?.conditional as Float64Array[])
    const total = weights.reduce((a, b) => a + b, 0)
    const centre = hypotheses.reduce((sum, [red], h) => sum + ((weights[h] as number) / total) * (red as number), 0)
    const variance = hypotheses.reduce(
      (sum, [red], h) => sum + ((weights[h] as number) / total) * ((red as number) - centre) ** 2,
      0,
    )
    expect(found?.probabilities[0]).toBeCloseTo(centre, 12)
    expect(found?.variance[0]).toBeCloseTo(variance, 12)
    expect(found?.variance[1]).toBeCloseTo(variance, 12)
    expect(found?.cheat).toBeCloseTo(2 * variance, 12)
  })

  it('has rows of covariance that sum to 0, and takes a placebo off', () => {
    fc.assert(
      fc.property(shares(3), fc.array(shares(3), { minLength: 3, maxLength: 3 }), (first, second) => {
        const found = pairCheating(first, second, second)
        for (const row of found?.covariance ?? []) expect(row.reduce((a, b) => a + b, 0)).toBeCloseTo(0, 10)
        expect(found?.netCheat).toBeCloseTo(0, 12)
        expect(Math.abs(found?.cheat ?? 9)).toBeLessThan(1)
      }),
    )
  })

  it('has edges: impossible answers', () => {
    expect(cheatConfidence(0, 0.5)).toBe(0)
    expect(cheatConfidence(0.5, 0)).toBeNull()
    expect(cheatConfidence(0.5, 0.25)).toBe(1)
    expect(cheatConfidence(0.25, 0.5)).toBe(0.5)
    expect(
      pairCheating(
        [0, 0],
        [
          [1, 0],
          [0, 1],
        ],
      ),
    ).toBeNull()
    expect(() => pairCheating([1], [[1], [1]])).toThrow(RangeError)
  })

  it('bounds: wider with variance, clipped, and judged with their width', () => {
    expect(chebyshevBound(0.5, 0.001)).toEqual({ low: 0.4, high: 0.6 })
    expect(chebyshevBound(0.9, 1)).toEqual({ low: 0, high: 1 })
    expect(recalibratedBound(0.5, 0, 1).high).toBeCloseTo(0.6, 12)
    expect(() => chebyshevBound(0.5, 0.1, 0)).toThrow(RangeError)
    const bounds = [chebyshevBound(0.5, 0.001), chebyshevBound(0.5, 0)]
    const judged = boundCoverage(bounds, [0.55, 0.6])
    expect(judged?.coverage).toBe(0.5)
    expect(judged?.meanWidth).toBeCloseTo(0.1, 12)
    expect(boundCoverage([], [])).toBeNull()
  })

  it('squared errors by truth, by pairs and by counts agree', () => {
    expect(squaredErrorRatio(0.7, 0.5, 0.02)).toBeCloseTo(2, 12)
    expect(squaredErrorRatio(0.7, 0.5, 0)).toBeCloseTo(40, 12)
    expect(pairAgreement(3, 4)).toBe(0.5)
    expect(pairAgreement(1, 1)).toBeNull()
    // All ordered pairs of the labels 1, 1, 0 against p = 0.4.
    const labels = [true, true, false]
    let sum = 0
    labels.forEach((a, i) => {
      labels.forEach((b, j) => {
        if (i !== j) sum += pairErrorRatio(a, b, 0.4, 1)
      })
    })
    expect(pairedSquaredError(2, 3, 0.4)).toBeCloseTo(sum / 6, 12)
  })

  it('accepts by confidence, and tells how many of those can never be right', () => {
    expect(acceptance([0.95, 0.99, 0.5, null], [0.2, 0, 0, 0])).toEqual({ accepted: 2, falseAcceptRate: 0.5 })
    expect(acceptance([0.1], [1])).toEqual({ accepted: 0, falseAcceptRate: null })
  })
})
