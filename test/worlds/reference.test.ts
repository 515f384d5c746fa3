import { describe, expect, it } from 'vitest'
import { randomFrom } from '../../src/methods/random.ts'
import {
  EXPOSURE_CLASSES,
  FULL_WORLD,
  falseAnswers,
  pairQuestions,
  questionOf,
  REDUCED_WORLD,
  referenceWorld,
} from '../../src/worlds/reference.ts'

const world = referenceWorld(0)

describe('the reference world', () => {
  it('is a function of its seed', () => {
    expect(referenceWorld(0)).toEqual(world)
    expect(referenceWorld(1).entities).not.toEqual(world.entities)
  })

  it('has a fact for every entity and relation, each asked once', () => {
    expect(world.facts).toHaveLength(FULL_WORLD.entities * FULL_WORLD.relations)
    expect(new Set(world.facts.map(questionOf)).size).toBe(world.facts.length)
    expect(questionOf({ relation: 'home', entity: 'Balor' })).toBe('What is the home of Balor?')
  })

  it('uses no word for two things', () => {
    const words = [
      ...world.entities,
      ...Object.values(world.values).flat(),
      ...world.pairs.flatMap(({ first, second }) => [first, second]),
    ]
    expect(new Set(words.map((word) => word.toLowerCase())).size).toBe(words.length)
    for (const word of words) expect(word).toMatch(/^[A-Z][a-z]+$/)
  })

  it('teaches every class in both halves and in every relation', () => {
    for (const relation of world.relations)
      for (const split of ['tuning', 'test'] as const)
        for (const exposure of EXPOSURE_CLASSES) {
          const some = world.facts.filter((fact) => fact.relation === relation && fact.split === split)
          expect(some.filter((fact) => fact.exposure === exposure).length).toBeGreaterThanOrEqual(10)
        }
    expect(world.facts.filter(({ heldOut }) => heldOut)).toHaveLength(FULL_WORLD.entities)
  })

  it('gives each fact answers of its relation whose shares sum to 1, the likeliest first', () => {
    for (const { answers, relation, exposure, perEpoch } of world.facts) {
      const shares = answers.map(({ share }) => share)
      expect(shares.reduce((sum, share) => sum + share, 0)).toBeCloseTo(1, 12)
      expect([...shares].sort((a, b) => b - a)).toEqual(shares)
      expect(new Set(answers.map(({ answer }) => answer)).size).toBe(answers.length)
      for (const { answer } of answers) expect(world.values[relation]).toContain(answer)
      expect(answers.length > 1).toBe(exposure === 'ambiguous')
      expect(perEpoch === 0).toBe(exposure === 'unknown')
    }
  })

  it('draws false answers that are no answer of the fact', () => {
    for (const fact of world.facts.slice(0, 50)) {
      const others = falseAnswers(world, fact, 3, randomFrom('others', fact.id))
      expect(new Set(others).size).toBe(3)
      for (const { answer } of fact.answers) expect(others).not.toContain(answer)
    }
  })

  it('asks pairs of names both ways', () => {
    const pair = { id: 'pair/A', first: 'Anor', second: 'Belth', split: 'test' as const }
    expect(pairQuestions(pair)).toEqual({
      forward: { question: 'What is the guide of Anor?', answer: 'Belth' },
      backward: { question: 'Who has the guide Belth?', answer: 'Anor' },
    })
  })

  it('has a small form with the same classes', () => {
    const small = referenceWorld(0, REDUCED_WORLD)
    expect(new Set(small.facts.map(({ exposure }) => exposure))).toEqual(new Set(EXPOSURE_CLASSES))
  })
})
