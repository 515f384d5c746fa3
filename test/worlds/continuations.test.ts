import { describe, expect, it } from 'vitest'
import { continuations, ERROR_TYPES } from '../../src/worlds/continuations.ts'
import peopleRows from '../../src/worlds/data/people.json' with { type: 'json' }
import { fictionWorld, statementOf } from '../../src/worlds/fiction.ts'
import { attributesOf } from '../../src/worlds/fiction-attributes.ts'
import { countries, countryInText, elements } from '../../src/worlds/tables.ts'
import { WORLD_VERSION } from '../../src/worlds/version.ts'
import { mentions, wordsOf } from '../../src/worlds/wording.ts'
import { seeded } from './draws.ts'

const drawn = continuations(seeded(1), { size: 300 })
const everyText = (item: (typeof drawn)[number]) => [item.completion, ...item.contradictions]

/** How many words two texts differ in, in the shortest window that holds all differences. */
function window(first: string, second: string): number {
  const [a, b] = [wordsOf(first), wordsOf(second)]
  let start = 0
  while (start < Math.min(a.length, b.length) && a[start] === b[start]) start++
  let end = 0
  while (end < Math.min(a.length, b.length) - start && a.at(-1 - end) === b.at(-1 - end)) end++
  return Math.max(a.length, b.length) - start - end
}

describe('continuations', () => {
  it('are half table, half fiction, error types in turn', () => {
    for (const source of ['table', 'fiction'] as const) {
      const own = drawn.filter((item) => item.source === source)
      expect(own).toHaveLength(150)
      for (const type of ERROR_TYPES) expect(own.filter((item) => item.errorType === type)).toHaveLength(30)
    }
  })

  it('have three false sentences that differ from the true one, and each other, in one short slot', () => {
    for (const item of drawn) {
      expect(new Set(everyText(item)).size).toBe(4)
      expect(item.prefix.endsWith('. ')).toBe(true)
      for (const text of everyText(item)) {
        expect(text).toMatch(/^\p{Lu}[^{}]*\.$/u)
        expect(window(item.completion, text)).toBeLessThanOrEqual(6)
      }
    }
  })

  it('keep a fact of the tables out of its prefix', () => {
    for (const { source, errorType, prefix, completion, contradictions } of drawn) {
      if (source !== 'table' || errorType === 'relation') continue
      const slots = [completion, ...contradictions].map((text) => wordsOf(text))
      const own = wordsOf(completion).filter((word) => slots.slice(1).every((words) => !words.includes(word)))
      for (const word of own) expect(wordsOf(prefix).includes(word), `${prefix} | ${completion}`).toBe(false)
    }
  })

  it('are true and false by the tables', () => {
    const years = new Map(
      (peopleRows as [string, number, number][]).map(([name, born, died]) => [name, { born, died }]),
    )
    const holds = (text: string): boolean => {
      let match = /^The capital of (.+) is (.+)\.$/.exec(text)
      if (match)
        return countries
          .find((one) => countryInText(one) === match?.[1])
          ?.capitals.includes(match[2] as string) as boolean
      match = /^The atomic number of (.+) is (\d+)\.$/.exec(text)
      if (match) return elements.find((one) => one.name === match?.[1])?.number === Number(match[2])
      match = /^(.+) (was born|died) in (\d+)\.$/.exec(text)
      if (match) return years.get(match[1] as string)?.[match[2] === 'died' ? 'died' : 'born'] === Number(match[3])
      match = /^Travellers who visit (.+), its capital, find themselves in (.+)\.$/.exec(text)
      if (match)
        return countries
          .find((one) => one.capitals[0] === match?.[1])
          ?.continents.includes(match[2] as string) as boolean
      match = /^In the periodic table, (\w+) stands directly (before|after|above|below) (\w+)\.$/.exec(text)
      const [first, second] = [match?.[1], match?.[3]].map((name) => elements.find((one) => one.name === name))
      if (!first || !second) throw new Error(`cannot read: ${text}`)
      if (match?.[2] === 'before') return second.number - first.number === 1
      if (match?.[2] === 'after') return first.number - second.number === 1
      const above = match?.[2] === 'above' ? 1 : -1
      return first.group === second.group && second.period - first.period === above
    }
    for (const item of drawn.filter((one) => one.source === 'table')) {
      expect(holds(item.completion), item.completion).toBe(true)
      for (const text of item.contradictions) expect(holds(text), text).toBe(false)
    }
  })

  it('are true and false by the records of the invented world, and new in their wording', () => {
    const world = fictionWorld(seeded(1).fork(`continuations/${WORLD_VERSION}`), { size: 400 })
    const truths = new Set(
      world.entities.flatMap((entity) =>
        attributesOf(entity.kind).flatMap((attribute) =>
          [0, 1, 2].map((wording) => statementOf(world, entity, attribute.id, wording).text),
        ),
      ),
    )
    for (const item of drawn.filter((one) => one.source === 'fiction')) {
      expect(world.passages.map((passage) => `${passage.text} `)).toContain(item.prefix)
      expect(item.prefix.includes(item.completion)).toBe(false)
      if (item.errorType === 'relation') continue
      expect(truths.has(item.completion), item.completion).toBe(true)
      for (const text of item.contradictions) expect(truths.has(text), text).toBe(false)
    }
    for (const item of drawn.filter((one) => one.source === 'fiction' && one.errorType === 'relation')) {
      const person = world.entities.find(
        (entity) => entity.kind === 'person' && item.completion.startsWith(entity.name),
      )
      const towns = world.entities.filter((entity) => entity.kind === 'town' && mentions(item.completion, entity.name))
      expect(towns).toHaveLength(1)
      const key = towns[0]?.key
      const born = person?.values['person.birthplace'] === key
      expect(item.completion.includes(born ? ' was born in ' : ' has moved house to ')).toBe(true)
      expect(item.contradictions.some((text) => text.includes(born ? ' was born in ' : ' has moved house to '))).toBe(
        false,
      )
      expect(towns[0]?.values['town.mayor']).not.toBe(person?.key)
    }
  })
})
