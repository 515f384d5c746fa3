import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { robustDensityDistance } from '../../../src/methods/estimators/hidden-state-distance.ts'
import { chiSquareUpperTail } from '../../../src/methods/statistics/distributions/gamma.ts'
import { squaredMahalanobis } from '../../../src/methods/statistics/gaussian-fit.ts'
import { fourfold, matrixTimesVector } from '../../../src/methods/statistics/matrix-vector.ts'
import { mersennePermutations } from '../../../src/methods/statistics/mersenne-permutations.ts'
import { consistencyFactor, minimumCovarianceDeterminant } from '../../../src/methods/statistics/robust-covariance.ts'

const rows = (count: number, width: number): number[][] =>
  Array.from({ length: count }, (_, i) =>
    Array.from({ length: width }, (_, j) => Math.sin(7 * i + 3 * j) + (i % 9 === 0 ? 6 : 0) + 0.1 * Math.cos(i * j)),
  )

describe('mersennePermutations', () => {
  it('are those of numpy', () => {
    const permutation = mersennePermutations(42)
    expect([...permutation(10)]).toEqual([8, 1, 5, 0, 7, 2, 9, 4, 3, 6])
    expect([...permutation(5)]).toEqual([1, 0, 3, 4, 2])
    expect([...permutation(1)]).toEqual([0])
  })
})

describe('matrixTimesVector', () => {
  it('multiplies row by row', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 9 }), fc.integer({ min: 1, max: 6 }), (count, width) => {
        const matrix = rows(count, width)
        const vector = matrix[0] as number[]
        const products = matrixTimesVector(fourfold(matrix), vector)
        matrix.forEach((row, i) => {
          const plain = row.reduce((sum, value, j) => sum + value * (vector[j] as number), 0)
          expect(products[i]).toBeCloseTo(plain, 10)
        })
      }),
    )
    expect(() => fourfold([[1], [1, 2]])).toThrow(RangeError)
    expect(() => matrixTimesVector(fourfold([[1, 2]]), [1])).toThrow(RangeError)
  })
})

describe('minimumCovarianceDeterminant', () => {
  it.each([
    [25, 1, 0.021895218182905737, 5.3776677363890455],
    [40, 2, 0.5964536933, 1137.4279574046993],
    [120, 5, 0.5656003843610824, 3978.421714862823],
    [620, 3, 0.3227311802691268, 62986.44347782402],
  ])('of %d rows of %d numbers as scikit-learn 1.9.1', (count, width, atZero, atTwo) => {
    const fit = minimumCovarianceDeterminant(rows(count, width))
    if (!fit) throw new Error('no fit')
    expect(squaredMahalanobis(new Float64Array(width), fit) / atZero).toBeCloseTo(1, 6)
    expect(squaredMahalanobis(new Float64Array(width).fill(2), fit) / atTwo).toBeCloseTo(1, 6)
  })

  it('does without rows that do not vary: more of them where half are equal, null where all are', () => {
    const half = [...new Array<number[]>(12).fill([1, 1]), ...rows(8, 2)]
    const fit = minimumCovarianceDeterminant(half)
    expect(fit && squaredMahalanobis([1, 1], fit)).toBeGreaterThanOrEqual(0)
    expect(minimumCovarianceDeterminant(new Array<number[]>(12).fill([1, 1]))).toBeNull()
    expect(minimumCovarianceDeterminant(rows(3, 2))).toBeNull()
    expect(minimumCovarianceDeterminant([])).toBeNull()
  })

  it('is made consistent at the Gaussian: whole is whole, and the factor grows as less is kept', () => {
    expect(consistencyFactor(3, 1)).toBe(1)
    // One variable, half kept: the variance of a normal within its quartiles.
    const quartile = 0.6744897501960817
    expect(consistencyFactor(1, 0.5)).toBeCloseTo(0.5 / (1 - chiSquareUpperTail(quartile ** 2, 3)), 9)
    expect(consistencyFactor(5, 0.6)).toBeGreaterThan(consistencyFactor(5, 0.9))
  })
})

describe('robustDensityDistance', () => {
  const fraction = (x: number) => x - Math.floor(x)
  const states = (count: number, width: number, from: number): number[][] =>
    Array.from({ length: count }, (_, i) =>
      Array.from(
        { length: width },
        (_, j) =>
          3 * fraction((i + from) * 0.754877666 + (j + 1) * 0.569840291 * (i + from + 1)) -
          1.5 +
          ((i * (j + 2)) % 7) * 0.2,
      ),
    )

  it('is that of lm-polygraph, which takes scikit-learn’s', () => {
    const fit = states(210, 6, 0)
    const wanted = [42890.84227219095, 51529.119833093784, 8330874.975285401]
    states(3, 6, 1000).forEach((state, i) => {
      expect((robustDensityDistance(state, fit) as number) / (wanted[i] as number)).toBeCloseTo(1, 6)
    })
  })
})
