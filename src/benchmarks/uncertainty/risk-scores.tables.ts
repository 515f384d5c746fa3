import type { Curve, Table } from '../../../schema/report.ts'
import { reliabilityBins } from '../../methods/statistics/calibration-error.ts'
import { logisticRegression } from '../../methods/statistics/logistic-regression.ts'
import { mean } from '../../methods/statistics/summary.ts'
import { type RiskScoreMetrics, riskScoreMetrics, riskScoresByGroup } from '../../methods/uncertainty/risk-scores.ts'
import { foldsOf } from '../report/folds.ts'
import { groupBy } from '../report/rows.ts'
import { outcomes, type RiskRow, type Scored, scoredBy, scores, type Way } from './risk-scores.measures.ts'

type ByWay = readonly { way: Way; some: Scored[] }[]

const metricsOf = (some: readonly Scored[]): RiskScoreMetrics => riskScoreMetrics(scores(some), outcomes(some))

const COLUMNS = [
  { title: 'People', unit: 'count' as const },
  { title: 'Base rate', unit: 'share' as const },
  { title: 'ECE' },
  { title: 'ROC AUC' },
  { title: 'Brier' },
  { title: 'Brier skill' },
  { title: 'Log loss' },
  { title: 'Over-confidence' },
  { title: 'Polarisation' },
]

const cells = (metrics: RiskScoreMetrics): (number | null)[] => [
  metrics.count,
  metrics.baseRate,
  metrics.expectedCalibrationError,
  metrics.rocAuc,
  metrics.brier,
  metrics.brierSkill,
  metrics.logLoss,
  metrics.overConfidence,
  metrics.polarization,
]

/** Calibration curves and histograms of the scores. */
export function curvesOf(byWay: ByWay): Curve[] {
  const given = byWay.filter(({ some }) => some.length > 0)
  if (given.length === 0) return []
  const bins = given.map(({ way, some }) => ({ way, some, bins: reliabilityBins(scores(some), outcomes(some)) }))
  return [
    {
      id: 'calibration',
      title: 'How often it happens where that is its probability',
      x: { title: 'Its probability', domain: [0, 1] },
      y: { title: 'Share that happened', domain: [0, 1] },
      kind: 'scatter',
      series: bins.map(({ way, bins: list }) => ({
        name: way.title,
        points: list.flatMap(({ meanConfidence, meanCorrect }): [number, number][] =>
          meanConfidence === null || meanCorrect === null ? [] : [[meanConfidence, meanCorrect]],
        ),
      })),
      reference: 'diagonal',
    },
    {
      id: 'histogram',
      title: 'How its probabilities spread',
      x: { title: 'Its probability', domain: [0, 1] },
      y: { title: 'Share of people' },
      kind: 'bars',
      series: bins.map(({ way, some, bins: list }) => ({
        name: way.title,
        points: list.map(({ low, high, count }): [number, number] => [(low + high) / 2, count / some.length]),
      })),
    },
  ]
}

/** Each task and all together, by each way; the base model beside, where there is one. */
export function taskTable(all: readonly RiskRow[], byWay: ByWay): Table {
  const tasks = [...groupBy(all, (row) => row.detail.task)]
  const parts: [string, readonly RiskRow[]][] = tasks.length > 1 ? [...tasks, ['all', all]] : [['all', all]]
  const models = all.some((row) => row.detail.base !== null) ? (['target', 'base'] as const) : (['target'] as const)
  return {
    id: 'tasks',
    title: 'By task and way of asking',
    columns: [{ title: 'Task' }, { title: 'Asked by' }, ...(models.length > 1 ? [{ title: 'Model' }] : []), ...COLUMNS],
    rows: parts.flatMap(([task, rows]) =>
      byWay.flatMap(({ way }) =>
        models.flatMap((model) => {
          const some = scoredBy(rows, way, model)
          return some.length === 0
            ? []
            : [[task, way.title, ...(models.length > 1 ? [model] : []), ...cells(metricsOf(some))]]
        }),
      ),
    ),
    note: 'An error near 0 with a ROC AUC near ½ is what always saying the base rate gets.',
  }
}

