import type { Interval, Metric, NullReason } from '../../../schema/report.ts'
import { randomFrom } from '../../methods/random.ts'
import { measureAtArea, NEAR_THE_END } from '../../methods/selective/quality-intervals.ts'
import { predictionRejectionRatio } from '../../methods/selective/rejection.ts'
import { rocAucScoreInterval } from '../../methods/statistics/auc-interval.ts'
import { averagePrecision, rocAuc } from '../../methods/statistics/binary-classification.ts'
import { bootstrapInterval, bootstrapMeanInterval, bootstrapPairsInterval } from '../../methods/statistics/bootstrap.ts'
import type { Binning } from '../../methods/statistics/calibration-error.ts'
import { adaptiveCalibrationError, expectedCalibrationError } from '../../methods/statistics/calibration-error.ts'
import { calibrationErrorInterval } from '../../methods/statistics/calibration-interval.ts'
import { clusteredMeanInterval, clusteredShareInterval } from '../../methods/statistics/clustered.ts'
import { wilsonInterval } from '../../methods/statistics/intervals.ts'
import { mean } from '../../methods/statistics/summary.ts'

/** What a metric is called and how it is read. */
export interface MetricText {
  id: string
  title: string
  unit?: Metric['unit']
  direction: Metric['direction']
  note?: string
}

/** Anything with the cluster that it belongs to: items of one template, document or twin pair share one. */
export interface Clustered {
  cluster: string
}

const CONFIDENCE = 0.95

/** Whether some cluster holds more than one of them, so that they may not be treated as independent. */
export const isClustered = (rows: readonly Clustered[]): boolean =>
  new Set(rows.map((row) => row.cluster)).size < rows.length

const clustersOf = (rows: readonly Clustered[]): string[] | undefined =>
  isClustered(rows) ? rows.map((row) => row.cluster) : undefined

const named = (
  ends: { low: number; high: number } | null,
  method: Interval['method'],
  bounds: [number, number] = [Number.NEGATIVE_INFINITY, Number.POSITIVE_INFINITY],
): Interval | null =>
  ends && {
    low: Math.max(bounds[0], ends.low),
    high: Math.min(bounds[1], ends.high),
    confidence: CONFIDENCE,
    method,
  }

const stated = (text: MetricText, unit: Metric['unit'], n: number) => ({
  id: text.id,
  title: text.title,
  n,
  unit: text.unit ?? unit,
  direction: text.direction,
  ...(text.note === undefined ? {} : { note: text.note }),
})

/** A metric without a value, and why. */
export const missingMetric = (text: MetricText, reason: NullReason, n = 0): Metric => ({
  ...stated(text, text.unit ?? 'share', n),
  value: null,
  reason,
})

/** A number without an interval, because none belongs to it (a fitted threshold) or none can be told; null takes `reason`. */
export const valueMetric = (text: MetricText, value: number | null, reason: NullReason, n: number): Metric =>
  value === null || !Number.isFinite(value)
    ? missingMetric(text, reason, n)
    : { ...stated(text, 'none', n), value, interval: null }

/** A plain count. */
export const countMetric = (text: Omit<MetricText, 'unit'>, count: number): Metric => ({
  ...stated({ ...text, unit: 'count' }, 'count', count),
  value: count,
})

/**
 * A share of rows: Wilson's interval, or the cluster-robust one where rows share clusters. `hit` may be partial (a tie
 * worth half a point), then the interval is a bootstrap. Null with `no_items` of no rows.
 */
export function shareMetric<T extends Clustered>(
  text: MetricText,
  rows: readonly T[],
  hit: (row: T) => boolean | number,
  seed: number,
): Metric {
  if (rows.length === 0) return missingMetric(text, 'no_items')
  const values = rows.map((row) => Number(hit(row)))
  const whole = values.every((value) => value === 0 || value === 1)
  const successes = values.reduce((sum, value) => sum + value, 0)
  const clusters = clustersOf(rows)
  if (clusters && whole)
    return {
      ...stated(text, 'share', rows.length),
      value: successes / rows.length,
      interval: named(clusteredShareInterval(values, clusters, CONFIDENCE), 'clustered', [0, 1]),
    }
  if (!whole) return meanMetric({ unit: 'share', ...text }, rows, (row) => Number(hit(row)), seed)
  return {
    ...stated(text, 'share', rows.length),
    value: successes / rows.length,
    interval: named(wilsonInterval(successes, rows.length, CONFIDENCE), 'wilson', [0, 1]),
  }
}

