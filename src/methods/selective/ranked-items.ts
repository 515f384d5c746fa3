import type { Random } from '../random.ts'
import { bootstrapUnits } from '../statistics/bootstrap.ts'
import { ascendingOrder, sameLength, tiedRuns } from '../statistics/summary.ts'

/** How often each item is drawn in one bootstrap resample. */
export type Weights = Uint16Array

/**
 * Seeded bootstrap resamples of items 0..count−1 (or of whole clusters) as weights, to be shared by many statistics:
 * differences between statistics of one resample are then paired. Null where items or clusters are too few to show
 * their own spread, as in `bootstrapDistribution`.
 */
export function resampleWeights(
  count: number,
  {
    random,
    resamples = 1000,
    clusters,
  }: { random: Random; resamples?: number; clusters?: ArrayLike<string | number> | undefined },
): Weights[] | null {
  const members = bootstrapUnits(count, clusters)
  if (!members) return null
  return Array.from({ length: resamples }, () => {
    const weights = new Uint16Array(count)
    for (let draw = 0; draw < members.length; draw++)
      for (const item of members[Math.floor(random.next() * members.length)] as Uint32Array)
        weights[item] = (weights[item] as number) + 1
    return weights
  })
}

/** One order of items: their places in the common list and qualities in that order, and the ends of their ties. */
export interface Order {
  places: Uint32Array
  qualities: Float64Array
  /** Each run of equal keys ends before this position. */
  ends: Uint32Array
}

/** Items in order of certainty and in order of quality, sorted once for all resamples. */
export interface RankedItems {
  byCertainty: Order
  /** Best first. */
  byQuality: Order
  /** For each position in order of certainty, which of the distinct qualities it has (0 = lowest). */
  qualityLevels: Uint32Array
}

/**
 * Sorts items by uncertainty and by quality; `places` are their positions among the items that were resampled (their own
 * by default). Items that are `like` others (the same places and qualities) take over their order of quality.
 */
export function rankItems(
  uncertainties: ArrayLike<number>,
  qualities: ArrayLike<number>,
  places: ArrayLike<number> = Uint32Array.from({ length: uncertainties.length }, (_, i) => i),
  like?: RankedItems,
): RankedItems {
  sameLength('rankItems', uncertainties, qualities)
  sameLength('rankItems', uncertainties, places)
  const ordered = (keys: ArrayLike<number>, order: Uint32Array): Order => ({
    places: order.map((item) => places[item] as number),
    qualities: Float64Array.from(order, (item) => qualities[item] as number),
    ends: Uint32Array.from(tiedRuns(keys, order), ([, end]) => end),
  })
  const certain = ascendingOrder(uncertainties)
  const negated = Float64Array.from(qualities, (quality) => -quality)
  const byQuality = like?.byQuality ?? ordered(negated, ascendingOrder(negated))
  const levels = new Map(
    Float64Array.from(new Set(byQuality.qualities))
      .sort()
      .entries()
      .map(([level, q]) => [q, level]),
  )
  const byCertainty = ordered(uncertainties, certain)
  return {
    byCertainty,
    byQuality,
    qualityLevels: Uint32Array.from(byCertainty.qualities, (q) => levels.get(q) as number),
  }
}
