import type { BenchmarkReport, Metric } from '../../schema/report.ts'
import type { AnyBenchmark, Row } from '../../src/benchmarks/define.ts'
import { estimators } from '../../src/benchmarks/uncertainty/estimators.ts'
import { idkToken } from '../../src/benchmarks/uncertainty/idk-token.ts'
import { iterativePrompting } from '../../src/benchmarks/uncertainty/iterative-prompting.ts'
import { pairCheating } from '../../src/benchmarks/uncertainty/pair-cheating.ts'
import { binomialAtMost } from '../../src/methods/statistics/distributions/binomial.ts'
import { wilsonInterval } from '../../src/methods/statistics/intervals.ts'
import { mean } from '../../src/methods/statistics/summary.ts'
import type { Belief } from '../servers/known-distribution.ts'
import {
  chanceWorldBelief,
  type Dependence,
  drawnQuestions,
  exactDependence,
  type KnownQuestion,
  worldBelief,
} from '../servers/known-world.ts'
import { evaluate, openInProcess, reportOf } from './target.ts'
import { estimatorTruths } from './truths/estimators.ts'
import { idkTruths } from './truths/idk-token.ts'
import { iterativeTruths } from './truths/iterative-prompting.ts'
import { pairTruths } from './truths/pair-cheating.ts'
import { estimatorItems, experiments, idkItems, iterativeItems, pairItems } from './worlds.ts'

/** One run of a benchmark: what was asked, and what the report says of it. */
export interface Run {
  report: BenchmarkReport
  rows: Row<unknown>[]
  seed: number
}

/** True values by metric; `headline` is the headline. Some hang on what the run chose (a threshold, an estimator). */
export type Truths = Record<string, (run: Run) => number | null>

/** What repeated runs of one benchmark are compared with. */
interface Repeated {
  name: string
  benchmark: AnyBenchmark
  params: Record<string, unknown>
  /** Items of one run and the belief that answers them. */
  world: (seed: string) => { items: { id: string }[]; belief: Belief }
  truths: Truths
}

/** How often an interval held its true value. */
export interface Coverage {
  benchmark: string
  metric: string
  headline: boolean
  /** Runs with a value, an interval and a true value. */
  runs: number
  held: number
  /** Runs whose interval lies wholly above, and wholly below, the true value. */
  above: number
  below: number
  /** 95 % interval of the share held. */
  share: { low: number; high: number }
  truth: number
  meanEstimate: number
  meanWidth: number
  verdict: 'nominal' | 'conservative' | 'too narrow'
}

/** Counts that a binomial of this chance stays within in `confidence` of cases. */
export function band(runs: number, share = 0.95, confidence = 0.99): { least: number; most: number } {
  const tail = (1 - confidence) / 2
  let least = 0
  while (binomialAtMost(least, runs, share) < tail) least++
  let most = least
  while (most < runs && binomialAtMost(most, runs, share) < 1 - tail) most++
  return { least, most }
}

/** A metric of a report by its id, or the headline; undefined where the report has none. */
export const metricOf = (report: BenchmarkReport, id: string): Metric | undefined =>
  id === 'headline' ? report.headline : report.metrics.find((metric) => metric.id === id)

type Told = Pick<Metric, 'id' | 'value' | 'interval'>

/** Intervals of PRR and ROC AUC stand in the table of estimators alone: those as metrics of their own. */
const ofTable = ({ tables }: BenchmarkReport): Told[] =>
  (tables.find(({ id }) => id === 'estimators')?.rows ?? []).flatMap(([, name, prr, from, to, auc, low, high]) => {
    const one = (measure: string, value: unknown, ends: unknown[]): Told => ({
      id: `${measure} of ${name}`,
      value: value as number | null,
      interval: ends.includes(null)
        ? null
        : { low: ends[0] as number, high: ends[1] as number, confidence: 0.95, method: 'bootstrap' },
    })
    return [one('PRR', prr, [from, to]), one('ROC AUC', auc, [low, high])]
  })

