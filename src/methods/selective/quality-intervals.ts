import { rocAucScoreInterval } from '../statistics/auc-interval.ts'
import { type BootstrapOptions, expandedPercentiles, unitsOf } from '../statistics/bootstrap.ts'
import type { Interval } from '../statistics/intervals.ts'
import { sameLength } from '../statistics/summary.ts'
import { missing, type NullReason } from '../undefined-value.ts'
import { type RankedItems, rankItems, resampleWeights, type Weights } from './ranked-items.ts'
import { type ResampledQuality, resampledQuality } from './resampled-quality.ts'
import { type ResampledRanks, resampledRanks } from './resampled-ranks.ts'

/** Every measure of how well an uncertainty orders answers; each null where it is not defined. */
export type OrderQuality = ResampledQuality & ResampledRanks
export type OrderMeasure = keyof OrderQuality

/** A measure with its bootstrap interval (null where too few resamples have a value), or the reason why there is none. */
export type MeasuredQuality = { value: number; interval: Interval | null } | { value: null; reason: NullReason }

const orderQuality = (items: RankedItems, weights?: Weights): OrderQuality => ({
  ...resampledQuality(items, weights),
  ...resampledRanks(items, weights),
})

/** All measures of an uncertainty score: `uncertainties` (higher = less certain) against `qualities` in [0, 1]. Raises when the lists differ in length. */
export const uncertaintyQuality = (uncertainties: ArrayLike<number>, qualities: ArrayLike<number>): OrderQuality =>
  orderQuality(rankItems(uncertainties, qualities))

/**
 * Interval from one value a resample of `units` items or clusters, corrected for bias where the statistic's own `value` is
 * given; null when more than one resample in ten had none.
 */
export function resampledEnds(
  values: readonly (number | null)[],
  units: number,
  confidence?: number,
  value?: number,
): Interval | null {
  const drawn = Float64Array.from(values.filter((one) => one !== null)).sort()
  if (units < 2 || drawn.length === 0 || drawn.length < 0.9 * values.length) return null
  return expandedPercentiles(drawn, units, confidence, value)
}

/** From this area under the ROC curve on, the resamples of any measure of an order tell too little of its spread. */
export const NEAR_THE_END = 0.9

/**
 * What a measure would be at the area `auc` under the ROC curve, which it follows in a straight line from the perfect
 * order (an area of 1): through its own `value` at the area `own`, but at least half as steep as towards a random order
 * (an area of ½), and as steep as that where the own order is perfect.
 */
export function measureAtArea(
  auc: number,
  { value, own, perfect, random }: { value: number; own: number; perfect: number; random: number },
): number {
  const towardsRandom = 2 * (perfect - random)
  const through = own < 1 ? (perfect - value) / (1 - own) : towardsRandom
  const slope = Math.sign(towardsRandom) * Math.max(Math.abs(through), Math.abs(towardsRandom) / 2)
  return perfect - slope * (1 - auc)
}

/** The measure in the perfect order of these items, and on average in a random one; null of rank correlations. */
function endsOfMeasure(name: OrderMeasure, items: RankedItems): { perfect: number; random: number } | null {
  const { qualities } = items.byCertainty
  const count = qualities.length
  const positives = qualities.reduce((sum, quality) => sum + Number(quality >= 0.5), 0)
  switch (name) {
    case 'rocAuc':
      return { perfect: 1, random: 0.5 }
    case 'averagePrecision':
      return { perfect: 1, random: positives / count }
    case 'riskCoverageAuc': {
      const best = resampledQuality({ ...items, byCertainty: items.byQuality }).riskCoverageAuc as number
      return { perfect: best, random: 1 - qualities.reduce((sum, quality) => sum + quality, 0) / count }
    }
    case 'reversedPairs':
      return { perfect: 0, random: (positives * (count - positives)) / 2 / count ** 2 }
    case 'spearman':
    case 'kendallTauB':
      return null
    default:
      return { perfect: 1, random: 0 }
  }
}

/**
 * Intervals of measures of an order from their values in resamples of `units` items or clusters, null where more than one
 * in ten had none. Where hardly an item is out of order, resamples know nothing of those to come that will be: the
 * intervals then also hold what the measures would be at the lower end of the score interval of the area under the ROC
 * curve. In simulations of 60 to 120 items at areas of 0.92 to 0.99, plain percentiles of PRR and average precision held
 * the truth in 73 to 94 % of runs, these in 94 to 99 %.
 */
export function orderIntervals<Measures extends ResampledQuality>(
  items: RankedItems,
  values: Measures,
  resampled: readonly Measures[],
  { units, confidence }: { units: number; confidence?: number | undefined },
): Record<keyof Measures, Interval | null> {
  const { qualities } = items.byCertainty
  const share = units / qualities.length
  const positives = qualities.reduce((sum, quality) => sum + Number(quality >= 0.5), 0)
  const own = values.rocAuc
  const near =
    own === null || own < NEAR_THE_END
      ? null
      : rocAucScoreInterval(own, share * positives, share * (qualities.length - positives), confidence)
  const names = Object.keys(values) as (keyof Measures & OrderMeasure)[]
  return Object.fromEntries(
    names.map((name): [keyof Measures, Interval | null] => {
      const value = values[name] as number | null
      const drawn = resampled.map((one) => one[name] as number | null)
      const ends = value === null ? null : resampledEnds(drawn, units, confidence, value)
      if (!ends || value === null || !near || own === null) return [name, ends]
      const span = endsOfMeasure(name, items)
      // Rank correlations with right or wrong answers are proportional to what the area lies above ½.
      const other = span
        ? measureAtArea(near.low, { value, own, ...span })
        : (value * (2 * near.low - 1)) / (2 * own - 1)
      return [name, { low: Math.min(ends.low, other), high: Math.max(ends.high, other) }]
    }),
  ) as Record<keyof Measures, Interval | null>
}

const WITHOUT_CLASSES: ReadonlySet<OrderMeasure> = new Set(['riskCoverageAuc', 'reversedPairs'])

/**
 * `uncertaintyQuality` with a seeded bootstrap interval of each measure. All measures share the resamples (of whole
 * clusters where given), and nothing is sorted again in one. Raises when the lists differ in length.
 */
export function measuredQuality(
  uncertainties: ArrayLike<number>,
  qualities: ArrayLike<number>,
  options: BootstrapOptions,
): Record<OrderMeasure, MeasuredQuality> {
  sameLength('measuredQuality', uncertainties, qualities)
  const count = uncertainties.length
  const items = rankItems(uncertainties, qualities)
  const values = orderQuality(items)
  const resampled = resampleWeights(count, options)?.map((weights) => orderQuality(items, weights))
  const units = unitsOf(count, options.clusters)
  const intervals = resampled && orderIntervals(items, values, resampled, { units, confidence: options.confidence })
  const reasonOf = (name: OrderMeasure): NullReason => {
    if (count === 0) return 'no_items'
    if (WITHOUT_CLASSES.has(name)) return 'too_few'
    return name === 'rocAuc' || name === 'averagePrecision' ? 'single_class' : 'constant'
  }
  const names = Object.keys(values) as OrderMeasure[]
  return Object.fromEntries(
    names.map((name): [OrderMeasure, MeasuredQuality] => {
      const value = values[name]
      if (value === null) return [name, missing(reasonOf(name)) as MeasuredQuality]
      return [name, { value, interval: intervals?.[name] ?? null }]
    }),
  ) as Record<OrderMeasure, MeasuredQuality>
}
