import { describe, expect, it } from 'vitest'
import { BAD_WORDINGS, queries } from '../../src/worlds/queries.ts'
import { mentions } from '../../src/worlds/wording.ts'
import { seeded } from './draws.ts'

const drawn = queries(seeded(1), { size: 240 })

describe('queries', () => {
  it('mix open, multiple-choice, extractive and arithmetic questions, a quarter of each badly worded', () => {
    const kinds = [
      (item: (typeof drawn)[number]) => item.source === 'table' && item.scenario === 'abstractive',
      (item: (typeof drawn)[number]) => item.scenario === 'mcq',
      (item: (typeof drawn)[number]) => item.scenario === 'extractive',
      (item: (typeof drawn)[number]) => item.source === 'arithmetic',
    ]
    for (const kind of kinds) {
      expect(drawn.filter(kind)).toHaveLength(60)
      expect(drawn.filter((item) => kind(item) && item.bad)).toHaveLength(15)
      for (const bad of BAD_WORDINGS) expect(drawn.filter((item) => kind(item) && item.bad === bad)).toHaveLength(5)
    }
  })

  it('do not tie the wording, or the form, to one relation or level', () => {
    const relationOf = (item: (typeof drawn)[number]) => item.cluster.split('/')[0]
    const open = drawn.filter((item) => item.source === 'table' && item.scenario === 'abstractive')
    expect(new Set(open.map(relationOf)).size).toBe(8)
    expect(new Set(open.filter((item) => item.bad).map(relationOf)).size).toBeGreaterThan(4)
    const badSums = drawn.filter((item) => item.source === 'arithmetic' && item.bad).map((item) => item.id.length)
    expect(new Set(badSums).size).toBeGreaterThan(2)
  })

  it('carry what their scenario needs', () => {
    for (const { scenario, context, choices, answers, query } of drawn) {
      expect(query).toMatch(/^\p{Lu}|^\d/u)
      expect(context !== undefined).toBe(scenario === 'extractive')
      expect(choices !== undefined).toBe(scenario === 'mcq')
      if (context) expect(mentions(context, answers[0] as string)).toBe(true)
      if (choices) expect(choices.filter((choice) => answers.includes(choice))).toEqual([answers[0]])
    }
  })

  it('never give the answer away in a bad wording', () => {
    for (const { query, answers, source, bad } of drawn)
      if (bad && source !== 'arithmetic')
        for (const answer of answers)
          if (answer.length > 2) expect(mentions(query, answer), `${query} ${answer}`).toBe(false)
  })
})
