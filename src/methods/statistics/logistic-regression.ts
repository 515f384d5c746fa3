import { Matrix, solve } from 'ml-matrix'
import type { Label } from './binary-classification.ts'
import { sameLength } from './summary.ts'

export interface LogisticModel {
  intercept: number
  weights: number[]
  /** Probability of the positive class for one row of features. */
  predict(features: ArrayLike<number>): number
}

/** 1 / (1 + e^−x), without overflow. */
export const sigmoid = (x: number): number => {
  if (x >= 0) return 1 / (1 + Math.exp(-x))
  const e = Math.exp(x)
  return e / (1 + e)
}

/** ln(1 + e^x), without overflow. */
export const softplus = (x: number): number => Math.max(x, 0) + Math.log1p(Math.exp(-Math.abs(x)))

/**
 * Maximum-likelihood logistic regression with an intercept, by Newton's method with step halving.
 * `penalty` is the weight of ½‖w‖² on features scaled to unit spread, the intercept left out; at 0, separable or
 * constant data have no finite solution. Null when there is no item, one class, or no finite solution.
 * Raises when rows differ in length.
 */
export function logisticRegression(
  rows: readonly ArrayLike<number>[],
  labels: ArrayLike<Label>,
  { penalty = 0, iterations = 100 }: { penalty?: number; iterations?: number } = {},
): LogisticModel | null {
  sameLength('logisticRegression', rows, labels)
  const first = rows[0]
  if (!first) return null
  const width = first.length
  for (const row of rows) sameLength('logisticRegression', row, first)
  const targets = Float64Array.from({ length: rows.length }, (_, i) => (labels[i] ? 1 : 0))
  const positive = targets.reduce((sum, y) => sum + y, 0)
  if (positive === 0 || positive === rows.length) return null
  const { centres, scales } = spreads(rows, width)
  if (penalty === 0 && scales.some((scale) => scale === 0)) return null
  const design = rows.map((row) =>
    Float64Array.from({ length: width + 1 }, (_, j) =>
      j === 0 ? 1 : scaled(row[j - 1] as number, centres[j - 1] as number, scales[j - 1] as number),
    ),
  )
  const coefficients = newton(design, targets, penalty, iterations)
  if (!coefficients) return null
  const weights = Array.from({ length: width }, (_, j) =>
    scales[j] === 0 ? 0 : (coefficients[j + 1] as number) / (scales[j] as number),
  )
  const intercept = weights.reduce((sum, w, j) => sum - w * (centres[j] as number), coefficients[0] as number)
  return {
    intercept,
    weights,
    predict: (features) => sigmoid(weights.reduce((sum, w, j) => sum + w * (features[j] as number), intercept)),
  }
}

const scaled = (value: number, centre: number, scale: number) => (scale === 0 ? 0 : (value - centre) / scale)

function spreads(rows: readonly ArrayLike<number>[], width: number) {
  const centres = new Float64Array(width)
  const scales = new Float64Array(width)
  for (let j = 0; j < width; j++) {
    let [sum, squares] = [0, 0]
    for (const row of rows) sum += row[j] as number
    centres[j] = sum / rows.length
    for (const row of rows) squares += ((row[j] as number) - (centres[j] as number)) ** 2
    scales[j] = Math.sqrt(squares / rows.length)
  }
  return { centres, scales }
}

/** A log-odds this large on unit-spread features means that the likelihood grows without end. */
const LARGEST_COEFFICIENT = 1e4

function newton(
  design: readonly Float64Array[],
  targets: Float64Array,
  penalty: number,
  iterations: number,
): Float64Array | null {
  const size = (design[0] as Float64Array).length
  const margin = (row: Float64Array, at: Float64Array) => row.reduce((sum, x, j) => sum + x * (at[j] as number), 0)
  const loss = (at: Float64Array) => {
    let sum = 0
    for (let j = 1; j < size; j++) sum += (penalty / 2) * (at[j] as number) ** 2
    design.forEach((row, i) => {
      const m = margin(row, at)
      sum += softplus(m) - (targets[i] as number) * m
    })
    return sum
  }
  let at = new Float64Array(size)
  let current = loss(at)
  for (let iteration = 0; iteration < iterations; iteration++) {
    const gradient = Matrix.zeros(size, 1)
    const hessian = Matrix.zeros(size, size)
    design.forEach((row, i) => {
      const p = sigmoid(margin(row, at))
      const weight = p * (1 - p)
      for (let j = 0; j < size; j++) {
        gradient.set(j, 0, gradient.get(j, 0) + (p - (targets[i] as number)) * (row[j] as number))
        for (let k = 0; k < size; k++)
          hessian.set(j, k, hessian.get(j, k) + weight * (row[j] as number) * (row[k] as number))
      }
    })
    for (let j = 1; j < size; j++) {
      gradient.set(j, 0, gradient.get(j, 0) + penalty * (at[j] as number))
      hessian.set(j, j, hessian.get(j, j) + penalty)
    }
    const step = solve(hessian, gradient, true).to1DArray()
    if (step.some((s) => !Number.isFinite(s))) return null
    let moved = false
    for (let share = 1; share > 1e-6; share /= 2) {
      const next = at.map((value, j) => value - share * (step[j] as number))
      const reached = loss(next)
      if (reached <= current) {
        moved = reached < current
        at = next
        current = reached
        break
      }
    }
    if (at.some((value) => Math.abs(value) > LARGEST_COEFFICIENT)) return null
    if (!moved || step.every((s) => Math.abs(s) < 1e-10)) return current / design.length < 1e-7 ? null : at
  }
  return null
}
