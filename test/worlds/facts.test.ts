import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { askFact, distractorsFor, factCapacity, factQuestions, factsOf, valuesOf } from '../../src/worlds/facts.ts'
import { forwardRelations, inverseRelations, relations } from '../../src/worlds/relations.ts'
import { countries, elements } from '../../src/worlds/tables.ts'
import { STRATA } from '../../src/worlds/version.ts'
import { wordsOf } from '../../src/worlds/wording.ts'
import { seeded } from './draws.ts'

const find = (relation: (typeof forwardRelations)[number], key: string) =>
  factsOf(relation).find((fact) => fact.subjectKey === key)

describe('relations', () => {
  it('are ten forward ones and seven inverses, eight wordings each, all different', () => {
    expect(forwardRelations).toHaveLength(10)
    expect(inverseRelations).toHaveLength(7)
    for (const { questions, clozes } of relations) {
      expect(questions).toHaveLength(8)
      expect(new Set(questions).size).toBe(8)
      expect(clozes.length).toBeGreaterThan(1)
      for (const text of [...questions, ...clozes]) expect(text).toContain('{subject}')
      for (const cloze of clozes) expect(cloze).not.toMatch(/\s$/)
    }
  })
})

describe('factsOf', () => {
  it.each([
    ['country-capital', 'FR', 'Paris'],
    ['country-continent', 'KE', 'Africa'],
    ['country-currency', 'JP', 'yen'],
    ['country-calling-code', 'DE', '49'],
    ['country-alpha3', 'CH', 'CHE'],
    ['element-symbol', 'Au', 'Au'],
    ['element-number', 'Fe', '26'],
    ['element-number', 'Fe', 'twenty-six'],
    ['element-period', 'Na', 'third'],
    ['element-group', 'Cl', '17'],
    ['capital-country', 'JP', 'Japan'],
    ['symbol-element', 'Na', 'sodium'],
    ['number-element', 'O', 'oxygen'],
    ['currency-country', 'JP', 'Japan'],
    ['calling-code-country', 'DE', 'Germany'],
  ] as const)('%s of %s accepts %s', (relation, key, answer) => {
    expect(find(relation, key)?.answers).toContain(answer)
  })

  it('leaves out what is disputed or shared', () => {
    for (const key of ['IL', 'PS', 'NR']) expect(find('country-capital', key)).toBeUndefined()
    for (const key of ['RU', 'TR', 'EG']) expect(find('country-continent', key)).toBeUndefined()
    expect(find('element-group', 'La')).toBeUndefined()
    for (const key of ['FR', 'DE', 'US']) expect(find('currency-country', key)).toBeUndefined()
    for (const key of ['US', 'CA', 'RU', 'KZ', 'IT']) expect(find('calling-code-country', key)).toBeUndefined()
  })

  it('gives every inverse value one bearer in the tables', () => {
    for (const relation of inverseRelations) {
      const subjects = factsOf(relation).map((fact) => fact.subject.toLowerCase())
      expect(new Set(subjects).size).toBe(subjects.length)
    }
    for (const { subject, subjectKey } of factsOf('currency-country')) {
      // "Mexican peso" would say the country.
      expect(subject).toMatch(/^\p{Ll}[\p{L}']+$/u)
      const users = countries.filter((country) =>
        country.currencies.some((currency) => currency.names.includes(subject)),
      )
      expect(users.map((country) => country.key)).toEqual([subjectKey])
    }
  })

  it('never gives an answer away in the question, and never asks for an English word', () => {
    for (const { id } of relations)
      for (const fact of factsOf(id)) {
        const spelt = fact.answers.map((answer) => ` ${wordsOf(answer).join(' ')} `)
        for (let template = 0; template < 8; template++) {
          const { question, cloze } = askFact(fact, template)
          expect(question).toMatch(/^[^{}]+[?.]$/)
          const text = ` ${wordsOf(`${question} ${cloze}`).join(' ')} `
          const given = spelt.filter((answer) => text.includes(answer))
          expect(given, question).toEqual([])
        }
      }
    expect(find('country-alpha2', 'IT')).toBeUndefined()
    expect(find('element-symbol', 'He')).toBeUndefined()
    expect(find('country-capital', 'SG')).toBeUndefined()
  })
})

describe('factQuestions', () => {
  it('takes relations and strata in turn', () => {
    fc.assert(
      fc.property(fc.nat(), (seed) => {
        const drawn = factQuestions(seeded(seed), { size: 120, relations: forwardRelations.slice(0, 4) })
        for (const stratum of STRATA) expect(drawn.filter((item) => item.stratum === stratum)).toHaveLength(40)
        for (const relation of forwardRelations.slice(0, 4))
          expect(drawn.filter((item) => item.relation === relation)).toHaveLength(30)
      }),
      { numRuns: 10 },
    )
  })

  it('asks every fact once before any twice', () => {
    const options = { relations: ['element-symbol'] as const, strata: ['head'] as const }
    const facts = factCapacity(options) / 8
    const drawn = factQuestions(seeded(1), { ...options, size: facts * 8 })
    expect(new Set(drawn.slice(0, facts).map((item) => item.key)).size).toBe(facts)
    expect(new Set(drawn.map((item) => item.question)).size).toBe(facts * 8)
    expect(() => factQuestions(seeded(1), { ...options, size: facts * 8 + 1 })).toThrow(RangeError)
  })

  it('holds the paper-sized draws', () => {
    expect(factQuestions(seeded(1), { size: 400 })).toHaveLength(400)
    expect(factQuestions(seeded(1), { size: 300, relations: forwardRelations.slice(4, 8) })).toHaveLength(300)
    expect(
      factQuestions(seeded(1), { size: 500, strata: ['head', 'torso'] }).every((item) => item.stratum !== 'tail'),
    ).toBe(true)
  })
})

describe('distractorsFor', () => {
  it('are typed, different, and false by the tables', () => {
    fc.assert(
      fc.property(fc.nat(), (seed) => {
        const random = seeded(seed)
        for (const fact of factQuestions(random, { size: 60, relations: [...forwardRelations, ...inverseRelations] })) {
          const wrong = distractorsFor(random.fork(fact.id), fact, 3)
          expect(new Set(wrong).size).toBe(3)
          const columns = new Set(valuesOf(fact.relation).map((names) => names[0]))
          for (const one of wrong) {
            expect(columns.has(one)).toBe(true)
            expect(fact.answers.map((answer) => answer.toLowerCase())).not.toContain(one.toLowerCase())
          }
        }
      }),
      { numRuns: 10 },
    )
  })

  it('never offers a currency that the country takes too', () => {
    for (const fact of factsOf('country-currency')) {
      const codes = countries.find((country) => country.key === fact.subjectKey)?.currencies.map((one) => one.code)
      const names = new Set(
        countries
          .flatMap((one) => one.currencies)
          .filter((one) => codes?.includes(one.code))
          .flatMap((one) => one.names),
      )
      for (const wrong of distractorsFor(seeded(1).fork(fact.key), fact, 3)) expect(names.has(wrong)).toBe(false)
    }
  })

  it('raises when a relation has too few values', () => {
    const [fact] = factsOf('country-continent')
    expect(() => distractorsFor(seeded(1), fact as never, 6)).toThrow(RangeError)
  })
})

it('covers both tables', () => {
  expect(new Set(factsOf('element-number').map((fact) => fact.subjectKey)).size).toBe(elements.length)
  expect(factsOf('country-capital').length).toBeGreaterThan(180)
})
