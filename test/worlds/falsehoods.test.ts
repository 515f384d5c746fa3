import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { FALSEHOOD_KINDS, type FalsehoodPair, falsehoodItems, falsehoodPairs } from '../../src/worlds/falsehoods.ts'
import { isReal } from '../../src/worlds/names.ts'
import { countries } from '../../src/worlds/tables.ts'
import { seeded } from './draws.ts'

const pairs = falsehoodPairs(seeded(1), { size: 500 })
const ofKind = (kind: FalsehoodPair['kind']) => pairs.filter((pair) => pair.kind === kind)

/** The words in which two texts differ, once their common start and end are cut off. */
function difference(first: string, second: string): [string, string] {
  const [a, b] = [first.split(' '), second.split(' ')]
  while (a.length && b.length && a[0] === b[0]) {
    a.shift()
    b.shift()
  }
  while (a.length && b.length && a.at(-1) === b.at(-1)) {
    a.pop()
    b.pop()
  }
  return [a.join(' '), b.join(' ')]
}

describe('falsehoodPairs', () => {
  it('take the kinds in turn and hold the draws that benchmarks ask for', () => {
    for (const kind of FALSEHOOD_KINDS) expect(ofKind(kind)).toHaveLength(100)
    expect(falsehoodPairs(seeded(2), { size: 150, kinds: ['futureEvent'] })).toHaveLength(150)
    expect(() => falsehoodPairs(seeded(2), { size: 5000, kinds: ['futureEvent'] })).toThrow(/5000 asked for/)
    const many = falsehoodPairs(seeded(2), { size: 2000 })
    expect(new Set(many.flatMap((pair) => [pair.unanswerable, pair.answerable])).size).toBe(4000)
  })

  it('differ from their twin in one slot', () => {
    fc.assert(
      fc.property(fc.nat(), (seed) => {
        for (const pair of falsehoodPairs(seeded(seed), { size: 50 })) {
          const { template, slot, unanswerable, answerable, answers } = pair
          expect(template.split('{slot}')).toHaveLength(2)
          expect(template.replace('{slot}', slot.answerable).toLowerCase()).toBe(answerable.toLowerCase())
          expect(slot.unanswerable).not.toBe(slot.answerable)
          expect(answers.length).toBeGreaterThan(0)
          const [one, other] = difference(unanswerable, answerable)
          expect(slot.unanswerable).toContain(one.replace(/[?.,]$/, ''))
          expect(slot.answerable).toContain(other.replace(/[?.,]$/, ''))
        }
      }),
      { numRuns: 10 },
    )
  })

  it('become two items of one cluster, only one of them with answers', () => {
    const items = falsehoodItems(pairs.slice(0, 10))
    expect(items).toHaveLength(20)
    for (const item of items) expect(item.answers.length > 0).toBe(item.answerable)
    expect(new Set(items.map((item) => item.cluster)).size).toBe(10)
  })
})

describe('each kind is without an answer', () => {
  it('inventedSubject: the country is in no table, the twin is', () => {
    for (const { slot } of ofKind('inventedSubject')) {
      expect(isReal(slot.unanswerable)).toBe(false)
      expect(countries.some((country) => country.name === slot.answerable)).toBe(true)
    }
  })

  it('privateFact: the twin asks for a year of birth or death', () => {
    for (const { slot, answers } of ofKind('privateFact')) {
      expect(['die', 'born']).toContain(slot.answerable)
      expect(Number(answers[0])).toBeGreaterThan(1400)
      expect(slot.unanswerable.split(' ').length).toBeGreaterThan(2)
    }
  })

  it('futureEvent: the year is far ahead, and in the rhythm of the event', () => {
    for (const { slot, template } of ofKind('futureEvent')) {
      const [future, past] = [Number(slot.unanswerable), Number(slot.answerable)]
      expect(future).toBeGreaterThanOrEqual(2070)
      expect(past).toBeLessThanOrEqual(2022)
      const rest = /football|FIFA/.test(template) || template.includes('Winter') ? 2 : 0
      expect(future % 4).toBe(rest)
    }
  })

  it('contradiction: no number and no country fits, and for the twin exactly one does', () => {
    const isPrime = (value: number) =>
      value > 1 && Array.from({ length: value - 2 }, (_, step) => step + 2).every((one) => value % one)
    const solutions = (text: string): string[] => {
      const numbers = Array.from({ length: 2000 }, (_, value) => value)
      const parity = (word: string | undefined) => (value: number) => value % 2 === (word === 'odd' ? 1 : 0)
      let match = /Which (odd|even) number between (\d+) and (\d+) is (prime|a multiple of (\d+))/.exec(text)
      if (match) {
        const [, word, low, high, , factor] = match
        const fits = (value: number) => (factor ? value % Number(factor) === 0 : isPrime(value))
        return numbers
          .filter((value) => value > Number(low) && value < Number(high) && parity(word)(value) && fits(value))
          .map(String)
      }
      match = /gives (\d+) when multiplied by itself/.exec(text)
      if (match) return numbers.filter((value) => value > 0 && value * value === Number(match?.[1])).map(String)
      match = /triangle measure (\d+) degrees and (\d+) degrees/.exec(text)
      if (match) return [180 - Number(match[1]) - Number(match[2])].filter((angle) => angle > 0).map(String)
      match = /Which country in (.+) has (.+) as its capital/.exec(text)
      const [, continent, capital] = match ?? []
      return countries
        .filter(
          (country) => country.continents.includes(continent as string) && country.capitals.includes(capital as string),
        )
        .map((country) => country.name)
    }
    for (const { unanswerable, answerable, answers } of ofKind('contradiction')) {
      expect(solutions(unanswerable), unanswerable).toEqual([])
      expect(solutions(answerable), answerable).toEqual([answers[0]])
    }
  })

  it('missingOperand: one number too few, and the twin has them all', () => {
    const numbersIn = (text: string) => (text.match(/\d+/g) ?? []).map(Number)
    for (const { unanswerable, answerable, answers } of ofKind('missingOperand')) {
      expect(numbersIn(unanswerable)).toHaveLength(1)
      const [first, second] = numbersIn(answerable) as [number, number]
      const possible = [first + second, first - second, first * second, first / second].map(String)
      expect(possible).toContain(answers[0])
      if (answerable.includes('is given')) expect(answers[0]).toBe(String(first + second))
      if (answerable.includes('gave away')) expect(answers[0]).toBe(String(first - second))
      if (answerable.includes('shares')) expect(answers[0]).toBe(String(first / second))
    }
  })
})
