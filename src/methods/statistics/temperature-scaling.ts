import { sameLength } from './summary.ts'

/** Softmax of logits divided by `temperature` (> 0), without overflow; sums to 1. */
export function softmax(logits: ArrayLike<number>, temperature = 1): Float64Array {
  let largest = -Infinity
  for (let i = 0; i < logits.length; i++) largest = Math.max(largest, logits[i] as number)
  const weights = Float64Array.from(logits, (logit) => Math.exp((logit - largest) / temperature))
  const sum = weights.reduce((total, weight) => total + weight, 0)
  return weights.map((weight) => weight / sum)
}

/**
 * The temperature in [0.001, 1000] that gives the least log loss of softmax(logits / T): the loss is convex in 1/T, so
 * its slope is halved to zero. Null of an empty list or when every row of logits is constant.
 * C. Guo et al., On calibration of modern neural networks, ICML 2017, section 4.2.
 */
export function temperatureScaling(rows: readonly ArrayLike<number>[], gold: readonly number[]): number | null {
  sameLength('temperatureScaling', rows, gold)
  if (rows.every((row) => Array.from(row).every((logit) => logit === row[0]))) return null
  // Derivative of the loss in b = 1/T: mean over rows of E_p[logit] − logit of the gold class.
  const slope = (b: number) => {
    let sum = 0
    rows.forEach((row, i) => {
      const p = softmax(row, 1 / b)
      for (let c = 0; c < row.length; c++) sum += (p[c] as number) * (row[c] as number)
      sum -= row[gold[i] as number] as number
    })
    return sum
  }
  let [low, high] = [Math.log(1e-3), Math.log(1e3)]
  for (let i = 0; i < 100; i++) {
    const middle = (low + high) / 2
    if (slope(Math.exp(middle)) < 0) low = middle
    else high = middle
  }
  return Math.exp(-(low + high) / 2)
}
