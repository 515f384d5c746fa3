import type { Interval } from '../../../schema/report.ts'
import { estimators as methods } from '../../methods/estimators/catalogue.ts'
import type { Estimator } from '../../methods/estimators/estimator.ts'
import type { EvidenceName } from '../../methods/estimators/evidence.ts'
import { randomFrom } from '../../methods/random.ts'
import {
  type MeasuredQuality,
  measuredQuality,
  type OrderMeasure,
  orderIntervals,
  resampledEnds,
} from '../../methods/selective/quality-intervals.ts'
import { type RankedItems, rankItems, resampleWeights } from '../../methods/selective/ranked-items.ts'
import { type ResampledQuality, resampledQuality } from '../../methods/selective/resampled-quality.ts'
import { bootstrapPValue, unitsOf } from '../../methods/statistics/bootstrap.ts'
import { benjaminiHochberg } from '../../methods/statistics/multiple-tests.ts'
import { mean } from '../../methods/statistics/summary.ts'
import { isClustered } from '../report/metrics.ts'
import type { Reported } from '../report/rows.ts'
import type { EstimatorsDetail } from './estimators.ts'

export type EstimatorRow = Reported<EstimatorsDetail>

/** What an estimator said of one item, and whether the answer that it is about is right. */
export interface Scored {
  row: EstimatorRow
  place: number
  uncertainty: number
  quality: number
}

export interface Ends {
  low: number
  high: number
}

export type MetricName = keyof ResampledQuality

/** An estimator on all items that it has a value for. */
export interface Ranked {
  name: string
  scored: Scored[]
  quality: ResampledQuality
  intervals: Record<MetricName, Ends | null>
  /** Place by PRR among all estimators, 1 = best; null without a PRR. */
  rank: number | null
  /** 95 % of the resamples put it between these places. */
  rankEnds: Ends | null
  /** Share of the resamples in which it is the best. */
  best: number | null
  /** That its PRR is not 0, adjusted over all estimators (Benjamini–Hochberg). */
  adjustedP: number | null
  /** PRR minus that of the baseline in the same resamples. */
  gain: Ends | null
}

/** Every estimator that some row knows, in the order of the first row that names it. */
export const namesOf = (rows: readonly EstimatorRow[]): string[] => [
  ...new Set(rows.flatMap((row) => Object.keys(row.detail.values))),
]

export const qualityOf = ({ detail }: EstimatorRow, name: string): number =>
  Number(detail.ownCorrect[name] ?? detail.correct)

export const scoredOf = (rows: readonly EstimatorRow[], name: string): Scored[] =>
  rows.flatMap((row, place) => {
    const uncertainty = row.detail.values[name] ?? null
    return uncertainty === null ? [] : [{ row, place, uncertainty, quality: qualityOf(row, name) }]
  })

const rankedItems = (scored: readonly Scored[], like?: RankedItems): RankedItems =>
  rankItems(
    scored.map((one) => one.uncertainty),
    scored.map((one) => one.quality),
    scored.map((one) => one.place),
    like,
  )

/** Quality of one estimator on some of its items. */
export const qualityOn = (scored: readonly Scored[]): ResampledQuality => resampledQuality(rankedItems(scored))

/**
 * All estimators with the intervals of their quality, best PRR first. Every estimator is measured in the same resamples
 * (of whole clusters where items share them), so that ranks and differences are paired.
 */
export function rankEstimators(rows: readonly EstimatorRow[], baseline: string, seed: number): Ranked[] {
  const names = namesOf(rows)
  const clusters = isClustered(rows) ? rows.map((row) => row.cluster) : undefined
  const weights =
    rows.length === 0
      ? null
      : resampleWeights(rows.length, { random: randomFrom(seed, 'bootstrap', 'estimators'), clusters })
  const units = unitsOf(rows.length, clusters)
  const endsOf = (values: readonly (number | null)[]): Ends | null => resampledEnds(values, units)
  const shared = new Map<string, RankedItems>()
  const measured = names.map((name) => {
    const scored = scoredOf(rows, name)
    // Estimators that have a value for the same items, of the same quality, share the oracle's order.
    const key = scored.map(({ place, quality }) => `${place} ${quality}`).join()
    const items = rankedItems(scored, shared.get(key))
    shared.set(key, items)
    return { name, scored, items, quality: resampledQuality(items), drawn: [] as ResampledQuality[] }
  })
  for (const one of weights ?? [])
    for (const estimator of measured) estimator.drawn.push(resampledQuality(estimator.items, one))
  const ratios = measured.map(({ drawn }) => drawn.map((one) => one.predictionRejectionRatio))
  const reference = ratios[names.indexOf(baseline)]
  const places = measured.map((): number[] => [])
  for (let draw = 0; draw < (weights?.length ?? 0); draw++) {
    const found = ratios.flatMap((list, at) => (list[draw] == null ? [] : [{ at, value: list[draw] as number }]))
    found.sort((first, second) => second.value - first.value)
    for (const [place, { at }] of found.entries()) (places[at] as number[]).push(place + 1)
  }
  const tested = ratios.map((list) => {
    const values = list.filter((value) => value !== null)
    return values.length === 0 || endsOf(list) === null ? null : bootstrapPValue(Float64Array.from(values))
  })
  const adjusted = benjaminiHochberg(tested.filter((value) => value !== null)).adjusted
  let nextTest = 0
  const ranked = measured.map(({ name, scored, items, quality, drawn }, at): Ranked => {
    const own = places[at] as number[]
    const total = weights?.length ?? 0
    return {
      name,
      scored,
      quality,
      intervals: orderIntervals(items, quality, drawn, { units: Math.min(units, Math.max(2, scored.length)) }),
      rank: null,
      rankEnds: own.length < 0.9 * total || total === 0 ? null : endsOf(own),
      best: total === 0 || own.length === 0 ? null : own.filter((place) => place === 1).length / total,
      adjustedP: tested[at] === null ? null : (adjusted[nextTest++] ?? null),
      gain:
        reference === undefined || name === baseline
          ? null
          : endsOf(
              (ratios[at] as (number | null)[]).map((value, draw) => {
                const other = reference[draw] ?? null
                return value === null || other === null ? null : value - other
              }),
            ),
    }
  })
  ranked.sort(
    (first, second) =>
      (second.quality.predictionRejectionRatio ?? Number.NEGATIVE_INFINITY) -
      (first.quality.predictionRejectionRatio ?? Number.NEGATIVE_INFINITY),
  )
  let place = 0
  for (const one of ranked) if (one.quality.predictionRejectionRatio !== null) one.rank = ++place
  return ranked
}

