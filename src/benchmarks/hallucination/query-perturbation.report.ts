import type { BenchmarkReport, Metric } from '../../../schema/report.ts'
import { fleissKappa } from '../../methods/statistics/agreement.ts'
import type { ReportContext, Row } from '../define.ts'
import { degenerateLevel, fewClusters, lostItems } from '../report/caveats.ts'
import {
  countMetric,
  type MetricText,
  meanMetric,
  missingMetric,
  shareMetric,
  statisticMetric,
  withReading,
} from '../report/metrics.ts'
import { reportedRows, worstItems } from '../report/rows.ts'
import {
  costTable,
  giniSimpson,
  histogram,
  largest,
  normalizedCertainty,
  repeated,
  reworded,
  transitionTable,
  wordingTable,
} from './query-perturbation.tables.ts'
import type { QueryDetail, QueryParams } from './query-perturbation.ts'
import {
  asItWas,
  type FittedPredictor,
  fitPredictor,
  gainOf,
  hallucinationRate,
  isHallucinatory,
  type QueryRow,
  rankedByConsensus,
  rankedByGold,
  transitionOf,
} from './rewriting.ts'

/** The report: what rewording does to answers, and what a choice of wording brings on answers asked anew. */
export function reportQueryPerturbation(
  rows: Row<QueryDetail>[],
  { seed, params }: Pick<ReportContext<QueryParams>, 'seed' | 'params'>,
): BenchmarkReport {
  const items = reportedRows(rows)
  const headline = meanMetric(
    {
      id: 'hallucinationRate',
      title: 'Wrong answers over a question and its rewordings',
      direction: 'lower',
      unit: 'share',
    },
    items,
    hallucinationRate,
    seed,
  )
  const fitted = fitPredictor(items, seed)
  const level = headline.value === null ? null : 1 - headline.value
  return {
    headline: withReading(headline, 'The chance that a question, in one wording or another, gets a wrong answer.'),
    metrics: [
      rewriteMetric(
        {
          id: 'rewriteGain',
          title: 'Accuracy gained by the rewording with the lowest predicted risk',
          direction: 'higher',
          unit: 'ratio',
        },
        items,
        fitted,
        gainOf,
        seed,
      ),
      rewriteMetric(
        {
          id: 'rewriteTransition',
          title: 'Transition by Rewrite, beyond asking again',
          direction: 'higher',
          unit: 'ratio',
        },
        items,
        fitted,
        transitionOf,
        seed,
      ),
      statisticMetric(
        {
          id: 'rankGain',
          title: 'Accuracy gained by the rewording with most consensus',
          direction: 'higher',
          unit: 'ratio',
        },
        items,
        (some) => gainOf(some, rankedByConsensus),
        seed,
      ),
      statisticMetric(
        { id: 'rankTransition', title: 'Transition by Rank, beyond asking again', direction: 'higher', unit: 'ratio' },
        items,
        (some) => transitionOf(some, rankedByConsensus),
        seed,
        'single_class',
      ),
      statisticMetric(
        {
          id: 'rankBound',
          title: 'Transition of a Rank that knows the gold answer (a bound only)',
          direction: 'neutral',
          unit: 'ratio',
        },
        items,
        (some) => transitionOf(some, rankedByGold),
        seed,
        'single_class',
      ),
      shareMetric(
        { id: 'hallucinatoryShare', title: 'Questions answered wrong in most wordings', direction: 'lower' },
        items,
        isHallucinatory,
        seed,
      ),
      meanMetric(
        {
          id: 'controlAccuracy',
          title: 'Accuracy when the same wording is asked again and again',
          direction: 'higher',
          unit: 'share',
        },
        items,
        (row) => row.detail.control.correct / row.detail.control.classes.length,
        seed,
      ),
      meanMetric(
        { id: 'agreementSpread', title: 'Agreement lost by rewording', direction: 'neutral', unit: 'points' },
        items,
        (row) => 100 * (largest(repeated(row)) - largest(reworded(row))),
        seed,
      ),
      meanMetric(
        { id: 'agreement', title: 'Majority agreement over rewordings', direction: 'higher', unit: 'share' },
        items,
        (row) => largest(reworded(row)),
        seed,
      ),
      meanMetric(
        {
          id: 'normalizedCertainty',
          title: 'Mean normalised certainty over rewordings',
          direction: 'higher',
          unit: 'share',
        },
        items,
        (row) => normalizedCertainty(reworded(row), row.detail.variants.length),
        seed,
      ),
      meanMetric(
        { id: 'giniSimpson', title: 'Gini–Simpson diversity over rewordings', direction: 'lower', unit: 'share' },
        items,
        (row) => giniSimpson(reworded(row)),
        seed,
      ),
      kappaMetric(items, seed),
      ...predictorMetrics(items, fitted, seed),
      ...routeMetrics(items, fitted, seed),
      countMetric(
        { id: 'fewRewordings', title: 'Questions with fewer rewordings than wanted', direction: 'lower' },
        items.filter((row) => row.detail.variants.length <= params.count).length,
      ),
    ],
    curves: histogram(items),
    tables: [transitionTable(items, fitted), wordingTable(items), costTable(items)],
    caveats: [
      ...lostItems(rows, headline),
      ...degenerateLevel(level),
      ...fewClusters(items),
      ...rewordingCaveat(items, params),
    ],
    worst: worstItems(
      items,
      (row) => (row.detail.variants.length > 1 && hallucinationRate(row) > 0 ? hallucinationRate(row) : null),
      (row) =>
        `${Math.round(100 * hallucinationRate(row))} % wrong: “${row.detail.variants[0]?.text}” → “${row.detail.variants.find((one) => !one.correct)?.answer}”, right is “${row.detail.gold}”.`,
    ),
  }
}

