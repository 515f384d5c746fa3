import type { BenchmarkReport, Metric } from '../../../schema/report.ts'
import { predictionRejectionRatio } from '../../methods/selective/rejection.ts'
import { mean } from '../../methods/statistics/summary.ts'
import type { ReportContext, Row } from '../define.ts'
import { degenerateLevel, fewClusters, lostItems } from '../report/caveats.ts'
import { foldsOf } from '../report/folds.ts'
import {
  meanMetric,
  missingMetric,
  type PairStatistic,
  pairsMetric,
  shareMetric,
  shareOf,
  statisticMetric,
  valueMetric,
  withReading,
} from '../report/metrics.ts'
import { reportedRows, worstItems } from '../report/rows.ts'
import {
  abstentionTable,
  amplificationCurve,
  answerCurves,
  informationHistogram,
  qualityTable,
  uncertain,
} from './iterative-prompting.curves.ts'
import {
  errorAuc,
  type IterativeRow,
  largestThreshold,
  prr,
  type Signal,
  setsOf,
  signals,
  unknownAuc,
  unknownOrOpen,
  withSignals,
} from './iterative-prompting.sets.ts'
import type { IterativeDetail, IterativeParams } from './iterative-prompting.ts'

const signalOf = (id: string): Signal => signals.find((signal) => signal.id === id) as Signal
const information = signalOf('information')
const semantic = signalOf('semanticEntropy')
const plainEntropy = signalOf('entropy')

/** Fewer items than this in the mixed set compare nothing. */
const LEAST_MIXED = 10

/** The report: does mutual information find what is not known where plain uncertainty cannot. */
export function reportIterativePrompting(
  rows: Row<IterativeDetail>[],
  { seed, params }: Pick<ReportContext<IterativeParams>, 'seed' | 'params'>,
): BenchmarkReport {
  const all = reportedRows(rows)
  const sets = setsOf(all, seed)
  const suffix = all.some(({ detail }) => detail.empirical) ? ':empirical' : ''
  const headline = headlineOf(sets.mixed, all.length, suffix, seed)
  const answerable = all.filter(({ detail }) => !detail.unanswerable)
  const measured = withSignals(all, [information])
  const folds = foldsOf(withSignals(sets.mixed, [information]), seed, ({ detail }) => detail.correct)
  return {
    headline: withReading(
      headline,
      'How much better it is to leave questions unanswered by epistemic mutual information than by semantic entropy, where many questions have several right answers; 0 is no gain.',
    ),
    metrics: [
      ...comparisons(all, sets.mixed, suffix, seed),
      ...thresholdMetrics(folds, params.risk, suffix, seed),
      ...levels(measured, suffix, seed),
      shareMetric({ id: 'accuracy', title: 'Right greedy answers', direction: 'higher' }, answerable, isRight, seed),
    ],
    curves: all.length === 0 ? [] : [...answerCurves(sets), informationHistogram(measured), amplificationCurve(all)],
    tables: [
      qualityTable(sets, all, seed),
      abstentionTable(foldsOf(sets.mixed, seed, isRight), params.risk),
      kindTable(all),
    ],
    caveats: [
      ...lostItems(rows, headline),
      ...degenerateLevel(shareOf(answerable.filter(isRight).length, answerable.length)),
      ...fewClusters(all),
      ...copyingCaveat(measured),
      ...(suffix === ''
        ? []
        : [
            {
              code: 'empirical_information',
              message: `The target scores no given text: mutual information is estimated from ${params.shownSamples} samples after each answer shown, less the bias of so few; values are rough.`,
            },
          ]),
    ],
    worst: worstItems(
      measured,
      (row) => (isRight(row) ? null : -(information.of(row) as number)),
      ({ detail }) =>
        `Wrong and firm (mutual information ${(detail.information as number).toPrecision(2)}): “${detail.answer}”${detail.gold === '' ? ', and there is no answer' : `, right is “${detail.gold}”`}.`,
    ),
  }
}

const isRight = ({ detail }: IterativeRow): boolean => detail.correct

function headlineOf(mixed: IterativeRow[], items: number, suffix: string, seed: number): Metric {
  const text = {
    id: `prrGain${suffix}`,
    title: 'PRR of epistemic mutual information minus that of semantic entropy, mixed set',
    direction: 'higher' as const,
    unit: 'none' as const,
  }
  if (items === 0) return missingMetric(text, 'no_items')
  const rows = withSignals(mixed, [information, semantic])
  if (rows.length < LEAST_MIXED) return missingMetric(text, 'too_few', rows.length)
  return statisticMetric(
    text,
    rows,
    (some) => {
      const correct = some.map((row) => Number(isRight(row)))
      const [own, other] = [information, semantic].map(({ of }) =>
        predictionRejectionRatio(
          some.map((row) => of(row) as number),
          correct,
        ),
      )
      return own === null || other === null ? null : (own as number) - (other as number)
    },
    seed,
    'single_class',
  )
}

function comparisons(all: IterativeRow[], mixed: IterativeRow[], suffix: string, seed: number): Metric[] {
  const contrast = all.filter((row) => unknownOrOpen(row) !== null)
  const of = (
    name: string,
    title: string,
    rows: readonly IterativeRow[],
    signal: Signal,
    statistic: (signal: Signal) => PairStatistic<IterativeRow>,
    unit: Metric['unit'],
  ) =>
    pairsMetric(
      {
        id: `${name}.${signal.id}${suffix}`,
        title: `${title}, ${signal.title.toLowerCase()}`,
        direction: 'higher',
        unit,
      },
      withSignals(rows, [signal]),
      statistic(signal),
      seed,
      'single_class',
    )
  return [information, semantic, plainEntropy].flatMap((signal) => [
    of('prr', 'PRR on the mixed set', mixed, signal, prr, 'none'),
    of('errorAuc', 'ROC AUC for wrong answers on the mixed set', mixed, signal, errorAuc, 'share'),
    of('unknownAuc', 'ROC AUC for not known against open', contrast, signal, unknownAuc, 'share'),
  ])
}