/** Every measure of one estimator's scored items with intervals, from resamples of these items alone. */
export function measureHeld(
  held: readonly (Scored & { cluster: string })[],
  seed: number,
): Record<OrderMeasure, MeasuredQuality & { interval?: Interval | null }> {
  const clusters = isClustered(held) ? held.map((one) => one.cluster) : undefined
  const measured = measuredQuality(
    held.map((one) => one.uncertainty),
    held.map((one) => one.quality),
    { random: randomFrom(seed, 'bootstrap', 'held'), clusters },
  )
  const method = clusters ? 'cluster-bootstrap' : 'bootstrap'
  return Object.fromEntries(
    Object.entries(measured).map(([name, one]) => [
      name,
      one.value === null || !one.interval ? one : { ...one, interval: { ...one.interval, confidence: 0.95, method } },
    ]),
  ) as ReturnType<typeof measureHeld>
}

/** The estimator with the best PRR on these rows, among those that have a value for nearly all of them. */
export function bestEstimator(rows: readonly EstimatorRow[]): string | null {
  let best: { name: string; value: number } | null = null
  for (const name of namesOf(rows)) {
    const scored = scoredOf(rows, name)
    if (scored.length < 0.9 * rows.length) continue
    const value = qualityOn(scored).predictionRejectionRatio
    if (value !== null && (best === null || value > best.value)) best = { name, value }
  }
  return best?.name ?? null
}

const GROUPS: Partial<Record<EvidenceName, string>> = {
  samples: 'samples',
  sampleLogprobs: 'samples',
  unconditionalLogprobs: 'withoutQuestion',
  nli: 'entailment',
  nliLogits: 'entailment',
  greedyNli: 'entailment',
  alternativeNli: 'alternatives',
  trueLogprob: 'truth',
  verdictMasses: 'truth',
  trueLogprobGivenSamples: 'truthWithSamples',
  trueVerdicts: 'verdicts',
  secondTurnConfidence: 'secondTurn',
  idkMass: 'refusal',
  shownAnswers: 'shownAnswers',
  shownAnswerCounts: 'shownAnswers',
  repeatedAnswer: 'ownAnswerShown',
  noneOfTheAbove: 'noneOfTheAbove',
  dropoutPositions: 'dropout',
  sampleEmbeddings: 'similarity',
}

/** Kinds of evidence that come from the samples. */
const OF_SAMPLES = new Set(['entailment', 'truthWithSamples', 'shownAnswers', 'noneOfTheAbove'])
const AMONG: readonly EvidenceName[] = ['similarity', 'greedySimilarity', 'sampleTokenSimilarity', 'sampleEmbeddings']
const COMPARED: readonly EvidenceName[] = ['similarity', 'greedySimilarity', 'tokenSimilarity', 'sampleTokenSimilarity']

/** The kinds of evidence that an estimator rests on, as rows count their costs. */
export function groupsOf(name: string): string[] {
  if (name === 'Verbalized1S') return ['stated']
  if (name === 'Linguistic1S') return ['linguistic']
  const spelt = name.replace(/:judge(?=:|$)/, ':nli')
  const listed = methods as Record<string, Estimator>
  const estimator = listed[spelt] ?? listed[spelt.replace(/:(?:embedding|nli|jaccard)$/, '')]
  const provider = spelt.split(':').at(-1)
  // Of the samples' own states; with a provider named, of their embeddings.
  if (name === 'EigenScore') return ['greedy', 'samples', 'hiddenStates']
  const by = provider === 'embedding' ? ['similarity'] : provider === 'jaccard' ? [] : ['entailment']
  const groups = (estimator?.needs ?? []).flatMap((need) => [
    ...(AMONG.includes(need) ? ['samples'] : []),
    ...(COMPARED.includes(need) ? by : [GROUPS[need] ?? 'greedy']),
  ])
  const samples = groups.some((group) => OF_SAMPLES.has(group)) ? ['samples'] : []
  return [...new Set(['greedy', ...samples, ...groups])]
}

/** Mean questions and written tokens an item that an estimator costs. */
export function costOf(rows: readonly EstimatorRow[], name: string): { questions: number; tokens: number } {
  const groups = groupsOf(name)
  const sum = (read: (cost: { questions: number; tokens: number }) => number) =>
    mean(
      rows.map(({ detail }) =>
        groups.reduce((total, group) => total + (detail.costs[group] ? read(detail.costs[group]) : 0), 0),
      ),
    ) ?? 0
  return { questions: sum((cost) => cost.questions), tokens: sum((cost) => cost.tokens) }
}
