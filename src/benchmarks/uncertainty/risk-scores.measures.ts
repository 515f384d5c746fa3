import type { Metric, NullReason } from '../../../schema/report.ts'
import { rocAuc } from '../../methods/statistics/binary-classification.ts'
import {
  adaptiveCalibrationError,
  type Binning,
  expectedCalibrationError,
} from '../../methods/statistics/calibration-error.ts'
import { brier, logLoss } from '../../methods/statistics/proper-scores.ts'
import { mean } from '../../methods/statistics/summary.ts'
import { minMaxScaled, polarization, RISK_CLIP } from '../../methods/uncertainty/risk-scores.ts'
import type { Reported } from '../report/rows.ts'
import type { RiskAnswer, RiskDetail } from './risk-scores.ts'

export type RiskRow = Reported<RiskDetail>

/** A score with what happened, as every metric takes it. */
export interface Scored {
  cluster: string
  score: number
  happened: boolean
  pstar: number | null
  row: RiskRow
}

/** Mean of both orders; null where one of them showed no letter. */
export const pooled = ({ forward, reversed }: RiskAnswer): number | null =>
  forward === null || reversed === null ? null : (forward + reversed) / 2

/** Ways of asking: by the letters of the choices, and by a stated number. */
export const WAYS = [
  { id: 'mcq', title: 'multiple choice', read: pooled },
  { id: 'numeric', title: 'stated number', read: ({ numeric }: RiskAnswer) => numeric },
] as const
export type Way = (typeof WAYS)[number]

/** Rows that this way has a score for. */
export const scoredBy = (rows: readonly RiskRow[], { read }: Way, of: 'target' | 'base' = 'target'): Scored[] =>
  rows.flatMap((row) => {
    const answer = row.detail[of]
    const score = answer && read(answer)
    return score === null
      ? []
      : [{ cluster: row.cluster, score, happened: row.detail.outcome >= 0.5, pstar: row.detail.pstar, row }]
  })

/** The scores alone, and what happened. */
export const scores = (some: readonly Scored[]) => some.map((one) => one.score)
export const outcomes = (some: readonly Scored[]) => some.map((one) => one.happened)

const brierSkill = (some: readonly Scored[]): number | null => {
  const [own, base] = [brier(scores(some), outcomes(some)), mean(outcomes(some).map(Number))]
  return own === null || base === null || base === 0 || base === 1 ? null : 1 - own / (base * (1 - base))
}

const accuracyAt = (some: readonly Scored[], threshold: number): number | null =>
  mean(some.map((one) => Number(one.score >= threshold === one.happened)))

const scaledError = (some: readonly Scored[]): number | null => {
  const scaled = minMaxScaled(scores(some))
  return scaled && expectedCalibrationError(scaled, outcomes(some))
}

const overConfidence = (some: readonly Scored[]): number | null => {
  const [sure, accuracy] = [mean(some.map(({ score }) => Math.max(score, 1 - score))), accuracyAt(some, 0.5)]
  return sure === null || accuracy === null ? null : sure - accuracy
}

interface Measure {
  id: string
  title: string
  direction: Metric['direction']
  of: (some: Scored[]) => number | null
  reason?: NullReason
  /** A calibration error over bins: resampling it would add noise instead of taking it off. */
  bins?: Binning
}

/** What is measured of the scores of each way of asking. */
export const MEASURES: readonly Measure[] = [
  {
    id: 'ece',
    title: 'ECE, ten equal-width bins',
    direction: 'lower',
    of: (some) => expectedCalibrationError(scores(some), outcomes(some)),
    bins: 'width',
  },
  {
    id: 'rocAuc',
    title: 'ROC AUC',
    direction: 'higher',
    of: (some) => rocAuc(scores(some), outcomes(some)),
    reason: 'single_class',
  },
  { id: 'brier', title: 'Brier score', direction: 'lower', of: (some) => brier(scores(some), outcomes(some)) },
  {
    id: 'brierSkill',
    title: 'Brier skill over the base rate',
    direction: 'higher',
    of: brierSkill,
    reason: 'single_class',
  },
  {
    id: 'logLoss',
    title: 'Log loss',
    direction: 'lower',
    of: (some) => logLoss(scores(some), outcomes(some), RISK_CLIP),
  },
  {
    id: 'adaptiveEce',
    title: 'ECE, ten bins of equal counts',
    direction: 'lower',
    of: (some) => adaptiveCalibrationError(scores(some), outcomes(some)),
    bins: 'count',
  },
  { id: 'scaledEce', title: 'ECE after min–max scaling', direction: 'lower', of: scaledError, reason: 'constant' },
  {
    id: 'overConfidence',
    title: 'Over-confidence: mean certainty minus accuracy at ½',
    direction: 'neutral',
    of: overConfidence,
  },
  {
    id: 'polarization',
    title: 'Polarisation: mean |2r − 1|',
    direction: 'neutral',
    of: (some) => polarization(scores(some)),
  },
]
