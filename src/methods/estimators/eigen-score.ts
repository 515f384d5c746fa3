import { Matrix as Dense, EigenvalueDecomposition } from 'ml-matrix'
import { dot } from '../statistics/gaussian-fit.ts'
import { mean } from '../statistics/summary.ts'
import { defineEstimator } from './estimator.ts'

/**
 * Mean log eigenvalue of the samples' covariance Z J Zᵀ + ε·I, rows of Z being sentence embeddings and J centring each
 * over its dimensions. Null of fewer than two samples.
 * C. Chen et al., INSIDE: LLMs' internal states retain the power of hallucination detection, ICLR 2024.
 */
export function eigenScore(embeddings: readonly ArrayLike<number>[], regularization = 0.001): number | null {
  if (embeddings.length < 2) return null
  const centred = embeddings.map((row) => {
    const centre = mean(row) ?? 0
    const own = new Float64Array(row.length)
    for (let j = 0; j < own.length; j++) own[j] = (row[j] as number) - centre
    return own
  })
  const covariance = Dense.zeros(centred.length, centred.length)
  centred.forEach((row, i) => {
    for (let j = 0; j <= i; j++) {
      const other = centred[j] as Float64Array
      if (other.length !== row.length) throw new RangeError('eigenScore: embeddings differ in length')
      const product = dot(row, 0, other, 0, row.length) + (i === j ? regularization : 0)
      covariance.set(i, j, product)
      covariance.set(j, i, product)
    }
  })
  const { realEigenvalues } = new EigenvalueDecomposition(covariance, { assumeSymmetric: true })
  // The smallest eigenvalue is the regularisation, which rounding must not carry below.
  return mean(realEigenvalues.map((value) => Math.log(Math.max(value, regularization))))
}

export const eigenScoreEstimator = defineEstimator({
  name: 'EigenScore',
  title: 'EigenScore',
  formula: 'mean log eigenvalue of Z J Zᵀ + 0.001·I',
  needs: ['sampleEmbeddings'],
  source: 'C. Chen et al., INSIDE: LLMs’ internal states retain the power of hallucination detection, ICLR 2024',
  compute: ({ sampleEmbeddings }) => eigenScore(sampleEmbeddings) ?? 'too_few',
})
