import type { Label } from '../statistics/binary-classification.ts'
import type { BootstrapOptions } from '../statistics/bootstrap.ts'
import { adaptiveCalibrationError, expectedCalibrationError } from '../statistics/calibration-error.ts'
import type { Interval } from '../statistics/intervals.ts'
import { type Calibrator, isotonicCalibration } from '../statistics/isotonic-calibration.ts'
import { plattScaling } from '../statistics/platt-scaling.ts'
import { brier, logLoss } from '../statistics/proper-scores.ts'
import { quantileOfSorted, sameLength } from '../statistics/summary.ts'
import { missing, type NullReason } from '../undefined-value.ts'
import {
  type ResampledQuality,
  rankItems,
  resampledQuality,
  resampleWeights,
  type Weights,
} from './resampled-quality.ts'
import { type ResampledRanks, resampledRanks } from './resampled-ranks.ts'

/** A measure with its bootstrap interval (null where too few resamples have a value), or the reason why there is none. */
export type MeasuredQuality = { value: number; interval: Interval | null } | { value: null; reason: NullReason }

export type RankingMeasure = keyof ResampledQuality | keyof ResampledRanks
export type CalibrationMeasure = 'expectedCalibrationError' | 'adaptiveCalibrationError' | 'brier' | 'logLoss'

/** How well an uncertainty orders answers, and how well it can be turned into a probability of being right. */
export interface QualityReport {
  ranking: Record<RankingMeasure, MeasuredQuality>
  /** Of probabilities fitted on the calibration fold and measured on the other; null without a fold. */
  calibration: Record<'isotonic' | 'platt', Record<CalibrationMeasure, MeasuredQuality>> | null
}

/** Fewer items than this in a fold, or a single class: nothing is fitted. */
export const LEAST_FOLD = 20

const WITHOUT_CLASSES: ReadonlySet<string> = new Set(['riskCoverageAuc', 'reversedPairs'])

/**
 * Every measure of an uncertainty score (`uncertainties`, higher = less certain) against `qualities` in [0, 1], each with
 * a seeded bootstrap interval. All measures share the resamples (of whole clusters where given), and nothing is sorted
 * again in one. `calibrationFold[i]` tells which items the calibration maps are fitted on. Raises when lists differ in
 * length.
 */
export function qualityReport(
  uncertainties: ArrayLike<number>,
  qualities: ArrayLike<number>,
  options: BootstrapOptions & { calibrationFold?: ArrayLike<boolean>; bins?: number },
): QualityReport {
  sameLength('qualityReport', uncertainties, qualities)
  const count = uncertainties.length
  const { calibrationFold, bins = 10 } = options
  const places = Uint32Array.from({ length: count }, (_, i) => i)
  const ranked = rankItems(uncertainties, qualities, places)
  const ranks = resampledRanks(uncertainties, qualities)
  const measure = (weights?: Weights) => ({ ...resampledQuality(ranked, weights), ...ranks(weights) })
  const resamples = resampleWeights(count, options)
  return {
    ranking: withIntervals(measure(), resamples?.map(measure) ?? null, options.confidence, (name) => {
      if (count === 0) return 'no_items'
      if (WITHOUT_CLASSES.has(name)) return 'too_few'
      return name === 'rocAuc' || name === 'averagePrecision' ? 'single_class' : 'constant'
    }),
    calibration: calibrationFold ? calibrationOf(uncertainties, qualities, calibrationFold, bins, options) : null,
  }
}

function withIntervals<Name extends string>(
  values: Record<Name, number | null>,
  resampled: readonly Record<Name, number | null>[] | null,
  confidence: number | undefined,
  reasonOf: (name: Name) => NullReason,
): Record<Name, MeasuredQuality> {
  const names = Object.keys(values) as Name[]
  return Object.fromEntries(
    names.map((name): [Name, MeasuredQuality] => {
      const value = values[name]
      if (value === null) return [name, missing(reasonOf(name)) as MeasuredQuality]
      const drawn = resampled?.map((one) => one[name]).filter((one) => one !== null) ?? []
      return [name, { value, interval: resampled && intervalOf(drawn, resampled.length, confidence) }]
    }),
  ) as Record<Name, MeasuredQuality>
}

/** Percentile interval; null when more than one resample in ten had no value. */
function intervalOf(drawn: readonly number[], resamples: number, confidence = 0.95): Interval | null {
  if (drawn.length === 0 || drawn.length < 0.9 * resamples) return null
  const sorted = Float64Array.from(drawn).sort()
  const tail = (1 - confidence) / 2
  return { low: quantileOfSorted(sorted, tail) as number, high: quantileOfSorted(sorted, 1 - tail) as number }
}

function calibrationOf(
  uncertainties: ArrayLike<number>,
  qualities: ArrayLike<number>,
  fold: ArrayLike<boolean>,
  bins: number,
  options: BootstrapOptions,
): NonNullable<QualityReport['calibration']> {
  sameLength('qualityReport', uncertainties, fold)
  const all = Array.from(uncertainties, (u, i) => ({ certainty: -u, right: (qualities[i] as number) >= 0.5, i }))
  const [fitted, judged] = [all.filter(({ i }) => fold[i]), all.filter(({ i }) => !fold[i])]
  const labels = judged.map(({ right }) => right)
  const small = Math.min(fitted.length, judged.length) < LEAST_FOLD
  const single = [fitted, judged].some((items) => new Set(items.map(({ right }) => right)).size < 2)
  const { clusters } = options
  const resamples =
    small || single
      ? null
      : resampleWeights(judged.length, {
          ...options,
          clusters: clusters && judged.map(({ i }) => clusters[i] as string | number),
        })
  const measured = (mapOf: typeof isotonicCalibration | typeof plattScaling) => {
    const map: Calibrator | null =
      small || single
        ? null
        : mapOf(
            fitted.map(({ certainty }) => certainty),
            fitted.map(({ right }) => right),
          )
    const reason = small ? 'too_few' : single ? 'single_class' : 'constant'
    const probabilities = map && judged.map(({ certainty }) => map(certainty))
    const none = { expectedCalibrationError: null, adaptiveCalibrationError: null, brier: null, logLoss: null }
    return withIntervals<CalibrationMeasure>(
      probabilities ? calibrationMeasures(probabilities, labels, bins) : none,
      probabilities &&
        (resamples?.map((weights) => {
          const drawn = writtenOut(weights)
          return calibrationMeasures(
            drawn.map((i) => probabilities[i] as number),
            drawn.map((i) => labels[i] as boolean),
            bins,
          )
        }) ??
          null),
      options.confidence,
      () => reason,
    )
  }
  return { isotonic: measured(isotonicCalibration), platt: measured(plattScaling) }
}

/** Positions drawn, each as often as it was. */
const writtenOut = (weights: Weights): number[] => {
  const drawn: number[] = []
  weights.forEach((weight, i) => {
    for (let k = 0; k < weight; k++) drawn.push(i)
  })
  return drawn
}

/** Calibration of stated probabilities; null of an empty list. */
export const calibrationMeasures = (
  probabilities: ArrayLike<number>,
  labels: ArrayLike<Label>,
  bins = 10,
): Record<CalibrationMeasure, number | null> => ({
  expectedCalibrationError: expectedCalibrationError(probabilities, labels, bins),
  adaptiveCalibrationError: adaptiveCalibrationError(probabilities, labels, bins),
  brier: brier(probabilities, labels),
  logLoss: logLoss(probabilities, labels),
})
