import type { BenchmarkReport, Metric } from '../../schema/report.ts'
import type { AnyBenchmark, Row } from '../../src/benchmarks/define.ts'
import type { PairStatistic } from '../../src/benchmarks/report/metrics.ts'
import { reportedRows } from '../../src/benchmarks/report/rows.ts'
import { estimators } from '../../src/benchmarks/uncertainty/estimators.ts'
import { idkToken } from '../../src/benchmarks/uncertainty/idk-token.ts'
import {
  prr,
  setsOf,
  signals,
  unknownAuc,
  unknownOrOpen,
} from '../../src/benchmarks/uncertainty/iterative-prompting.sets.ts'
import { iterativePrompting } from '../../src/benchmarks/uncertainty/iterative-prompting.ts'
import { ordered, outcomesOf, type PairRow } from '../../src/benchmarks/uncertainty/pair-cheating.outcomes.ts'
import { type PairDetail, pairCheating } from '../../src/benchmarks/uncertainty/pair-cheating.ts'
import { predictionRejectionRatio } from '../../src/methods/selective/rejection.ts'
import { rocAuc } from '../../src/methods/statistics/binary-classification.ts'
import { binomialAtMost } from '../../src/methods/statistics/distributions/binomial.ts'
import { mean } from '../../src/methods/statistics/summary.ts'
import { pairCheating as cheatingOf } from '../../src/methods/uncertainty/pair-cheating.ts'
import { secondOrderCalibrationError } from '../../src/methods/uncertainty/second-order-calibration.ts'
import type { ChanceQuestion } from '../../src/worlds/chance.ts'
import type { Belief } from '../servers/known-distribution.ts'
import {
  chanceBelief,
  chanceWorldBelief,
  type Dependence,
  exactDependence,
  type KnownQuestion,
  knownQuestions,
  worldBelief,
} from '../servers/known-world.ts'
import { evaluate, openInProcess, openTarget, reportOf } from './target.ts'
import { estimatorItems, experiments, idkItems, iterativeItems, pairItems } from './worlds.ts'

/** What repeated runs of one benchmark are compared with. */
interface Repeated {
  name: string
  benchmark: AnyBenchmark
  params: Record<string, unknown>
  /** Items of one run and the belief that answers them. */
  world: (seed: string) => { items: { id: string }[]; belief: Belief }
  /** True values by metric; `headline` is the headline. Some hang on what the run chose (a threshold, an estimator). */
  truths: Record<string, (report: BenchmarkReport) => number | null>
}

/** How often an interval held its true value. */
export interface Coverage {
  benchmark: string
  metric: string
  runs: number
  held: number
  /** Number of runs that must hold it, within what chance does to a nominal 95 %. */
  least: number
  most: number
  truth: number
  meanEstimate: number
  meanWidth: number
  verdict: 'nominal' | 'conservative' | 'too narrow'
}

/** Ends of what a binomial count does in 99 % of cases. */
export function band(runs: number, share = 0.95, confidence = 0.99): { least: number; most: number } {
  const tail = (1 - confidence) / 2
  let least = 0
  while (binomialAtMost(least, runs, share) < tail) least++
  let most = least
  while (most < runs && binomialAtMost(most, runs, share) < 1 - tail) most++
  return { least, most }
}

const metricOf = (report: BenchmarkReport, id: string): Metric =>
  id === 'headline' ? report.headline : (report.metrics.find((metric) => metric.id === id) as Metric)

/** Runs one benchmark again and again on fresh items of the same world, each time through the server and the port. */
async function coverageOf({ name, benchmark, params, world, truths }: Repeated, runs: number): Promise<Coverage[]> {
  const seen = new Map(Object.keys(truths).map((id) => [id, [] as { truth: number; metric: Metric }[]]))
  for (let run = 0; run < runs; run++) {
    const { items, belief } = world(`run ${run}`)
    const target = await openTarget(belief)
    try {
      const trial = { benchmark, items, params, seed: run }
      const report = reportOf(target, trial, await evaluate(target, trial))
      for (const [id, truthOf] of Object.entries(truths)) {
        const truth = truthOf(report)
        const metric = metricOf(report, id)
        if (truth !== null && metric.value !== null) seen.get(id)?.push({ truth, metric })
      }
    } finally {
      await target.close()
    }
  }
  return [...seen].map(([id, found]) => {
    const told = found.filter(({ metric }) => metric.interval)
    // What is exact to the last bit must not be lost to it.
    const held = told.filter(({ truth, metric: { interval } }) =>
      interval ? interval.low - 1e-9 <= truth && truth <= interval.high + 1e-9 : false,
    ).length
    const { least, most } = band(told.length)
    const verdict = held < least ? 'too narrow' : held > most ? 'conservative' : 'nominal'
    const average = (of: (one: (typeof told)[number]) => number) => mean(told.map(of)) ?? Number.NaN
    return {
      benchmark: name,
      metric: id === 'headline' ? (found[0]?.metric.id ?? id) : id,
      runs: told.length,
      held,
      least,
      most,
      truth: average(({ truth }) => truth),
      meanEstimate: average(({ metric }) => metric.value as number),
      meanWidth: average(({ metric: { interval } }) => (interval ? interval.high - interval.low : 0)),
      verdict,
    }
  })
}

/** The greedy reply of a stated distribution, the first of equals. */
const likeliest = ({ belief }: KnownQuestion) => belief.reduce((best, one) => (one[1] > best[1] ? one : best))

