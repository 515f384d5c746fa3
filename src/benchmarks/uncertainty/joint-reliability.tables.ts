import type { Curve, Table } from '../../../schema/report.ts'
import { kendallTauB } from '../../methods/statistics/correlation.ts'
import { averageRanks } from '../../methods/statistics/ranks.ts'
import { mean } from '../../methods/statistics/summary.ts'
import { brierOf, chanceCorrectedError, eceOf, errorOf, nllOf } from './choice-measures.ts'
import {
  corruptionOf,
  detectionOf,
  isCorrupted,
  type JointRow,
  judgedAt,
  judgedBy,
  meanCorruptionError,
  suresOf,
} from './joint-reliability.measures.ts'
import type { JointParams } from './joint-reliability.ts'

interface Column {
  title: string
  unit?: 'share' | 'nats' | 'ratio'
  /** Whether lower is better. */
  lower: boolean
  of: (rows: readonly JointRow[], name: string, params: JointParams) => number | null
}

const COLUMNS: readonly Column[] = [
  { title: 'Error', unit: 'share', lower: true, of: (rows, name) => errorOf(judgedBy(rows, name)) },
  { title: 'Error over guessing', lower: true, of: (rows, name) => chanceCorrectedError(judgedBy(rows, name)) },
  { title: 'ECE', lower: true, of: (rows, name) => eceOf(judgedBy(rows, name)) },
  { title: 'NLL', unit: 'nats', lower: true, of: (rows, name) => nllOf(judgedBy(rows, name)) },
  { title: 'Brier', lower: true, of: (rows, name) => brierOf(judgedBy(rows, name)) },
  {
    title: 'Error, corrupted',
    unit: 'share',
    lower: true,
    of: (rows, name, params) => meanCorruptionError(rows, name, params),
  },
  {
    title: 'mCE',
    unit: 'ratio',
    lower: true,
    of: (rows, name, params) => corruptionOf(rows, name, params)?.plain.meanError ?? null,
  },
  {
    title: 'Relative mCE',
    unit: 'ratio',
    lower: true,
    of: (rows, name, params) => corruptionOf(rows, name, params)?.relative.meanError ?? null,
  },
  { title: 'Foreign: ROC AUC', lower: false, of: (rows, name) => detectionOf(suresOf(rows, name)).rocAuc },
  {
    title: 'Foreign: FPR at 95 %',
    unit: 'share',
    lower: true,
    of: (rows, name) => detectionOf(suresOf(rows, name)).falsePositiveRateAt95,
  },
  {
    title: 'Foreign: detection error',
    unit: 'share',
    lower: true,
    of: (rows, name) => detectionOf(suresOf(rows, name)).detectionError,
  },
]

/** One row a target over all concerns. */
export const targetTable = (rows: readonly JointRow[], names: readonly string[], params: JointParams): Table => ({
  id: 'targets',
  title: 'All concerns, one row a target',
  columns: [{ title: 'Target' }, ...COLUMNS.map(({ title, unit }) => (unit ? { title, unit } : { title }))],
  rows: names.map((name) => [name, ...COLUMNS.map(({ of }) => of(rows, name, params))]),
  note: 'No sum over the columns is formed: what they are worth to each other depends on the use.',
})

/** Error by kind of corruption and its ratio to the baseline's. */
export const kindTable = (rows: readonly JointRow[], names: readonly string[], params: JointParams): Table => {
  const some = rows.filter(isCorrupted)
  return {
    id: 'kinds',
    title: `By kind of corruption, ${some.length} questions`,
    columns: [
      { title: 'Target' },
      { title: 'Kind' },
      ...params.severities.map((severity) => ({ title: `Error at ${severity}`, unit: 'share' as const })),
      { title: 'CE', unit: 'ratio' },
    ],
    rows:
      some.length === 0
        ? []
        : names.flatMap((name) => {
            const against = corruptionOf(rows, name, params)
            return params.kinds.map((kind, at) => [
              name,
              kind,
              ...params.severities.map((_, severity) => errorOf(judgedAt(some, name, at, severity))),
              against?.plain.errors[kind] ?? null,
            ])
          }),
  }
}

/** Ranks of the targets in each column, and how far the columns agree; with three targets or more. */
export function rankTables(rows: readonly JointRow[], names: readonly string[], params: JointParams): Table[] {
  if (names.length < 2) return []
  const columns = COLUMNS.flatMap((column) => {
    const values = names.map((name) => column.of(rows, name, params))
    // Negated where higher is better, so that a rank of 1 is the best everywhere.
    return values.includes(null)
      ? []
      : [{ title: column.title, values: (values as number[]).map((value) => (column.lower ? value : -value)) }]
  })
  const ranks: Table = {
    id: 'ranks',
    title: 'Rank of each target by column, 1 = best',
    columns: [{ title: 'Target' }, ...columns.map(({ title }) => ({ title }))],
    rows: names.map((name, place) => [
      name,
      ...columns.map(({ values }) => averageRanks(values).ranks[place] as number),
    ]),
  }
  if (names.length < 3) return [ranks]
  return [
    ranks,
    {
      id: 'agreement',
      title: 'How far two columns rank the targets alike, Kendall’s τ-b',
      columns: [{ title: 'Column' }, ...columns.map(({ title }) => ({ title }))],
      rows: columns.map((one) => [one.title, ...columns.map((other) => kendallTauB(one.values, other.values))]),
    },
  ]
}

/** Error and calibration error by severity, severity 0 being the same questions uncorrupted. */
export function curvesOf(rows: readonly JointRow[], names: readonly string[], params: JointParams): Curve[] {
  const some = rows.filter(isCorrupted)
  if (some.length === 0) return []
  const { kinds, severities } = params
  const own = kinds.map((kind, at) => ({
    name: kind,
    points: [
      [0, errorOf(judgedBy(some, 'target'))] as const,
      ...severities.map((severity, place) => [severity, errorOf(judgedAt(some, 'target', at, place))] as const),
    ],
  }))
  const over = (name: string, of: typeof eceOf) => ({
    name,
    points: [
      [0, of(judgedBy(some, name))] as const,
      ...severities.map(
        (severity, place) =>
          [severity, mean(kinds.flatMap((_, at) => of(judgedAt(some, name, at, place)) ?? []))] as const,
      ),
    ],
  })
  const drawn = (list: { name: string; points: (readonly [number, number | null])[] }[]): Curve['series'] =>
    list.map(({ name, points }) => ({
      name,
      points: points
        .flatMap(([x, y]): [number, number][] => (y === null ? [] : [[x, y]]))
        .sort(([first], [second]) => first - second),
    }))
  const x = { title: 'Severity of the corruption (0: none)' }
  return [
    {
      id: 'errorByKind',
      title: 'Error by severity and kind',
      x,
      y: { title: 'Error rate' },
      kind: 'line',
      series: drawn(own),
    },
    {
      id: 'errorBySeverity',
      title: 'Error by severity, mean over kinds',
      x,
      y: { title: 'Error rate' },
      kind: 'line',
      series: drawn(names.map((name) => over(name, errorOf))),
    },
    {
      id: 'eceBySeverity',
      title: 'Calibration error by severity, mean over kinds',
      x,
      y: { title: 'ECE' },
      kind: 'line',
      series: drawn(names.map((name) => over(name, eceOf))),
    },
  ]
}
