import type { BenchmarkReport, Metric, NullReason } from '../../../schema/report.ts'
import { entropy } from '../../methods/statistics/divergence.ts'
import { mean } from '../../methods/statistics/summary.ts'
import type { ReportContext, Row } from '../define.ts'
import { fewClusters, lostItems } from '../report/caveats.ts'
import { foldsOf } from '../report/folds.ts'
import {
  aucStatistic,
  type MetricText,
  meanMetric,
  missingMetric,
  pairsMetric,
  shareMetric,
  valueMetric,
  withReading,
} from '../report/metrics.ts'
import { reportedRows, worstItems } from '../report/rows.ts'
import { acceptMetrics, firstOrder } from './pair-cheating.first-order.ts'
import {
  boundOf,
  calibrationError,
  holds,
  outcomesOf,
  type PairRow,
  recalibration,
  referenceRows,
  truthKnown,
} from './pair-cheating.outcomes.ts'
import { boundCurve, groupTable, reliability } from './pair-cheating.tables.ts'
import type { PairDetail, PairParams } from './pair-cheating.ts'

/** The report: is the model's own account of its errors right, and how far do its probabilities reach. */
export function reportPairCheating(
  rows: Row<PairDetail>[],
  { seed, params }: Pick<ReportContext<PairParams>, 'seed' | 'params'>,
): BenchmarkReport {
  const all = reportedRows(rows).filter(({ detail }) => detail.probabilities.length > 0)
  const suffix = all.some(({ detail }) => detail.empirical) ? ':empirical' : ''
  const folds = foldsOf(all, seed)
  const gamma = folds && recalibration(folds.calibration, seed)
  const headline = headlineOf(all, suffix, seed)
  return {
    headline: withReading(
      headline,
      'How far the model’s own estimate of its squared error is from that error; 0 is a model that knows how far its probabilities may be off. Read it with the width of the bounds.',
    ),
    metrics: [
      ...boundMetrics(all, folds?.report ?? null, gamma, params, suffix, seed),
      ...cheatMetrics(all, suffix, seed),
      ...acceptMetrics(all, params.beta, suffix, seed),
      ...firstOrder(all, suffix, seed),
      exactMetric(all, seed),
    ],
    curves: all.length === 0 ? [] : [reliability(all), boundCurve(all, gamma)],
    tables: [groupTable(all, params.delta, gamma)],
    caveats: [...lostItems(rows, headline), ...fewClusters(all), ...answerCaveats(all, params)],
    worst: worstItems(all, overconfidence, ({ detail }) => {
      const outcomes = outcomesOf([{ detail } as PairRow])
      const worst = outcomes.reduce((most, one) => (gapOf(one) > gapOf(most) ? one : most))
      const name = detail.outcomes[outcomes.indexOf(worst)]
      return `Gives “${name}” ${worst.probability.toFixed(2)}, true is ${worst.truth?.toFixed(2) ?? 'unknown'}, and another’s draw moves it to ${worst.givenItself.toFixed(2)} only.`
    }),
  }
}

const gapOf = ({ truth, probability, variance }: ReturnType<typeof outcomesOf>[number]): number =>
  truth === null ? 0 : (truth - probability) ** 2 - variance

const overconfidence = (row: PairRow): number | null => {
  const gap = Math.max(...outcomesOf([row]).map(gapOf))
  return gap > 0 ? gap : null
}

function headlineOf(rows: PairRow[], suffix: string, seed: number): Metric {
  const known = truthKnown(outcomesOf(rows))
  const text: MetricText = {
    id: `secondOrderCalibrationError${known ? '' : ':pairs'}${suffix}`,
    title: 'Second-order calibration error (ECE2)',
    direction: 'lower',
    unit: 'none',
    note: known
      ? 'Against known p*. Noise of few items raises it: see that of an exact Bayesian on the same items.'
      : 'Against pairs of labels, since p* is unknown.',
  }
  if (rows.length === 0) return missingMetric(text, 'no_items')
  const found = calibrationError(text.id, rows, seed)
  if (!found) return missingMetric(text, 'undefined', rows.length)
  return { ...valueMetric(text, found.value, 'undefined', rows.length), interval: found.interval }
}

/** The noise floor: what a model whose account of its errors is right gets on as many items. */
function exactMetric(rows: PairRow[], seed: number): Metric {
  const text: MetricText = {
    id: 'secondOrderCalibrationError.exact',
    title: 'ECE2 of an exact Bayesian on the same items',
    direction: 'neutral',
    unit: 'none',
    note: 'Its true value is 0: what is left is the noise of so many items.',
  }
  const exact = referenceRows(rows)
  const found = exact.length === 0 ? null : calibrationError(text.id, exact, seed)
  if (!found) return missingMetric(text, rows.length === 0 ? 'no_items' : 'undefined', rows.length)
  return { ...valueMetric(text, found.value, 'undefined', exact.length), interval: found.interval }
}

