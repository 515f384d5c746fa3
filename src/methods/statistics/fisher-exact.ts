import { logGamma } from './distributions/gamma.ts'

/**
 * Fisher's exact two-sided test of a 2 × 2 table of counts [[a, b], [c, d]]: adds the tables with the same margins that
 * are no more likely than the observed one (relative slack 1e-7). A table with an empty row or column has p = 1. Raises
 * on negative or fractional counts.
 * R. A. Fisher, On the interpretation of χ² from contingency tables, JRSS 85 (1922).
 */
export function fisherExact(table: readonly [readonly [number, number], readonly [number, number]]): {
  pValue: number
  oddsRatio: number | null
} {
  const [[a, b], [c, d]] = table
  for (const count of [a, b, c, d])
    if (!(Number.isInteger(count) && count >= 0)) throw new RangeError(`fisherExact: ${count} is no count`)
  const [row, column, total] = [a + b, a + c, a + b + c + d]
  const logChoose = (n: number, k: number) => logGamma(n + 1) - logGamma(k + 1) - logGamma(n - k + 1)
  const logProbability = (k: number) =>
    logChoose(column, k) + logChoose(total - column, row - k) - logChoose(total, row)
  const [low, high] = [Math.max(0, row + column - total), Math.min(row, column)]
  const limit = logProbability(a) + Math.log1p(1e-7)
  let pValue = 0
  for (let k = low; k <= high; k++) {
    const log = logProbability(k)
    if (log <= limit) pValue += Math.exp(log)
  }
  return { pValue: Math.min(1, pValue), oddsRatio: b * c === 0 ? null : (a * d) / (b * c) }
}