/** True IDK figures: what the stated masses of a large population come to. */
function idkTruths(size: number): Repeated['truths'] {
  const population = knownQuestions('population', size).map((question) => {
    const [answer, share] = likeliest(question)
    return {
      mass: question.idk,
      says: question.idk > (1 - question.idk) * share,
      right: question.answers.includes(answer),
    }
  })
  const wrong = population.filter(({ right }) => !right)
  const auc = rocAuc(
    population.map(({ mass }) => mass),
    population.map(({ right }) => !right),
  )
  return {
    // At the threshold that the run chose: the rate of that very rule.
    headline: (report) => {
      const cut = metricOf(report, 'threshold').value ?? Number.POSITIVE_INFINITY
      return wrong.filter(({ mass, says }) => says || mass >= cut).length / wrong.length
    },
    rocAuc: () => auc,
    idkRecall: () => wrong.filter(({ says }) => says).length / wrong.length,
  }
}

const statisticOf = <T>(rows: readonly T[], { scoreOf, labelOf, statistic }: PairStatistic<T>) =>
  statistic(rows.map(scoreOf), rows.map(labelOf))

/** True figures of repeated prompting: those of a large population, asked without a socket. */
async function iterativeTruths(size: number, params: Record<string, unknown>): Promise<Repeated['truths']> {
  const questions = knownQuestions('population', size)
  const target = await openInProcess(worldBelief(questions))
  const trial = { benchmark: iterativePrompting, items: iterativeItems(questions), params, seed: 1 }
  const rows = reportedRows((await evaluate(target, trial)) as Row<Parameters<typeof unknownOrOpen>[0]['detail']>[])
  const { mixed } = setsOf(rows, 1)
  const signal = (id: string) => signals.find((one) => one.id === id) as (typeof signals)[number]
  const [information, semantic] = [signal('information'), signal('semanticEntropy')]
  const own = statisticOf(mixed, prr(information)) as number
  const gain = own - (statisticOf(mixed, prr(semantic)) as number)
  const contrast = rows.filter((row) => unknownOrOpen(row) !== null)
  const auc = statisticOf(contrast, unknownAuc(information))
  return { headline: () => gain, 'prr.information': () => own, 'unknownAuc.information': () => auc }
}

/** A run's row as the benchmark would have it, straight from the stated distribution. */
function pairRow(question: ChanceQuestion, dependence: Dependence, index: number): PairRow {
  const [item] = pairItems([question])
  const shown = (elsewhere: boolean) =>
    question.outcomes.map((_, y) => chanceBelief(question, y, elsewhere, dependence))
  const placebo = shown(true)
  const found = cheatingOf(chanceBelief(question, null, false, dependence), shown(false), placebo)
  if (!found || !item) throw new Error('a stated distribution can always be normalised')
  const detail: PairDetail = {
    question: item.x,
    outcomes: item.outcomes,
    known: question.known,
    probabilities: Array.from(found.probabilities),
    conditional: found.conditional.map((row) => Array.from(row)),
    placebo,
    signedVariance: Array.from(found.signedVariance),
    confidence: found.confidence,
    cheat: found.cheat,
    netCheat: found.netCheat,
    answerMass: 1,
    empirical: false,
    pstar: question.pstar,
    counts: item.counts ?? null,
    reference: item.reference ?? null,
  }
  return { index, itemId: question.id, cluster: question.cluster, score: found.cheat, detail }
}

function pairTruths(size: number, dependence: Dependence): Repeated['truths'] {
  const rows = experiments('population', size).map((question, index) => pairRow(question, dependence, index))
  const sorted = ordered(outcomesOf(rows))
  const exact = dependence === exactDependence
  // A model whose account of its errors is right has an error of 0 by proof; a population only comes near.
  const error = exact ? 0 : sorted && secondOrderCalibrationError(sorted)
  const of = (some: PairRow[]) => mean(some.map(({ detail }) => detail.netCheat as number))
  const net = of(rows)
  return {
    headline: () => error,
    netCheat: () => net,
    'netCheat.known': () => of(rows.filter(({ detail }) => detail.known)),
  }
}

/** True PRR of each estimator: that of a large population, asked without a socket. */
async function estimatorTruths(size: number, params: Record<string, unknown>): Promise<Repeated['truths']> {
  const questions = knownQuestions('population', size)
  const target = await openInProcess(worldBelief(questions))
  const rows = await evaluate(target, { benchmark: estimators, items: estimatorItems(questions), params, seed: 1 })
  type Detail = { values: Record<string, number | null>; correct: boolean; ownCorrect: Record<string, boolean> }
  const details = rows.map(({ detail }) => detail as Detail)
  const truths = new Map<string, number | null>()
  return {
    headline: ({ headline }) => {
      const name = /^(.+?), chosen among/.exec(headline.note ?? '')?.[1]
      if (name === undefined) return null
      if (!truths.has(name)) {
        const told = details.filter(({ values }) => (values[name] ?? null) !== null)
        truths.set(
          name,
          predictionRejectionRatio(
            told.map(({ values }) => values[name] as number),
            told.map(({ correct, ownCorrect }) => Number(ownCorrect[name] ?? correct)),
          ),
        )
      }
      return truths.get(name) ?? null
    },
  }
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
    const questions = knownQuestions(seed, size)
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
      truths: pairTruths(sizes.population, dependence),
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
        truths: idkTruths(4 * sizes.population),
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

/** How often the intervals of each benchmark's headline hold the truth over `runs` runs. */
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
