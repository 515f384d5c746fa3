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

/** Interval from one value a resample of `units` items or clusters; null when more than one in ten had none. */
export function resampledEnds(values: readonly (number | null)[], units: number, confidence?: number): Interval | null {
  const drawn = Float64Array.from(values.filter((value) => value !== null)).sort()
  return drawn.length === 0 || drawn.length < 0.9 * values.length ? null : expandedPercentiles(drawn, units, confidence)
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
  const resampled = resampleWeights(count, options)?.map((weights) => orderQuality(items, weights)) ?? null
  const units = unitsOf(count, options.clusters)
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
      const drawn = resampled?.map((one) => one[name])
      return [name, { value, interval: drawn ? resampledEnds(drawn, units, options.confidence) : null }]
    }),
  ) as Record<OrderMeasure, MeasuredQuality>
}
