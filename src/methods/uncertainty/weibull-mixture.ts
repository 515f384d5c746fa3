import { logGamma } from '../statistics/distributions/gamma.ts'

/** Shape k > 0 and scale λ > 0 of a Weibull distribution on [0, ∞). */
export interface Weibull {
  shape: number
  scale: number
}

export interface WeibullMixture {
  /** Share of the first component, in [0.2, 0.8]. */
  weight: number
  components: [Weibull, Weibull]
  /** Σ ln density at the fitted values. */
  logLikelihood: number
}

/** Values are kept this far above 0, where the density of a shape below 1 has no end. */
const LEAST_VALUE = 1e-12

const LEAST_WEIGHT = 0.2
const LEAST_PARAMETER = 0.01
/** Values that occur twice let a shape grow without end, and the likelihood with it. */
const LARGEST_PARAMETER = 1e6
const [LOG_LEAST, LOG_LARGEST] = [Math.log(LEAST_PARAMETER), Math.log(LARGEST_PARAMETER)]

/** Log density ln[(k/λ)(x/λ)^(k−1)] − (x/λ)^k of a value x > 0. */
export function weibullLogDensity(x: number, { shape, scale }: Weibull): number {
  const logRatio = Math.log(Math.max(x, LEAST_VALUE)) - Math.log(scale)
  return Math.log(shape) - Math.log(scale) + (shape - 1) * logRatio - Math.exp(shape * logRatio)
}

/** Mean λ·Γ(1 + 1/k) of a Weibull distribution; infinite where it leaves the range of numbers. */
export const weibullMean = ({ shape, scale }: Weibull): number => scale * Math.exp(logGamma(1 + 1 / shape))

/** Five free numbers behind the five bounded parameters: the share by a logistic curve, the others by their logarithm. */
type Point = Float64Array

const weightOf = (free: number) => LEAST_WEIGHT + (1 - 2 * LEAST_WEIGHT) / (1 + Math.exp(-free))

const parametersOf = (at: Point): { weight: number; components: [Weibull, Weibull] } => {
  const positive = (i: number) => Math.min(LARGEST_PARAMETER, Math.max(LEAST_PARAMETER, Math.exp(at[i] as number)))
  return {
    weight: weightOf(at[0] as number),
    components: [
      { shape: positive(1), scale: positive(2) },
      { shape: positive(3), scale: positive(4) },
    ],
  }
}

/** −Σ ln density from the logs of the values, and its gradient in the free numbers, written into `gradient`. */
function loss(logs: Float64Array, at: Point, gradient: Point): number {
  const { weight, components } = parametersOf(at)
  const [a, b] = components
  const [logScaleA, logScaleB] = [Math.log(a.scale), Math.log(b.scale)]
  const [offsetA, offsetB] = [
    Math.log(weight) + Math.log(a.shape) - logScaleA,
    Math.log1p(-weight) + Math.log(b.shape) - logScaleB,
  ]
  let [total, byWeight, shapeA, scaleA, shapeB, scaleB] = [0, 0, 0, 0, 0, 0]
  for (let i = 0; i < logs.length; i++) {
    const [ratioA, ratioB] = [(logs[i] as number) - logScaleA, (logs[i] as number) - logScaleB]
    const [powerA, powerB] = [Math.exp(a.shape * ratioA), Math.exp(b.shape * ratioB)]
    const logA = offsetA + (a.shape - 1) * ratioA - powerA
    const logB = offsetB + (b.shape - 1) * ratioB - powerB
    const top = Math.max(logA, logB)
    const sum = top + Math.log(Math.exp(logA - top) + Math.exp(logB - top))
    total -= sum
    const [ofA, ofB] = [Math.exp(logA - sum), Math.exp(logB - sum)]
    byWeight -= ofA / weight - ofB / (1 - weight)
    // A component without any part in a value has no slope there, however large its power.
    if (ofA > 0) {
      shapeA -= ofA * (1 + a.shape * ratioA * (1 - powerA))
      scaleA -= ofA * a.shape * (powerA - 1)
    }
    if (ofB > 0) {
      shapeB -= ofB * (1 + b.shape * ratioB * (1 - powerB))
      scaleB -= ofB * b.shape * (powerB - 1)
    }
  }
  const share = (weight - LEAST_WEIGHT) / (1 - 2 * LEAST_WEIGHT)
  gradient[0] = byWeight * (1 - 2 * LEAST_WEIGHT) * share * (1 - share)
  const slopes = [shapeA, scaleA, shapeB, scaleB]
  for (let i = 1; i <= 4; i++) {
    const inside = (at[i] as number) >= LOG_LEAST && (at[i] as number) <= LOG_LARGEST
    gradient[i] = inside ? (slopes[i - 1] as number) : 0
  }
  return total
}

