import { expectedCalibrationError } from '../../methods/statistics/calibration-error.ts'
import { multiclassBrier, multiclassLogLoss } from '../../methods/statistics/proper-scores.ts'
import { mean } from '../../methods/statistics/summary.ts'
import { softmax, temperatureScaling } from '../../methods/statistics/temperature-scaling.ts'

/** A distribution over choices and the place of the right one. */
export interface Judged {
  cluster: string
  shares: readonly number[]
  label: number
}

/** Likelihoods of 0 would make one sure mistake infinite. */
const CLIP = 1e-6

export const confidenceOf = (shares: readonly number[]): number => Math.min(1, Math.max(...shares))

/** Credit of the most probable choice: 1/ties where it is among the right. */
export function creditOf({ shares, label }: Pick<Judged, 'shares' | 'label'>): number {
  const most = Math.max(...shares)
  const ties = shares.filter((share) => share === most).length
  return shares[label] === most ? 1 / ties : 0
}

export const errorOf = (some: readonly Judged[]): number | null => mean(some.map((one) => 1 - creditOf(one)))

export const nllOf = (some: readonly Judged[]): number | null =>
  multiclassLogLoss(
    some.map(({ shares }) => shares),
    some.map(({ label }) => label),
    CLIP,
  )

export const brierOf = (some: readonly Judged[]): number | null =>
  multiclassBrier(
    some.map(({ shares }) => shares),
    some.map(({ label }) => label),
  )

export const eceOf = (some: readonly Judged[]): number | null =>
  expectedCalibrationError(
    some.map(({ shares }) => confidenceOf(shares)),
    some.map(creditOf),
  )

/** Error beyond guessing: 1 is guessing, 0 is all right. Choices may differ in number. */
export const chanceCorrectedError = (some: readonly Judged[]): number | null =>
  mean(some.map((one) => (1 - creditOf(one)) / (1 - 1 / one.shares.length)))

const logits = ({ shares }: Judged): number[] => shares.map((share) => Math.log(Math.max(share, CLIP)))

/** The temperature that fits these best, and a function that applies it; null where none can be fitted. */
export function fittedTemperature(
  some: readonly Judged[],
): { temperature: number; apply: (one: Judged) => Judged } | null {
  const temperature =
    some.length === 0
      ? null
      : temperatureScaling(
          some.map(logits),
          some.map(({ label }) => label),
        )
  return temperature === null
    ? null
    : { temperature, apply: (one) => ({ ...one, shares: Array.from(softmax(logits(one), temperature)) }) }
}
