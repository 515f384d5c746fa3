import type { BenchmarkReport, Metric, NullReason } from '../../../schema/report.ts'
import type { OrderMeasure } from '../../methods/selective/quality-intervals.ts'
import { predictionRejectionRatio } from '../../methods/selective/rejection.ts'
import type { ReportContext, Row } from '../define.ts'
import { degenerateLevel, fewClusters, lostItems } from '../report/caveats.ts'
import { foldsOf } from '../report/folds.ts'
import {
  countMetric,
  type MetricText,
  missingMetric,
  shareMetric,
  shareOf,
  statisticMetric,
  withReading,
} from '../report/metrics.ts'
import { reportedRows, worstItems } from '../report/rows.ts'
import { calibrationMetrics } from './estimators.calibration.ts'
import { curvesOf } from './estimators.curves.ts'
import {
  bestEstimator,
  type EstimatorRow,
  measureHeld,
  namesOf,
  type Ranked,
  rankEstimators,
  type Scored,
  scoredOf,
} from './estimators.ranking.ts'
import { estimatorTable, missingTable, qualityTable, strataTable } from './estimators.tables.ts'
import type { EstimatorsDetail, EstimatorsParams } from './estimators.ts'

/** What every other estimator is compared with, the first that the target gives. */
const BASELINES = ['MaximumSequenceProbability', 'LexicalSimilarity:rougeL'] as const

/** One scored item as metrics with clusters take it. */
type Item = Scored & { cluster: string }

const itemsOf = (rows: readonly EstimatorRow[], name: string): Item[] =>
  scoredOf(rows, name).map((one) => ({ ...one, cluster: one.row.cluster }))

const uncertainties = (some: readonly Scored[]) => some.map((one) => one.uncertainty)
const qualities = (some: readonly Scored[]) => some.map((one) => one.quality)

/** PRR of scored items with its interval. */
function prrMetric(text: MetricText, held: readonly Item[], seed: number): Metric {
  if (held.length === 0) return missingMetric(text, 'no_items')
  const { value, interval } = measureHeld(held, seed).predictionRejectionRatio
  const empty = missingMetric(text, 'single_class', held.length)
  return value === null ? empty : { ...empty, reason: undefined, value, interval: interval ?? null }
}

const prr = (some: readonly Scored[]) => predictionRejectionRatio(uncertainties(some), qualities(some))

/** The report: all estimators on the same items, and one chosen on one fold and measured on the other. */
export function reportEstimators(
  rows: Row<EstimatorsDetail>[],
  { seed, params }: Pick<ReportContext<EstimatorsParams>, 'seed' | 'params'>,
): BenchmarkReport {
  const all = reportedRows(rows).filter((row) => Object.keys(row.detail.values).length > 0)
  const names = namesOf(all)
  const baseline = BASELINES.find((name) => scoredOf(all, name).length > 0) ?? BASELINES[0]
  const ranked = rankEstimators(all, baseline, seed)
  const right = (row: EstimatorRow) => row.detail.correct
  const folds = foldsOf(all, seed, right)
  const chosen = folds && bestEstimator(folds.calibration)
  const turned = folds && bestEstimator(folds.report)
  const reason: NullReason = all.length === 0 ? 'no_items' : singleClass(all) ? 'single_class' : 'too_few'
  const held = folds && chosen ? itemsOf(folds.report, chosen) : []
  const headline: Metric = chosen
    ? prrMetric(
        {
          ...heldText('prr', 'PRR of the estimator chosen', 'higher'),
          note: `${chosen}, chosen among ${names.filter((name) => scoredOf(folds?.calibration ?? [], name).length > 0).length} on ${folds?.calibration.length} items of the calibration fold, measured on ${held.length} items of the other.`,
        },
        held,
        seed,
      )
    : missingMetric(heldText('prr', 'PRR of the estimator chosen', 'higher'), reason, all.length)
  const shown = ranked.filter((one) => one.rank !== null)
  return {
    headline: withReading(
      headline,
      'How far the chosen estimator’s order lies between a random one (0) and the perfect one (1) when the least certain answers are rejected first.',
    ),
    metrics: [
      ...(chosen ? heldMetrics(held, seed) : []),
      ...(folds && chosen ? againstBaseline(folds.report, chosen, baseline, seed) : []),
      ...(folds && chosen ? [optimism(folds, chosen, seed)] : []),
      ...(folds && chosen && turned ? [turnedMetric(folds.calibration, turned, seed)] : []),
      ...(folds && chosen ? calibrationMetrics(folds, chosen, seed) : []),
      shareMetric({ id: 'accuracy', title: 'Accuracy of the greedy answer', direction: 'higher' }, all, right, seed),
      shareMetric(
        { id: 'sampleAccuracy', title: 'Accuracy of the sampled answers', direction: 'higher' },
        all.filter((row) => row.detail.sampleQuality !== null),
        (row) => row.detail.sampleQuality as number,
        seed,
      ),
      shareMetric(
        { id: 'multiAnswerRate', title: 'Answers that name several values', direction: 'lower' },
        all,
        (row) => row.detail.severalValues,
        seed,
      ),
      shareMetric(
        { id: 'cutOff', title: 'Answers cut off by the limit on tokens', direction: 'lower' },
        all,
        (row) => row.detail.cutOff,
        seed,
      ),
      ...parseRates(all, seed),
      countMetric({ id: 'estimators', title: 'Estimators with a PRR', direction: 'neutral' }, shown.length),
    ],
    curves: all.length === 0 ? [] : curvesOf(all, shown, folds, chosen ?? shown[0]?.name ?? null),
    tables: [
      estimatorTable(all, ranked, baseline),
      qualityTable(ranked, all, seed),
      ...strataTable(all, shown),
      missingTable(all, ranked, params.parts),
    ],
    caveats: [
      ...lostItems(rows, null),
      ...degenerateLevel(shareOf(all.filter(right).length, all.length)),
      ...fewClusters(all),
      ...ownCaveats(all, ranked, chosen),
    ],
    worst: worstOf(all, chosen ?? shown[0]?.name ?? null),
  }
}

