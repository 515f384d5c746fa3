import { chiSquareUpperTail } from './distributions/gamma.ts'
import { sameLength } from './summary.ts'

export interface ChiSquareResult {
  statistic: number
  degreesOfFreedom: number
  pValue: number
  /** Below 5 the p-value is rough. */
  smallestExpected: number
}

/**
 * Pearson's test that counts follow `expected` shares (uniform when left out). Null with fewer than two cells, no
 * count, or an expected share of 0.
 */
export function chiSquareGoodnessOfFit(
  counts: readonly number[],
  expected: readonly number[] = counts.map(() => 1),
): ChiSquareResult | null {
  sameLength('chiSquareGoodnessOfFit', counts, expected)
  const total = counts.reduce((sum, count) => sum + count, 0)
  const weight = expected.reduce((sum, share) => sum + share, 0)
  if (counts.length < 2 || total === 0 || expected.some((share) => !(share > 0))) return null
  const cells = expected.map((share) => (share / weight) * total)
  return resultOf(counts, cells, counts.length - 1)
}

/**
 * Pearson's test that the rows and columns of a table of counts are independent. Empty rows and columns are left out;
 * null when fewer than two of either are left.
 */
export function chiSquareIndependence(table: readonly (readonly number[])[]): ChiSquareResult | null {
  const rowSums = table.map((row) => row.reduce((sum, count) => sum + count, 0))
  const width = table[0]?.length ?? 0
  const columnSums = Array.from({ length: width }, (_, j) => table.reduce((sum, row) => sum + (row[j] as number), 0))
  const total = rowSums.reduce((sum, count) => sum + count, 0)
  const rows = rowSums.filter((sum) => sum > 0).length
  const columns = columnSums.filter((sum) => sum > 0).length
  if (rows < 2 || columns < 2) return null
  const [observed, cells]: [number[], number[]] = [[], []]
  table.forEach((row, i) => {
    row.forEach((count, j) => {
      const cell = ((rowSums[i] as number) * (columnSums[j] as number)) / total
      if (cell === 0) return
      observed.push(count)
      cells.push(cell)
    })
  })
  return resultOf(observed, cells, (rows - 1) * (columns - 1))
}

function resultOf(observed: readonly number[], cells: readonly number[], degreesOfFreedom: number): ChiSquareResult {
  const statistic = cells.reduce((sum, cell, i) => sum + ((observed[i] as number) - cell) ** 2 / cell, 0)
  return {
    statistic,
    degreesOfFreedom,
    pValue: chiSquareUpperTail(statistic, degreesOfFreedom),
    smallestExpected: Math.min(...cells),
  }
}
