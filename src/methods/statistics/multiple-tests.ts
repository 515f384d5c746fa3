import { ascendingOrder } from './summary.ts'

/** Adjusted p-values and decisions, in the order of the p-values given. */
export interface AdjustedTests {
  adjusted: number[]
  reject: boolean[]
}

/**
 * Holm's step-down adjustment: family-wise error at most `alpha`. An empty family gives empty lists.
 * S. Holm, A simple sequentially rejective multiple test procedure, Scandinavian Journal of Statistics 6 (1979).
 */
export function holm(pValues: readonly number[], alpha = 0.05): AdjustedTests {
  const count = pValues.length
  const adjusted = new Array<number>(count)
  const reject = new Array<boolean>(count)
  let [largest, rejecting] = [0, true]
  ascendingOrder(pValues).forEach((position, i) => {
    const p = pValues[position] as number
    largest = Math.max(largest, p * (count - i))
    adjusted[position] = Math.min(1, largest)
    rejecting &&= p <= alpha / (count - i)
    reject[position] = rejecting
  })
  return { adjusted, reject }
}

/**
 * Benjamini and Hochberg's step-up adjustment: false discovery rate at most `alpha` for independent tests.
 * An empty family gives empty lists.
 * Y. Benjamini and Y. Hochberg, Controlling the false discovery rate, JRSS B 57 (1995).
 */
export function benjaminiHochberg(pValues: readonly number[], alpha = 0.05): AdjustedTests {
  const count = pValues.length
  const adjusted = new Array<number>(count)
  const reject = new Array<boolean>(count)
  const order = ascendingOrder(pValues)
  let [smallest, rejecting] = [1, false]
  for (let i = count - 1; i >= 0; i--) {
    const position = order[i] as number
    const p = pValues[position] as number
    const share = (i + 1) / count
    smallest = Math.min(smallest, p / share)
    adjusted[position] = smallest
    rejecting ||= p <= share * alpha
    reject[position] = rejecting
  }
  return { adjusted, reject }
}
