import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { exactMatch, inAcc, tokenF1 } from '../../../src/methods/text/answer-match.ts'
import { closedAnswers, multiAnswerRate, YES_NO } from '../../../src/methods/text/closed-answers.ts'
import { normalizeAnswer } from '../../../src/methods/text/normalize.ts'
import { lastNumber, numberMatch, numbersIn } from '../../../src/methods/text/numbers.ts'

describe('normalizeAnswer', () => {
  it.each([
    ['The U.S.A.!', 'usa'],
    ['  an   Apple a day ', 'apple day'],
    ['Ｆｕｌｌ ｗｉｄｔｈ', 'full width'],
    ["L'Hôpital", 'lhôpital'],
    ['Theodore', 'theodore'],
    ['Paris—the capital', 'paris capital'],
    ['$5', '5'],
    ['?!', ''],
    ['', ''],
  ])('%j is %j', (text, expected) => {
    expect(normalizeAnswer(text)).toBe(expected)
  })

  it('of a normalised text changes nothing', () => {
    fc.assert(fc.property(fc.string(), (text) => normalizeAnswer(normalizeAnswer(text)) === normalizeAnswer(text)))
  })
})

describe('answer match', () => {
  it('matches whole words only', () => {
    expect(inAcc('We went to a party', ['art'])).toBe(0)
    expect(inAcc('Iranian', ['Iran'])).toBe(0)
    expect(inAcc('It was, in fact, the New York Times.', ['new york'])).toBe(1)
    expect(inAcc('york new', ['New York'])).toBe(0)
  })

  it('takes the best of several gold answers', () => {
    expect(exactMatch('the USA', ['United States', 'U.S.A.'])).toBe(1)
    expect(tokenF1('the big apple', ['apple', 'big apple pie'])).toBeCloseTo(0.8)
    expect(tokenF1('big big', ['big'])).toBeCloseTo(2 / 3)
  })

  it('an empty prediction is wrong, an item without gold is invalid', () => {
    for (const match of [exactMatch, tokenF1, inAcc]) {
      expect(match('', ['x'])).toBe(0)
      expect(match('the', ['x'])).toBe(0)
      expect(match('x', [])).toBeNull()
      expect(match('x', ['the', '!'])).toBeNull()
    }
  })

  it('an exact match is a full F1 and is found inside', () => {
    fc.assert(
      fc.property(fc.string(), fc.string(), (text, other) => {
        const exact = exactMatch(text, [text, other])
        if (exact === null) return
        if (normalizeAnswer(text) === '') return
        expect(exact).toBe(1)
        expect(tokenF1(text, [text])).toBe(1)
        expect(inAcc(`${other} ${text} ${other}`, [text])).toBe(1)
        const f1 = tokenF1(other, [text]) as number
        expect(f1).toBeGreaterThanOrEqual(0)
        expect(f1).toBeLessThanOrEqual(1)
      }),
    )
  })
})

describe('numbers', () => {
  it.each([
    ['It costs $1,234.50.', [1234.5]],
    ['5-3 and -3 and (−7)', [5, 3, -3, -7]],
    ['1,2345', [1, 2345]],
    ['1e3, .5 and 2.', [1000, 0.5, 2]],
    ['H2O at 20:15', [20, 15]],
    ['none', []],
    ['', []],
  ])('%j', (text, expected) => {
    expect(numbersIn(text)).toEqual(expected)
  })

  it('the last one counts, up to rounding', () => {
    expect(lastNumber('first 3, then 42.')).toBe(42)
    expect(lastNumber('none')).toBeNull()
    expect(numberMatch('= 1,000,000', 1000000.5)).toBe(1)
    expect(numberMatch('10', 11)).toBe(0)
    expect(numberMatch('ten', 10)).toBe(0)
  })
})

describe('closedAnswers', () => {
  const countries = closedAnswers([
    ['Guinea'],
    ['Equatorial Guinea'],
    ['Niger'],
    ['Nigeria'],
    ['United States', 'USA', 'US'],
  ])

  it.each([
    ['Equatorial Guinea', 1, 1],
    ['Nigeria, not Niger', 3, 2],
    ['I believe the U.S. or the USA', 4, 1],
    ['Guinea and Equatorial Guinea', 0, 2],
    ['none', null, 0],
    ['', null, 0],
  ])('%j names member %j, %j in all', (text, member, named) => {
    expect(countries.read(text)).toEqual({ member, named })
  })

  it('yes and no', () => {
    expect(closedAnswers(YES_NO).read('Well, no. Yes?')).toEqual({ member: 1, named: 2 })
  })

  it('multiAnswerRate', () => {
    expect(multiAnswerRate([{ named: 1 }, { named: 2 }, { named: 0 }, { named: 3 }])).toBe(0.5)
    expect(multiAnswerRate([])).toBeNull()
  })
})
