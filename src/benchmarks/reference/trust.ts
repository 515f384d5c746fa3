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
  /** It is the number that the benchmark is known by. */
  headline: boolean
  /** It rests on no draw of the benchmark's. */
  exact: boolean
  /** By enumeration: of the items that were asked, and of all the world's items. */
  expected: number | null
  truth: number | null
  read: number | null
  low: number | null
  high: number | null
  n: number
}

/** What the readings of one metric come to over the models of the standard. */
export interface MetricTrust {
  title: string
  headline: boolean
  exact: boolean
  readings: number
  /** Mean of read − truth, and the largest of either sign. */
  bias: number | null
  largestBias: number | null
  /** Largest |read − expected|: what benchmark, port and server (and its draws) do to a number that is known. */
  largestError: number | null
  /** Intervals that hold the truth over all items, of those that should (95 %). */
  covered: number
  intervals: number
  /** Standard deviation of the reading over models that differ in their seed alone. */
  spread: number | null
  seeds: number
}

export interface Trust {
  /** The metric to look at first: the headline where truth fixes it, else the first that it does. Null without any. */
  key: MetricTrust | null
  metrics: MetricTrust[]
  /** In order of the variants, each metric of one variant after the other; empty where nothing was measured. */
  readings: TrustReading[]
  covered: number
  intervals: number
  /** Why there is nothing; null where there is. */
  reason: string | null
}

interface TrialFile {
  items: number
  rows: (TrustReading & { benchmark: string })[]
  unfixed: Record<string, string>
}

const trial = trialFile as unknown as TrialFile

/** Items of each benchmark that the trial asked. */
export const trialItems = trial.items

/** Models that the trial asked. */
export const trialModels = new Set(trial.rows.map(({ variant, seed }) => `${variant} ${seed}`)).size

/** What the standard says of a benchmark. */
export function trustOf(benchmarkId: string): Trust {
  const readings = trial.rows.filter((row) => row.benchmark === benchmarkId)
  const metrics = [...Map.groupBy(readings, ({ metric }) => metric).values()].map(metricTrust)
  const total = (of: (one: MetricTrust) => number) => metrics.reduce((sum, one) => sum + of(one), 0)
  return {
    key: metrics.find(({ headline }) => headline) ?? metrics[0] ?? null,
    metrics,
    readings,
    covered: total(({ covered }) => covered),
    intervals: total(({ intervals }) => intervals),
    reason: readings.length > 0 ? null : (trial.unfixed[benchmarkId] ?? outOfWorld[benchmarkId] ?? 'Not asked yet.'),
  }
}

function metricTrust(rows: TrustReading[]): MetricTrust {
  const [first] = rows as [TrustReading]
  const gaps = rows.flatMap(({ read, truth }) => (read === null || truth === null ? [] : [read - truth]))
  const errors = rows.flatMap(({ read, expected }) =>
    read === null || expected === null ? [] : [Math.abs(read - expected)],
  )
  const told = rows.filter(({ truth, low, high }) => truth !== null && low !== null && high !== null)
  const seeds = rows.flatMap(({ variant, read }) => (variant === 'base' && read !== null ? [read] : []))
  return {
    title: first.title,
    headline: first.headline,
    exact: first.exact,
    readings: rows.length,
    bias: gaps.length === 0 ? null : mean(gaps),
    largestBias: gaps.reduce<number | null>(
      (worst, gap) => (worst === null || Math.abs(gap) > Math.abs(worst) ? gap : worst),
      null,
    ),
    largestError: errors.length === 0 ? null : Math.max(...errors),
    covered: told.filter(({ truth, low, high }) => holds(truth as number, low as number, high as number)).length,
    intervals: told.length,
    spread: seeds.length < 2 ? null : deviation(seeds),
    seeds: seeds.length,
  }
}

/** Whether an interval holds a value, rounding of the last digits aside. */
const holds = (value: number, low: number, high: number): boolean => value >= low - 1e-6 && value <= high + 1e-6

const mean = (values: readonly number[]): number => values.reduce((sum, value) => sum + value, 0) / values.length

function deviation(values: readonly number[]): number {
  const middle = mean(values)
  return Math.sqrt(values.reduce((sum, value) => sum + (value - middle) ** 2, 0) / (values.length - 1))
}
