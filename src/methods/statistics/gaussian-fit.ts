/** A centre and a covariance, made for many distances. */
export interface Ellipsoid {
  centre: Float64Array
  /** Lower Cholesky factor of the covariance, its rows one after another: entry (i, j) at i·(i + 1)/2 + j. */
  factor: Float64Array
  /** What was added to the covariance's diagonal so that it can be inverted. */
  jitter: number
}

/** Tried from the smallest on; nothing is added to a covariance that is well-conditioned to begin with. */
const JITTERS = [0, ...Array.from({ length: 15 }, (_, i) => 10 ** (i - 15))]

/** A pivot this far below the largest variance counts as zero. */
const LEAST_PIVOT = 1e-12

/** Mean of rows of equal length; null without rows. Raises when they differ in length. */
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

/** Σ a·b of `length` neighbours from `from` in `a` and `start` in `b`; four sums at once, because each waits for its last. */
export function dot(a: Float64Array, from: number, b: Float64Array, start: number, length: number): number {
  let first = 0
  let second = 0
  let third = 0
  let fourth = 0
  let k = 0
  for (; k + 3 < length; k += 4) {
    first += (a[from + k] as number) * (b[start + k] as number)
    second += (a[from + k + 1] as number) * (b[start + k + 1] as number)
    third += (a[from + k + 2] as number) * (b[start + k + 2] as number)
    fourth += (a[from + k + 3] as number) * (b[start + k + 3] as number)
  }
  for (; k < length; k++) first += (a[from + k] as number) * (b[start + k] as number)
  return first + second + (third + fourth)
}

/** Covariance of rows divided by `divisor`, its lower triangle packed as `Ellipsoid.factor` is. */
export function covarianceOf(rows: readonly ArrayLike<number>[], centre: Float64Array, divisor: number): Float64Array {
  const width = centre.length
  const packed = new Float64Array((width * (width + 1)) / 2)
  // Column by column of the centred rows, so that the inner loop runs over neighbours in memory.
  const columns = Array.from({ length: width }, () => new Float64Array(rows.length))
  rows.forEach((row, r) => {
    for (let j = 0; j < width; j++) (columns[j] as Float64Array)[r] = (row[j] as number) - (centre[j] as number)
  })
  let at = 0
  for (let i = 0; i < width; i++) {
    const first = columns[i] as Float64Array
    for (let j = 0; j <= i; j++) packed[at++] = dot(first, 0, columns[j] as Float64Array, 0, first.length) / divisor
  }
  return packed
}

/** Cholesky factor of a packed matrix with `jitter` on its diagonal; null where a pivot is not above `least`. */
function cholesky(packed: Float64Array, width: number, jitter: number, least: number): Float64Array | null {
  const factor = packed.slice()
  for (let i = 0; i < width; i++) {
    const row = (i * (i + 1)) / 2
    for (let j = 0; j < i; j++) {
      const other = (j * (j + 1)) / 2
      factor[row + j] =
        ((factor[row + j] as number) - dot(factor, row, factor, other, j)) / (factor[other + j] as number)
    }
    const pivot = (factor[row + i] as number) + jitter - dot(factor, row, factor, row, i)
    if (!(pivot > least)) return null
    factor[row + i] = Math.sqrt(pivot)
  }
  return factor
}

/** From a packed covariance; null when nothing varies or no jitter up to 0.1 makes it invertible. */
export function ellipsoid(centre: Float64Array, covariance: Float64Array): Ellipsoid | null {
  let largest = 0
  for (let i = 0; i < centre.length; i++) largest = Math.max(largest, covariance[(i * (i + 3)) / 2] as number)
  if (!(largest > 0 && Number.isFinite(largest))) return null
  for (const jitter of JITTERS) {
    const factor = cholesky(covariance, centre.length, jitter, LEAST_PIVOT * largest)
    if (factor) return { centre, factor, jitter }
  }
  return null
}

/** (x − μ)ᵀ Σ⁻¹ (x − μ), ≥ 0. Raises when x has another length. */
export function squaredMahalanobis(x: ArrayLike<number>, { centre, factor }: Ellipsoid): number {
  const width = centre.length
  if (x.length !== width) throw new RangeError(`squaredMahalanobis: ${x.length} values against ${width} fitted`)
  const solved = new Float64Array(width)
  let sum = 0
  for (let i = 0; i < width; i++) {
    const row = (i * (i + 1)) / 2
    const gap = (x[i] as number) - (centre[i] as number) - dot(factor, row, solved, 0, i)
    const value = gap / (factor[row + i] as number)
    solved[i] = value
    sum += value * value
  }
  return sum
}

/** Log determinant of the covariance. */
export function logDeterminant({ centre, factor }: Ellipsoid): number {
  let sum = 0
  for (let i = 0; i < centre.length; i++) sum += 2 * Math.log(factor[(i * (i + 3)) / 2] as number)
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
