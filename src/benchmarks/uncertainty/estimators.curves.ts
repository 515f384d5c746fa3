import type { Curve } from '../../../schema/report.ts'
import { riskCoverageCurve } from '../../methods/selective/risk-coverage.ts'
import { precisionRecallCurve } from '../../methods/statistics/binary-classification.ts'
import { reliabilityBins } from '../../methods/statistics/calibration-error.ts'
import { CALIBRATORS, calibrated, type Folds } from './estimators.calibration.ts'
import { costOf, type EstimatorRow, type Ranked } from './estimators.ranking.ts'

/** Estimators drawn as curves; more would hide each other. */
const DRAWN = 5

/** All plots: every estimator with its interval, the best ones' curves, calibration of the chosen one, and cost. */
export function curvesOf(
  all: readonly EstimatorRow[],
  shown: readonly Ranked[],
  folds: Folds | null,
  chosen: string | null,
): Curve[] {
  if (shown.length === 0) return []
  const best = shown.slice(0, DRAWN)
  return [
    forest('prrForest', 'PRR of every estimator', 'PRR', shown, 'predictionRejectionRatio', 0),
    forest('rocAucForest', 'ROC AUC of every estimator', 'ROC AUC', shown, 'rocAuc', 0.5),
    riskCoverage(best),
    precisionRecall(best),
    ...(folds && chosen ? reliability(folds, chosen) : []),
    againstCost(all, shown),
  ]
}

function forest(
  id: string,
  title: string,
  axis: string,
  shown: readonly Ranked[],
  metric: 'predictionRejectionRatio' | 'rocAuc',
  reference: number,
): Curve {
  const lines = shown
    .flatMap((one) => {
      const value = one.quality[metric]
      return value === null ? [] : [{ name: one.name, value, ends: one.intervals[metric] }]
    })
    .sort((first, second) => second.value - first.value)
  return {
    id,
    title,
    x: { title: axis },
    y: { title: 'Estimator' },
    kind: 'forest',
    categories: lines.map((line) => line.name),
    series: [
      {
        name: axis,
        points: lines.map((line, place): [number, number] => [line.value, place]),
        band: lines.map((line): [number, number] => [line.ends?.low ?? line.value, line.ends?.high ?? line.value]),
      },
    ],
    reference,
  }
}

const riskCoverage = (best: readonly Ranked[]): Curve => ({
  id: 'riskCoverage',
  title: 'Share wrong among the answers kept, the best estimators',
  x: { title: 'Share of answers kept, most certain first', domain: [0, 1] },
  y: { title: 'Share wrong' },
  kind: 'line',
  series: best.map(({ name, scored }) => ({
    name,
    points: riskCoverageCurve(
      scored.map((one) => one.uncertainty),
      scored.map((one) => one.quality),
    ).map(({ coverage, risk }): [number, number] => [coverage, risk]),
  })),
})

const precisionRecall = (best: readonly Ranked[]): Curve => ({
  id: 'precisionRecall',
  title: 'Precision and recall of right answers, the best estimators',
  x: { title: 'Recall: share of the right answers kept', domain: [0, 1] },
  y: { title: 'Precision', domain: [0, 1] },
  kind: 'step',
  series: best.flatMap(({ name, scored }) => {
    const curve = precisionRecallCurve(
      scored.map((one) => -one.uncertainty),
      scored.map((one) => one.quality >= 0.5),
    )
    if (!curve) return []
    const points = curve.recall.map((recall, place): [number, number] => [recall, curve.precision[place] as number])
    return [{ name, points: points.reverse() }]
  }),
})

function reliability(folds: Folds, chosen: string): Curve[] {
  const series = CALIBRATORS.flatMap(({ id, title }) => {
    const stated = calibrated(folds, chosen, id)
    if (!stated) return []
    const bins = reliabilityBins(
      stated.map((one) => one.confidence),
      stated.map((one) => one.correct),
    )
    return [
      {
        name: `${title} map`,
        points: bins.flatMap(({ meanConfidence, meanCorrect }): [number, number][] =>
          meanConfidence === null || meanCorrect === null ? [] : [[meanConfidence, meanCorrect]],
        ),
      },
    ]
  })
  if (series.length === 0) return []
  return [
    {
      id: 'reliability',
      title: `Reliability of ${chosen} as a probability, on the report fold`,
      x: { title: 'Stated probability of being right', domain: [0, 1] },
      y: { title: 'Share right', domain: [0, 1] },
      kind: 'scatter',
      series,
      reference: 'diagonal',
    },
  ]
}

const againstCost = (all: readonly EstimatorRow[], shown: readonly Ranked[]): Curve => ({
  id: 'cost',
  title: 'PRR against what an estimator costs',
  x: { title: 'Questions to the model an item' },
  y: { title: 'PRR' },
  kind: 'scatter',
  series: [
    {
      name: 'estimators',
      points: shown.map((one): [number, number] => [
        costOf(all, one.name).questions,
        one.quality.predictionRejectionRatio as number,
      ]),
    },
  ],
  reference: 0,
})
