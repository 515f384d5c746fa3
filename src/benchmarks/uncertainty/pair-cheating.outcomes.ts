import type { Interval } from '../../../schema/report.ts'
import { randomFrom } from '../../methods/random.ts'
import { bootstrapDistribution, bootstrapMeanInterval } from '../../methods/statistics/bootstrap.ts'
import { mean, quantileOfSorted } from '../../methods/statistics/summary.ts'
import {
  chebyshevBound,
  LEAST_VARIANCE,
  pairAgreement,
  pairCheating,
  pairedSquaredError,
  recalibratedBound,
} from '../../methods/uncertainty/pair-cheating.ts'
import {
  type OrderedOutcomes,
  orderOutcomes,
  type SecondOrderBin,
  secondOrderBins,
  secondOrderCalibrationError,
} from '../../methods/uncertainty/second-order-calibration.ts'
import type { Reported } from '../report/rows.ts'
import type { PairDetail } from './pair-cheating.ts'

/** A reported item of this benchmark. */
export type PairRow = Reported<PairDetail>

/** What is known of one outcome of one item. */
export interface PairOutcome {
  /** Position of its item among the rows, and the item's cluster. */
  item: number
  cluster: string
  probability: number
  /** p(y | y). */
  givenItself: number
  /** Unclipped V. */
  signedVariance: number
  /** V, never negative: what bounds are made of. */
  variance: number
  confidence: number | null
  truth: number | null
  /** (p* − p)², or its unbiased estimate from labels; null with neither. */
  squaredError: number | null
  /** Unbiased p*² from labels; null without. */
  agreement: number | null
}

const labelsOf = (counts: readonly number[] | null): number => (counts ?? []).reduce((sum, count) => sum + count, 0)

/** All outcomes of all rows. */
export const outcomesOf = (rows: readonly PairRow[]): PairOutcome[] =>
  rows.flatMap(({ detail, cluster }, item) =>
    detail.outcomes.map((_, y): PairOutcome => {
      const probability = detail.probabilities[y] as number
      const truth = detail.pstar?.[y] ?? null
      const count = detail.counts?.[y] ?? 0
      const labels = labelsOf(detail.counts)
      return {
        item,
        cluster,
        probability,
        givenItself: detail.conditional[y]?.[y] as number,
        signedVariance: detail.signedVariance[y] as number,
        variance: Math.max(0, detail.signedVariance[y] as number),
        confidence: detail.confidence[y] ?? null,
        truth,
        squaredError: truth === null ? pairedSquaredError(count, labels, probability) : (truth - probability) ** 2,
        agreement: pairAgreement(count, labels),
      }
    }),
  )

/** What an exact Bayesian would have said of the same items, as rows; those that carry none are left out. */
export const referenceRows = (rows: readonly PairRow[]): PairRow[] =>
  rows.flatMap((row) => {
    const { reference } = row.detail
    const exact = reference && pairCheating(reference.probabilities, reference.conditional)
    if (!exact) return []
    const detail: PairDetail = {
      ...row.detail,
      probabilities: Array.from(exact.probabilities),
      conditional: exact.conditional.map((shares) => Array.from(shares)),
      placebo: null,
      signedVariance: Array.from(exact.signedVariance),
      confidence: exact.confidence,
      cheat: exact.cheat,
      netCheat: null,
    }
    return [{ ...row, detail }]
  })

/** Whether p* itself is known, or only labels that were drawn from it. */
export const truthKnown = (outcomes: readonly PairOutcome[]): boolean => outcomes.every(({ truth }) => truth !== null)

/**
 * Outcomes in order of V: (p* − p)² against V where p* is known; else how often two labels agree on the outcome against
 * p(y)·p(y | y), which needs no p*. Null where an item has neither.
 */
export function ordered(outcomes: readonly PairOutcome[]): OrderedOutcomes | null {
  // Equal settings have equal variances: rounding must not order them.
  const variances = outcomes.map(({ signedVariance }) => Math.round(signedVariance * 1e12) / 1e12)
  if (truthKnown(outcomes))
    return orderOutcomes(
      variances,
      outcomes.map(({ squaredError }) => squaredError as number),
      variances,
    )
  if (outcomes.some(({ agreement }) => agreement === null)) return null
  return orderOutcomes(
    variances,
    outcomes.map(({ agreement }) => agreement as number),
    // p·p(y | y) = V + p², V without the bias of few samples.
    outcomes.map(({ probability, signedVariance }) => signedVariance + probability ** 2),
  )
}

