import type { Random } from '../random.ts'
import { chiSquareUpperTail } from './distributions/gamma.ts'
import { covarianceOf, type Ellipsoid, ellipsoid, logDeterminant, meanRow, squaredMahalanobis } from './gaussian-fit.ts'
import { ascendingOrder, quantile } from './summary.ts'

const STARTS = 30
const KEPT = 5
const FIRST_STEPS = 2
const LAST_STEPS = 30

/** The x that a chi-square variable exceeds with probability `tail`, by bisection. */
export function chiSquareQuantileAbove(tail: number, degreesOfFreedom: number): number {
  let [low, high] = [0, 1]
  while (chiSquareUpperTail(high, degreesOfFreedom) > tail) high *= 2
  for (let i = 0; i < 200 && high - low > 1e-14 * high; i++) {
    const middle = (low + high) / 2
    if (chiSquareUpperTail(middle, degreesOfFreedom) > tail) low = middle
    else high = middle
  }
  return (low + high) / 2
}

interface Candidate {
  shape: Ellipsoid
  logDeterminant: number
  members: Uint32Array
}

/** The Gaussian (divided by n) of some rows, and the log determinant of its covariance. */
function candidate(rows: readonly ArrayLike<number>[], members: Uint32Array): Candidate | null {
  const own = Array.from(members, (i) => rows[i] as ArrayLike<number>)
  const centre = meanRow(own)
  const shape = centre && ellipsoid(centre, covarianceOf(own, centre, own.length))
  return shape && { shape, logDeterminant: logDeterminant(shape), members }
}

/** Concentration steps: the rows nearest to a Gaussian make the next one, until its determinant falls no more. */
function concentrated(rows: readonly ArrayLike<number>[], start: Candidate, steps: number): Candidate {
  let best = start
  for (let step = 0; step < steps; step++) {
    const order = ascendingOrder(rows.map((row) => squaredMahalanobis(row, best.shape)))
    const next = candidate(rows, order.slice(0, start.members.length))
    if (!next || !(next.logDeterminant < best.logDeterminant - 1e-12)) break
    best = next
  }
  return best
}

/**
 * Minimum covariance determinant: centre and covariance of the ⌈(n + d + 1)/2⌉ rows whose covariance has the least
 * determinant found from seeded random starts, made consistent by the median distance and reweighted by leaving out
 * rows beyond the 97.5 % point of chi-square. Null when there are too few rows (n ≤ d + 1) or nothing varies.
 * P. J. Rousseeuw and K. Van Driessen, A fast algorithm for the minimum covariance determinant estimator,
 * Technometrics 41 (1999).
 */
export function minimumCovarianceDeterminant(rows: readonly ArrayLike<number>[], random: Random): Ellipsoid | null {
  const width = rows[0]?.length ?? 0
  const count = rows.length
  const support = Math.min(count, Math.ceil((count + width + 1) / 2))
  if (width === 0 || count <= width + 1) return null
  const places = Array.from({ length: count }, (_, i) => i)
  const started: Candidate[] = []
  for (let s = 0; s < STARTS; s++) {
    const start = candidate(rows, Uint32Array.from(random.shuffle(places).slice(0, support)))
    if (start) started.push(concentrated(rows, start, FIRST_STEPS))
  }
  const [best] = started
    .sort((a, b) => a.logDeterminant - b.logDeterminant)
    .slice(0, KEPT)
    .map((one) => concentrated(rows, one, LAST_STEPS))
    .sort((a, b) => a.logDeterminant - b.logDeterminant)
  if (!best) return null
  const distances = rows.map((row) => squaredMahalanobis(row, best.shape))
  const correction = (quantile(distances, 0.5) as number) / chiSquareQuantileAbove(0.5, width)
  const limit = chiSquareQuantileAbove(0.025, width) * correction
  const inliers = Uint32Array.from(places.filter((i) => (distances[i] as number) < limit))
  return (inliers.length > width + 1 ? candidate(rows, inliers)?.shape : null) ?? best.shape
}
