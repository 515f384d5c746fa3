import type { Metric } from '../../../schema/report.ts'
import { brierDecomposition } from '../../methods/statistics/brier-decomposition.ts'
import {
  adaptiveCalibrationError,
  expectedCalibrationError,
  quantileBins,
} from '../../methods/statistics/calibration-error.ts'
import { type Calibrator, isotonicCalibration } from '../../methods/statistics/isotonic-calibration.ts'
import { plattScaling } from '../../methods/statistics/platt-scaling.ts'
import { brier, logLoss } from '../../methods/statistics/proper-scores.ts'
import { ascendingOrder } from '../../methods/statistics/summary.ts'
import {
  calibrationErrorMetric,
  type MetricText,
  missingMetric,
  squaresMetric,
  statisticMetric,
} from '../report/metrics.ts'
import { type EstimatorRow, scoredOf } from './estimators.ranking.ts'

export interface Folds {
  calibration: EstimatorRow[]
  report: EstimatorRow[]
}

/** A stated probability that the answer is right, and whether it is. */
export interface Stated {
  cluster: string
  confidence: number
  correct: boolean
}

/** Ways to turn an uncertainty into a probability, fitted on the calibration fold. */
export const CALIBRATORS = [
  { id: 'isotonic', title: 'isotonic' },
  { id: 'platt', title: 'Platt' },
] as const
export type CalibratorId = (typeof CALIBRATORS)[number]['id']

/** Probabilities on the report fold by a map that was fitted on the calibration fold; null where it cannot be fitted. */
export function calibrated({ calibration, report }: Folds, name: string, by: CalibratorId): Stated[] | null {
  const fitting = scoredOf(calibration, name)
  const certainties = fitting.map((one) => -one.uncertainty)
  const labels = fitting.map((one) => one.quality >= 0.5)
  const map: Calibrator | null =
    by === 'isotonic' ? isotonicCalibration(certainties, labels) : plattScaling(certainties, labels)
  return (
    map &&
    scoredOf(report, name).map(({ row, uncertainty, quality }) => ({
      cluster: row.cluster,
      confidence: Math.min(1, Math.max(0, map(-uncertainty))),
      correct: quality >= 0.5,
    }))
  )
}

const confidences = (some: readonly Stated[]) => some.map((one) => one.confidence)
const labels = (some: readonly Stated[]) => some.map((one) => one.correct)

/** One sure mistake of an isotonic map must not make a mean infinite. */
const CLIP = 1e-6

const PARTS_NOTE = 'On ten bins: with sixty answers the interval held the true value in 81 to 88 % of trials, not 95.'

/** What is measured of probabilities that a map gave. */
export const CALIBRATION_MEASURES: {
  id: string
  title: string
  direction: Metric['direction']
  of: (some: Stated[]) => number | null
  /** How its interval is found, where resampling the value would not do. */
  kind?: 'error' | 'adaptiveError' | 'squares'
  /** What repeated trials showed of its interval, where that is not what it says. */
  note?: Partial<Record<CalibratorId, string>>
}[] = [
  {
    id: 'ece',
    title: 'ECE, ten equal-width bins',
    direction: 'lower',
    of: (some) => expectedCalibrationError(confidences(some), labels(some)),
    kind: 'error',
  },
  {
    id: 'adaptiveEce',
    title: 'ECE, ten bins of equal counts',
    direction: 'lower',
    of: (some) => adaptiveCalibrationError(confidences(some), labels(some)),
    kind: 'adaptiveError',
  },
  { id: 'brier', title: 'Brier score', direction: 'lower', of: (some) => brier(confidences(some), labels(some)) },
  {
    id: 'brierReliability',
    title: 'Brier score, reliability part',
    direction: 'lower',
    of: (some) => decomposed(some)?.reliability ?? null,
    kind: 'squares',
    note: { isotonic: PARTS_NOTE, platt: PARTS_NOTE },
  },
  {
    id: 'brierResolution',
    title: 'Brier score, resolution part',
    direction: 'higher',
    of: (some) => decomposed(some)?.resolution ?? null,
    kind: 'squares',
    note: { isotonic: PARTS_NOTE, platt: PARTS_NOTE },
  },
  {
    id: 'logLoss',
    title: 'Log loss',
    direction: 'lower',
    of: (some) => logLoss(confidences(some), labels(some), CLIP),
    note: {
      isotonic:
        'Rests on rare sure mistakes, of which a sample without one knows nothing: the interval held the true value in 84 % of trials, not 95.',
    },
  },
]

/** Over ten bins of equal counts: distinct values of one case each would all look perfectly resolved. */
function decomposed(some: readonly Stated[]) {
  const means = quantileBins(confidences(some), labels(some)).flatMap(({ count, meanConfidence }) =>
    new Array<number>(count).fill(meanConfidence ?? 0),
  )
  const order = ascendingOrder(confidences(some))
  const told = labels(some)
  return brierDecomposition(
    means,
    Array.from(order, (place) => told[place] as boolean),
  )
}

/** Calibration of the chosen estimator on the report fold, after each map. */
export function calibrationMetrics(folds: Folds, name: string, seed: number): Metric[] {
  return CALIBRATORS.flatMap(({ id, title }) => {
    const stated = calibrated(folds, name, id)
    return CALIBRATION_MEASURES.map((measure) => {
      const text = {
        id: `${measure.id}.${id}`,
        title: `${measure.title}, ${title} map of the estimator chosen`,
        direction: measure.direction,
        unit: 'none' as const,
        ...(measure.note?.[id] ? { note: measure.note[id] } : {}),
      }
      return stated
        ? measured(text, stated, measure, seed)
        : missingMetric({ ...text, note: 'The map cannot be fitted on the calibration fold.' }, 'undefined')
    })
  })
}

function measured(
  text: MetricText,
  stated: readonly Stated[],
  { kind, of }: (typeof CALIBRATION_MEASURES)[number],
  seed: number,
): Metric {
  if (kind === 'squares') return squaresMetric(text, stated, of, seed)
  if (kind === undefined) return statisticMetric(text, stated, of, seed)
  const pair = { confidenceOf: (one: Stated) => one.confidence, correctOf: (one: Stated) => one.correct }
  return calibrationErrorMetric(text, stated, { ...pair, by: kind === 'error' ? 'width' : 'count' }, seed)
}

/** ECE, Brier score and log loss of one estimator after a map; nulls where it cannot be fitted. */
export function calibrationLine(folds: Folds, name: string, by: CalibratorId): (number | null)[] {
  const stated = calibrated(folds, name, by)
  if (!stated || stated.length === 0) return [null, null, null]
  return [
    expectedCalibrationError(confidences(stated), labels(stated)),
    brier(confidences(stated), labels(stated)),
    logLoss(confidences(stated), labels(stated), CLIP),
  ]
}
