import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { arithmeticQuestions, chainValue } from '../../src/worlds/arithmetic.ts'
import { seeded } from './draws.ts'

/** The value of a written chain, by cutting the text: sums of signed products, in whole numbers of any size. */
function readValue(expression: string): bigint {
  return expression
    .replaceAll(' ', '')
    .replaceAll('-', '+-')
    .split('+')
    .reduce((sum, term) => {
      const negative = term.startsWith('-')
      const product = term
        .replace('-', '')
        .split('*')
        .reduce((value, factor) => value * BigInt(factor), 1n)
      return sum + (negative ? -product : product)
    }, 0n)
}

describe('arithmeticQuestions', () => {
  it('has exact results by a second reading of the text', () => {
    fc.assert(
      fc.property(fc.nat(), (seed) => {
        for (const item of arithmeticQuestions(seeded(seed), {
          size: 60,
          digits: [1, 2, 3, 4, 5],
          operations: [1, 2, 3, 4],
        })) {
          expect(BigInt(item.answer)).toBe(readValue(item.expression))
          expect(Number.isSafeInteger(item.answer)).toBe(true)
          expect(item.answer).toBeGreaterThanOrEqual(0)
          expect(item.answers).toEqual([String(item.answer)])
          expect(item.question).toContain(item.expression)
          expect(item.cloze).toBe(`${item.expression} =`)
        }
      }),
      { numRuns: 20 },
    )
  })

  it('keeps to the digits and operations that the level says', () => {
    for (const item of arithmeticQuestions(seeded(1), { size: 100, digits: [2, 5], operations: [1, 3] })) {
      for (const operand of item.operands) expect(String(operand)).toHaveLength(item.digits)
      expect(item.level).toBe(item.digits + item.operators.length)
      expect(item.operands).toHaveLength(item.operators.length + 1)
      if (item.digits > 3) expect(item.operators).not.toContain('*')
    }
    const level3 = arithmeticQuestions(seeded(1), { size: 20, digits: [2], operations: [1] })
    expect(level3.every((item) => item.level === 3)).toBe(true)
  })

  it('raises on levels that do not exist, and when a level is used up', () => {
    for (const wrong of [
      { digits: [0] },
      { digits: [6] },
      { operations: [5] },
      { operations: [] },
      { operators: [] },
    ]) {
      expect(() => arithmeticQuestions(seeded(1), { size: 1, ...wrong })).toThrow(RangeError)
    }
    expect(arithmeticQuestions(seeded(1), { size: 50, digits: [1], operators: ['+'] })).toHaveLength(50)
    expect(() => arithmeticQuestions(seeded(1), { size: 65, digits: [1], operators: ['+'] })).toThrow(/fewer than 65/)
  })
})

it('chainValue takes products first', () => {
  expect(chainValue([2, 3, 4], ['+', '*'])).toBe(14)
  expect(chainValue([20, 3, 4, 5], ['-', '*', '+'])).toBe(13)
  expect(chainValue([7], [])).toBe(7)
})