function boundMetrics(
  all: PairRow[],
  report: PairRow[] | null,
  gamma: number | null,
  { delta }: PairParams,
  suffix: string,
  seed: number,
): Metric[] {
  const promised = `${(100 * (1 - delta)).toFixed(0)} %`
  const told = (rows: PairRow[]) => outcomesOf(rows).filter(({ truth }) => truth !== null)
  const of = (id: string, title: string, direction: Metric['direction'], unit: Metric['unit'], note?: string) => ({
    id: `${id}${suffix}`,
    title,
    direction,
    unit,
    ...(note ? { note } : {}),
  })
  const pair = (name: string, title: string, rows: PairRow[], scale: number | null, reason: NullReason | null) => {
    const coverage = of(
      `coverage${name}`,
      `Share of true probabilities in the ${title}`,
      'higher',
      'share',
      `Promised: ${promised}.`,
    )
    const width = of(`width${name}`, `Mean width of the ${title}`, 'lower', 'none')
    if (reason !== null)
      return [missingMetric(coverage, reason, rows.length), missingMetric(width, reason, rows.length)]
    const known = told(rows)
    return [
      known.length === 0 && rows.length > 0
        ? missingMetric(coverage, 'undefined', rows.length)
        : shareMetric(coverage, known, (one) => holds(boundOf(one, delta, scale), one.truth as number), seed),
      meanMetric(
        width,
        outcomesOf(rows),
        (one) => {
          const { low, high } = boundOf(one, delta, scale)
          return high - low
        },
        seed,
      ),
    ]
  }
  const unfitted: NullReason | null =
    report === null ? (all.length === 0 ? 'no_items' : 'too_few') : gamma === null ? 'undefined' : null
  return [
    ...pair('Recalibrated', 'recalibrated bound', report ?? [], gamma, unfitted),
    valueMetric(
      of(
        'gamma',
        'Recalibration factor γ',
        'neutral',
        'ratio',
        'By how much V has to be raised so that it covers the squared error; about 1 where it is right already.',
      ),
      gamma,
      unfitted ?? 'undefined',
      all.length - (report?.length ?? 0),
    ),
    ...pair('', 'plain bound', all, null, null),
  ]
}

function cheatMetrics(all: PairRow[], suffix: string, seed: number): Metric[] {
  const groups: [string, string, PairRow[]][] = [
    ['', '', all],
    ['.known', ', composition stated', all.filter(({ detail }) => detail.known === true)],
    ['.hidden', ', composition partly hidden', all.filter(({ detail }) => detail.known === false)],
  ]
  const average = (name: string, title: string, of: (row: PairRow) => number | null, note: string) =>
    groups
      .filter(([id, , rows]) => id === '' || rows.length > 0)
      .map(([id, group, rows]) => {
        const some = rows.filter((row) => of(row) !== null)
        const text: MetricText = {
          id: `${name}${id}${suffix}`,
          title: `${title}${group}`,
          direction: 'lower',
          unit: 'none',
          note,
        }
        return some.length === 0 && rows.length > 0
          ? missingMetric(text, 'not_asked', rows.length)
          : meanMetric(text, some, (row) => of(row) as number, seed)
      })
  const contrast = all.filter(({ detail }) => detail.known !== null)
  const auc = (id: string, title: string, scoreOf: (row: PairRow) => number, direction: Metric['direction']) =>
    pairsMetric(
      { id: `hiddenAuc.${id}${suffix}`, title: `ROC AUC for partly hidden settings, ${title}`, direction },
      contrast,
      aucStatistic(scoreOf, ({ detail }) => detail.known === false),
      seed,
      'single_class',
    )
  return [
    ...average(
      'netCheat',
      'Net cheating',
      ({ detail }) => detail.netCheat,
      'Less what mere mention of an outcome does. An expert’s is 0.',
    ),
    ...average('cheat', 'Cheating', ({ detail }) => detail.cheat, 'Σ p(y)·(p(y | y) − p(y)).'),
    auc('cheat', 'by cheating', ({ detail }) => detail.cheat ?? 0, 'higher'),
    auc(
      'entropy',
      'by the entropy of its probabilities',
      ({ detail }) => entropy(detail.probabilities) ?? 0,
      'neutral',
    ),
  ]
}

/** Below this share on all outcomes together, what the model says of them is a small part of what it says. */
const LITTLE_MASS = 0.1

function answerCaveats(all: PairRow[], { firstSamples, secondSamples }: PairParams): BenchmarkReport['caveats'] {
  const list: BenchmarkReport['caveats'] = []
  const mass = mean(all.map(({ detail }) => detail.answerMass))
  if (mass !== null && mass < LITTLE_MASS)
    list.push({
      code: 'low_answer_mass',
      message: `All outcomes together have probability ${mass.toPrecision(2)} on average: the model mostly says something else.`,
    })
  if (all.some(({ detail }) => detail.empirical))
    list.push({
      code: 'empirical_pairs',
      message: `The target scores no given text: probabilities are shares of ${firstSamples} first and ${secondSamples} second samples.`,
    })
  return list
}
