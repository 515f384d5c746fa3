import fc from 'fast-check'
import { expect, it } from 'vitest'
import { thresholdAtFalsePositiveRate } from '../../../src/methods/statistics/binary-classification.ts'
import { consensus } from '../../../src/methods/statistics/consensus.ts'
import { QUERY_FEATURES, queryFeatures } from '../../../src/methods/text/query-features.ts'

it('consensus of one class, of all different ones, and of none', () => {
  expect(consensus([6])).toMatchObject({ majority: 1, normalizedConsensus: 1, giniSimpson: 0 })
  const split = consensus([1, 1, 1, 1, 1, 1])
  expect(split?.majority).toBeCloseTo(1 / 6)
  expect(split?.normalizedConsensus).toBeCloseTo(0)
  expect(split?.giniSimpson).toBeCloseTo(5 / 6)
  expect(consensus([0, 1])).toMatchObject({ answers: 1, normalizedConsensus: 1 })
  expect(consensus([])).toBeNull()
  expect(consensus([0])).toBeNull()
})

it('thresholdAtFalsePositiveRate takes the lowest threshold within the limit, ties whole', () => {
  const [scores, labels] = [
    [5, 4, 4, 3, 2, 1],
    [1, 1, 0, 1, 0, 0],
  ]
  expect(thresholdAtFalsePositiveRate(scores, labels, 0)).toEqual({
    threshold: 5,
    falsePositiveRate: 0,
    truePositiveRate: 1 / 3,
  })
  expect(thresholdAtFalsePositiveRate(scores, labels, 0.34)?.threshold).toBe(3)
  expect(thresholdAtFalsePositiveRate([1, 1], [0, 1], 0.5)).toBeNull()
  expect(thresholdAtFalsePositiveRate([1, 2], [1, 1], 0.5)).toBeNull()
})

it('query features are finite numbers with names, for any text', () => {
  fc.assert(
    fc.property(fc.string(), (text) => {
      const features = queryFeatures(text)
      expect(features).toHaveLength(QUERY_FEATURES.length)
      expect(features.every(Number.isFinite)).toBe(true)
    }),
  )
  const at = (text: string, name: string) => queryFeatures(text)[QUERY_FEATURES.indexOf(name)]
  expect(at('Why does it not rain in Rome?', 'names')).toBe(1)
  expect(at('Why does it not rain in Rome?', 'negations')).toBe(1)
  expect(at('Why does it not rain in Rome?', 'pronouns')).toBe(1)
  expect(at('Why does it not rain in Rome?', 'asks:why')).toBe(1)
  expect(at('What is 12 + 7?', 'numbers')).toBe(2)
})
