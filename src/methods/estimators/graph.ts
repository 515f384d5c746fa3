import { Matrix as Dense, EigenvalueDecomposition } from 'ml-matrix'
import { AFFINITIES, type AffinityProvider, cleared } from './affinity.ts'
import { defineEstimator, type Estimator, type Evidence, type EvidenceName, type Matrix } from './estimator.ts'

/** 1 − mean affinity over all ordered pairs, each with itself too; in [0, 1). Null of fewer than two samples. */
export function degMat(affinities: Matrix): number | null {
  const count = affinities.length
  if (count < 2) return null
  let sum = 0
  for (const row of affinities) for (const affinity of row) sum += affinity
  return cleared(1 - sum / (count * count))
}

/** Eigenvalues (ascending) and eigenvectors (as columns) of I − D^(−½) W D^(−½). */
function laplacian(affinities: Matrix): { values: number[]; vectors: Dense } {
  const roots = affinities.map((row) => Math.sqrt(row.reduce((sum, affinity) => sum + affinity, 0)))
  const matrix = Dense.zeros(roots.length, roots.length)
  affinities.forEach((row, i) => {
    row.forEach((affinity, j) => {
      matrix.set(i, j, (i === j ? 1 : 0) - affinity / ((roots[i] as number) * (roots[j] as number)))
    })
  })
  const decomposition = new EigenvalueDecomposition(matrix, { assumeSymmetric: true })
  return { values: decomposition.realEigenvalues, vectors: decomposition.eigenvectorMatrix }
}

/** Σ max(0, 1 − λ_k): a soft count of the meanings among the samples, ≥ 1. Null of fewer than two samples. */
export function eigValLaplacian(affinities: Matrix): number | null {
  if (affinities.length < 2) return null
  const sum = laplacian(affinities).values.reduce((total, value) => total + Math.max(0, 1 - value), 0)
  return cleared(sum - 1) + 1
}

/**
 * Spread of the samples around their centre in the space of the Laplacian's eigenvectors whose eigenvalue is below
 * `threshold`, ≥ 0. Null of fewer than two samples.
 */
export function eccentricity(affinities: Matrix, threshold = 0.9): number | null {
  const count = affinities.length
  if (count < 2) return null
  const { values, vectors } = laplacian(affinities)
  let sum = 0
  values.forEach((value, k) => {
    if (value >= threshold) return
    const vector = vectors.getColumn(k)
    const centre = vector.reduce((total, x) => total + x, 0) / count
    for (const x of vector) sum += (x - centre) ** 2
  })
  return cleared(Math.sqrt(sum))
}

const TEXTS = {
  DegMat: { title: 'Degree matrix', formula: '1 − Σ_ij W_ij / n²' },
  EigValLaplacian: { title: 'Eigenvalues of the Laplacian', formula: 'Σ_k max(0, 1 − λ_k), L = I − D^(−½) W D^(−½)' },
  Eccentricity: {
    title: 'Eccentricity',
    formula: '√Σ ‖v − mean(v)‖² over eigenvectors of L with eigenvalue below 0.9',
  },
} as const

const graphEstimator = (
  base: keyof typeof TEXTS,
  provider: AffinityProvider,
  formula: (affinities: Matrix) => number | null,
): Estimator => {
  const { needs, matrix } = AFFINITIES[provider]
  return defineEstimator<EvidenceName>({
    name: `${base}:${provider}`,
    title: `${TEXTS[base].title} (${provider})`,
    formula: TEXTS[base].formula,
    needs,
    source: 'Z. Lin, S. Trivedi and J. Sun, Generating with confidence, TMLR 2024',
    compute: (evidence) => formula(matrix(evidence as Evidence)) ?? 'too_few',
  })
}

export const degMatEstimator = (provider: AffinityProvider) => graphEstimator('DegMat', provider, degMat)

export const eigValLaplacianEstimator = (provider: AffinityProvider) =>
  graphEstimator('EigValLaplacian', provider, eigValLaplacian)

export const eccentricityEstimator = (provider: AffinityProvider) =>
  graphEstimator('Eccentricity', provider, (affinities) => eccentricity(affinities))