/** The bins behind the second-order calibration error. */
export function binsOf(outcomes: readonly PairOutcome[]): SecondOrderBin[] {
  const sorted = outcomes.length === 0 ? null : ordered(outcomes)
  return sorted ? secondOrderBins(sorted) : []
}

const CONFIDENCE = 0.95
const BINS = 10

/**
 * Second-order calibration error with an interval over clusters of items. The error is a norm of the bins' gaps, which
 * noise raises, most where it is near 0, so that a resample's errors say little of the truth. But by the triangle
 * inequality it is off by at most the norm of the noise, whose 95 % quantile the resamples tell: estimate ± that, cut at 0.
 */
export function calibrationError(
  id: string,
  rows: readonly PairRow[],
  seed: number,
): { value: number; interval: Interval | null } | null {
  const outcomes = outcomesOf(rows)
  const sorted = outcomes.length === 0 ? null : ordered(outcomes)
  const value = sorted && secondOrderCalibrationError(sorted)
  if (!sorted || value === null) return null
  const gaps = (bins: SecondOrderBin[]) => bins.map(({ meanObserved, meanExpected }) => meanObserved - meanExpected)
  const own = gaps(secondOrderBins(sorted))
  const clusters = rows.map(({ cluster }) => cluster)
  const shared = new Set(clusters).size < rows.length
  const noise = bootstrapDistribution(
    rows.length,
    (positions) => {
      const times = new Float64Array(rows.length)
      for (const position of positions) times[position] = (times[position] as number) + 1
      const weights = Float64Array.from(outcomes, ({ item }) => times[item] as number)
      const drawn = gaps(secondOrderBins(sorted, BINS, weights))
      return mean(drawn.map((gap, bin) => Math.abs(gap - (own[bin] ?? 0))))
    },
    { random: randomFrom(seed, 'bootstrap', id), clusters: shared ? clusters : undefined },
  )
  const reach = noise && quantileOfSorted(noise, CONFIDENCE)
  return {
    value,
    interval:
      reach === null
        ? null
        : {
            low: Math.max(0, value - reach),
            high: value + reach,
            confidence: CONFIDENCE,
            method: shared ? 'cluster-bootstrap' : 'bootstrap',
          },
  }
}

/**
 * γ of the recalibrated bound: the upper end of the 95 % interval of the mean over items of (p* − p)²/max(V, .001), from
 * labels where p* is unknown. Null without either, or with too few items.
 */
export function recalibration(rows: readonly PairRow[], seed: number): number | null {
  const ratios = rows.map((row) => {
    const outcomes = outcomesOf([row])
    // The ratio is linear in the squared error, so that an unbiased estimate of that serves as well.
    const values = outcomes.flatMap(({ squaredError, variance }) =>
      squaredError === null ? [] : [squaredError / Math.max(variance, LEAST_VARIANCE)],
    )
    return mean(values)
  })
  if (ratios.length === 0 || ratios.includes(null)) return null
  const clusters = rows.map(({ cluster }) => cluster)
  const ends = bootstrapMeanInterval(ratios as number[], {
    random: randomFrom(seed, 'recalibration'),
    clusters: new Set(clusters).size < rows.length ? clusters : undefined,
  })
  return ends && Math.max(0, ends.high)
}

/** A bound of p* as this δ wants it: plain, or recalibrated by γ. */
export const boundOf = ({ probability, variance }: PairOutcome, delta: number, gamma: number | null) =>
  gamma === null ? chebyshevBound(probability, variance, delta) : recalibratedBound(probability, variance, gamma, delta)

/** Whether the bound holds p*; an arithmetically exact one must not lose it to the last bit. */
export const holds = ({ low, high }: { low: number; high: number }, truth: number): boolean =>
  truth >= low - 1e-12 && truth <= high + 1e-12
