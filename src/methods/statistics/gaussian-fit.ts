import { CholeskyDecomposition, Matrix } from 'ml-matrix'

/** A centre and a covariance, made for many distances. */
export interface Ellipsoid {
  centre: Float64Array
  /** Lower Cholesky factor of the covariance, by rows. */
  factor: Float64Array[]
  /** What was added to the covariance's diagonal so that it can be inverted. */
  jitter: number
}

/** Tried from the smallest on; nothing is added to a covariance that is well-conditioned to begin with. */
const JITTERS = [0, ...Array.from({ length: 15 }, (_, i) => 10 ** (i - 15))]

/** A pivot this far below the largest variance counts as zero. */
const LEAST_PIVOT = 1e-12

/** Mean of rows of equal length; null without rows. */
export function meanRow(rows: readonly ArrayLike<number>[]): Float64Array | null {
  const first = rows[0]
  if (!first) return null
  const sum = new Float64Array(first.length)
  for (const row of rows) {
    if (row.length !== sum.length) throw new RangeError('meanRow: rows differ in length')
    for (let j = 0; j < sum.length; j++) sum[j] = (sum[j] as number) + (row[j] as number)
  }
  return sum.map((value) => value / rows.length)
}

/** Covariance of rows, divided by `divisor`. */
export function covarianceOf(rows: readonly ArrayLike<number>[], centre: Float64Array, divisor: number): Matrix {
  const centred = new Matrix(rows.map((row) => Array.from(row, (x, j) => x - (centre[j] as number))))
  return centred.transpose().mmul(centred).div(divisor)
}

/** Null when nothing varies or no jitter up to 0.1 makes the covariance invertible. */
export function ellipsoid(centre: Float64Array, covariance: Matrix): Ellipsoid | null {
  const largest = Math.max(0, ...covariance.diagonal())
  if (!(largest > 0 && Number.isFinite(largest))) return null
  for (const jitter of JITTERS) {
    const raised = covariance.clone()
    for (let j = 0; j < centre.length; j++) raised.set(j, j, raised.get(j, j) + jitter)
    const cholesky = new CholeskyDecomposition(raised)
    if (!cholesky.isPositiveDefinite()) continue
    const factor = cholesky.lowerTriangularMatrix.to2DArray().map((row) => Float64Array.from(row))
    if (factor.every((row, j) => (row[j] as number) ** 2 > LEAST_PIVOT * largest)) return { centre, factor, jitter }
  }
  return null
}

/** (x − μ)ᵀ Σ⁻¹ (x − μ), ≥ 0. Raises when x has another length. */
export function squaredMahalanobis(x: ArrayLike<number>, { centre, factor }: Ellipsoid): number {
  if (x.length !== centre.length)
    throw new RangeError(`squaredMahalanobis: ${x.length} values against ${centre.length} fitted`)
  const solved = new Float64Array(centre.length)
  let sum = 0
  for (let i = 0; i < solved.length; i++) {
    const row = factor[i] as Float64Array
    let value = (x[i] as number) - (centre[i] as number)
    for (let j = 0; j < i; j++) value -= (row[j] as number) * (solved[j] as number)
    value /= row[i] as number
    solved[i] = value
    sum += value * value
  }
  return sum
}

/**
 * Gaussian fitted to rows: mean and unbiased covariance, jittered where it is singular. Null of fewer than two rows or
 * when nothing varies.
 */
export function fitGaussian(rows: readonly ArrayLike<number>[]): Ellipsoid | null {
  const centre = meanRow(rows)
  return centre && rows.length > 1 ? ellipsoid(centre, covarianceOf(rows, centre, rows.length - 1)) : null
}
