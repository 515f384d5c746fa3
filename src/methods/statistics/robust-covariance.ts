import { type Concentrated, concentration } from './concentration-steps.ts'
import { chiSquareQuantileAbove, chiSquareUpperTail } from './distributions/gamma.ts'
import type { Ellipsoid } from './gaussian-fit.ts'
import { mersennePermutations } from './mersenne-permutations.ts'

/** Rows up to which all of them are searched at once, as the reference does it. */
const ONE_SEARCH = 500
/** Rows that one of several searches has at the most, roughly. */
const PART = 300
/** Rows that the best of all parts are compared on. */
const MERGED = 1500
const STARTS = 30
const ALL_STARTS = 500
const KEPT = 10
const FIRST_STEPS = 2
const LAST_STEPS = 30
/** Rows beyond this point of chi-square are left out in the end. */
const TAIL = 0.025

type Rows = readonly ArrayLike<number>[]
type Permutation = (count: number) => Uint32Array

/**
 * Factor that makes the covariance of the innermost share `alpha` of a Gaussian that of the whole.
 * C. Croux and G. Haesbroeck, Influence function and efficiency of the minimum covariance determinant scatter matrix
 * estimator, Journal of Multivariate Analysis 71 (1999).
 */
export function consistencyFactor(width: number, alpha: number): number {
  if (alpha >= 1) return 1
  return alpha / (1 - chiSquareUpperTail(chiSquareQuantileAbove(1 - alpha, width), width + 2))
}

const byDeterminant = (found: readonly (Concentrated | null)[], kept: number): Concentrated[] =>
  found
    .filter((one) => one !== null)
    .sort((a, b) => a.logDeterminant - b.logDeterminant)
    .slice(0, kept)

/** The best subsets of `support` rows from random starts. */
const fromStarts = (rows: Rows, support: number, starts: number, permutation: Permutation): Concentrated[] => {
  const steps = concentration(rows, support)
  return byDeterminant(
    Array.from({ length: starts }, () => steps.from(permutation(rows.length).slice(0, support), FIRST_STEPS)),
    KEPT,
  )
}

const fromShapes = (rows: Rows, support: number, shapes: readonly Ellipsoid[], kept: number): Concentrated[] => {
  const steps = concentration(rows, support)
  return byDeterminant(
    shapes.map((shape) => steps.from(shape, LAST_STEPS)),
    kept,
  )
}

/** Of one variable the shortest half is exact. */
function shortestHalf(rows: Rows, support: number): { members: number[]; distances: Float64Array } {
  const values = Float64Array.from(rows, (row) => row[0] as number)
  const sorted = values.slice().sort()
  let centre = (sorted.reduce((sum, value) => sum + value, 0) / sorted.length) as number
  if (support < sorted.length) {
    const spans = Array.from(
      { length: sorted.length - support },
      (_, i) => (sorted[support + i] as number) - (sorted[i] as number),
    )
    const least = Math.min(...spans)
    const middles = spans.flatMap((span, i) =>
      span === least ? [((sorted[support + i] as number) + (sorted[i] as number)) / 2] : [],
    )
    centre = middles.reduce((sum, value) => sum + value, 0) / middles.length
  }
  const order = Array.from(values.keys()).sort(
    (a, b) => Math.abs((values[a] as number) - centre) - Math.abs((values[b] as number) - centre),
  )
  const members = order.slice(0, support)
  const own = members.map((i) => values[i] as number)
  const mean = own.reduce((sum, value) => sum + value, 0) / support
  const variance = own.reduce((sum, value) => sum + (value - mean) ** 2, 0) / support
  return { members, distances: values.map((value) => (value - centre) ** 2 / variance) }
}

/** Squared distances of all rows to the subset of least determinant; null when nothing varies in it. */
function rawDistances(rows: Rows, support: number, permutation: Permutation): Float64Array | null {
  const count = rows.length
  if (rows[0]?.length === 1) {
    const { distances } = shortestHalf(rows, support)
    return distances.every(Number.isFinite) ? distances : null
  }
  if (count <= ONE_SEARCH) {
    const started = fromStarts(rows, support, STARTS, permutation).map(({ shape }) => shape)
    return fromShapes(rows, support, started, 1)[0]?.distances() ?? null
  }
  const parts = Math.floor(count / PART)
  const size = Math.floor(count / parts)
  const shuffled = permutation(count)
  const pick = (places: Uint32Array) => Array.from(places, (place) => rows[place] as ArrayLike<number>)
  const started = Array.from({ length: parts }, (_, part) =>
    fromStarts(
      pick(shuffled.subarray(part * size, (part + 1) * size)),
      Math.ceil(size * (support / count)),
      Math.max(10, Math.floor(ALL_STARTS / parts)),
      permutation,
    ),
  ).flat()
  const selection = permutation(count).slice(0, MERGED)
  const merged = fromShapes(
    pick(selection),
    Math.ceil(selection.length * (support / count)),
    started.map(({ shape }) => shape),
    count > MERGED ? KEPT : 1,
  )
  if (count >= MERGED)
    return (
      fromShapes(
        rows,
        support,
        merged.map(({ shape }) => shape),
        1,
      )[0]?.distances() ?? null
    )
  const own = merged[0]?.distances()
  if (!own) return null
  const distances = new Float64Array(count)
  selection.forEach((place, i) => {
    distances[place] = own[i] as number
  })
  return distances
}

/**
 * Minimum covariance determinant: centre and covariance of the ⌈(n + d + 1)/2⌉ rows whose covariance has the least
 * determinant found from random starts, made consistent and reweighted by leaving out rows beyond the 97.5 % point of
 * chi-square. Starts, their number and corrections are those of scikit-learn 1.9 with random state `seed`, so that its
 * values are met. Null when there are too few rows (n ≤ d + 1) or nothing varies.
 * P. J. Rousseeuw and K. Van Driessen, A fast algorithm for the minimum covariance determinant estimator,
 * Technometrics 41 (1999).
 */
export function minimumCovarianceDeterminant(rows: Rows, seed = 42): Ellipsoid | null {
  const width = rows[0]?.length ?? 0
  const count = rows.length
  if (width === 0 || count <= width + 1) return null
  const least = Math.min(count, Math.ceil((count + width + 1) / 2))
  // More rows where so few do not vary, as lm-polygraph tries them.
  for (const support of [least, Math.floor(0.9 * count), count]) {
    const distances = support < least ? null : rawDistances(rows, support, mersennePermutations(seed))
    if (!distances) continue
    const limit = chiSquareQuantileAbove(TAIL, width) * consistencyFactor(width, support / count)
    const near = Uint32Array.from(rows.keys()).filter((i) => (distances[i] as number) < limit)
    const shape = near.length > width + 1 ? concentration(rows, count).subset(near)?.shape : null
    if (shape) return scaled(shape, consistencyFactor(width, 1 - TAIL))
  }
  return null
}

const scaled = ({ centre, factor, jitter }: Ellipsoid, by: number): Ellipsoid => ({
  centre,
  factor: factor.map((value) => value * Math.sqrt(by)),
  jitter: jitter * by,
})
