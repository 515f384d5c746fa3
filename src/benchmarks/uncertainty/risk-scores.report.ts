import type { BenchmarkReport, Metric, NullReason } from '../../../schema/report.ts'
import { mean } from '../../methods/statistics/summary.ts'
import { balancedThreshold } from '../../methods/uncertainty/risk-scores.ts'
import type { ReportContext, Row } from '../define.ts'
import { fewClusters, lostItems } from '../report/caveats.ts'
import { foldsOf } from '../report/folds.ts'
import {
  calibrationErrorMetric,
  type MetricText,
  meanMetric,
  missingMetric,
  shareMetric,
  statisticMetric,
  withReading,
} from '../report/metrics.ts'
import { reportedRows, worstItems } from '../report/rows.ts'
import {
  MEASURES,
  outcomes,
  pooled,
  type RiskRow,
  type Scored,
  scoredBy,
  scores,
  WAYS,
  type Way,
} from './risk-scores.measures.ts'
import { curvesOf, groupTable, referenceTable, taskTable } from './risk-scores.tables.ts'
import type { RiskDetail, RiskParams } from './risk-scores.ts'

/** The report: both ways of asking, beside what the base rate, the truth and a fitted regression would get. */
export function reportRiskScores(
  rows: Row<RiskDetail>[],
  { seed, capabilities }: Pick<ReportContext<RiskParams>, 'seed' | 'capabilities'>,
): BenchmarkReport {
  const all = reportedRows(rows)
  const byWay = WAYS.map((way) => ({ way, some: scoredBy(all, way) }))
  const [letters, numbers] = byWay as [(typeof byWay)[number], (typeof byWay)[number]]
  const main = letters.some.length > 0 || capabilities.logprobs ? letters : numbers
  const why: NullReason = all.length === 0 ? 'no_items' : 'no_answers'
  const metrics = byWay.flatMap(({ way, some }) =>
    wayMetrics(way, some, way.id === 'mcq' && !capabilities.logprobs ? 'capability_missing' : why, seed),
  )
  const headline = metrics.find(({ id }) => id === `ece.${main.way.id}`) as Metric
  const auc = metrics.find(({ id }) => id === `rocAuc.${main.way.id}`)?.value ?? null
  const other = main === letters ? metrics.find(({ id }) => id === 'ece.numeric') : undefined
  const beside = [
    ...(auc === null ? [] : [`ROC AUC ${auc.toFixed(3)}`]),
    ...(other?.value == null ? [] : [`ECE of the stated numbers ${other.value.toFixed(3)}`]),
  ]
  return {
    headline: withReading(
      { ...headline, ...(beside.length === 0 ? {} : { note: `Beside it: ${beside.join(', ')}.` }) },
      'How far its probabilities lie from how often things happen. Always saying the base rate has an error near 0 too: read it beside the ROC AUC.',
    ),
    metrics: [...metrics, ...letterMetrics(all, seed), ...readMetrics(all, seed)],
    curves: curvesOf(byWay),
    tables: [taskTable(all, byWay), referenceTable(all, byWay, seed), groupTable(all, main)],
    caveats: [...lostItems(rows, null), ...fewClusters(all), ...ownCaveats(all, byWay)],
    worst: worstItems(
      all,
      (row) => {
        const score = main.way.read(row.detail.target)
        if (score === null) return null
        // The truth where it is known: a single outcome says little of one item.
        return Math.abs(score - (row.detail.pstar ?? row.detail.outcome))
      },
      (row) => {
        const score = main.way.read(row.detail.target) as number
        const truth =
          row.detail.pstar === null
            ? `it ${row.detail.outcome >= 0.5 ? 'happened' : 'did not happen'}`
            : `the truth is ${row.detail.pstar.toFixed(2)}`
        return `Says ${score.toFixed(2)} where ${truth} (${row.detail.task}).`
      },
    ),
  }
}

