import { describe, expect, it } from 'vitest'
import { difference, readVectors, runCase } from '../vectors.ts'

const methods = readVectors('test/vectors')

describe.each(methods)('golden vectors of $method', ({ method, cases }) => {
  it.each(cases)('$name', (one) => {
    expect(runCase(method, one)).toBeNull()
  })
})

it('covers every method of both files', () => {
  expect(methods).toHaveLength(57)
  expect(methods.every(({ cases }) => cases.length > 0)).toBe(true)
})

it('tells a wrong number, a missing field, another length and a wrong flag', () => {
  expect(difference({ low: 0.1, high: [1, 2] }, { low: 0.1, high: [1, 2] }, 1e-6)).toBeNull()
  expect(difference({ low: 0.2 }, { low: 0.1 }, 1e-6)).toContain('/low')
  expect(difference({}, { low: 0.1 }, 1e-6)).toContain('/low')
  expect(difference([1], [1, 2], 1e-6)).toContain('members')
  expect(difference(null, [1], 1e-6)).not.toBeNull()
  expect(difference({ reject: [false] }, { reject: [true] }, 1e-6)).toContain('/reject/0')
  expect(difference(Number.NaN, 0, 1e-6)).not.toBeNull()
})

it('reports a method without implementation as such', () => {
  expect(runCase('noSuchMethod', { name: '', input: {}, expected: 1 })).toBeUndefined()
  expect(runCase('toString', { name: '', input: {}, expected: 1 })).toBeUndefined()
})
