import type { Curve, Table } from '../../../schema/report.ts'
import { mean } from '../../methods/statistics/summary.ts'
import { groupBy } from '../report/rows.ts'
import {
  at,
  calibrationError,
  creditOf,
  type ReasoningRow,
  subsetValue,
  TITLES,
} from './perplexity-consistency.measures.ts'
import { type Method, SUBSETS } from './perplexity-consistency.votes.ts'

type RowsOf = (method: Method) => readonly ReasoningRow[]

/** Values over the subsets, as mean and range. */
function overSubsets(of: (subset: number) => number | null): { value: number; band: [number, number] } | null {
  const values = Array.from({ length: SUBSETS }, (_, subset) => of(subset)).filter((value) => value !== null)
  const value = mean(values)
  return value === null ? null : { value, band: [Math.min(...values), Math.max(...values)] }
}

/** Accuracy and calibration error by number of samples, and the parts of a confidence’s error. */
export function curvesOf(rowsOf: RowsOf, given: readonly Method[], counts: readonly number[]): Curve[] {
  const series = (of: (method: Method, place: number, subset: number) => number | null) =>
    given.map((method) => {
      const found = counts.flatMap((count, place) => {
        const over = overSubsets((subset) => of(method, place, subset))
        return over ? [{ count, ...over }] : []
      })
      return {
        name: TITLES[method],
        points: found.map(({ count, value }): [number, number] => [count, value]),
        band: found.map(({ band }) => band),
      }
    })
  return [
    {
      id: 'accuracy',
      title: 'Accuracy by number of samples',
      x: { title: 'Samples' },
      y: { title: 'Accuracy' },
      kind: 'line',
      series: series((method, place, subset) =>
        mean(rowsOf(method).map((row) => subsetValue(row.detail.credits, method, place, subset) ?? 0)),
      ),
    },
    {
      id: 'ece',
      title: 'Calibration error by number of samples',
      x: { title: 'Samples' },
      y: { title: 'ECE of the winner’s confidence' },
      kind: 'line',
      series: series((method, place, subset) => calibrationError(rowsOf(method), method, place, subset)),
    },
    {
      id: 'errors',
      title: 'What the error of a confidence is made of',
      x: { title: 'Vote' },
      y: { title: 'Mean squared error' },
      kind: 'bars',
      categories: given.map((method) => method),
      series: [
        {
          name: 'model error',
          points: given.flatMap((method, place): [number, number][] => {
            const value = mean(rowsOf(method).flatMap((row) => row.detail.modelErrors[at(method)] ?? []))
            return value === null ? [] : [[place, value]]
          }),
        },
        ...counts.slice(0, -1).map((count, of) => ({
          name: `estimation error with ${count} samples`,
          points: given.flatMap((method, place): [number, number][] => {
            const value = mean(rowsOf(method).flatMap((row) => row.detail.estimationErrors[at(method)]?.[of] ?? []))
            return value === null ? [] : [[place, value]]
          }),
        })),
      ],
    },
  ]
}

/** Every vote at every number of samples. */
export const countTable = (rowsOf: RowsOf, given: readonly Method[], counts: readonly number[]): Table => ({
  id: 'samples',
  title: `Each vote by number of samples, means over ${SUBSETS} subsets`,
  columns: [
    { title: 'Vote' },
    { title: 'Samples', unit: 'count' },
    { title: 'Accuracy', unit: 'share' },
    { title: 'ECE' },
    { title: 'Estimation error' },
  ],
  rows: given.flatMap((method) =>
    counts.map((count, place) => [
      TITLES[method],
      count,
      mean(rowsOf(method).map((row) => creditOf(row, method, place) ?? 0)),
      overSubsets((subset) => calibrationError(rowsOf(method), method, place, subset))?.value ?? null,
      mean(rowsOf(method).flatMap((row) => row.detail.estimationErrors[at(method)]?.[place] ?? [])),
    ]),
  ),
  note: 'For self-consistency the estimation error should be near h(1 − h)/K, less the share of the samples already taken.',
})

/** Accuracy of every vote within each kind of problem. */
export const strataTable = (
  rowsOf: RowsOf,
  given: readonly Method[],
  all: readonly ReasoningRow[],
  last: number,
): Table => ({
  id: 'strata',
  title: 'Accuracy by kind of problem, all samples',
  columns: [
    { title: 'Kind' },
    { title: 'Problems', unit: 'count' },
    ...given.map((method) => ({ title: TITLES[method], unit: 'share' as const })),
  ],
  rows: [...groupBy(all, (row) => row.detail.stratum ?? 'all')].map(([name, rows]) => [
    name,
    rows.length,
    ...given.map((method) =>
      mean(
        rowsOf(method)
          .filter((row) => (row.detail.stratum ?? 'all') === name)
          .map((row) => creditOf(row, method, last) ?? 0),
      ),
    ),
  ]),
})
