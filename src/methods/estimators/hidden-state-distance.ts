import { type Ellipsoid, fitGaussian, squaredMahalanobis } from '../statistics/gaussian-fit.ts'
import { kernelPca } from '../statistics/kernel-pca.ts'
import { minimumCovarianceDeterminant } from '../statistics/robust-covariance.ts'
import { defineEstimator } from './estimator.ts'

type Rows = readonly ArrayLike<number>[]

/** A fit belongs to its fit set: one set serves all items, and is fitted once. */
function once<Fit>(make: (rows: Rows) => Fit): (rows: Rows) => Fit {
  const made = new WeakMap<Rows, { result: Fit }>()
  return (rows) => {
    const known = made.get(rows)
    if (known) return known.result
    const result = make(rows)
    made.set(rows, { result })
    return result
  }
}

const gaussianOf = once(fitGaussian)

/**
 * √((h − μ)ᵀ Σ⁻¹ (h − μ)): distance of an answer's mean hidden state to the Gaussian of a fit set, ≥ 0. Null when the
 * fit set has fewer than two rows or does not vary. Raises when lengths differ.
 * K. Lee et al., A simple unified framework for detecting out-of-distribution samples, NeurIPS 2018.
 */
export function mahalanobisDistance(state: ArrayLike<number>, fitSet: Rows): number | null {
  const fit = gaussianOf(fitSet)
  return fit && Math.sqrt(squaredMahalanobis(state, fit))
}

/**
 * Distance to the fit set's Gaussian minus that to a background Gaussian. Null where either is.
 * J. Ren et al., Out-of-distribution detection and selective generation for conditional language models, ICLR 2023.
 */
export function relativeMahalanobisDistance(state: ArrayLike<number>, fitSet: Rows, background: Rows): number | null {
  const [own, other] = [mahalanobisDistance(state, fitSet), mahalanobisDistance(state, background)]
  return own === null || other === null ? null : own - other
}

/** Most kernel components; a fit set of n rows gives at most n/2, so that the robust covariance stays invertible. */
const COMPONENTS = 100

const robustOf = once((rows) => {
  const components = kernelPca(rows, Math.min(COMPONENTS, Math.floor(rows.length / 2)))
  const shape: Ellipsoid | null = components && minimumCovarianceDeterminant(components.fitted)
  return components && shape && { components, shape }
})

/**
 * Squared distance of an answer's mean hidden state, after kernel principal components, to the minimum covariance
 * determinant of a fit set; ≥ 0. Null when the fit set is too small or does not vary.
 * K. Yoo et al., Detection of adversarial examples in text classification via robust density estimation, ACL Findings
 * 2022.
 */
export function robustDensityDistance(state: ArrayLike<number>, fitSet: Rows): number | null {
  const fit = robustOf(fitSet)
  return fit && squaredMahalanobis(fit.components.project(state), fit.shape)
}

/** Fewer rows than this are no fit set. */
const reasonOf = (rows: Rows) => (rows.length < 2 ? 'too_few' : 'constant')

export const mahalanobisEstimator = defineEstimator({
  name: 'Mahalanobis',
  title: 'Mahalanobis distance',
  formula: '√((h − μ)ᵀ Σ⁻¹ (h − μ)), μ and Σ of a fit set',
  needs: ['answerEmbedding', 'fitEmbeddings'],
  source: 'K. Lee et al., A simple unified framework for detecting out-of-distribution samples, NeurIPS 2018',
  compute: ({ answerEmbedding, fitEmbeddings }) =>
    answerEmbedding.length === 0
      ? 'empty_answer'
      : (mahalanobisDistance(answerEmbedding, fitEmbeddings) ?? reasonOf(fitEmbeddings)),
})

export const relativeMahalanobisEstimator = defineEstimator({
  name: 'RelativeMahalanobis',
  title: 'Relative Mahalanobis distance',
  formula: 'distance to the fit set − distance to a background set',
  needs: ['answerEmbedding', 'fitEmbeddings', 'backgroundEmbeddings'],
  source: 'J. Ren et al., Out-of-distribution detection and selective generation, ICLR 2023',
  compute: ({ answerEmbedding, fitEmbeddings, backgroundEmbeddings }) =>
    answerEmbedding.length === 0
      ? 'empty_answer'
      : (relativeMahalanobisDistance(answerEmbedding, fitEmbeddings, backgroundEmbeddings) ??
        (fitEmbeddings.length < 2 ? 'too_few' : reasonOf(backgroundEmbeddings))),
})

export const robustDensityEstimator = defineEstimator({
  name: 'RDE',
  title: 'Robust density estimation',
  formula: 'squared distance to the minimum covariance determinant after kernel PCA',
  needs: ['answerEmbedding', 'fitEmbeddings'],
  source: 'K. Yoo et al., Detection of adversarial examples via robust density estimation, ACL Findings 2022',
  compute: ({ answerEmbedding, fitEmbeddings }) =>
    answerEmbedding.length === 0
      ? 'empty_answer'
      : (robustDensityDistance(answerEmbedding, fitEmbeddings) ?? (fitEmbeddings.length < 6 ? 'too_few' : 'constant')),
})
