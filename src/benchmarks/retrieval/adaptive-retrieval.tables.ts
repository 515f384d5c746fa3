import type { Curve, Metric, Table } from '../../../schema/report.ts'
import { foldOf } from '../../methods/random.ts'
import { LEAST_PER_FOLD } from '../report/folds.ts'
import { statisticInterval } from '../report/metrics.ts'
import { groupBy } from '../report/rows.ts'
import type { RetrievalParams } from './adaptive-retrieval.ts'
import {
  always,
  byChance,
  callsOf,
  type Decided,
  decidedBy,
  figures,
  filledUncertainties,
  inAccOf,
  isWrong,
  modelCalls,
  never,
  oracle,
  type RetrievalRow,
  retrievalRate,
  type Way,
} from './decisions.ts'
import { fitPolicy } from './policies.ts'

/** The one trigger that needs no fitting: most of the samples disagree with the largest class. */
export const FIXED = 'LabelProb:exact'

/** A way of deciding and what it decided on the rows that are reported. */
export interface Judged {
  way: Way
  title: string
  list: Decided[]
}

/** An estimator as a trigger, fitted on the calibration fold; null where nothing can be fitted. */
export function fitWay(
  name: string,
  items: readonly RetrievalRow[],
  calibration: readonly RetrievalRow[],
  params: RetrievalParams,
): Way | null {
  const u = filledUncertainties(items, name)
  const policy = fitPolicy(params.policy, calibration.map(u), calibration.map(isWrong))
  return (
    policy && {
      id: name,
      decide: (row) => ({ retrieves: policy(u(row)), uncertainty: u(row) }),
      calls: callsOf(name, params),
    }
  )
}

const costsOf = (way: Way) => [
  { title: 'Model calls', better: 'lower' as const, of: modelCalls(way) },
  { title: 'Retrievals', better: 'lower' as const, of: retrievalRate },
]

/**
 * The ten figures of every way of deciding, the best two of each column named below. Behind never, always and the oracle
 * stands chance: retrieving at random as often as the `chosen` way does, which takes one model call.
 */
export function methodTable(judged: Judged[], chosen: Judged | null): Table {
  const lines = judged.map(
    ({ way, title, list }) =>
      [title, ...[...figures, ...costsOf(way)].map((figure) => figure.of(list))] as (string | number | null)[],
  )
  const rate = chosen && retrievalRate(chosen.list)
  const chance: (string | number | null)[][] =
    chosen === null || rate === null
      ? []
      : [
          [
            `Random, as often as ${chosen.title}`,
            ...figures.map((figure) => byChance(chosen.list, rate, figure.of)),
            1,
            rate,
          ],
        ]
  const rows = [...lines.slice(0, 3), ...chance, ...lines.slice(3)]
  const columns = [
    ...figures.map(({ title, better }) => ({ title, better })),
    { title: 'Model calls', better: 'lower' },
    { title: 'Retrievals', better: 'lower' },
  ]
  // Bounds are no methods, so they take no mark.
  const ranked = columns.flatMap(({ title, better }, place) => {
    const values = lines
      .slice(3)
      .flatMap((row) =>
        typeof row[place + 1] === 'number' ? [{ name: row[0] as string, value: row[place + 1] as number }] : [],
      )
      .sort((first, second) => (better === 'higher' ? second.value - first.value : first.value - second.value))
    return values.length === 0
      ? []
      : [
          `${title}: ${values
            .slice(0, 2)
            .map((one) => one.name)
            .join(', then ')}`,
        ]
  })
  return {
    id: 'methods',
    title: 'Ways of deciding, ten figures each',
    columns: [
      { title: 'Way' },
      ...figures.map(({ title, unit }) => ({ title, unit: unit as Metric['unit'] })),
      { title: 'Model calls' },
      { title: 'Retrievals' },
    ],
    rows,
    ...(ranked.length > 0 ? { note: `Best of each column. ${ranked.join('. ')}.` } : {}),
  }
}

