import { expect, it } from 'vitest'
import { isReal, nameSource } from '../../src/worlds/names.ts'
import { seeded } from './draws.ts'

it('nameSource gives no name twice and none that is real', () => {
  const names = nameSource(seeded(1))
  const words = Array.from({ length: 5_000 }, (_, place) => names.word(place % 3 === 0 ? 'holm' : ''))
  expect(new Set(words).size).toBe(words.length)
  for (const word of words) {
    expect(word).toMatch(/^[A-Z][a-z]{4,11}$/)
    expect(isReal(word)).toBe(false)
  }
})

it('isReal knows the tables and common names', () => {
  for (const name of ['France', 'Kyiv', 'New Delhi', 'iron', 'the euro', 'Chișinău', 'Marta Velmoris', 'Lyon'])
    expect(isReal(name)).toBe(true)
  expect(isReal('Zhonamar')).toBe(false)
})
