import { describe, expect, it } from 'vitest'
import { extractOption } from '../../../src/methods/choice/extract-option.ts'
import { argmax, optionMass, renormalized, tokenMass } from '../../../src/methods/choice/option-mass.ts'
import { debiasedChoice, idPrior, meanPrior, rotationAveragedChoice } from '../../../src/methods/choice/pride.ts'
import { isConsistent, recallStandardDeviation, rotations } from '../../../src/methods/choice/rotations.ts'

describe('extractOption', () => {
  const options = ['Paris', 'London', 'Berlin', 'Equatorial Guinea']

  it.each([
    ['The answer is C.', 2, 'stated'],
    ['The correct answer is: **C**', 2, 'stated'],
    ['The answer is Paris.', 0, 'stated'],
    ['Answer: B', 1, 'stated'],
    ['The best option is (B).', 1, 'stated'],
    ['The answer is A? No, the answer is C', 2, 'stated'],
    ['The answer is A because it is', 0, 'stated'],
    ['The final answer is $\\boxed{A}$', 0, 'stated'],
    ['I choose B', 1, 'stated'],
    ['A', 0, 'leading'],
    ['B.', 1, 'leading'],
    ['(B) London', 1, 'leading'],
    ['**B**', 1, 'leading'],
    ['A) Paris', 0, 'leading'],
    ['A\nBecause', 0, 'leading'],
    ['Option B', 1, 'leading'],
    ['It must be Paris, of course.', 0, 'verbatim'],
    ['Equatorial Guinea', 3, 'verbatim'],
    ['Paris or London', null, null],
    ['A. Paris\nB. London\nC. Berlin', null, null],
    ['A. Paris\nB. London\nThe answer is B.', 1, 'stated'],
    ['The correct answer is B) London.', 1, 'stated'],
    ['A city in France', null, null],
    ['The answer is A city', null, null],
    ['I think so', null, null],
    ['Apple', null, null],
    ["Don't know", null, null],
    ['', null, null],
  ])('%j', (text, index, by) => {
    expect(extractOption(text, options)).toEqual({ index, by })
  })

  it('takes other ids', () => {
    expect(extractOption('2', ['x', 'y'], ['1', '2'])).toEqual({ index: 1, by: 'leading' })
    expect(extractOption('2 apples', ['x', 'y'], ['1', '2']).index).toBeNull()
  })
})

describe('option mass', () => {
  const top = [
    { token: ' A', logprob: Math.log(0.4) },
    { token: 'A', logprob: Math.log(0.1) },
    { token: '(B', logprob: Math.log(0.2) },
    { token: '▁B', logprob: Math.log(0.05) },
    { token: 'Apple', logprob: Math.log(0.1) },
    { token: ' A', logprob: Math.log(0.4) },
    { token: 'C.', logprob: -Infinity },
  ]

  it('adds the spellings of an id once each and leaves words out', () => {
    const { masses, total, truncated } = optionMass(top, ['A', 'B'])
    expect(masses[0]).toBeCloseTo(0.5)
    expect(masses[1]).toBeCloseTo(0.25)
    expect(total).toBeCloseTo(0.75)
    expect(truncated).toBe(false)
  })

  it('marks ids that are not among the candidates', () => {
    expect(optionMass(top, ['A', 'C'])).toMatchObject({ truncated: true })
    expect(optionMass([], ['A'])).toEqual({ masses: [0], total: 0, truncated: true })
  })

  it('renormalises, or has no value', () => {
    expect(renormalized([1, 3])).toEqual([0.25, 0.75])
    expect(renormalized([0, 0])).toBeNull()
    expect(argmax([])).toBeNull()
    expect(argmax([1, 2, 2])).toBe(1)
  })

  it('tokenMass clips at 1', () => {
    expect(tokenMass(top, (token) => token.trim() === 'A')).toBeCloseTo(0.5)
    expect(tokenMass([{ token: 'x', logprob: 0.1 }], () => true)).toBe(1)
  })
})

describe('rotations', () => {
  it('show each content at each position once, identity first', () => {
    const all = rotations(4)
    expect(all[0]).toEqual([0, 1, 2, 3])
    for (let i = 0; i < 4; i++) expect(new Set(all.map((r) => r[i])).size).toBe(4)
  })

  it('consistency wants one and the same choice', () => {
    expect(isConsistent([2, 2, 2])).toBe(true)
    expect(isConsistent([2, 2, 1])).toBe(false)
    expect(isConsistent([null, null])).toBe(false)
    expect(isConsistent([])).toBe(false)
  })

  it('recallStandardDeviation of a target that always says A', () => {
    expect(recallStandardDeviation([0, 1, 2, 3], [0, 0, 0, 0])).toBeCloseTo(43.30127, 4)
    expect(recallStandardDeviation([0, 1], [0, 1])).toBe(0)
    expect(recallStandardDeviation([0, 0], [0, 1])).toBeNull()
    expect(recallStandardDeviation([0, 1], [null, 1])).toBe(50)
  })
})

describe('PriDe', () => {
  // Content 2 is the model's belief; the id prior pulls to the first position.
  const prior = [0.7, 0.1, 0.1, 0.1]
  const belief = [0.1, 0.2, 0.5, 0.2]
  const observed = rotations(4).map((contents) => {
    const mass = contents.map((content, i) => (prior[i] as number) * (belief[content] as number))
    return renormalized(mass) as number[]
  })

  it('finds the prior of the ids and takes it out again', () => {
    const found = idPrior(observed)
    found.forEach((p, i) => {
      expect(p).toBeCloseTo(prior[i] as number, 6)
    })
    expect(argmax(observed[0] as number[])).toBe(0)
    rotations(4).forEach((contents, r) => {
      expect(contents[debiasedChoice(observed[r] as number[], found) as number]).toBe(2)
    })
    expect(rotationAveragedChoice(observed)).toBe(2)
  })

  it('averages priors, and has none of none', () => {
    expect(
      meanPrior([
        [0.2, 0.8],
        [0.4, 0.6],
      ])?.[0],
    ).toBeCloseTo(0.3)
    expect(meanPrior([])).toBeNull()
    expect(rotationAveragedChoice([])).toBeNull()
  })
})
