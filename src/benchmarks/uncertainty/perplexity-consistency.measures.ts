import { expectedCalibrationError } from '../../methods/statistics/calibration-error.ts'
import { mean } from '../../methods/statistics/summary.ts'
import type { AccuracyAtSamples } from '../../methods/uncertainty/perplexity-consistency.ts'
import type { Reported } from '../report/rows.ts'
import type { ReasoningDetail } from './perplexity-consistency.ts'
import { METHODS, type Method } from './perplexity-consistency.votes.ts'

export type ReasoningRow = Reported<ReasoningDetail>

/** Names of the votes as a reader sees them. */
export const TITLES: Record<Method, string> = {
  SC: 'self-consistency',
  PPL: 'likeliest path',
  PC: 'perplexity consistency',
  RPC: 'pruned perplexity consistency',
}

/** Place of a vote in the lists of a row. */
export const at = (method: Method): number => METHODS.indexOf(method)

/** The value of one subset; where all samples were taken there is only one. */
export const subsetValue = (
  values: ReasoningDetail['credits'],
  method: Method,
  count: number,
  subset: number,
): number | null => {
  const list = values[at(method)]?.[count] ?? []
  return (list.length === 1 ? list[0] : list[subset]) ?? null
}

/** Mean credit over subsets at that place of `counts`. */
export const creditOf = (row: ReasoningRow, method: Method, count: number): number | null =>
  mean((row.detail.credits[at(method)]?.[count] ?? []).flatMap((value) => value ?? []))

/** Accuracy of a vote by number of samples; a row without credit counts as 0. */
export const accuracyCurve = (
  rows: readonly ReasoningRow[],
  method: Method,
  counts: readonly number[],
): AccuracyAtSamples[] =>
  counts.map((samples, place) => ({
    samples,
    accuracy: mean(rows.map((row) => creditOf(row, method, place) ?? 0)) ?? 0,
  }))

/** ECE of the winner's confidence in one subset; null without a confidence. */
export function calibrationError(
  rows: readonly ReasoningRow[],
  method: Method,
  count: number,
  subset: number,
): number | null {
  const found = rows.flatMap((row) => {
    const confidence = subsetValue(row.detail.confidences, method, count, subset)
    const credit = subsetValue(row.detail.credits, method, count, subset)
    return confidence === null || credit === null ? [] : [{ confidence, credit }]
  })
  return expectedCalibrationError(
    found.map((one) => Math.min(1, one.confidence)),
    found.map((one) => one.credit),
  )
}

/** Squared error of the winner’s confidence in the first subset of a row; null without a confidence. */
export const brierOf = (row: ReasoningRow, method: Method, last: number): number | null => {
  const confidence = subsetValue(row.detail.confidences, method, last, 0)
  const credit = subsetValue(row.detail.credits, method, last, 0)
  return confidence === null || credit === null ? null : (confidence - credit) ** 2
}