/** A mean over rows: bootstrap over items, or the cluster-robust standard error where rows share clusters. */
export function meanMetric<T extends Clustered>(
  text: MetricText,
  rows: readonly T[],
  numberOf: (row: T) => number,
  seed: number,
): Metric {
  if (rows.length === 0) return missingMetric(text, 'no_items')
  const values = rows.map(numberOf)
  const clusters = clustersOf(rows)
  const bounds: [number, number] | undefined = text.unit === 'share' ? [0, 1] : undefined
  const interval = clusters
    ? named(clusteredMeanInterval(values, clusters, CONFIDENCE), 'clustered', bounds)
    : named(bootstrapMeanInterval(values, { random: randomFrom(seed, 'bootstrap', text.id) }), 'bootstrap', bounds)
  return { ...stated(text, 'none', rows.length), value: mean(values), interval }
}

/** A bootstrap interval of any statistic of rows (of whole clusters where rows share them); null where there is none. */
export function statisticInterval<T extends Clustered>(
  id: string,
  rows: readonly T[],
  statistic: (rows: T[]) => number | null,
  seed: number,
): Interval | null {
  const clusters = clustersOf(rows)
  const ends = bootstrapInterval(
    rows.length,
    (positions) => statistic(Array.from(positions, (position) => rows[position] as T)),
    { random: randomFrom(seed, 'bootstrap', id), clusters },
  )
  return named(ends, clusters ? 'cluster-bootstrap' : 'bootstrap')
}

/**
 * Any statistic of rows with its bootstrap interval. A null statistic takes `reason` (no rows at all: `no_items`);
 * `n` counts the rows unless said otherwise.
 */
export function statisticMetric<T extends Clustered>(
  text: MetricText,
  rows: readonly T[],
  statistic: (rows: T[]) => number | null,
  seed: number,
  reason: NullReason = 'undefined',
  n = rows.length,
): Metric {
  if (rows.length === 0) return missingMetric(text, 'no_items')
  const value = statistic([...rows])
  if (value === null || !Number.isFinite(value)) return missingMetric(text, reason, n)
  return { ...stated(text, 'share', n), value, interval: statisticInterval(text.id, rows, statistic, seed) }
}

/**
 * A statistic made of squares that noise raises (parts of a Brier score): the resamples are mirrored about the value,
 * which takes the noise off again; at least 0, and the value itself is held.
 */
export function squaresMetric<T extends Clustered>(
  text: MetricText,
  rows: readonly T[],
  statistic: (rows: T[]) => number | null,
  seed: number,
): Metric {
  const metric = statisticMetric(text, rows, statistic, seed)
  if (metric.value === null || !metric.interval) return metric
  const { value, interval } = metric
  const [low, high] = [2 * value - interval.high, 2 * value - interval.low]
  return { ...metric, interval: { ...interval, low: Math.max(0, Math.min(value, low)), high: Math.max(value, high) } }
}

/** Stated probabilities of rows and how far they came true. */
export interface CalibrationPair<T> {
  confidenceOf: (row: T) => number
  correctOf: (row: T) => number | boolean
  /** Ten bins of equal width unless said otherwise. */
  by?: Binning
}

/** Expected (or adaptive) calibration error of rows over ten bins, with its interval by `calibrationErrorInterval`. */
export function calibrationErrorMetric<T extends Clustered>(
  text: MetricText,
  rows: readonly T[],
  { confidenceOf, correctOf, by = 'width' }: CalibrationPair<T>,
  seed: number,
): Metric {
  if (rows.length === 0) return missingMetric(text, 'no_items')
  const [confidences, correct] = [rows.map(confidenceOf), rows.map(correctOf)]
  const value = (by === 'width' ? expectedCalibrationError : adaptiveCalibrationError)(confidences, correct)
  if (value === null || !Number.isFinite(value)) return missingMetric(text, 'undefined', rows.length)
  const clusters = clustersOf(rows)
  const ends = calibrationErrorInterval(confidences, correct, {
    random: randomFrom(seed, 'bootstrap', text.id),
    clusters,
    by,
  })
  return {
    ...stated(text, 'share', rows.length),
    value,
    interval: named(ends, clusters ? 'cluster-bootstrap' : 'bootstrap'),
  }
}

