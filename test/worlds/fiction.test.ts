import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { type FictionWorld, fictionWorld, recordOf, statementOf } from '../../src/worlds/fiction.ts'
import { attributes, attributesOf, wordValues } from '../../src/worlds/fiction-attributes.ts'
import { type FictionQuestion, fictionPairs, fictionQuestions, followPath } from '../../src/worlds/fiction-questions.ts'
import { isReal } from '../../src/worlds/names.ts'
import { mentions } from '../../src/worlds/wording.ts'
import { seeded } from './draws.ts'

const world = fictionWorld(seeded(1), { size: 1000 })

describe('attributes', () => {
  it('are eight a kind, with sentences and questions that name the subject', () => {
    for (const kind of ['person', 'town', 'firm', 'species'] as const) expect(attributesOf(kind)).toHaveLength(8)
    expect(new Set(attributes.map((one) => one.id)).size).toBe(attributes.length)
    for (const one of attributes) {
      expect(one.sentences).toHaveLength(3)
      for (const sentence of one.sentences) expect(sentence).toMatch(/^(?=.*\{name\})(?=.*\{value\})[^?]*\.$/)
      for (const question of [...one.questions, ...(one.inverseQuestions ?? [])])
        expect(question).toMatch(/^(?=.*\{name\}).*\?$/)
      expect(one.inverseQuestions !== undefined).toBe(one.unique)
      expect(one.phrase !== undefined).toBe(['person', 'town', 'firm', 'species'].includes(one.valueKind))
    }
  })

  it('have word values of which none contains another', () => {
    for (const list of Object.values(wordValues))
      for (const one of list) expect(list.filter((other) => mentions(other, one))).toEqual([one])
  })
})

describe('fictionWorld', () => {
  it('holds as many entities as asked for, in fixed shares, all named differently and none real', () => {
    fc.assert(
      fc.property(fc.nat(), fc.integer({ min: 20, max: 400 }), (seed, size) => {
        const { entities } = fictionWorld(seeded(seed), { size })
        expect(entities).toHaveLength(size)
        const spellings = entities.flatMap((entity) => entity.aliases)
        expect(new Set(spellings).size).toBe(spellings.length)
        const invented = entities.map((entity) =>
          entity.kind === 'firm' ? (entity.aliases[1] as string) : entity.name,
        )
        for (const name of invented) expect(isReal(name.replace(/^the (\w+) .*/, '$1')), name).toBe(false)
      }),
      { numRuns: 10 },
    )
  })

  it('has no value twice in a unique attribute, and every link leads to an entity of its kind', () => {
    for (const { id, of, unique, valueKind } of attributes) {
      const holders = world.entities.filter((entity) => entity.kind === of)
      const values = holders.map((entity) => entity.values[id])
      if (unique) expect(new Set(values).size, id).toBe(values.length)
      if (['person', 'town', 'firm'].includes(valueKind))
        for (const value of values) expect(world.byKey.get(String(value))?.kind).toBe(valueKind)
    }
  })

  it('is consistent in time and place', () => {
    const value = (key: unknown, id: string) => world.byKey.get(String(key))?.values[id] as number
    for (const { kind, key, values } of world.entities) {
      if (kind === 'firm')
        expect(values['firm.founded']).toBeGreaterThanOrEqual(value(values['firm.founder'], 'person.birthYear') + 20)
      if (kind === 'species')
        expect(values['species.described']).toBeGreaterThan(value(values['species.discoverer'], 'person.birthYear'))
      if (kind === 'person') {
        expect(values['person.birthplace']).not.toBe(values['person.residence'])
        expect(values['person.mentor']).not.toBe(key)
      }
      if (kind === 'firm') expect(values['firm.supplier']).not.toBe(key)
      for (const one of Object.values(values)) if (typeof one === 'number') expect(one).toBeLessThan(100_000)
    }
  })

  it('refuses a world that is too small', () => {
    expect(() => fictionWorld(seeded(1), { size: 19 })).toThrow(RangeError)
    expect(() => fictionWorld(seeded(1), { size: 50.5 })).toThrow(RangeError)
  })
})

describe('passages', () => {
  it('are one an entity, 50 to 120 words, and state every fact of the record', () => {
    expect(world.passages).toHaveLength(1000)
    expect(new Set(world.passages.map((passage) => passage.id)).size).toBe(1000)
    for (const passage of world.passages) {
      const words = passage.text.split(/\s+/).length
      expect(words).toBeGreaterThanOrEqual(50)
      expect(words).toBeLessThanOrEqual(120)
      const entity = world.byKey.get(passage.entity)
      if (entity === undefined) throw new Error(passage.entity)
      for (const { value } of recordOf(world, entity)) expect(mentions(passage.text, value)).toBe(true)
      for (const sentence of passage.sentences) expect(passage.text).toContain(sentence.text)
      expect(passage.text.startsWith(passage.sentences[0]?.text as string)).toBe(true)
    }
  })

  it('link to the passages of the entities that they name', () => {
    const byId = new Map(world.passages.map((passage) => [passage.id, passage]))
    for (const passage of world.passages)
      for (const link of passage.links) expect(mentions(passage.text, byId.get(link)?.title as string)).toBe(true)
    expect(world.passages.every((passage) => passage.links.length > 0)).toBe(true)
  })
})

/**
 * Reads a passage back: every sentence that fits an attribute's wording, with the value found there. Knows the wordings but not the record.
 */
