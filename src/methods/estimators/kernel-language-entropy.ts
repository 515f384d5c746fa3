import { Matrix as Dense, EigenvalueDecomposition } from 'ml-matrix'
import { defineEstimator, type Evidence } from './estimator.ts'

export interface KernelOptions {
  /** Heat time. */
  t?: number
  /** Scale the kernel to unit diagonal and trace 1. */
  normalize?: boolean
  /** Divide by log n. */
  scale?: boolean
}

/**
 * Von Neumann entropy of the heat kernel over the graph of mutual entailment; in [0, 1] when normalised and scaled.
 * Identical samples do not give 0, because the heat time is fixed: compare only at equal n. Null of fewer than two.
 * A. Nikitin et al., Kernel language entropy, NeurIPS 2024.
 */
export function kernelLanguageEntropy(
  { entail, contradict }: Evidence['nli'],
  { t = 0.3, normalize = true, scale = true }: KernelOptions = {},
): number | null {
  const count = entail.length
  if (count < 2) return null
  const weights = Dense.zeros(count, count)
  for (let i = 0; i < count; i++) {
    for (let j = 0; j < count; j++) {
      const e = (entail[i]?.[j] as number) + (entail[j]?.[i] as number)
      const c = (contradict[i]?.[j] as number) + (contradict[j]?.[i] as number)
      weights.set(i, j, e + (2 - e - c) / 2)
    }
  }
  const laplacian = Dense.diag(weights.sum('column')).sub(weights)
  const heat = new EigenvalueDecomposition(laplacian, { assumeSymmetric: true })
  const vectors = heat.eigenvectorMatrix
  const kernel = vectors
    .mmul(Dense.diag(heat.realEigenvalues.map((value) => Math.exp(-t * value))))
    .mmul(vectors.transpose())
  if (normalize) {
    const roots = kernel.diagonal().map(Math.sqrt)
    for (let i = 0; i < count; i++)
      for (let j = 0; j < count; j++)
        kernel.set(i, j, kernel.get(i, j) / ((roots[i] as number) * (roots[j] as number) * count))
  }
  const { realEigenvalues } = new EigenvalueDecomposition(kernel, { assumeSymmetric: true })
  let entropy = 0
  for (const value of realEigenvalues) if (value > 1e-8) entropy -= value * Math.log(value)
  return scale ? entropy / Math.log(count) : entropy
}

export const kernelLanguageEntropyEstimator = defineEstimator({
  name: 'KernelLanguageEntropy:nli',
  title: 'Kernel language entropy',
  formula: '−Σ λ log λ / log n of the heat kernel expm(−0.3·L), scaled to unit diagonal, / n',
  needs: ['nli'],
  source: 'A. Nikitin et al., Kernel language entropy, NeurIPS 2024',
  compute: ({ nli }) => kernelLanguageEntropy(nli) ?? 'too_few',
})
