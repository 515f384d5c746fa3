/** Arithmetic mean, or null of an empty list. */
export function mean(values: ArrayLike<number>): number | null {
  if (values.length === 0) return null
  let sum = 0
  for (let i = 0; i < values.length; i++) sum += values[i] as number
  return sum / values.length
}

/** Unbiased variance (divided by n − 1), or null of fewer than two values. Two passes, so that large means lose no digits. */
export function variance(values: ArrayLike<number>): number | null {
  const centre = mean(values)
  if (centre === null || values.length < 2) return null
  let sum = 0
  for (let i = 0; i < values.length; i++) sum += ((values[i] as number) - centre) ** 2
  return sum / (values.length - 1)
}

/**
 * Quantile of ascending values by linear interpolation between order statistics (Hyndman and Fan, type 7),
 * `share` in [0, 1]; null of an empty list.
 */
export function quantileOfSorted(sorted: ArrayLike<number>, share: number): number | null {
  if (sorted.length === 0) return null
  const position = share * (sorted.length - 1)
  const below = Math.floor(position)
  const low = sorted[below] as number
  const high = sorted[Math.min(below + 1, sorted.length - 1)] as number
  return low + (position - below) * (high - low)
}

/** Quantile of values in any order, as `quantileOfSorted`. */
export const quantile = (values: ArrayLike<number>, share: number): number | null =>
  quantileOfSorted(Float64Array.from(values).sort(), share)

/** log Σ exp(v), without overflow; −Infinity of an empty list. */
export function logSumExp(values: ArrayLike<number>): number {
  let largest = -Infinity
  for (let i = 0; i < values.length; i++) largest = Math.max(largest, values[i] as number)
  if (!Number.isFinite(largest)) return largest
  let sum = 0
  for (let i = 0; i < values.length; i++) sum += Math.exp((values[i] as number) - largest)
  return largest + Math.log(sum)
}

/** Positions of the values in ascending order; equal values keep their order. Linear when they are sorted or evenly spread. */
export function ascendingOrder(values: ArrayLike<number>): Uint32Array {
  const count = values.length
  const order = new Uint32Array(count)
  for (let i = 0; i < count; i++) order[i] = i
  let [rising, falling] = [true, true]
  for (let i = 1; i < count && (rising || falling); i++) {
    rising &&= (values[i - 1] as number) <= (values[i] as number)
    falling &&= (values[i - 1] as number) > (values[i] as number)
  }
  if (rising) return order
  if (falling) return order.reverse()
  return byBuckets(values) ?? order.sort(comparing(values))
}

const comparing = (values: ArrayLike<number>) => (a: number, b: number) =>
  (values[a] as number) - (values[b] as number) || a - b

/** A bucket with more positions than this is not put in order by insertion. */
const LARGE_BUCKET = 24

/** The order by one bucket a value, evenly over their range, and insertion within each; null where the range has no size. */
function byBuckets(values: ArrayLike<number>): Uint32Array | null {
  const count = values.length
  let [low, high] = [values[0] as number, values[0] as number]
  for (let i = 1; i < count; i++) {
    const value = values[i] as number
    if (value < low) low = value
    else if (value > high) high = value
  }
  const scale = (count - 1) / (high - low)
  if (!(scale > 0 && scale < Infinity)) return null
  const places = new Uint32Array(count)
  const ends = new Uint32Array(count + 1)
  for (let i = 0; i < count; i++) {
    const place = ((values[i] as number) - low) * scale
    // Not a number is in no bucket.
    if (!(place >= 0)) return null
    const bucket = Math.min(count - 1, place | 0)
    places[i] = bucket
    ends[bucket + 1] = (ends[bucket + 1] as number) + 1
  }
  for (let bucket = 0; bucket < count; bucket++)
    ends[bucket + 1] = (ends[bucket + 1] as number) + (ends[bucket] as number)
  const starts = ends.slice()
  const order = new Uint32Array(count)
  for (let i = 0; i < count; i++) {
    const bucket = places[i] as number
    order[starts[bucket] as number] = i
    starts[bucket] = (starts[bucket] as number) + 1
  }
  for (let bucket = 0; bucket < count; bucket++) {
    const [start, end] = [ends[bucket] as number, ends[bucket + 1] as number]
    if (end - start > LARGE_BUCKET) order.subarray(start, end).sort(comparing(values))
    else
      for (let i = start + 1; i < end; i++) {
        const item = order[i] as number
        const value = values[item] as number
        let at = i
        for (; at > start && (values[order[at - 1] as number] as number) > value; at--)
          order[at] = order[at - 1] as number
        order[at] = item
      }
  }
  return order
}

/** Runs of equal values along an order: [start, end) positions, in that order. */
export function* tiedRuns(
  values: ArrayLike<number>,
  order: ArrayLike<number>,
): Generator<[start: number, end: number]> {
  for (let start = 0; start < order.length; ) {
    const value = values[order[start] as number]
    let end = start + 1
    while (end < order.length && values[order[end] as number] === value) end++
    yield [start, end]
    start = end
  }
}

/** Raises when two lists that belong together differ in length. */
export function sameLength(name: string, first: ArrayLike<unknown>, second: ArrayLike<unknown>): void {
  if (first.length !== second.length)
    throw new RangeError(`${name}: lists of ${first.length} and ${second.length} values do not belong together`)
}
