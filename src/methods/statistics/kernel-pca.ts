import { EigenvalueDecomposition, Matrix } from 'ml-matrix'
import { dot } from './gaussian-fit.ts'

/** A fitted projection of rows onto kernel principal components. */
export interface KernelComponents {
  /** Components of the rows that it was fitted on. */
  fitted: Float64Array[]
  /** Components of another row. */
  project: (row: ArrayLike<number>) => Float64Array
}

/** Eigenvalues this far below the largest carry rounding alone. */
const LEAST_EIGENVALUE = 1e-9

/**
 * Kernel principal components with the Gaussian kernel exp(−γ‖x − y‖²), γ = 1/number of features, centred in feature
 * space; at most `components` of them, fewer where the rows span less. Null when the rows are all equal.
 * B. Schölkopf, A. Smola and K.-R. Müller, Kernel principal component analysis, ICANN 1997.
 */
export function kernelPca(rows: readonly ArrayLike<number>[], components: number): KernelComponents | null {
  const count = rows.length
  const width = rows[0]?.length ?? 0
  if (count < 2 || width === 0) return null
  const kernel = (a: ArrayLike<number>, b: ArrayLike<number>): number => {
    let squares = 0
    for (let j = 0; j < width; j++) squares += ((a[j] as number) - (b[j] as number)) ** 2
    return Math.exp(-squares / width)
  }
  const gram = Matrix.zeros(count, count)
  for (let i = 0; i < count; i++)
    for (let j = 0; j <= i; j++) {
      const value = kernel(rows[i] as ArrayLike<number>, rows[j] as ArrayLike<number>)
      gram.set(i, j, value)
      gram.set(j, i, value)
    }
  const columnMeans = gram.mean('column')
  const allMean = gram.mean()
  const centred = Matrix.zeros(count, count)
  for (let i = 0; i < count; i++)
    for (let j = 0; j < count; j++)
      centred.set(i, j, gram.get(i, j) - (columnMeans[i] as number) - (columnMeans[j] as number) + allMean)
  const { realEigenvalues, eigenvectorMatrix } = new EigenvalueDecomposition(centred, { assumeSymmetric: true })
  const largest = realEigenvalues.at(-1) as number
  if (!(largest > LEAST_EIGENVALUE)) return null
  // Ascending order: the last are the largest.
  const kept = realEigenvalues
    .map((value, k) => ({ value, k }))
    .filter(({ value }) => value > LEAST_EIGENVALUE * largest)
    .reverse()
    .slice(0, components)
  const axes = kept.map(({ value, k }) => ({
    root: Math.sqrt(value),
    vector: Float64Array.from(eigenvectorMatrix.getColumn(k)),
  }))
  return {
    fitted: Array.from({ length: count }, (_, i) =>
      Float64Array.from(axes, ({ root, vector }) => root * (vector[i] as number)),
    ),
    project: (row) => {
      const own = new Float64Array(count)
      let ownSum = 0
      for (let i = 0; i < count; i++) {
        own[i] = kernel(row, rows[i] as ArrayLike<number>)
        ownSum += own[i] as number
      }
      for (let i = 0; i < count; i++)
        own[i] = (own[i] as number) - ownSum / count - (columnMeans[i] as number) + allMean
      const projected = new Float64Array(axes.length)
      axes.forEach(({ root, vector }, k) => {
        projected[k] = dot(own, 0, vector, 0, count) / root
      })
      return projected
    },
  }
}
