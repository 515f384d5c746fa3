import { describe, expect, it } from 'vitest'
import { fill, listed, mentions, numberWords, ordinal, withArticle, wordsOf } from '../../src/worlds/wording.ts'

describe('fill', () => {
  it('fills every mark and refuses one without a value', () => {
    expect(fill('{a} of {b}', { a: 'x', b: 2 })).toBe('x of 2')
    expect(() => fill('{a} of {b}', { a: 'x' })).toThrow(RangeError)
  })

  it('keeps dollar signs and braces of values as they are', () => {
    expect(fill('{a}', { a: '$& {b}' })).toBe('$& {b}')
  })
})

it('numberWords writes whole numbers', () => {
  const cases: [number, string][] = [
    [0, 'zero'],
    [13, 'thirteen'],
    [20, 'twenty'],
    [26, 'twenty-six'],
    [100, 'one hundred'],
    [118, 'one hundred and eighteen'],
    [999, 'nine hundred and ninety-nine'],
  ]
  for (const [value, words] of cases) expect(numberWords(value)).toBe(words)
  expect(new Set(Array.from({ length: 1000 }, (_, value) => numberWords(value))).size).toBe(1000)
  for (const wrong of [-1, 1.5, 1000]) expect(() => numberWords(wrong)).toThrow(RangeError)
})

it('ordinal, listed and withArticle follow English', () => {
  expect([1, 2, 3, 4, 11, 12, 13, 21, 112].map(ordinal)).toEqual([
    '1st',
    '2nd',
    '3rd',
    '4th',
    '11th',
    '12th',
    '13th',
    '21st',
    '112th',
  ])
  expect(listed(['a'])).toBe('a')
  expect(listed(['a', 'b', 'c'])).toBe('a, b and c')
  expect(withArticle('orange')).toBe('an orange')
  expect(withArticle('red')).toBe('a red')
})

it('mentions looks for whole words, without case, accents or punctuation', () => {
  expect(wordsOf('Chișinău, D.C.')).toEqual(['chisinau', 'd', 'c'])
  expect(mentions('They live in São Tomé.', 'sao tome')).toBe(true)
  expect(mentions('The party is over', 'art')).toBe(false)
  expect(mentions('anything', '')).toBe(false)
})
