import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { WORLD_VERSION } from '../../src/worlds/version.ts'
import { draws, fingerprints, seeded } from './draws.ts'
import pinned from './pinned-draws.json' with { type: 'json' }

const seeds = fc.integer({ min: 0, max: 1_000_000 })

describe.each(draws)('$name', ({ of, shown }) => {
  it('gives the same items for the same seed, and does not advance the source', () => {
    fc.assert(
      fc.property(seeds, (seed) => {
        const random = seeded(seed)
        const first = of(random, 30)
        expect(of(random, 30)).toEqual(first)
        expect(of(seeded(seed), 30)).toEqual(first)
      }),
      { numRuns: 5 },
    )
  })

  it('gives other items for another seed', () => {
    const texts = (seed: number) => of(seeded(seed), 30).map((item) => shown(item as never))
    expect(texts(1)).not.toEqual(texts(2))
  })

  it('starts a longer list with the shorter one', () => {
    fc.assert(
      fc.property(seeds, fc.integer({ min: 1, max: 40 }), (seed, size) => {
        expect(of(seeded(seed), 41).slice(0, size)).toEqual(of(seeded(seed), size))
      }),
      { numRuns: 5 },
    )
  })

  it('gives as many as asked for, no id and no text twice', () => {
    const items = of(seeded(3), 60)
    expect(items).toHaveLength(60)
    expect(new Set(items.map((item) => item.id)).size).toBe(60)
    expect(new Set(items.map((item) => shown(item as never))).size).toBe(60)
  })

  it('is plain JSON', () => {
    const items = of(seeded(4), 20)
    expect(JSON.parse(JSON.stringify(items))).toEqual(items)
  })
})

it('reads neither the clock nor global randomness', () => {
  const { random } = Math
  const { now } = Date
  Math.random = Date.now = () => {
    throw new Error('not pure')
  }
  try {
    for (const { of } of draws) of(seeded(5), 12)
  } finally {
    Math.random = random
    Date.now = now
  }
})

it('gives what its version has always given (else raise WORLD_VERSION and run: node test/worlds/pin-draws.ts)', () => {
  expect(fingerprints()).toEqual((pinned as Record<string, Record<string, string>>)[WORLD_VERSION])
})
