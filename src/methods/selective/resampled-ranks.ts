import type { RankedItems, Weights } from './ranked-items.ts'

/** Rank correlations of certainty with quality in one resample; null where one side is constant there. */
export interface ResampledRanks {
  /** Share of ordered pairs in the wrong order. */
  reversedPairs: number | null
  spearman: number | null
  kendallTauB: number | null
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
 * `reversedPairs`, Spearman's ρ and Kendall's τ-b of ranked items drawn `weights` times (once each without weights): the
 * same values as of the drawn items written out, without sorting them, in O(n log of the distinct qualities).
 */
export function resampledRanks(
  { byCertainty, byQuality, qualityLevels }: RankedItems,
  weights?: Weights,
): ResampledRanks {
  const { places, ends } = byCertainty
  const [first, second] = [new Float64Array(ends.length), new Float64Array(byQuality.ends.length)]
  const tree = new Float64Array(second.length + 1)
  const add = (level: number, weight: number) => {
    for (let at = level + 1; at < tree.length; at += at & -at) tree[at] = (tree[at] as number) + weight
  }
  /** Weight of the levels below `level`. */
  const below = (level: number): number => {
    let sum = 0
    for (let at = level; at > 0; at -= at & -at) sum += tree[at] as number
    return sum
  }
  const weightAt = (position: number) => (weights ? (weights[places[position] as number] as number) : 1)
  let [total, reversed, right, start] = [0, 0, 0, 0]
  ends.forEach((end, run) => {
    for (let i = start; i < end; i++) {
      const weight = weightAt(i)
      if (weight === 0) continue
      const quality = qualityLevels[i] as number
      const upTo = below(quality + 1)
      reversed += weight * below(quality)
      right += weight * (total - upTo)
      first[run] = (first[run] as number) + weight
      second[quality] = (second[quality] as number) + weight
    }
    // A tie is counted as a whole only once it has been compared with what lies before it.
    for (let i = start; i < end; i++) {
      const weight = weightAt(i)
      if (weight > 0) add(qualityLevels[i] as number, weight)
    }
    total += first[run] as number
    start = end
  })
  if (total === 0) return { reversedPairs: null, spearman: null, kendallTauB: null }
  const [u, q] = [meanRanks(first), meanRanks(second)]
  if (u.levels < 2 || q.levels < 2) return { reversedPairs: reversed / total ** 2, spearman: null, kendallTauB: null }
  const centre = (total + 1) / 2
  let [products, from] = [0, 0]
  ends.forEach((end, run) => {
    let sum = 0
    for (let i = from; i < end; i++) sum += weightAt(i) * ((q.ranks[qualityLevels[i] as number] as number) - centre)
    products += ((u.ranks[run] as number) - centre) * sum
    from = end
  })
  const all = total ** 3 - total
  const pairs = (total * (total - 1)) / 2
  return {
    reversedPairs: reversed / total ** 2,
    // Certainty falls as uncertainty rises.
    spearman: clip((-12 * products) / Math.sqrt((all - u.squares) * (all - q.squares))),
    kendallTauB: clip((right - reversed) / Math.sqrt((pairs - u.tiedPairs) * (pairs - q.tiedPairs))),
  }
}

const clip = (value: number): number => Math.max(-1, Math.min(1, value))
