import { averageRanks } from './ranks.ts'
import { ascendingOrder, mean, sameLength, tiedRuns } from './summary.ts'

/**
 * Pearson's product-moment correlation, in [−1, 1]. Null with fewer than two pairs or when either side is constant.
 * Raises when the lists differ in length.
 */
export function pearson(x: ArrayLike<number>, y: ArrayLike<number>): number | null {
  sameLength('pearson', x, y)
  const [meanX, meanY] = [mean(x), mean(y)]
  if (meanX === null || meanY === null || isConstant(x) || isConstant(y)) return null
  let [products, squaresX, squaresY] = [0, 0, 0]
  for (let i = 0; i < x.length; i++) {
    const dx = (x[i] as number) - meanX
    const dy = (y[i] as number) - meanY
    products += dx * dy
    squaresX += dx * dx
    squaresY += dy * dy
  }
  return Math.max(-1, Math.min(1, products / (Math.sqrt(squaresX) * Math.sqrt(squaresY))))
}

/** Spearman's rank correlation (Pearson's on mean ranks), in [−1, 1]. Null as `pearson`. */
export function spearman(x: ArrayLike<number>, y: ArrayLike<number>): number | null {
  sameLength('spearman', x, y)
  return pearson(averageRanks(x).ranks, averageRanks(y).ranks)
}

/**
 * Kendall's τ-b, in [−1, 1], corrected for ties on both sides. Null as `pearson`. O(n log n):
 * W. R. Knight, A computer method for calculating Kendall's tau with ungrouped data, JASA 61 (1966).
 */
export function kendallTauB(x: ArrayLike<number>, y: ArrayLike<number>): number | null {
  sameLength('kendallTauB', x, y)
  const n = x.length
  if (n < 2) return null
  const order = ascendingOrder(x)
  const pairs = (count: number) => (count * (count - 1)) / 2
  let [tiedX, tiedBoth, tiedY] = [0, 0, 0]
  for (const [start, end] of tiedRuns(x, order)) {
    if (end - start === 1) continue
    tiedX += pairs(end - start)
    const run = order.subarray(start, end).sort((a, b) => (y[a] as number) - (y[b] as number))
    for (const [from, to] of tiedRuns(y, run)) tiedBoth += pairs(to - from)
  }
  for (const [start, end] of tiedRuns(y, ascendingOrder(y))) tiedY += pairs(end - start)
  const all = pairs(n)
  if (tiedX === all || tiedY === all) return null
  const discordant = inversions(Float64Array.from(order, (i) => y[i] as number))
  const difference = all - tiedX - tiedY + tiedBoth - 2 * discordant
  return Math.max(-1, Math.min(1, difference / Math.sqrt(all - tiedX) / Math.sqrt(all - tiedY)))
}

/** Number of pairs i < j with values[i] > values[j], by merge sort; sorts `values` in place. */
export function inversions(values: Float64Array): number {
  let from = values
  let to = new Float64Array(values.length)
  let count = 0
  for (let width = 1; width < values.length; width *= 2) {
    for (let start = 0; start < values.length; start += 2 * width) {
      const middle = Math.min(start + width, values.length)
      const end = Math.min(start + 2 * width, values.length)
      let [left, right] = [start, middle]
      for (let i = start; i < end; i++) {
        if (left < middle && (right >= end || (from[left] as number) <= (from[right] as number))) {
          to[i] = from[left++] as number
        } else {
          count += middle - left
          to[i] = from[right++] as number
        }
      }
    }
    ;[from, to] = [to, from as Float64Array<ArrayBuffer>]
  }
  if (from !== values) values.set(from)
  return count
}

function isConstant(values: ArrayLike<number>): boolean {
  for (let i = 1; i < values.length; i++) if (values[i] !== values[0]) return false
  return true
}
