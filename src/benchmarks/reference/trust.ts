import trialFile from '../data/reference-trial.json' with { type: 'json' }
import { outOfWorld } from './items.ts'

/**
 * How far a benchmark's numbers can be trusted: its readings on models of known truth, made by
 * `npm run test:reference -- --write`.
 */

/** One metric read on one variant of the standard. */
export interface TrustReading {
  variant: string
  seed: number
  metric: string
  title: string
  /** By enumeration: of the items that were asked, and of all the world's items. */
  expected: number | null
  truth: number | null
  read: number | null
  low: number | null
  high: number | null
  n: number
}

export interface Trust {
  /** In order of the variants, each metric of one variant after the other; empty where nothing was measured. */
  readings: TrustReading[]
  /** Why there is nothing; null where there is. */
  reason: string | null
  /** Mean of read − truth, and the largest of either sign. */
  bias: number | null
  largestBias: number | null
  /** Largest |read − expected|: what the benchmark, port and server do to an exact number. */
  largestError: number | null
  /** Intervals that hold the truth over all items, of those that should (95 %). */
  covered: number
  intervals: number
  /** Per metric: standard deviation of its reading over models that differ in their seed alone. */
  spreads: { title: string; spread: number; seeds: number }[]
}

interface TrialFile {
  items: number
  rows: (TrustReading & { benchmark: string })[]
  unfixed: Record<string, string>
}

const trial = trialFile as TrialFile

/** Items of each benchmark that the trial asked. */
export const trialItems = trial.items

/** What the standard says of a benchmark. */
export function trustOf(benchmarkId: string): Trust {
  const readings = trial.rows.filter((row) => row.benchmark === benchmarkId)
  const gaps = readings.flatMap(({ read, truth }) => (read === null || truth === null ? [] : [read - truth]))
  const errors = readings.flatMap(({ read, expected }) =>
    read === null || expected === null ? [] : [Math.abs(read - expected)],
  )
  const told = readings.filter(({ truth, low, high }) => truth !== null && low !== null && high !== null)
  return {
    readings,
    reason: readings.length > 0 ? null : (trial.unfixed[benchmarkId] ?? outOfWorld[benchmarkId] ?? 'Not asked yet.'),
    bias: gaps.length === 0 ? null : mean(gaps),
    largestBias: gaps.reduce<number | null>(
      (worst, gap) => (worst === null || Math.abs(gap) > Math.abs(worst) ? gap : worst),
      null,
    ),
    largestError: errors.length === 0 ? null : Math.max(...errors),
    covered: told.filter(({ truth, low, high }) => holds(truth as number, low as number, high as number)).length,
    intervals: told.length,
    spreads: spreadsOf(readings),
  }
}

/** Whether an interval holds a value, rounding of the last digits aside. */
const holds = (value: number, low: number, high: number): boolean => value >= low - 1e-6 && value <= high + 1e-6

const mean = (values: readonly number[]): number => values.reduce((sum, value) => sum + value, 0) / values.length

function spreadsOf(readings: readonly TrustReading[]): Trust['spreads'] {
  const base = readings.filter(({ variant, read }) => variant === 'base' && read !== null)
  return [...Map.groupBy(base, ({ metric }) => metric).values()].flatMap((rows) => {
    const [first] = rows
    if (!first || rows.length < 2) return []
    const values = rows.map(({ read }) => read as number)
    const middle = mean(values)
    const variance = values.reduce((sum, value) => sum + (value - middle) ** 2, 0) / (values.length - 1)
    return [{ title: first.title, spread: Math.sqrt(variance), seeds: values.length }]
  })
}