function readPassage(text: string): Map<string, string> {
  const found = new Map<string, string>()
  for (const { id, sentences } of attributes) {
    for (const sentence of sentences) {
      const pattern = sentence
        .replace(/[.*+?^$()|[\]\\]/g, '\\$&')
        .replace('{name}', '.+?')
        .replace('{value}', '(.+?)')
      for (const line of text.split(/(?<=\.) /)) {
        const match = new RegExp(`^${pattern}$`, 'i').exec(line)
        if (match?.[1] && !found.has(id)) found.set(id, match[1])
      }
    }
  }
  return found
}

describe('fictionQuestions', () => {
  const drawn = fictionQuestions(seeded(2), world, { size: 150, hops: [1, 2, 3] })

  it('follow from the gold passages alone', () => {
    const text = new Map(world.passages.map((passage) => [passage.id, passage]))
    for (const item of drawn) {
      let at = item.start
      let value = ''
      for (const [place, { entity, attribute, direction }] of item.path.entries()) {
        const passage = text.get(item.goldPassages[place] as string)
        expect(passage?.entity).toBe(entity)
        const read = readPassage(passage?.text as string).get(attribute)
        if (read === undefined) throw new Error(`${item.id}: ${attribute} cannot be read from its passage`)
        // Backwards, the passage must name the entity we came from, and what we seek is its title.
        if (direction === 'backward') expect(world.byKey.get(at)?.name).toBe(read)
        else expect(at).toBe(entity)
        value = direction === 'forward' ? read : (passage?.title as string)
        at = world.entities.find((other) => other.name.toLowerCase() === value.toLowerCase())?.key ?? at
      }
      expect(item.answers.map((answer) => answer.toLowerCase())).toContain(value.toLowerCase())
      expect(followPath(world, item.start, item.path)).toEqual(item.answers)
    }
  })

  it('need every passage: the answer stands in the last alone, and not in the question', () => {
    for (const { question, answers, goldPassages, hops } of drawn) {
      expect(goldPassages).toHaveLength(hops)
      expect(new Set(goldPassages).size).toBe(hops)
      const texts = goldPassages.map((id) => world.passages.find((passage) => passage.id === id)?.text as string)
      expect(mentions(texts.at(-1) as string, answers[0] as string)).toBe(true)
      for (const text of [question, ...texts.slice(0, -1)])
        for (const answer of answers) expect(mentions(text, answer)).toBe(false)
    }
  })

  it('take their hops in turn and name their start', () => {
    expect(drawn.map((item) => item.hops).slice(0, 6)).toEqual([1, 2, 3, 1, 2, 3])
    for (const { question, start } of drawn)
      expect(mentions(question, world.byKey.get(start)?.name as string)).toBe(true)
  })

  it('use both directions, and all kinds of start', () => {
    const many: FictionQuestion[] = fictionQuestions(seeded(3), world, { size: 300, hops: [2, 3] })
    expect(many.some((item) => item.path.some((hop) => hop.direction === 'backward'))).toBe(true)
    expect(new Set(many.map((item) => item.start.split('/')[0]))).toEqual(
      new Set(['person', 'town', 'firm', 'species']),
    )
  })

  it('raises on hops that do not exist and when the world is used up', () => {
    expect(() => fictionQuestions(seeded(1), world, { size: 1, hops: [4] })).toThrow(RangeError)
    const small: FictionWorld = fictionWorld(seeded(1), { size: 20 })
    expect(() => fictionQuestions(seeded(1), small, { size: 500 })).toThrow(/fewer than 500/)
  })
})

it('fictionPairs ask one fact from both sides, each with one answer in the whole world', () => {
  const pairs = fictionPairs(seeded(1), world, { size: 200 })
  expect(new Set(pairs.map((pair) => pair.id)).size).toBe(200)
  for (const { forward, backward, attribute, entity, passage } of pairs) {
    expect(mentions(backward.question, forward.answers[0] as string)).toBe(true)
    expect(mentions(forward.question, backward.answers[0] as string)).toBe(true)
    const value = world.byKey.get(entity)?.values[attribute]
    expect(world.entities.filter((other) => other.values[attribute] === value).map((other) => other.key)).toEqual([
      entity,
    ])
    const text = world.passages.find((one) => one.id === passage)?.text as string
    for (const answers of [forward.answers, backward.answers]) expect(mentions(text, answers[0] as string)).toBe(true)
  }
  expect(() => fictionPairs(seeded(1), world, { size: 10_000 })).toThrow(RangeError)
})

describe('followPath', () => {
  it('refuses a path that breaks', () => {
    const start = 'person/0'
    expect(() =>
      followPath(world, start, [{ entity: 'person/1', attribute: 'person.employer', direction: 'forward' }]),
    ).toThrow(/breaks/)
    expect(() =>
      followPath(world, start, [{ entity: 'person/x', attribute: 'person.employer', direction: 'forward' }]),
    ).toThrow(RangeError)
  })
})

it('statementOf names a person by family name when short', () => {
  const person = world.byKey.get('person/5')
  if (person === undefined) throw new Error('no person/5')
  const family = person.aliases[1] as string
  expect(statementOf(world, person, 'person.birthYear', 0).text).toContain(person.name)
  expect(statementOf(world, person, 'person.birthYear', 0, true).text.startsWith(`${family} was born`)).toBe(true)
})
