import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { type ChanceQuestion, chanceQuestions, flatPriorReference } from '../../src/worlds/chance.ts'
import { numberWords } from '../../src/worlds/wording.ts'
import { seeded } from './draws.ts'

const numbers = new Map(Array.from({ length: 100 }, (_, value) => [numberWords(value), value]))
const total = (list: readonly number[]) => list.reduce((sum, one) => sum + one, 0)

/** How many of each outcome a sentence counts: "four red balls" is 4 for red. */
const countsIn = (text: string, outcomes: readonly string[]): number[] =>
  outcomes.map((outcome) => {
    const match = new RegExp(`([a-z-]+) (?:${outcome} balls?|faces? painted ${outcome})`).exec(text)
    return numbers.get(match?.[1] as string) ?? Number.NaN
  })

/** The odds by reading the description and counting, without the generator's numbers. */
function readOdds({ kind, description, outcomes }: ChanceQuestion): number[] {
  const share = (counts: readonly number[]) => counts.map((count) => count / total(counts))
  if (kind === 'urn' || kind === 'die') return share(countsIn(description, outcomes))
  if (kind === 'spinner')
    return share(outcomes.map((one) => Number(new RegExp(`${one} sector of (\\d+) degrees`).exec(description)?.[1])))
  if (kind === 'mixture') {
    const [, a = '', b = '', die = ''] = /Urn A (.+?)\. Urn B (.+?)\. (.+)/.exec(description) ?? []
    const weight = (numbers.get(/on (\w+) (?:only|or less)/.exec(die)?.[1] as string) as number) / 6
    const [first, second] = [share(countsIn(a, outcomes)), share(countsIn(b, outcomes))]
    return outcomes.map((_, place) => weight * (first[place] as number) + (1 - weight) * (second[place] as number))
  }
  const [held = '', rest = ''] = description.split(/(?<=\.) /)
  const taken = rest.replace(/.*: /, '').match(/[a-z]+/g) ?? []
  const counts = countsIn(held, outcomes)
  return share(counts.map((count, place) => count - taken.filter((one) => one === outcomes[place]).length))
}

describe('chanceQuestions', () => {
  it('have two to six outcomes and odds that sum to one', () => {
    fc.assert(
      fc.property(fc.nat(), (seed) => {
        for (const item of chanceQuestions(seeded(seed), { size: 40 })) {
          expect(item.outcomes.length).toBeGreaterThanOrEqual(2)
          expect(item.outcomes.length).toBeLessThanOrEqual(6)
          expect(new Set(item.outcomes).size).toBe(item.outcomes.length)
          expect(item.pstar).toHaveLength(item.outcomes.length)
          expect(total(item.pstar)).toBeCloseTo(1, 12)
          expect(item.pstar.every((one) => one >= 0)).toBe(true)
          if (item.exact) expect(total(item.exact.numerators)).toBe(item.exact.denominator)
        }
      }),
      { numRuns: 20 },
    )
  })

  it('say their odds: reading the text gives the same', () => {
    const drawn = chanceQuestions(seeded(1), { size: 200, known: true })
    expect(new Set(drawn.map((item) => item.kind)).size).toBe(5)
    for (const item of drawn) {
      const read = readOdds(item)
      for (const [place, p] of item.pstar.entries()) expect(read[place], item.description).toBeCloseTo(p, 12)
    }
  })

  it('are half known and half hidden, or all of one sort', () => {
    const both = chanceQuestions(seeded(2), { size: 60 })
    expect(both.filter((item) => item.known)).toHaveLength(30)
    for (const item of both) {
      expect(item.exact !== null).toBe(item.known)
      expect(item.reference === null).toBe(item.known)
      expect(item.seen.length > 0).toBe(!item.known)
    }
    expect(chanceQuestions(seeded(2), { size: 10, known: false }).every((item) => !item.known)).toBe(true)
  })

  it('draw pairs from the true odds', () => {
    const drawn = chanceQuestions(seeded(3), { size: 20, pairs: 2000 })
    for (const { pstar, draws } of drawn) {
      expect(draws).toHaveLength(2000)
      for (const side of [0, 1] as const)
        for (const [place, p] of pstar.entries()) {
          const share = draws.filter((pair) => pair[side] === place).length / draws.length
          expect(Math.abs(share - p)).toBeLessThan(0.06)
        }
    }
  })
})

describe('flatPriorReference', () => {
  it('agrees with integrating over the flat prior', () => {
    const [red, blue] = [2, 1]
    const steps = 20_000
    let [mass, first, second] = [0, 0, 0]
    for (let step = 0; step < steps; step++) {
      const share = (step + 0.5) / steps
      const likelihood = share ** red * (1 - share) ** blue
      mass += likelihood
      first += likelihood * share
      second += likelihood * share * share
    }
    const { p, given, variance } = flatPriorReference([red, blue])
    expect(p[0]).toBeCloseTo(first / mass, 6)
    expect(given[0]?.[0]).toBeCloseTo(second / first, 6)
    expect(variance[0]).toBeCloseTo(second / mass - (first / mass) ** 2, 6)
  })

  it('is second-order calibrated on the hidden items: the mean squared gap is the mean variance', () => {
    const drawn = chanceQuestions(seeded(4), { size: 3000, known: false, pairs: 0 })
    let [gap, variance] = [0, 0]
    for (const { pstar, reference } of drawn) {
      for (const [place, p] of pstar.entries()) {
        gap += (p - (reference?.p[place] as number)) ** 2
        variance += reference?.variance[place] as number
      }
    }
    expect(variance / gap).toBeGreaterThan(0.93)
    expect(variance / gap).toBeLessThan(1.07)
  })
})
