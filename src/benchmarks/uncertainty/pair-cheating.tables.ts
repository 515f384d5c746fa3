import type { Curve, Table } from '../../../schema/report.ts'
import { mean } from '../../methods/statistics/summary.ts'
import { secondOrderCalibrationError } from '../../methods/uncertainty/second-order-calibration.ts'
import { shareOf } from '../report/metrics.ts'
import { binsOf, boundOf, holds, ordered, outcomesOf, type PairRow, referenceRows } from './pair-cheating.outcomes.ts'

const averageOf = <T>(list: readonly T[], of: (one: T) => number | null): number | null =>
  mean(list.flatMap((one) => of(one) ?? []))

/** Cheating, errors and bounds of known and hidden items, and of the exact Bayesian on the same. */
export function groupTable(rows: readonly PairRow[], delta: number, gamma: number | null): Table {
  const exact = referenceRows(rows)
  const known = (some: readonly PairRow[], is: boolean) => some.filter(({ detail }) => detail.known === is)
  const groups: [string, readonly PairRow[]][] = [
    ['all', rows],
    ['composition stated', known(rows, true)],
    ['composition partly hidden', known(rows, false)],
    ['exact Bayesian, stated', known(exact, true)],
    ['exact Bayesian, hidden', known(exact, false)],
  ]
  return {
    id: 'groups',
    title: 'What is stated and what is hidden',
    columns: [
      { title: 'Items' },
      { title: 'Number', unit: 'count' },
      { title: 'Cheating', unit: 'none' },
      { title: 'Net cheating', unit: 'none' },
      { title: 'Mean V', unit: 'none' },
      { title: 'Mean (p* − p)²', unit: 'none' },
      { title: 'ECE2', unit: 'none' },
      { title: 'Plain bound holds', unit: 'share' },
      { title: 'its width', unit: 'none' },
      { title: 'Recalibrated bound holds', unit: 'share' },
      { title: 'its width', unit: 'none' },
    ],
    rows: groups
      .filter(([, some]) => some.length > 0)
      .map(([name, some]) => {
        const outcomes = outcomesOf(some)
        const sorted = ordered(outcomes)
        const told = outcomes.filter(({ truth }) => truth !== null)
        const bounds = (scale: number | null) => {
          const all = told.map((one) => ({ bound: boundOf(one, delta, scale), truth: one.truth as number }))
          return [
            shareOf(all.filter(({ bound, truth }) => holds(bound, truth)).length, all.length),
            averageOf(all, ({ bound }) => bound.high - bound.low),
          ]
        }
        return [
          name,
          some.length,
          averageOf(some, ({ detail }) => detail.cheat),
          averageOf(some, ({ detail }) => detail.netCheat),
          averageOf(outcomes, ({ signedVariance }) => signedVariance),
          averageOf(outcomes, ({ squaredError }) => squaredError),
          sorted && secondOrderCalibrationError(sorted),
          ...bounds(null),
          ...(gamma === null ? [null, null] : bounds(gamma)),
        ]
      }),
    note: 'An expert’s cheating is 0. Where the composition is hidden an exact Bayesian learns from another’s draw, too: compare with its lines. Bounds here are on all items; the metrics keep to the report fold.',
  }
}

/** Estimated against observed squared gap, bin by bin. */
export function reliability(rows: readonly PairRow[]): Curve {
  const exact = referenceRows(rows)
  const points = (some: readonly PairRow[]) =>
    binsOf(outcomesOf(some)).map((bin): [number, number] => [bin.meanExpected, bin.meanObserved])
  return {
    id: 'secondOrderReliability',
    title: 'Estimated and observed squared gap of the probabilities',
    x: { title: 'Estimated by the model’s own pairs' },
    y: { title: 'Observed' },
    kind: 'scatter',
    series: [
      { name: 'the model', points: points(rows) },
      ...(exact.length > 0 ? [{ name: 'an exact Bayesian', points: points(exact) }] : []),
    ],
    reference: 'diagonal',
  }
}

const DELTAS = [0.02, 0.05, 0.1, 0.2, 0.3, 0.5]

/** How often bounds hold p* against how often they promise to. */
export function boundCurve(rows: readonly PairRow[], gamma: number | null): Curve {
  const told = outcomesOf(rows).filter(({ truth }) => truth !== null)
  const line = (name: string, scale: number | null) => ({
    name,
    points: DELTAS.map((delta): [number, number] => [
      1 - delta,
      shareOf(told.filter((one) => holds(boundOf(one, delta, scale), one.truth as number)).length, told.length) ?? 0,
    ]),
  })
  return {
    id: 'boundCoverage',
    title: 'How often the bounds hold the true probability',
    x: { title: 'Promised, 1 − δ', domain: [0, 1] },
    y: { title: 'Held', domain: [0, 1] },
    kind: 'line',
    series: told.length === 0 ? [] : [line('plain', null), ...(gamma === null ? [] : [line('recalibrated', gamma)])],
    reference: 'diagonal',
  }
}