/** Runs one benchmark again and again on fresh items of the same world, each time through the port. */
async function coverageOf({ name, benchmark, params, world, truths }: Repeated, runs: number): Promise<Coverage[]> {
  const seen = new Map(Object.keys(truths).map((id) => [id, [] as { truth: number; metric: Told }[]]))
  for (let seed = 0; seed < runs; seed++) {
    const { items, belief } = world(`run ${seed}`)
    const target = await openInProcess(belief)
    const trial = { benchmark, items, params, seed }
    const rows = await evaluate(target, trial)
    const run: Run = { report: reportOf(target, trial, rows), rows, seed }
    const told = new Map<string, Told>(
      [...run.report.metrics, ...ofTable(run.report)].map((metric) => [metric.id, metric]),
    ).set('headline', run.report.headline)
    for (const [id, truthOf] of Object.entries(truths)) {
      const metric = told.get(id)
      if (!metric || metric.value === null || !metric.interval) continue
      const truth = truthOf(run)
      if (truth !== null) seen.get(id)?.push({ truth, metric })
    }
    target.close()
  }
  return [...seen].flatMap(([id, told]) => {
    if (told.length === 0) return []
    // What is exact to the last bit must not be lost to it.
    const above = told.filter(({ truth, metric }) => (metric.interval?.low as number) - 1e-9 > truth).length
    const below = told.filter(({ truth, metric }) => (metric.interval?.high as number) + 1e-9 < truth).length
    const held = told.length - above - below
    const { least, most } = band(told.length)
    const average = (of: (one: (typeof told)[number]) => number) => mean(told.map(of)) ?? Number.NaN
    return {
      benchmark: name,
      metric: id === 'headline' ? (told[0]?.metric.id ?? id) : id,
      headline: id === 'headline',
      runs: told.length,
      held,
      above,
      below,
      share: wilsonInterval(held, told.length) as Coverage['share'],
      truth: average(({ truth }) => truth),
      meanEstimate: average(({ metric }) => metric.value as number),
      meanWidth: average(({ metric: { interval } }) => (interval ? interval.high - interval.low : 0)),
      verdict: held < least ? 'too narrow' : held > most ? 'conservative' : 'nominal',
    }
  })
}

const imperfect: Dependence = { learning: 0.3, copying: 0.15, priming: 0.05 }

/** Sizes of populations and of single runs. */
export interface CoverageSizes {
  population: number
  idk: number
  iterative: number
  pairs: number
  estimators: number
}

/** All that is repeated: the four benchmarks, pair-cheating on an exact and on an imperfect model. */
export function repeatedTrials(sizes: CoverageSizes): Map<string, (name: string) => Promise<Repeated>> {
  const world = (size: number, itemsOf: (questions: KnownQuestion[]) => { id: string }[]) => (seed: string) => {
    const questions = drawnQuestions(seed, size)
    return { items: itemsOf(questions), belief: worldBelief(questions) }
  }
  const pairs =
    (dependence: Dependence) =>
    async (name: string): Promise<Repeated> => ({
      name,
      benchmark: pairCheating,
      params: {},
      world: (seed) => {
        const questions = experiments(seed, sizes.pairs)
        return { items: pairItems(questions), belief: chanceWorldBelief(questions, dependence) }
      },
      truths: pairTruths(2 * sizes.population, dependence),
    })
  const prompting = { amplification: false, askTruth: false }
  const catalogue = { mode: 'completion', parts: ['truth', 'shownAnswers', 'refusal'] }
  return new Map<string, (name: string) => Promise<Repeated>>([
    [
      'idk-token',
      async (name) => ({
        name,
        benchmark: idkToken,
        params: { mode: 'completion', samples: 0, askTruth: false },
        world: world(sizes.idk, idkItems),
        truths: idkTruths(10 * sizes.population),
      }),
    ],
    [
      'iterative-prompting',
      async (name) => ({
        name,
        benchmark: iterativePrompting,
        params: prompting,
        world: world(sizes.iterative, iterativeItems),
        truths: await iterativeTruths(sizes.population, prompting),
      }),
    ],
    ['pair-cheating, exact Bayesian', pairs(exactDependence)],
    ['pair-cheating, imperfect model', pairs(imperfect)],
    [
      'estimators',
      async (name) => ({
        name,
        benchmark: estimators,
        params: catalogue,
        world: world(sizes.estimators, estimatorItems),
        truths: await estimatorTruths(sizes.population, catalogue),
      }),
    ],
  ])
}

/** How often the intervals of each benchmark's headline and metrics hold the truth over `runs` runs. */
export async function coverages(
  runs: number,
  sizes: CoverageSizes,
  { only, onDone }: { only?: string | undefined; onDone?: (rows: Coverage[]) => void } = {},
): Promise<Coverage[]> {
  const all: Coverage[] = []
  for (const [name, make] of repeatedTrials(sizes)) {
    if (only !== undefined && !name.startsWith(only)) continue
    const rows = await coverageOf(await make(name), runs)
    onDone?.(rows)
    all.push(...rows)
  }
  return all
}