const singleClass = (rows: readonly EstimatorRow[]): boolean => new Set(rows.map((row) => row.detail.correct)).size < 2

const heldText = (id: string, title: string, direction: Metric['direction']): MetricText => ({
  id,
  title,
  direction,
  unit: 'none',
})

/** The chosen estimator on the fold that it was not chosen on. */
function heldMetrics(held: Item[], seed: number): Metric[] {
  const measured = measureHeld(held, seed)
  const shown: [OrderMeasure, id: string, title: string, Metric['direction'], NullReason][] = [
    ['predictionRejectionRatioHalf', 'prrHalf', 'PRR up to half rejected', 'higher', 'single_class'],
    ['rocAuc', 'rocAuc', 'ROC AUC', 'higher', 'single_class'],
    ['averagePrecision', 'averagePrecision', 'Average precision', 'higher', 'single_class'],
    ['riskCoverageAuc', 'riskCoverageAuc', 'Risk–coverage AUC', 'lower', 'undefined'],
    ['reversedPairs', 'reversedPairs', 'Reversed pairs', 'lower', 'undefined'],
    ['spearman', 'spearman', 'Spearman’s ρ of certainty and quality', 'higher', 'constant'],
    ['kendallTauB', 'kendall', 'Kendall’s τ-b of certainty and quality', 'higher', 'constant'],
  ]
  return shown.map(([name, id, title, direction, reason]): Metric => {
    const { value, interval = null } = measured[name]
    const empty = missingMetric(heldText(id, `${title} of the estimator chosen`, direction), reason, held.length)
    return value === null ? empty : { ...empty, reason: undefined, value, interval }
  })
}

/** Chosen minus baseline on the items of the report fold that both have a value for. */
function againstBaseline(fold: readonly EstimatorRow[], chosen: string, baseline: string, seed: number): Metric[] {
  const text = {
    ...heldText('prrGain', `PRR of the estimator chosen minus that of ${baseline}`, 'higher'),
    ...(chosen === baseline ? { note: 'The baseline itself was chosen.' } : {}),
  }
  const [own, other] = [itemsOf(fold, chosen), itemsOf(fold, baseline)]
  const byPlace = new Map(other.map((one) => [one.place, one]))
  const pairs = own.flatMap((one) => {
    const second = byPlace.get(one.place)
    return second ? [{ cluster: one.cluster, own: one, other: second }] : []
  })
  if (pairs.length === 0) return [missingMetric(text, 'capability_missing')]
  return [
    prrMetric(heldText('prrBaseline', `PRR of ${baseline}`, 'higher'), other, seed),
    statisticMetric(
      text,
      pairs,
      (some) => {
        const [first, second] = [prr(some.map((pair) => pair.own)), prr(some.map((pair) => pair.other))]
        return first === null || second === null ? null : first - second
      },
      seed,
      'single_class',
    ),
  ]
}

