import { ascendingOrder, sameLength } from '../statistics/summary.ts'
import type { Weights } from './resampled-quality.ts'

/** Rank correlations of certainty with quality in one resample; null where one side is constant there. */
export interface ResampledRanks {
  /** Share of ordered pairs in the wrong order. */
  reversedPairs: number | null
  spearman: number | null
  kendallTauB: number | null
}

/** Level (0, 1, … for distinct values, ascending) of each item. */
function levelsOf(values: ArrayLike<number>): { levels: Uint32Array; count: number } {
  const order = ascendingOrder(values)
  const levels = new Uint32Array(values.length)
  let level = -1
  order.forEach((item, i) => {
    if (i === 0 || values[item] !== values[order[i - 1] as number]) level++
    levels[item] = level
  })
  return { levels, count: level + 1 }
}

/** Mean rank of each level from the weights of the levels, and Σ(t³ − t) and Σt(t − 1)/2 over them. */
function meanRanks(weightOf: Float64Array): {
  ranks: Float64Array
  squares: number
  tiedPairs: number
  levels: number
} {
  const ranks = new Float64Array(weightOf.length)
  let [before, squares, tiedPairs, levels] = [0, 0, 0, 0]
  for (let level = 0; level < weightOf.length; level++) {
    const weight = weightOf[level] as number
    if (weight === 0) continue
    ranks[level] = before + (weight + 1) / 2
    before += weight
    squares += weight ** 3 - weight
    tiedPairs += (weight * (weight - 1)) / 2
    levels++
  }
  return { ranks, squares, tiedPairs, levels }
}

/**
 * A function from a resample's weights to `reversedPairs`, Spearman's ρ and Kendall's τ-b of the drawn items written
 * out; without weights each counts once. Sorted once: a resample then costs O(n log of the distinct qualities).
 */
export function resampledRanks(
  uncertainties: ArrayLike<number>,
  qualities: ArrayLike<number>,
): (weights?: Weights) => ResampledRanks {
  sameLength('resampledRanks', uncertainties, qualities)
  const order = ascendingOrder(uncertainties)
  const [byUncertainty, byQuality] = [levelsOf(uncertainties), levelsOf(qualities)]
  const tree = new Float64Array(byQuality.count + 1)
  const add = (level: number, weight: number) => {
    for (let at = level + 1; at < tree.length; at += at & -at) tree[at] = (tree[at] as number) + weight
  }
  /** Weight of the levels below `level`. */
  const below = (level: number): number => {
    let sum = 0
    for (let at = level; at > 0; at -= at & -at) sum += tree[at] as number
    return sum
  }
  return (weights) => {
    const [first, second] = [new Float64Array(byUncertainty.count), new Float64Array(byQuality.count)]
    tree.fill(0)
    let [total, reversed, right, products, start] = [0, 0, 0, 0, 0]
    const weightAt = (item: number) => (weights ? (weights[item] as number) : 1)
    while (start < order.length) {
      const level = byUncertainty.levels[order[start] as number] as number
      let end = start
      for (; end < order.length && byUncertainty.levels[order[end] as number] === level; end++) {
        const item = order[end] as number
        const weight = weightAt(item)
        if (weight === 0) continue
        const quality = byQuality.levels[item] as number
        const lower = below(quality)
        reversed += weight * lower
        right += weight * (total - lower - (below(quality + 1) - lower))
        first[level] = (first[level] as number) + weight
        second[quality] = (second[quality] as number) + weight
      }
      // A tie is counted as a whole only once it has been compared with what lies before it.
      for (let i = start; i < end; i++) {
        const item = order[i] as number
        const weight = weightAt(item)
        if (weight > 0) add(byQuality.levels[item] as number, weight)
        total += weight
      }
      start = end
    }
    if (total === 0) return { reversedPairs: null, spearman: null, kendallTauB: null }
    const [u, q] = [meanRanks(first), meanRanks(second)]
    if (u.levels < 2 || q.levels < 2) return { reversedPairs: reversed / total ** 2, spearman: null, kendallTauB: null }
    const centre = (total + 1) / 2
    for (let item = 0; item < order.length; item++) {
      const weight = weightAt(item)
      if (weight === 0) continue
      const [a, b] = [byUncertainty.levels[item] as number, byQuality.levels[item] as number]
      products += weight * ((u.ranks[a] as number) - centre) * ((q.ranks[b] as number) - centre)
    }
    const all = total ** 3 - total
    const pairs = (total * (total - 1)) / 2
    return {
      reversedPairs: reversed / total ** 2,
      // Certainty falls as uncertainty rises.
      spearman: clip((-12 * products) / Math.sqrt((all - u.squares) * (all - q.squares))),
      kendallTauB: clip((right - reversed) / Math.sqrt((pairs - u.tiedPairs) * (pairs - q.tiedPairs))),
    }
  }
}

const clip = (value: number): number => Math.max(-1, Math.min(1, value))
