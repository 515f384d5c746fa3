import type { BenchmarkReport, Metric, NullReason } from '../../../schema/report.ts'
import { rocAuc } from '../../methods/statistics/binary-classification.ts'
import type { CorruptionSummary } from '../../methods/uncertainty/joint-reliability.ts'
import type { ReportContext, Row } from '../define.ts'
import { degenerateLevel, fewClusters, lostItems } from '../report/caveats.ts'
import { foldsOf } from '../report/folds.ts'
import {
  calibrationErrorMetric,
  type MetricText,
  missingMetric,
  shareMetric,
  statisticMetric,
  withReading,
} from '../report/metrics.ts'
import { reportedRows, worstItems } from '../report/rows.ts'
import { type TextOf, textsWith } from '../report/texts.ts'
import {
  brierOf,
  chanceCorrectedError,
  confidenceOf,
  creditOf,
  eceOf,
  errorOf,
  fittedTemperature,
  type Judged,
  nllOf,
} from './choice-measures.ts'
import {
  corruptionOf,
  detectionOf,
  isCorrupted,
  type JointRow,
  judgedBy,
  meanCorruptionError,
  type Sure,
  suresOf,
} from './joint-reliability.measures.ts'
import { curvesOf, kindTable, rankTables, targetTable } from './joint-reliability.tables.ts'
import type { JointDetail, JointParams } from './joint-reliability.ts'

/** The report: one row a target over all four concerns, and no sum of them. */
export function reportJointReliability(
  rows: Row<JointDetail>[],
  { seed, params }: Pick<ReportContext<JointParams>, 'seed' | 'params'>,
): BenchmarkReport {
  const all = reportedRows(rows)
  const names = [...new Set(all.flatMap((row) => Object.keys(row.detail.answers)))]
  const suffix = all.some((row) => row.detail.empirical) ? ':empirical' : ''
  const judged = judgedBy(all, 'target')
  const sures = suresOf(all, 'target')
  const text = textsWith(suffix)
  const of = (named: MetricText, statistic: (some: Judged[]) => number | null) =>
    statisticMetric(named, judged, statistic, seed)
  const ece = calibrationErrorMetric(
    text('ece', 'ECE of the most probable choice', 'lower'),
    judged,
    { confidenceOf: ({ shares }) => confidenceOf(shares), correctOf: creditOf },
    seed,
  )
  const metrics: Metric[] = [
    of(text('error', 'Error rate', 'lower', 'share'), errorOf),
    of(text('chanceCorrectedError', 'Error rate over that of guessing', 'lower'), chanceCorrectedError),
    of(text('nll', 'Negative log-likelihood of the right choice', 'lower', 'nats'), nllOf),
    of(text('brier', 'Brier score over all choices', 'lower'), brierOf),
    temperedMetric(text('eceTempered', 'ECE after a fitted temperature', 'lower'), judged, seed),
    ...corruptionMetrics(all, params, text, seed),
    ...detectionMetrics(sures, text, seed),
    shareMetric(
      { id: 'unreadable', title: 'Questions to which no choice was shown or said', direction: 'lower' },
      reportedOrSkipped(rows),
      (row) => row.detail.answers.target?.clean === null,
      seed,
    ),
  ]
  const shown = (id: string) => metrics.find((metric) => metric.id === `${id}${suffix}`)?.value ?? null
  const line = [
    ['error', shown('error')],
    ['NLL', shown('nll')],
    ['mCE', shown('mCE')],
    ['ROC AUC against foreign questions', shown('oodRocAuc')],
  ].flatMap(([name, value]) => (value === null ? [] : [`${name} ${(value as number).toFixed(3)}`]))
  return {
    headline: withReading(
      {
        ...ece,
        ...(line.length === 0 ? {} : { note: `The row: ECE ${ece.value?.toFixed(3) ?? '–'}, ${line.join(', ')}.` }),
      },
      'How far its confidence lies from its accuracy. One of four concerns that are not to be added up: read the whole row.',
    ),
    metrics: [ece, ...metrics],
    curves: all.length === 0 ? [] : curvesOf(all, names, params),
    tables: [targetTable(all, names, params), kindTable(all, names, params), ...rankTables(all, names, params)],
    caveats: [
      ...lostItems(rows, null),
      ...degenerateLevel(judged.length === 0 ? null : 1 - (errorOf(judged) as number)),
      ...fewClusters(all),
      ...ownCaveats(all, sures, names, params),
    ],
    worst: worstItems(
      all,
      ({ detail: { label, answers } }) => {
        const shares = answers.target?.clean ?? null
        if (shares === null || (label !== null && creditOf({ shares, label }) > 0)) return null
        return confidenceOf(shares)
      },
      ({ detail: { label, answers, choices } }) => {
        const shares = answers.target?.clean ?? []
        const said = choices[shares.indexOf(Math.max(...shares))] ?? ''
        return label === null
          ? `Sure of an answer that nobody can know: “${said}” with ${confidenceOf(shares).toFixed(2)}.`
          : `Sure and wrong: “${said}” with ${confidenceOf(shares).toFixed(2)}, right is “${choices[label]}”.`
      },
    ),
  }
}