/** How much better the winner looks on the items that it was chosen on. */
function optimism(
  folds: { calibration: EstimatorRow[]; report: EstimatorRow[] },
  chosen: string,
  seed: number,
): Metric {
  const [inside, outside] = [prr(scoredOf(folds.calibration, chosen)), prr(scoredOf(folds.report, chosen))]
  const text = heldText('selectionOptimism', 'PRR where it was chosen minus PRR where it is measured', 'neutral')
  const rows = [
    ...itemsOf(folds.calibration, chosen).map((one) => ({ ...one, inside: true })),
    ...itemsOf(folds.report, chosen).map((one) => ({ ...one, inside: false })),
  ]
  if (inside === null || outside === null) return missingMetric(text, 'single_class', rows.length)
  return statisticMetric(
    text,
    rows,
    (some) => {
      const [first, second] = [prr(some.filter((one) => one.inside)), prr(some.filter((one) => !one.inside))]
      return first === null || second === null ? null : first - second
    },
    seed,
  )
}

const turnedMetric = (calibration: readonly EstimatorRow[], name: string, seed: number): Metric =>
  prrMetric(
    {
      ...heldText('prrTurned', 'PRR with the folds exchanged', 'higher'),
      note: `${name}, chosen on the other fold and measured on this one.`,
    },
    itemsOf(calibration, name),
    seed,
  )

/** How often a stated certainty could be read. */
const parseRates = (all: readonly EstimatorRow[], seed: number): Metric[] =>
  (['Verbalized1S', 'Verbalized2S', 'Linguistic1S'] as const).flatMap((name) => {
    const asked = all.filter((row) => name in row.detail.values && row.detail.reasons[name] !== 'capability_missing')
    if (asked.length === 0) return []
    return [
      shareMetric(
        { id: `parsed.${name}`, title: `Stated certainties that can be read, ${name}`, direction: 'higher' },
        asked,
        (row) => row.detail.values[name] !== null,
        seed,
      ),
    ]
  })

function ownCaveats(
  all: readonly EstimatorRow[],
  ranked: readonly Ranked[],
  chosen: string | null,
): BenchmarkReport['caveats'] {
  const list: BenchmarkReport['caveats'] = []
  const judges = [...new Set(all.flatMap((row) => row.detail.judge ?? []))]
  if (judges.length > 0)
    list.push({ code: 'entailment_by', message: `Entailment between answers was judged by ${judges.join(', ')}.` })
  const floored = all.filter((row) => row.detail.truthFloored).length
  if (floored > 0)
    list.push({
      code: 'true_below_top_k',
      message: `On ${floored} items “True” is not among the alternatives: there PTrue takes the least probability listed, an upper bound.`,
    })
  const partial = ranked.filter((one) => one.scored.length > 0 && one.scored.length < 0.9 * all.length)
  if (partial.length > 0)
    list.push({
      code: 'partial_estimators',
      message: `Measured on less than 90 % of the items, so not comparable: ${partial.map((one) => one.name).join(', ')}.`,
    })
  const own = ranked.filter((one) => all.some((row) => one.name in row.detail.ownCorrect) && one.rank !== null)
  if (own.length > 0)
    list.push({
      code: 'own_answers',
      message: `${own.map((one) => one.name).join(' and ')} ${own.length === 1 ? 'is' : 'are'} measured on the answer given along with the stated certainty, not on the greedy one.`,
    })
  if (chosen === null && all.length > 0)
    list.push({
      code: 'not_chosen',
      message:
        'Too few right or wrong answers in one of the folds to choose an estimator on one and measure it on the other. The best line of the table flatters itself: it was picked on the items that it is measured on.',
    })
  return list
}

const worstOf = (all: EstimatorRow[], name: string | null): BenchmarkReport['worst'] =>
  name === null
    ? []
    : worstItems(
        all,
        (row) => {
          const value = row.detail.values[name] ?? null
          return value === null || row.detail.correct ? null : -value
        },
        ({ detail }) => `Wrong, and among the most certain by ${name}: “${detail.answer}”, right is “${detail.gold}”.`,
      )
