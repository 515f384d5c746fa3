import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { arithmeticQuestions } from '../../src/worlds/arithmetic.ts'
import { choiceQuestions, wrongResults } from '../../src/worlds/choices.ts'
import { factQuestions } from '../../src/worlds/facts.ts'
import { forwardRelations } from '../../src/worlds/relations.ts'
import { seeded } from './draws.ts'

describe('choiceQuestions', () => {
  it('puts the right answer in every position equally often', () => {
    fc.assert(
      fc.property(fc.nat(), fc.integer({ min: 2, max: 6 }), (seed, optionCount) => {
        // Continents have no seventh value to be wrong with.
        const relations = forwardRelations.filter((id) => id !== 'country-continent')
        const drawn = choiceQuestions(seeded(seed), { size: optionCount * 12, optionCount, relations })
        for (let place = 0; place < optionCount; place++)
          expect(drawn.filter((item) => item.answerIndex === place)).toHaveLength(12)
      }),
      { numRuns: 10 },
    )
  })

  it('has one right option among different ones', () => {
    const sums = new Map(
      arithmeticQuestions(seeded(7).fork('choices'), { size: 100 }).map((item) => [`choice/${item.id}`, item.answers]),
    )
    const facts = new Map(
      factQuestions(seeded(7).fork('choices'), { size: 300 }).map((item) => [`choice/${item.id}`, item.answers]),
    )
    const drawn = choiceQuestions(seeded(7), { size: 400 })
    for (const { id, options, answerIndex } of drawn) {
      const answers = sums.get(id) ?? facts.get(id)
      expect(options).toHaveLength(4)
      expect(new Set(options.map((option) => option.toLowerCase())).size).toBe(4)
      const right = options.filter((option) => answers?.includes(option))
      expect(right).toEqual([options[answerIndex]])
    }
    expect(drawn.filter((item) => item.subject === 'arithmetic')).toHaveLength(100)
  })

  it('names the relation as subject', () => {
    const subjects = new Set(choiceQuestions(seeded(1), { size: 80 }).map((item) => item.subject))
    expect(subjects).toEqual(new Set([...forwardRelations, 'arithmetic']))
  })

  it('refuses a number of options that cannot be', () => {
    expect(() => choiceQuestions(seeded(1), { size: 1, optionCount: 1 })).toThrow(RangeError)
  })
})

it('wrongResults are wrong, different and not negative, for the smallest results too', () => {
  for (const item of arithmeticQuestions(seeded(2), { size: 300, digits: [1, 2], operators: ['-', '+', '*'] })) {
    const wrong = wrongResults(seeded(3).fork(item.id), item, 5)
    expect(wrong).toHaveLength(5)
    expect(new Set(wrong).size).toBe(5)
    for (const one of wrong) {
      expect(Number(one)).toBeGreaterThanOrEqual(0)
      expect(Number(one)).not.toBe(item.answer)
    }
  }
})