/** A statistic of two numbers that each row carries: its score and whether (or how far) that row is of the positive class. */
export interface PairStatistic<T> {
  scoreOf: (row: T) => number
  labelOf: (row: T) => number
  statistic: (scores: ArrayLike<number>, labels: ArrayLike<number>) => number | null
  /** An interval that does not vanish where the value is at an end of its range; joined to that of the resamples. */
  atTheEnd?: (
    value: number,
    labels: ArrayLike<number>,
    share: number,
    scores: ArrayLike<number>,
  ) => { low: number; high: number } | null
}

/** Area under the ROC curve of a score for a class. `share`: independent clusters per row. */
export const aucStatistic = <T>(scoreOf: (row: T) => number, isPositive: (row: T) => boolean): PairStatistic<T> => ({
  scoreOf,
  labelOf: (row) => Number(isPositive(row)),
  statistic: rocAuc,
  atTheEnd: (auc, labels, share) => {
    if (Math.max(auc, 1 - auc) < NEAR_THE_END) return null
    let positives = 0
    for (let i = 0; i < labels.length; i++) positives += labels[i] as number
    return rocAucScoreInterval(auc, share * positives, share * (labels.length - positives), CONFIDENCE)
  },
})

/** Average precision of a score for a class. */
export const averagePrecisionStatistic = <T>(
  scoreOf: (row: T) => number,
  isPositive: (row: T) => boolean,
): PairStatistic<T> => ({
  scoreOf,
  labelOf: (row) => Number(isPositive(row)),
  statistic: averagePrecision,
})

/** Prediction–rejection ratio of an uncertainty for right or wrong answers; null where all are alike. */
export const rejectionRatioStatistic = <T>(
  scoreOf: (row: T) => number,
  isRight: (row: T) => boolean,
): PairStatistic<T> => ({
  scoreOf,
  labelOf: (row) => Number(isRight(row)),
  statistic: (scores, labels) => predictionRejectionRatio(scores, labels),
  atTheEnd: (ratio, labels, share, scores) => {
    const auc = rocAuc(
      Float64Array.from(scores, (score) => -score),
      labels,
    )
    if (auc === null || auc < NEAR_THE_END) return null
    let right = 0
    for (let i = 0; i < labels.length; i++) right += labels[i] as number
    const ends = rocAucScoreInterval(auc, share * right, share * (labels.length - right), CONFIDENCE)
    return ends && { low: measureAtArea(ends.low, { value: ratio, own: auc, perfect: 1, random: 0 }), high: ratio }
  },
})

/** As `statisticInterval`, for a statistic of two numbers a row: sorted once instead of in each of a thousand resamples. */
export function pairsInterval<T extends Clustered>(
  id: string,
  rows: readonly T[],
  { scoreOf, labelOf, statistic, atTheEnd }: PairStatistic<T>,
  seed: number,
): Interval | null {
  const clusters = clustersOf(rows)
  const [scores, labels] = [rows.map(scoreOf), rows.map(labelOf)]
  const ends = bootstrapPairsInterval(statistic, scores, labels, {
    random: randomFrom(seed, 'bootstrap', id),
    clusters,
    biasCorrected: true,
  })
  const method = clusters ? 'cluster-bootstrap' : 'bootstrap'
  const value = ends && atTheEnd ? statistic(scores, labels) : null
  const share = clusters ? new Set(clusters).size / rows.length : 1
  const wide = value === null ? null : atTheEnd?.(value, labels, share, scores)
  if (!ends || !wide) return named(ends, method)
  return named({ low: Math.min(ends.low, wide.low), high: Math.max(ends.high, wide.high) }, method)
}

/** As `statisticMetric`, for a statistic of two numbers a row. */
export function pairsMetric<T extends Clustered>(
  text: MetricText,
  rows: readonly T[],
  pair: PairStatistic<T>,
  seed: number,
  reason: NullReason = 'undefined',
): Metric {
  if (rows.length === 0) return missingMetric(text, 'no_items')
  const value = pair.statistic(rows.map(pair.scoreOf), rows.map(pair.labelOf))
  if (value === null || !Number.isFinite(value)) return missingMetric(text, reason, rows.length)
  return { ...stated(text, 'share', rows.length), value, interval: pairsInterval(text.id, rows, pair, seed) }
}

/** The metric under another id and title: a headline that repeats one of the metrics. */
export const withReading = (metric: Metric, reading: string): Metric & { reading: string } => ({ ...metric, reading })

/** Share with a null for nothing: `successes` of `total`. */
export const shareOf = (successes: number, total: number): number | null => (total === 0 ? null : successes / total)