/** λ fitted for mutual information on the calibration fold, and what it does on the other. */
function thresholdMetrics(
  folds: { calibration: IterativeRow[]; report: IterativeRow[] } | null,
  risk: number,
  suffix: string,
  seed: number,
): Metric[] {
  const lambda = folds && largestThreshold(uncertain(folds.calibration, information), risk)
  const reason = folds ? 'undefined' : 'too_few'
  const percent = 100 * risk
  const text = {
    lambda: {
      id: `threshold${suffix}`,
      title: `Threshold λ on mutual information at ${percent} % errors`,
      direction: 'neutral' as const,
      unit: 'nats' as const,
      note: 'No value: no limit is needed, or no limit is low enough.',
    },
    answered: { id: `answeredAtThreshold${suffix}`, title: 'Answered at that threshold', direction: 'higher' as const },
    wrong: {
      id: `errorAtThreshold${suffix}`,
      title: 'Wrong among answered at that threshold',
      direction: 'lower' as const,
    },
  }
  if (!folds || lambda === null)
    return [missingMetric(text.lambda, reason), missingMetric(text.answered, reason), missingMetric(text.wrong, reason)]
  const below = (row: IterativeRow) => (information.of(row) as number) < lambda
  return [
    valueMetric(text.lambda, lambda, 'undefined', folds.calibration.length),
    shareMetric(text.answered, folds.report, below, seed),
    shareMetric(text.wrong, folds.report.filter(below), (row) => !isRight(row), seed),
  ]
}

/** Means of what is measured on each item. */
function levels(measured: IterativeRow[], suffix: string, seed: number): Metric[] {
  const average = (
    id: string,
    title: string,
    of: (row: IterativeRow) => number | null,
    unit: Metric['unit'],
    note?: string,
  ) =>
    meanMetric(
      { id: `${id}${suffix}`, title, unit, direction: 'neutral', ...(note ? { note } : {}) },
      measured.filter((row) => of(row) !== null),
      (row) => of(row) as number,
      seed,
    )
  return [
    average('information', 'Mean epistemic mutual information', ({ detail }) => detail.information, 'nats'),
    average(
      'informationWithoutCopying',
      'The same without plain copying',
      ({ detail }) => detail.informationWithoutCopying,
      'nats',
      'The diagonal is replaced by what an independent answer would give.',
    ),
    average(
      'informationBound',
      'The same as a bound for finite samples',
      ({ detail }) => detail.informationBound,
      'nats',
      'γ1 = 1/(k·m), γ2 = γ1 + missing mass; few samples turn it negative.',
    ),
    average('copyingRate', 'Answers shown that are given again', ({ detail }) => detail.copyingRate, 'share'),
    average(
      'missingMass',
      'Answers that the samples have not shown (Good–Turing)',
      ({ detail }) => detail.missingMass,
      'share',
    ),
  ]
}

/** From this mean share of answers given again, copying alone may be what is measured. */
const MUCH_COPYING = 0.8

function copyingCaveat(measured: IterativeRow[]): BenchmarkReport['caveats'] {
  const spread = measured.filter(({ detail }) => detail.classes.length > 1)
  const rate = mean(spread.map(({ detail }) => detail.copyingRate ?? 0))
  if (rate === null || rate < MUCH_COPYING) return []
  return [
    {
      code: 'copies_answers',
      message: `Shown one of its answers, it gives it again with probability ${rate.toFixed(2)}, known or not: read mutual information without copying beside it.`,
    },
  ]
}

function kindTable(all: IterativeRow[]) {
  const groups: [string, IterativeRow[]][] = [
    ['one right answer', all.filter(({ detail }) => !detail.unanswerable && detail.kind === 'single')],
    ['many right answers', all.filter(({ detail }) => !detail.unanswerable && detail.kind === 'multi')],
    ['no answer exists', all.filter(({ detail }) => detail.unanswerable)],
  ]
  const average = (rows: IterativeRow[], of: (detail: IterativeDetail) => number | null) =>
    mean(rows.flatMap(({ detail }) => of(detail) ?? []))
  return {
    id: 'kinds',
    title: 'Sorts of questions',
    columns: [
      { title: 'Questions' },
      { title: 'Items', unit: 'count' as const },
      { title: 'Right', unit: 'share' as const },
      { title: 'Mutual information', unit: 'nats' as const },
      { title: 'without copying', unit: 'nats' as const },
      { title: 'Entropy', unit: 'nats' as const },
      { title: 'Given again', unit: 'share' as const },
      { title: 'Classes', unit: 'none' as const },
    ],
    rows: groups.map(([name, rows]) => [
      name,
      rows.length,
      shareOf(rows.filter(isRight).length, rows.length),
      average(rows, (detail) => detail.information),
      average(rows, (detail) => detail.informationWithoutCopying),
      average(rows, (detail) => detail.entropy),
      average(rows, (detail) => detail.copyingRate),
      average(rows, (detail) => detail.classes.length),
    ]),
  }
}
