import { EigenvalueDecomposition, Matrix } from 'ml-matrix'
import { fourfold, matrixTimesVector } from './matrix-vector.ts'

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
  const given = fourfold(rows)
  const norms = Float64Array.from(rows, squaredNorm)
  // ‖x − y‖² = ‖x‖² + ‖y‖² − 2x·y: one product a pair.
  const kernel = (row: ArrayLike<number>, norm: number): Float64Array => {
    const own = matrixTimesVector(given, row)
    for (let i = 0; i < count; i++)
      own[i] = Math.exp(-Math.max(0, norm + (norms[i] as number) - 2 * (own[i] as number)) / width)
    return own
  }
  const gram = Matrix.zeros(count, count)
  rows.forEach((row, i) => {
    const own = kernel(row, norms[i] as number)
    own[i] = 1
    for (let j = 0; j <= i; j++) {
      gram.set(i, j, own[j] as number)
      gram.set(j, i, own[j] as number)
    }
  })
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
  const roots = kept.map(({ value }) => Math.sqrt(value))
  const vectors = kept.map(({ k }) => eigenvectorMatrix.getColumn(k))
  const axes = fourfold(vectors)
  return {
    fitted: Array.from({ length: count }, (_, i) =>
      Float64Array.from(vectors, (vector, k) => (roots[k] as number) * (vector[i] as number)),
    ),
    project: (row) => {
      const own = kernel(row, squaredNorm(row))
      const ownMean = own.reduce((sum, value) => sum + value, 0) / count
      for (let i = 0; i < count; i++) own[i] = (own[i] as number) - ownMean - (columnMeans[i] as number) + allMean
      return matrixTimesVector(axes, own).map((value, k) => value / (roots[k] as number))
    },
  }
}

function squaredNorm(row: ArrayLike<number>): number {
  let sum = 0
  for (let j = 0; j < row.length; j++) sum += (row[j] as number) ** 2
  return sum
}
