import { expect, it } from 'vitest'
import { answerConfidence, certaintyScore, rivalShare } from '../../../src/methods/refusal/certainty.ts'
import { twoSidedRefusal } from '../../../src/methods/refusal/two-sided.ts'
import type { RefusalClass } from '../../../src/methods/text/refusal.ts'

const items = (answerable: RefusalClass[], unanswerable: RefusalClass[]) => [
  ...answerable.map((outcome) => ({ answerable: true, outcome })),
  ...unanswerable.map((outcome) => ({ answerable: false, outcome })),
]

it('always refusing and never refusing both score 0', () => {
  expect(twoSidedRefusal(items(['refuse', 'refuse'], ['refuse'])).youden).toBe(0)
  expect(twoSidedRefusal(items(['answer', 'answer'], ['answer'])).youden).toBe(0)
  expect(twoSidedRefusal(items(['answer'], ['refuse'])).youden).toBe(1)
  expect(twoSidedRefusal(items(['refuse'], ['answer'])).youden).toBe(-1)
})

it('a hedge is an answer to what can be answered and part of a refusal of what cannot', () => {
  expect(twoSidedRefusal(items(['hedge'], ['hedge']))).toMatchObject({ truePositiveRate: 0.5, falsePositiveRate: 0 })
  expect(twoSidedRefusal(items([], ['hedge']), 0.2).truePositiveRate).toBe(0.2)
})

it('one side alone has no score', () => {
  expect(twoSidedRefusal(items(['answer'], []))).toMatchObject({
    truePositiveRate: null,
    falsePositiveRate: 0,
    youden: null,
  })
  expect(twoSidedRefusal([])).toMatchObject({ truePositiveRate: null, falsePositiveRate: null, youden: null })
})

it('certainty is half confidence, half "sure"', () => {
  expect(rivalShare(0.3, 0.1)).toBeCloseTo(0.75)
  expect(rivalShare(0, 0)).toBeNull()
  expect(answerConfidence([Math.log(0.5), Math.log(0.5)])).toBeCloseTo(0.5)
  expect(answerConfidence([])).toBeNull()
  expect(certaintyScore(0.5, 0.75)).toBe(0.625)
  expect(certaintyScore(null, 0.75)).toBeNull()
})