/** Intervals of the same figures. */
export function intervalTable(judged: Judged[], seed: number): Table {
  return {
    id: 'methodIntervals',
    title: '95 % intervals of the ten figures',
    columns: [
      { title: 'Way' },
      ...[...figures.map(({ title }) => title), 'Model calls', 'Retrievals'].flatMap((title) => [
        { title: `${title}, from` },
        { title: 'to' },
      ]),
    ],
    rows: judged.map(({ way, title, list }) => [
      title,
      ...[...figures, ...costsOf(way)].flatMap((figure) => {
        const interval =
          figure.of(list) === null ? null : statisticInterval(`${way.id}.${figure.title}`, list, figure.of, seed)
        return [interval?.low ?? null, interval?.high ?? null]
      }),
    ]),
  }
}

/** Right answers against a cost, one point a way of deciding. */
export function costCurve(
  id: string,
  title: string,
  x: string,
  judged: Judged[],
  costOf: (way: Way) => (list: readonly Decided[]) => number | null,
): Curve {
  const bounds = new Set(['never', 'always', 'oracle'])
  const points = (some: Judged[]) =>
    some.flatMap(({ way, list }): [number, number][] => {
      const [cost, right] = [costOf(way)(list), inAccOf(list)]
      return cost === null || right === null ? [] : [[cost, right]]
    })
  return {
    id,
    title,
    x: { title: x },
    y: { title: 'InAcc', domain: [0, 1] },
    kind: 'scatter',
    series: [
      ...judged.filter(({ way }) => bounds.has(way.id)).map((one) => ({ name: one.title, points: points([one]) })),
      { name: 'triggers', points: points(judged.filter(({ way }) => !bounds.has(way.id))) },
    ],
  }
}

const kindOf = (row: RetrievalRow): string => `${row.detail.source}, ${row.detail.hops} hop`
const byKind = (items: readonly RetrievalRow[]): [string, RetrievalRow[]][] =>
  [...groupBy(items, kindOf)].sort(([a], [b]) => (a < b ? -1 : 1))

/** Right answers of the three bounds by kind of question. */
export function sourceTable(items: RetrievalRow[]): Table {
  return {
    id: 'bySource',
    title: 'By kind of question',
    columns: [
      { title: 'Questions' },
      { title: 'Items', unit: 'count' },
      { title: 'Right, never', unit: 'share' },
      { title: 'Right, always', unit: 'share' },
      { title: 'Right, oracle', unit: 'share' },
    ],
    rows: byKind(items).map(([name, rows]) => [
      name,
      rows.length,
      ...[never, always, oracle].map((way) => inAccOf(decidedBy(way, rows))),
    ]),
  }
}

/** Right decisions when the trigger is fitted on one kind of question and used on another. */
export function transferTable(
  items: RetrievalRow[],
  chosen: string | null,
  params: RetrievalParams,
  seed: number,
): Table {
  const name = chosen === 'fixed' || chosen === null ? FIXED : chosen
  const kinds = byKind(items)
  const fold = (rows: readonly RetrievalRow[], which: 'calibration' | 'report') =>
    rows.filter((row) => foldOf(seed, row.cluster) === which)
  const accuracy = figures.find((figure) => figure.id === 'decisionAccuracy') as (typeof figures)[number]
  return {
    id: 'transfer',
    title: `Right decisions by ${name} out of domain`,
    columns: [{ title: 'Fitted on' }, ...kinds.map(([kind]) => ({ title: kind, unit: 'share' as const }))],
    rows: kinds.map(([kind, rows]) => {
      const calibration = fold(rows, 'calibration')
      const way = calibration.length < LEAST_PER_FOLD ? null : fitWay(name, items, calibration, params)
      return [
        kind,
        ...kinds.map(([, others]) =>
          way && fold(others, 'report').length >= LEAST_PER_FOLD
            ? accuracy.of(decidedBy(way, fold(others, 'report')))
            : null,
        ),
      ]
    }),
    note: `Empty where a fold has fewer than ${LEAST_PER_FOLD} items or one class.`,
  }
}
