import type { BenchmarkReport, Metric, NullReason } from '../../../schema/report.ts'
import { mean } from '../../methods/statistics/summary.ts'
import type { ReportContext, Row } from '../define.ts'
import { degenerateLevel, fewClusters, lostItems } from '../report/caveats.ts'
import {
  type MetricText,
  meanMetric,
  missingMetric,
  shareMetric,
  shareOf,
  statisticMetric,
  withReading,
} from '../report/metrics.ts'
import { reportedRows, worstItems } from '../report/rows.ts'
import {
  type DropoutRow,
  ESTIMATORS,
  type Estimator,
  errorAuc,
  foreignAuc,
  plainOf,
  rejection,
  SINGLE,
  shiftOf,
  valued,
} from './dropout-uncertainty.estimators.ts'
import { curvesOf, estimatorTable, rateTable } from './dropout-uncertainty.tables.ts'
import type { DropoutDetail, DropoutParams } from './dropout-uncertainty.ts'

/** The report: what passes with dropout tell beyond the single pass. */
export function reportDropoutUncertainty(
  rows: Row<DropoutDetail>[],
  { seed, params }: Pick<ReportContext<DropoutParams>, 'seed' | 'params'>,
): BenchmarkReport {
  const all = reportedRows(rows).filter((row) => row.detail.rates.length > 0)
  const plain = plainOf(all)
  const [information, entropy] = [ESTIMATORS[0] as Estimator, SINGLE[0] as Estimator]
  const both = valued(valued(plain, information), entropy)
  const reason: NullReason = all.length === 0 ? 'no_items' : 'single_class'
  const text: MetricText = {
    id: 'foreignGain',
    title: 'ROC AUC of MI against foreign questions minus that of mean token entropy',
    direction: 'higher',
    unit: 'none',
  }
  const headline =
    both.length === 0
      ? missingMetric(text, 'no_items')
      : statisticMetric(
          text,
          both,
          (some) => {
            const [own, other] = [foreignAuc(some, information), foreignAuc(some, entropy)]
            return own === null || other === null ? null : own - other
          },
          seed,
          reason,
        )
  const judged = plain.filter((row) => row.detail.correct !== null)
  return {
    headline: withReading(
      headline,
      'How much better passes with dropout tell foreign questions from known ones than the single pass that wrote the answer; 0 is no gain for its price.',
    ),
    metrics: [
      ...ESTIMATORS.flatMap((estimator) => estimatorMetrics(estimator, plain, seed)),
      meanMetric(
        {
          id: 'groupSpread',
          title: 'Spread of MI over five groups of passes',
          direction: 'lower',
          unit: 'nats',
          note: 'Against the MI itself it tells whether the passes are enough.',
        },
        all.filter((row) => row.detail.rates[0]?.groupSpread != null),
        (row) => row.detail.rates[0]?.groupSpread as number,
        seed,
      ),
      meanMetric(
        { id: 'costRatio', title: 'Passes over the answer for one that wrote it', direction: 'lower', unit: 'ratio' },
        all,
        (row) => row.detail.passes,
        seed,
      ),
      shareMetric(
        { id: 'accuracy', title: 'Accuracy on known questions', direction: 'higher' },
        judged,
        (row) => row.detail.correct === true,
        seed,
      ),
    ],
    curves: all.length === 0 ? [] : curvesOf(all),
    tables: [estimatorTable(plain), rateTable(all, params)],
    caveats: [
      ...lostItems(rows, null),
      ...degenerateLevel(shareOf(judged.filter((row) => row.detail.correct).length, judged.length)),
      ...fewClusters(all),
      ...ownCaveats(all),
    ],
    worst: worstItems(
      plain,
      (row) => {
        const value = information.of(row)
        return value === null || row.detail.correct === true ? null : -value
      },
      ({ detail }) =>
        detail.split === 'ood'
          ? `Nobody can know this, and no pass doubts it: “${detail.answer}”.`
          : `Wrong, and no pass doubts it: “${detail.answer}”, right is “${detail.gold ?? ''}”.`,
    ),
  }
}

function estimatorMetrics(estimator: Estimator, plain: DropoutRow[], seed: number): Metric[] {
  const text = (id: string, title: string, unit: Metric['unit'] = 'none'): MetricText => ({
    id: `${id}.${estimator.id}`,
    title: `${title}, ${estimator.title}`,
    direction: 'higher',
    unit,
  })
  const some = valued(plain, estimator)
  return [
    statisticMetric(
      text('foreignRocAuc', 'ROC AUC against foreign questions'),
      some,
      (rows) => foreignAuc(rows, estimator),
      seed,
      'single_class',
    ),
    statisticMetric(
      text('errorRocAuc', 'ROC AUC against wrong answers'),
      some.filter((row) => row.detail.correct !== null),
      (rows) => errorAuc(rows, estimator),
      seed,
      'single_class',
    ),
    statisticMetric(
      text('prr', 'PRR'),
      some.filter((row) => row.detail.correct !== null),
      (rows) => rejection(rows, estimator),
      seed,
      'single_class',
    ),
    statisticMetric(
      text('shift', 'Mean on foreign minus mean on known questions', 'nats'),
      some,
      (rows) => shiftOf(rows, estimator),
      seed,
      'single_class',
    ),
  ]
}

function ownCaveats(all: readonly DropoutRow[]): BenchmarkReport['caveats'] {
  const list: BenchmarkReport['caveats'] = []
  if (all.some((row) => row.detail.rates[0]?.inserted))
    list.push({
      code: 'inserted_dropout',
      message: 'The model has no dropout of its own: it was inserted after its layers, which it was not trained with.',
    })
  const still = all.filter((row) => row.detail.rates[0]?.differs === false).length
  if (still > 0)
    list.push({
      code: 'dropout_off',
      message: `On ${still} answers all passes agree to the last bit: dropout may not have been on.`,
    })
  const information = mean(all.flatMap((row) => row.detail.rates[0]?.mean.MI ?? []))
  const spread = mean(all.flatMap((row) => row.detail.rates[0]?.groupSpread ?? []))
  if (information !== null && spread !== null && information > 0 && spread > information)
    list.push({
      code: 'not_converged',
      message: 'Groups of passes differ by more than the mutual information itself: more passes are needed.',
    })
  return list
}
