import type { Label } from './binary-classification.ts'
import { type BootstrapOptions, bootstrapUnits } from './bootstrap.ts'
import { type Binning, type BinShare, binShares } from './calibration-error.ts'
import { normalQuantile } from './distributions/normal.ts'
import type { Interval } from './intervals.ts'
import { quantileOfSorted } from './summary.ts'

/**
 * Interval of a binned calibration error, Σ_b |g_b| with g_b the mean over all items of correct − confidence in bin b.
 * Noise makes each |g_b| larger, so that resampled errors lie above the true one, most where that is near 0. Here the
 * resamples tell the noise e_b of each gap instead. A gap beyond its own noise keeps its sign, and moves the error by
 * ± e_b; of another only |e_b| bounds what noise added, and e_b on one side what it took away. The ends are the estimate less
 * and plus the quantiles of those sums, the lower at least 0. Null where items or clusters are too few.
 */
export function calibrationErrorInterval(
  confidences: ArrayLike<number>,
  correct: ArrayLike<Label>,
  {
    random,
    resamples = 1000,
    confidence = 0.95,
    clusters,
    bins = 10,
    by = 'width',
  }: BootstrapOptions & { bins?: number; by?: Binning },
): Interval | null {
  const count = confidences.length
  const members = bootstrapUnits(count, clusters)
  if (!members) return null
  const shares = binShares(confidences, bins, by)
  // Per unit: how many items, and its part of each bin's gap.
  const sizes = members.map((member) => member.length)
  const parts = members.map((member) => {
    const part = new Float64Array(bins)
    for (const i of member)
      for (const [bin, share] of shares[i] as BinShare[])
        part[bin] = (part[bin] as number) + share * (Number(correct[i]) - (confidences[i] as number))
    return part
  })
  const gapsOf = (times: ArrayLike<number>): Float64Array => {
    const gaps = new Float64Array(bins)
    let total = 0
    parts.forEach((part, unit) => {
      const weight = times[unit] as number
      if (weight === 0) return
      total += weight * (sizes[unit] as number)
      for (let bin = 0; bin < bins; bin++) gaps[bin] = (gaps[bin] as number) + weight * (part[bin] as number)
    })
    return gaps.map((gap) => gap / total)
  }
  const own = gapsOf(new Float64Array(members.length).fill(1))
  const error = own.reduce((sum, gap) => sum + Math.abs(gap), 0)
  const noises = Array.from({ length: resamples }, () => {
    const times = new Float64Array(members.length)
    for (let draw = 0; draw < times.length; draw++) {
      const drawn = Math.floor(random.next() * times.length)
      times[drawn] = (times[drawn] as number) + 1
    }
    return gapsOf(times).map((gap, bin) => gap - (own[bin] as number))
  })
  const z = normalQuantile(1 - (1 - confidence) / 2)
  const sure = own.map((gap, bin) => {
    const squares = noises.reduce((sum, noise) => sum + (noise[bin] as number) ** 2, 0)
    return Number(Math.abs(gap) > z * Math.sqrt(squares / resamples))
  })
  const reach = (added: boolean): number => {
    const sums = Float64Array.from(noises, (noise) => {
      let sum = 0
      for (let bin = 0; bin < bins; bin++) {
        const signed = Math.sign(own[bin] as number) * (noise[bin] as number)
        if (sure[bin]) sum += added ? signed : -signed
        else sum += added ? Math.abs(signed) : Math.max(0, -signed)
      }
      return sum
    }).sort()
    return Math.max(0, quantileOfSorted(sums, 1 - (1 - confidence) / 2) as number)
  }
  return { low: Math.max(0, error - reach(true)), high: Math.min(1, error + reach(false)) }
}
