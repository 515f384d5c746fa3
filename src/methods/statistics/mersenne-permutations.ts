import { mersenne } from 'pure-rand/generator/mersenne'

/**
 * A source of permutations of 0..count−1: those that numpy's RandomState(seed).permutation(count) gives, draw by draw
 * (Mersenne Twister MT19937; Fisher–Yates from the end, places drawn by masking and rejection). A search that starts at
 * random ends where the reference's ends only if it starts there too.
 */
export function mersennePermutations(seed: number): (count: number) => Uint32Array {
  const generator = mersenne(seed)
  const atMost = (most: number): number => {
    const mask = 2 ** (32 - Math.clz32(most)) - 1
    for (;;) {
      const drawn = (generator.next() & mask) >>> 0
      if (drawn <= most) return drawn
    }
  }
  return (count) => {
    const places = Uint32Array.from({ length: count }, (_, i) => i)
    for (let i = count - 1; i > 0; i--) {
      const j = atMost(i)
      const kept = places[i] as number
      places[i] = places[j] as number
      places[j] = kept
    }
    return places
  }
}