/** Rows with answers, skipped ones too: where nothing could be read, that is what counts. */
const reportedOrSkipped = (rows: readonly Row<JointDetail>[]): JointRow[] =>
  rows
    .flatMap(({ index, itemId, cluster, score, detail }) =>
      detail === null ? [] : [{ index, itemId, cluster: cluster ?? itemId, score, detail }],
    )
    .sort((first, second) => first.index - second.index)

/** The temperature is fitted on the calibration fold, the error is that of the other. */
function temperedMetric(text: MetricText, judged: Judged[], seed: number): Metric {
  const folds = foldsOf(judged, seed, (one) => creditOf(one) >= 0.5)
  if (!folds) return missingMetric(text, judged.length === 0 ? 'no_items' : 'too_few', judged.length)
  const fit = fittedTemperature(folds.calibration)
  if (!fit) return missingMetric(text, 'constant', folds.calibration.length)
  return statisticMetric(
    {
      ...text,
      note: `Temperature ${fit.temperature.toFixed(2)}, fitted on the calibration fold; measured on the other.`,
    },
    folds.report.map(fit.apply),
    eceOf,
    seed,
  )
}

function corruptionMetrics(all: JointRow[], params: JointParams, text: TextOf, seed: number): Metric[] {
  const some = all.filter(isCorrupted)
  const summary = corruptionOf(all, 'target', params)
  const reason: NullReason = some.length === 0 ? 'no_items' : 'not_asked'
  const plain = text('mCE', 'mCE: corruption errors relative to the baseline’s', 'lower', 'ratio')
  const relative = text(
    'relativeMCE',
    'Relative mCE: what corruption adds, relative to the baseline’s',
    'lower',
    'ratio',
  )
  const left = (one: CorruptionSummary): Partial<MetricText> =>
    one.excluded.length === 0
      ? {}
      : { note: `Left out, because the baseline makes no error there: ${one.excluded.join(', ')}.` }
  return [
    statisticMetric(
      text(
        'meanCorruptionError',
        'Error rate on corrupted questions, mean over kinds and severities',
        'lower',
        'share',
      ),
      some,
      (rows) => meanCorruptionError(rows, 'target', params),
      seed,
      'no_answers',
    ),
    ...(summary
      ? [
          statisticMetric(
            { ...plain, ...left(summary.plain) },
            some,
            (rows) => corruptionOf(rows, 'target', params)?.plain.meanError ?? null,
            seed,
          ),
          statisticMetric(
            { ...relative, ...left(summary.relative) },
            some,
            (rows) => corruptionOf(rows, 'target', params)?.relative.meanError ?? null,
            seed,
          ),
        ]
      : [plain, relative].map((one) =>
          missingMetric({ ...one, note: 'Needs another target as role `baseline`.' }, reason, some.length),
        )),
  ]
}

function detectionMetrics(sures: Sure[], text: TextOf, seed: number): Metric[] {
  const of = (named: MetricText, statistic: (some: Sure[]) => number | null) =>
    statisticMetric(named, sures, statistic, seed, 'single_class')
  return [
    of(
      text('oodRocAuc', 'ROC AUC of confidence, known against foreign questions', 'higher'),
      (some) => detectionOf(some).rocAuc,
    ),
    of(
      text('fprAt95', 'Foreign questions accepted where 95 % of the known are', 'lower', 'share'),
      (some) => detectionOf(some).falsePositiveRateAt95,
    ),
    of(text('detectionError', 'Detection error', 'lower', 'share'), (some) => detectionOf(some).detectionError),
    of(
      {
        ...text('lengthRocAuc', 'ROC AUC of the question’s length alone', 'neutral'),
        note: 'Near ½ where lengths are matched; else lengths may be what is detected.',
      },
      (some) =>
        rocAuc(
          some.map(({ length }) => length),
          some.map(({ known }) => known),
        ),
    ),
  ]
}

function ownCaveats(
  all: JointRow[],
  sures: Sure[],
  names: readonly string[],
  params: JointParams,
): BenchmarkReport['caveats'] {
  const list: BenchmarkReport['caveats'] = []
  if (all.some((row) => row.detail.empirical))
    list.push({
      code: 'empirical_probabilities',
      message: `The target shows no log-probabilities: its probabilities are shares of ${params.votes} votes.`,
    })
  const length = rocAuc(
    sures.map((one) => one.length),
    sures.map(({ known }) => known),
  )
  if (length !== null && Math.abs(length - 0.5) > 0.15)
    list.push({
      code: 'lengths_differ',
      message: 'Known and foreign questions differ in length: part of the detection may be that of length.',
    })
  if (all.length > 0 && !names.includes('baseline'))
    list.push({
      code: 'no_baseline',
      message: 'Without a target as role `baseline` corruption errors stand alone; mCE needs one.',
    })
  const choices = new Set(all.map((row) => row.detail.choices.length))
  if (choices.size === 1 && all.length > 0)
    list.push({
      code: 'closed_choices',
      message: `With ${[...choices][0]} choices confidence cannot fall below ${(1 / ([...choices][0] as number)).toFixed(2)}: entropies and likelihoods are capped.`,
    })
  return list
}
