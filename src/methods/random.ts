import { uniformFloat64 } from 'pure-rand/distribution/uniformFloat64'
import { uniformInt } from 'pure-rand/distribution/uniformInt'
import { xoroshiro128plusFromState } from 'pure-rand/generator/xoroshiro128plus'

/** A seeded source of randomness. Two sources made from the same parts give the same draws on every machine. */
export interface Random {
  /** Uniform in [0, 1). */
  next(): number
  /** Uniform integer in [low, high], both ends included. */
  integer(low: number, high: number): number
  /** One member, uniformly. Raises on an empty list. */
  pick<T>(list: readonly T[]): T
  /** A shuffled copy (Fisher–Yates). */
  shuffle<T>(list: readonly T[]): T[]
  /** `count` members without replacement, in random order; all of them when the list is shorter. */
  sample<T>(list: readonly T[], count: number): T[]
  /** Standard normal (Box–Muller). */
  normal(): number
  /** An independent source named by `label`; does not advance this one, so that order of use never matters. */
  fork(label: string | number): Random
}

/**
 * A 128-bit multiply-and-xor hash of a string's UTF-16 code units, as four unsigned 32-bit words.
 * Not cryptographic: for seeds, folds and keys within one owner's data.
 * Mixes in the manner of MurmurHash3 (Austin Appleby, public domain), one lane a word.
 */
export function hash128(text: string): [number, number, number, number] {
  let h1 = 0x9e3779b9
  let h2 = 0x243f6a88
  let h3 = 0xb7e15162
  let h4 = 0x85a308d3
  for (let i = 0; i < text.length; i++) {
    const k = text.charCodeAt(i)
    h1 = Math.imul(h1 ^ k, 597399067) ^ (h2 >>> 13)
    h2 = Math.imul(h2 ^ k, 2869860233) ^ (h3 >>> 15)
    h3 = Math.imul(h3 ^ k, 951274213) ^ (h4 >>> 17)
    h4 = Math.imul(h4 ^ k, 2716044179) ^ (h1 >>> 16)
  }
  h1 = Math.imul(h3 ^ (h1 >>> 18), 597399067)
  h2 = Math.imul(h4 ^ (h2 >>> 22), 2869860233)
  h3 = Math.imul(h1 ^ (h3 >>> 17), 951274213)
  h4 = Math.imul(h2 ^ (h4 >>> 19), 2716044179)
  h1 ^= h2 ^ h3 ^ h4
  return [h1 >>> 0, (h2 ^ h1) >>> 0, (h3 ^ h1) >>> 0, (h4 ^ h1) >>> 0]
}

/** One unsigned 32-bit word of `hash128` over the joined parts. */
export const hash32 = (...parts: (string | number)[]): number => hash128(parts.join('\u0000'))[0]

/** A source of randomness from a seed and any labels, joined: `randomFrom(run.seed, item.id)`. */
export function randomFrom(...parts: (string | number)[]): Random {
  const name = parts.join('\u0000')
  const [a, b, c, d] = hash128(name)
  // All-zero is the one state the generator cannot leave.
  const generator = xoroshiro128plusFromState([a | 0, b | 0, c | 0, d | 1])
  const next = () => uniformFloat64(generator)
  const integer = (low: number, high: number) => uniformInt(generator, low, high)
  const shuffle = <T>(list: readonly T[]): T[] => {
    const copy = [...list]
    for (let i = copy.length - 1; i > 0; i--) {
      const j = integer(0, i)
      const kept = copy[i] as T
      copy[i] = copy[j] as T
      copy[j] = kept
    }
    return copy
  }
  return {
    next,
    integer,
    pick: <T>(list: readonly T[]) => {
      if (list.length === 0) throw new RangeError('pick: the list is empty')
      return list[integer(0, list.length - 1)] as T
    },
    shuffle,
    sample: (list, count) => shuffle(list).slice(0, count),
    normal: () => Math.sqrt(-2 * Math.log(1 - next())) * Math.cos(2 * Math.PI * next()),
    fork: (label) => randomFrom(name, label),
  }
}

/**
 * The fold of a cluster (or of an item that stands alone): `calibration` where the hash of seed and id is even.
 * Whatever is fitted is fitted on one fold and reported on the other; members of one cluster never straddle.
 */
export const foldOf = (seed: string | number, clusterOrItemId: string): 'calibration' | 'report' =>
  hash32('fold', seed, clusterOrItemId) % 2 === 0 ? 'calibration' : 'report'