/** One-hot features of each task, for the reference that learns from the calibration fold. */
function features(rows: readonly RiskRow[]): (row: RiskRow) => number[] {
  const columns = [
    ...new Set(rows.flatMap((row) => row.detail.features.map((one) => `${row.detail.task}\u0000${one}`))),
  ]
  const place = new Map(columns.map((column, index) => [column, index]))
  return (row) => {
    const vector = new Array<number>(columns.length).fill(0)
    for (const one of row.detail.features) {
      const at = place.get(`${row.detail.task}\u0000${one}`)
      if (at !== undefined) vector[at] = 1
    }
    return vector
  }
}

/** A ridge keeps one-hot columns, which add up to a constant, from having no single fit. */
const PENALTY = 1

/** On the report fold: the target beside the base rate, the truth, and a regression fitted on the calibration fold. */
export function referenceTable(all: readonly RiskRow[], byWay: ByWay, seed: number): Table {
  const happened = (row: RiskRow) => row.detail.outcome >= 0.5
  const folds = foldsOf(all, seed, happened)
  const table = {
    id: 'references',
    title: 'Beside references, on the report fold',
    columns: [{ title: 'Who says it' }, ...COLUMNS],
    note: 'The regression and the base rate of each task are fitted on the calibration fold.',
  }
  if (!folds) return { ...table, rows: [], note: 'Too few people of both outcomes in one of the folds.' }
  const { calibration, report } = folds
  const labels = report.map(happened)
  const rates = new Map(
    [...groupBy(calibration, (row) => row.detail.task)].map(([task, rows]) => [
      task,
      mean(rows.map((row) => Number(happened(row)))) as number,
    ]),
  )
  const overall = mean(calibration.map((row) => Number(happened(row)))) as number
  const vectorOf = features(all)
  const model = logisticRegression(calibration.map(vectorOf), calibration.map(happened), { penalty: PENALTY })
  const line = (name: string, values: readonly number[]) => [name, ...cells(riskScoreMetrics(values, labels))]
  return {
    ...table,
    rows: [
      ...byWay.flatMap(({ way }) => {
        const some = scoredBy(report, way)
        return some.length === 0 ? [] : [[`the model, ${way.title}`, ...cells(metricsOf(some))]]
      }),
      line(
        'base rate of the task',
        report.map((row) => rates.get(row.detail.task) ?? overall),
      ),
      ...(model
        ? [
            line(
              'logistic regression',
              report.map((row) => model.predict(vectorOf(row))),
            ),
          ]
        : []),
      ...(report.every((row) => row.detail.pstar !== null)
        ? [
            line(
              'true probability',
              report.map((row) => row.detail.pstar as number),
            ),
          ]
        : []),
    ],
  }
}

/** Each group of each task with its count, and the largest gap within a task; groups are never shown without counts. */
export function groupTable(all: readonly RiskRow[], { way }: { way: Way }): Table {
  const some = scoredBy(all, way).filter(({ row }) => row.detail.group !== null)
  const tasks = [...groupBy(some, ({ row }) => row.detail.task)]
  return {
    id: 'groups',
    title: `By group, ${way.title}`,
    columns: [{ title: 'Task' }, { title: 'Group' }, ...COLUMNS],
    rows: tasks.flatMap(([task, rows]) => {
      const { groups, gaps } = riskScoresByGroup(
        scores(rows),
        outcomes(rows),
        rows.map(({ row }) => row.detail.group as string),
      )
      return [
        ...[...groups].map(([group, metrics]) => [task, group, ...cells(metrics)]),
        [task, 'largest gap', null, ...cells(gaps as unknown as RiskScoreMetrics).slice(1)],
      ]
    }),
  }
}