function wayMetrics(way: Way, some: Scored[], reason: NullReason, seed: number): Metric[] {
  const text = (id: string, title: string, direction: Metric['direction']): MetricText => ({
    id: `${id}.${way.id}`,
    title: `${title}, ${way.title}`,
    direction,
    unit: 'none',
  })
  const known = some.filter((one) => one.pstar !== null)
  const excess = text('excessPolarization', 'Polarisation beyond that of the truth', 'neutral')
  const gap = text('truthGap', 'Mean distance to the true probability', 'lower')
  if (some.length === 0)
    return [
      ...MEASURES.map(({ id, title, direction }) => missingMetric(text(id, title, direction), reason)),
      missingMetric(text('accuracy', 'Accuracy at the fitted threshold', 'higher'), reason),
    ]
  return [
    ...MEASURES.map(({ id, title, direction, of, reason: own, bins }) =>
      bins
        ? calibrationErrorMetric(
            text(id, title, direction),
            some,
            { confidenceOf: ({ score }) => score, correctOf: ({ happened }) => happened, by: bins },
            seed,
          )
        : statisticMetric(text(id, title, direction), some, of, seed, own),
    ),
    tunedAccuracy(text('accuracy', 'Accuracy at the fitted threshold', 'higher'), some, seed),
    ...(known.length > 0
      ? [
          meanMetric(
            excess,
            known,
            ({ score, pstar }) => Math.abs(2 * score - 1) - Math.abs(2 * (pstar as number) - 1),
            seed,
          ),
          meanMetric(gap, known, ({ score, pstar }) => Math.abs(score - (pstar as number)), seed),
        ]
      : []),
  ]
}

/** The threshold is fitted on the calibration fold, the accuracy is that of the other. */
function tunedAccuracy(text: MetricText, some: Scored[], seed: number): Metric {
  const folds = foldsOf(some, seed, (one) => one.happened)
  if (!folds) return missingMetric(text, 'too_few', some.length)
  const threshold =
    balancedThreshold(scores(folds.calibration), outcomes(folds.calibration)) ?? Number.POSITIVE_INFINITY
  const note = Number.isFinite(threshold)
    ? `At ${threshold.toFixed(3)}, where FPR + FNR is least on the calibration fold; measured on the other.`
    : 'On the calibration fold no threshold beats saying no to all.'
  return shareMetric(
    { ...text, unit: 'share', note },
    folds.report,
    (one) => one.score >= threshold === one.happened,
    seed,
  )
}

/** What only the letters tell: how much of the answer they are, and whether their order matters. */
function letterMetrics(all: readonly RiskRow[], seed: number): Metric[] {
  const asked = all.filter((row) => row.detail.target.answerMass !== null)
  const both = asked.filter((row) => pooled(row.detail.target) !== null)
  return [
    meanMetric(
      { id: 'orderEffect', title: 'Order effect: mean |r_AB − r_BA|', direction: 'lower', unit: 'none' },
      both,
      ({ detail: { target } }) => Math.abs((target.forward as number) - (target.reversed as number)),
      seed,
    ),
    meanMetric(
      { id: 'answerMass', title: 'Probability that the reply is a letter at all', direction: 'higher', unit: 'share' },
      asked,
      (row) => row.detail.target.answerMass as number,
      seed,
    ),
    shareMetric(
      { id: 'flooredKeys', title: 'Items with a letter below the alternatives shown', direction: 'lower' },
      asked,
      (row) => row.detail.target.floored,
      seed,
    ),
  ]
}

const readMetrics = (all: readonly RiskRow[], seed: number): Metric[] => [
  shareMetric(
    { id: 'parsed.numeric', title: 'Stated numbers that can be read', direction: 'higher' },
    all,
    (row) => row.detail.target.numeric !== null,
    seed,
  ),
]

const LEAST_MASS = 0.1

function ownCaveats(
  all: readonly RiskRow[],
  byWay: readonly { way: Way; some: Scored[] }[],
): BenchmarkReport['caveats'] {
  const list: BenchmarkReport['caveats'] = []
  const masses = all.flatMap((row) => row.detail.target.answerMass ?? [])
  const mass = mean(masses)
  if (mass !== null && mass < LEAST_MASS)
    list.push({
      code: 'low_answer_mass',
      message: `The letters make up ${(100 * mass).toFixed(1)} % of its replies: what is read from them is a sliver of what it says.`,
    })
  for (const { way, some } of byWay)
    if (some.length > 1 && new Set(scores(some)).size === 1)
      list.push({
        code: 'constant_scores',
        message: `By ${way.title} it says ${some[0]?.score} of everybody: that tells nobody apart.`,
      })
  if (all.some((row) => row.detail.target.numericBy === 'text'))
    list.push({
      code: 'numeric_by_text',
      message:
        'Stated numbers were read from its reply: the reply cannot be opened with “0.” or no log-probabilities are shown.',
    })
  return list
}