function rewriteMetric(
  text: MetricText,
  items: QueryRow[],
  fitted: FittedPredictor | null,
  statistic: (
    rows: readonly QueryRow[],
    choose: (row: QueryRow) => QueryRow['detail']['variants'][number] | null,
  ) => number | null,
  seed: number,
): Metric {
  if (!fitted) return missingMetric(text, items.length === 0 ? 'no_items' : 'too_few', items.length)
  return statisticMetric(text, fitted.report, (some) => statistic(some, fitted.rewrite), seed, 'single_class')
}

function kappaMetric(items: QueryRow[], seed: number): Metric {
  const text: MetricText = {
    id: 'fleissKappa',
    title: 'Fleiss’ kappa over rewordings (multiple choice)',
    direction: 'higher',
    unit: 'ratio',
  }
  const chosen = items.filter((row) => row.detail.optionCounts !== null)
  const raters = Math.max(0, ...chosen.map((row) => row.detail.variants.length))
  const full = chosen.filter((row) => row.detail.variants.length === raters)
  const width = Math.max(0, ...full.map((row) => row.detail.optionCounts?.length ?? 0))
  const padded = (row: QueryRow): number[] => {
    const counts = row.detail.optionCounts as number[]
    return [...counts.slice(0, -1), ...new Array<number>(width - counts.length).fill(0), counts.at(-1) as number]
  }
  return statisticMetric(text, full, (some) => fleissKappa(some.map(padded)), seed, 'constant')
}

/** Harmonic mean of precision and recall of calling questions hallucinatory; 0 where nothing is found. */
function f1Of(rows: readonly QueryRow[], calls: (row: QueryRow) => boolean): number | null {
  const hits = rows.filter((row) => calls(row) && isHallucinatory(row)).length
  const called = rows.filter(calls).length
  const real = rows.filter(isHallucinatory).length
  return called + real === 0 ? null : (2 * hits) / (called + real)
}

function predictorMetrics(items: QueryRow[], fitted: FittedPredictor | null, seed: number): Metric[] {
  const texts: MetricText[] = [
    { id: 'ratiocinateF1', title: 'F1 of telling hallucinatory questions by their wording', direction: 'higher' },
    { id: 'alwaysF1', title: 'F1 of calling every question hallucinatory', direction: 'neutral' },
    { id: 'savedComputation', title: 'Hallucinatory questions cancelled before they are asked', direction: 'higher' },
    { id: 'falseAlarms', title: 'Sound questions cancelled with them', direction: 'lower' },
  ]
  if (!fitted)
    return texts.map((text) => missingMetric(text, items.length === 0 ? 'no_items' : 'too_few', items.length))
  const { risk } = fitted
  const [ratiocinate, always, saved, alarms] = texts as [MetricText, MetricText, MetricText, MetricText]
  return [
    statisticMetric(ratiocinate, fitted.report, (some) => f1Of(some, (row) => risk(row) > 0.5), seed),
    statisticMetric(always, fitted.report, (some) => f1Of(some, () => true), seed),
    shareMetric(saved, fitted.report.filter(isHallucinatory), (row) => risk(row) > fitted.threshold, seed),
    shareMetric(
      alarms,
      fitted.report.filter((row) => !isHallucinatory(row)),
      (row) => risk(row) > fitted.threshold,
      seed,
    ),
  ]
}

function routeMetrics(items: QueryRow[], fitted: FittedPredictor | null, seed: number): Metric[] {
  const text: MetricText = {
    id: 'routeAccuracy',
    title: 'Accuracy with risky questions sent to the second pipeline',
    direction: 'higher',
  }
  const sent: MetricText = { id: 'routedShare', title: 'Questions sent to the second pipeline', direction: 'neutral' }
  if (items.every((row) => row.detail.secondCorrect === null)) return [missingMetric(text, 'not_asked')]
  if (!fitted) return [missingMetric(text, 'too_few', items.length)]
  const goes = (row: QueryRow) => row.detail.secondCorrect !== null && fitted.risk(row) > fitted.threshold
  return [
    shareMetric(
      text,
      fitted.report,
      (row) => (goes(row) ? (row.detail.secondCorrect as boolean) : asItWas(row)?.freshCorrect === true),
      seed,
    ),
    shareMetric(sent, fitted.report, goes, seed),
  ]
}

function rewordingCaveat(items: QueryRow[], params: QueryParams): BenchmarkReport['caveats'] {
  const made = items.reduce((sum, row) => sum + row.detail.variants.length - 1, 0)
  const byModel = items.reduce((sum, row) => sum + row.detail.byModel, 0)
  if (params.paraphrases === 'rules')
    return [{ code: 'rule_rewordings', message: 'Rewordings follow rules: they vary less than a model’s own.' }]
  if (made === byModel) return []
  return [
    {
      code: 'rewordings_filled_in',
      message: `${made - byModel} of ${made} rewordings follow rules, because the model’s own were unreadable, alike, or changed the question.`,
    },
  ]
}