/** Quasi-Newton descent (BFGS with backtracking) from `start`; the best point it reaches and the loss there. */
function descend(logs: Float64Array, start: Point, iterations: number): { at: Point; value: number } {
  const size = start.length
  let at = start
  let gradient = new Float64Array(size)
  let value = loss(logs, at, gradient)
  let inverse = identity(size)
  for (let iteration = 0; iteration < iterations; iteration++) {
    let direction = times(inverse, gradient, -1)
    let slope = dot(direction, gradient)
    if (!(slope < 0)) {
      inverse = identity(size)
      direction = gradient.map((g) => -g)
      slope = -dot(gradient, gradient)
    }
    if (-slope < 1e-12) break
    // Steps are kept below a factor of e² in each parameter.
    let step = Math.min(1, 2 / Math.max(...direction.map(Math.abs)))
    let [next, nextGradient, nextValue] = [at, gradient, Infinity]
    for (; step > 1e-14; step /= 2) {
      next = at.map((x, i) => x + step * (direction[i] as number))
      nextGradient = new Float64Array(size)
      nextValue = loss(logs, next, nextGradient)
      if (nextValue <= value + 1e-4 * step * slope) break
    }
    if (!(nextValue < value)) break
    updateInverse(
      inverse,
      next.map((x, i) => x - (at[i] as number)),
      nextGradient.map((g, i) => g - (gradient[i] as number)),
    )
    const gained = value - nextValue
    ;[at, gradient, value] = [next, nextGradient, nextValue]
    if (gained < 1e-12 * (1 + Math.abs(value))) break
  }
  return { at, value }
}

type Square = Float64Array[]

const identity = (size: number): Square =>
  Array.from({ length: size }, (_, i) => Float64Array.from({ length: size }, (_, j) => (i === j ? 1 : 0)))

const dot = (a: Point, b: Point): number => a.reduce((sum, x, i) => sum + x * (b[i] as number), 0)

const times = (matrix: Square, vector: Point, factor: number): Point =>
  Float64Array.from(matrix, (row) => factor * dot(row, vector))

/** The BFGS update of the inverse Hessian from a step and the change of the gradient, in place. */
function updateInverse(inverse: Square, step: Point, change: Point): void {
  const curvature = dot(step, change)
  if (!(curvature > 1e-14)) return
  const product = times(inverse, change, 1)
  const factor = (1 + dot(change, product) / curvature) / curvature
  inverse.forEach((row, i) => {
    for (let j = 0; j < row.length; j++) {
      const cross = (product[i] as number) * (step[j] as number) + (step[i] as number) * (product[j] as number)
      row[j] = (row[j] as number) + factor * (step[i] as number) * (step[j] as number) - cross / curvature
    }
  })
}

/** The share, shapes and scales that a descent starts from: those of the source, and three that follow the values. */
function starts(logs: Float64Array): Point[] {
  const sorted = Float64Array.from(logs).sort()
  const at = (share: number) => sorted[Math.floor(share * (sorted.length - 1))] as number
  return [
    Float64Array.from([0, 0, 0, Math.log(1.5), Math.log(2)]),
    Float64Array.from([0, Math.log(2), at(0.25), Math.log(4), at(0.8)]),
    Float64Array.from([1, Math.log(2), at(0.6), Math.log(16), at(0.95)]),
    Float64Array.from([1, Math.log(2), at(0.6), Math.log(8), at(0.05)]),
  ]
}

/**
 * Fits a mixture of two Weibull distributions to values > 0 by maximum likelihood, the share within [0.2, 0.8], shapes
 * and scales at least 0.01: the best of descents from share ½, (shape, scale) = (1, 1) and (1.5, 2), and from three
 * starts that follow the values. Compare fits by their likelihood: the components may change places, and the optimum may
 * be flat. Null of fewer than five values or when all are equal.
 * Z. Zhou et al., Bridging internal probability and self-consistency for effective and efficient LLM reasoning, 2025.
 */
export function fitWeibullMixture(values: ArrayLike<number>, iterations = 200): WeibullMixture | null {
  if (values.length < 5) return null
  const logs = Float64Array.from(values, (x) => Math.log(Math.max(x, LEAST_VALUE)))
  if (logs.every((value) => value === logs[0])) return null
  let best: { at: Point; value: number } | null = null
  for (const start of starts(logs)) {
    const found = descend(logs, start, iterations)
    if (Number.isFinite(found.value) && (!best || found.value < best.value - 1e-9)) best = found
  }
  return best && { ...parametersOf(best.at), logLikelihood: -best.value }
}

/** Share, in [0, 1], with which a value belongs to the component of the larger mean. */
export function highComponentShare(x: number, { weight, components: [a, b] }: WeibullMixture): number {
  const [logA, logB] = [Math.log(weight) + weibullLogDensity(x, a), Math.log1p(-weight) + weibullLogDensity(x, b)]
  const ofFirst = 1 / (1 + Math.exp(logB - logA))
  return weibullMean(a) >= weibullMean(b) ? ofFirst : 1 - ofFirst
}
