import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { randomFrom } from '../../../src/methods/random.ts'
import {
  answerClasses,
  confidenceErrors,
  massShare,
  pathProbability,
  perplexityConsistencyVote,
  perplexityVote,
  prunedConsistencyVote,
  prunePaths,
  type ReasoningPath,
  samplesSaved,
  selfConsistencyVote,
  voteAccuracy,
  voteCredit,
} from '../../../src/methods/uncertainty/perplexity-consistency.ts'
import {
  fitWeibullMixture,
  highComponentShare,
  weibullLogDensity,
  weibullMean,
} from '../../../src/methods/uncertainty/weibull-mixture.ts'

const path = (answer: number | null, probability: number, text = `${answer} ${probability}`): ReasoningPath => ({
  answer,
  probability,
  text,
})

/** A draw from a Weibull distribution. */
const draw = (u: number, shape: number, scale: number) => scale * (-Math.log(1 - u)) ** (1 / shape)

describe('Weibull mixture', () => {
  it('has the density, mean and likelihood of scipy', () => {
    expect(weibullLogDensity(0.7, { shape: 1.5, scale: 2 })).toBeCloseTo(-1.019655927, 8)
    expect(weibullMean({ shape: 1.5, scale: 2 })).toBeCloseTo(1.8054905859, 9)
    // Likelihoods that scipy's L-BFGS-B reaches from the source's start.
    const eight = [
      0.4037824473683391, 0.4955081184032313, 0.43590575218189065, 0.3472453134517167, 0.419149791983263,
      0.4290585239760286, 0.2256917116704578, 0.7701821007406707,
    ]
    const five = [0.2681760207996594, 0.21546148382164965, 0.8483128149076781, 0.6002137980585972, 0.1477054656086515]
    expect(fitWeibullMixture(eight)?.logLikelihood).toBeGreaterThan(6.383037 - 1e-4)
    expect(fitWeibullMixture(five)?.logLikelihood).toBeGreaterThan(0.431106 - 1e-4)
  })

  it('says the likelihood that its parameters have, within their bounds', () => {
    fc.assert(
      fc.property(
        fc.array(fc.double({ min: 0.001, max: 1, noNaN: true }), { minLength: 5, maxLength: 40 }),
        (values) => {
          const fit = fitWeibullMixture(values)
          if (new Set(values).size === 1) return expect(fit).toBeNull()
          if (!fit) throw new Error('no fit')
          const [a, b] = fit.components
          const total = values.reduce(
            (sum, x) =>
              sum +
              Math.log(
                fit.weight * Math.exp(weibullLogDensity(x, a)) + (1 - fit.weight) * Math.exp(weibullLogDensity(x, b)),
              ),
            0,
          )
          expect(fit.weight).toBeGreaterThanOrEqual(0.2)
          expect(fit.weight).toBeLessThanOrEqual(0.8)
          expect(Math.min(a.shape, a.scale, b.shape, b.scale)).toBeGreaterThanOrEqual(0.01)
          if (Number.isFinite(total)) expect(fit.logLikelihood / total).toBeCloseTo(1, 5)
        },
      ),
      { numRuns: 40 },
    )
  })

  it('tells two heaps apart', () => {
    const random = randomFrom('heaps')
    const low = Array.from({ length: 32 }, () => draw(random.next(), 3, 0.2))
    const high = Array.from({ length: 32 }, () => draw(random.next(), 12, 0.8))
    const fit = fitWeibullMixture([...low, ...high])
    if (!fit) throw new Error('no fit')
    expect(low.filter((x) => highComponentShare(x, fit) < 0.5).length).toBeGreaterThan(28)
    expect(high.filter((x) => highComponentShare(x, fit) > 0.5).length).toBeGreaterThan(28)
  })

  it('has no fit of fewer than five values or of equal ones, and one of heaps of equal values', () => {
    expect(fitWeibullMixture([0.1, 0.2, 0.3, 0.4])).toBeNull()
    expect(fitWeibullMixture(new Array(9).fill(0.3))).toBeNull()
    expect(fitWeibullMixture([0.2, 0.2, 0.2, 0.2, 0.9, 0.9, 0.9])).not.toBeNull()
    expect(fitWeibullMixture([0, 0.2, 0.2, 0.9, 0.9])).not.toBeNull()
  })
})

describe('votes over reasoning paths', () => {
  const paths = [path(1, 0.2), path(1, 0.2, 'same'), path(1, 0.2, 'same'), path(2, 0.9), path(null, 1)]

  it('count, take the surest, and add distinct completions', () => {
    expect(selfConsistencyVote(paths)).toMatchObject({ winners: [1], confidence: 0.6 })
    expect(perplexityVote(paths)).toMatchObject({ winners: [2], confidence: 0.9 })
    const vote = perplexityConsistencyVote(paths)
    expect(vote.winners).toEqual([2])
    expect(vote.confidence).toBeCloseTo(0.9 / 1.3, 12)
    expect(massShare(vote, 1)).toBeCloseTo(0.4 / 1.3, 12)
    expect(massShare(vote, 7)).toBe(0)
  })

  it('share a point between ties and have no confidence where nothing is valid', () => {
    const tie = selfConsistencyVote([path(1, 1), path(2, 1)])
    expect([voteCredit(tie, 1), voteCredit(tie, 3), voteCredit(tie, null)]).toEqual([0.5, 0, 0])
    expect(selfConsistencyVote([path(null, 1)])).toMatchObject({ winners: [], confidence: null })
    expect(perplexityConsistencyVote([path(1, 0)]).confidence).toBeNull()
    expect(voteAccuracy([tie, tie], [1, 3])).toBe(0.25)
    expect(voteAccuracy([], [])).toBeNull()
  })

  it('fit no mixture to paths without an answer', () => {
    const random = randomFrom('cut off')
    const valid = Array.from({ length: 24 }, (_, i) => path(i % 2, (i % 2 ? 0.7 : 0.1) + 0.1 * random.next()))
    const cutOff = Array.from({ length: 24 }, () => path(null, 0.97 + 0.02 * random.next()))
    const { pruning, ...vote } = prunedConsistencyVote([...valid, ...cutOff])
    expect(pruning.kept).toHaveLength(24)
    const { pruning: alone, ...without } = prunedConsistencyVote(valid)
    expect(pruning).toEqual(alone)
    expect(vote).toEqual(without)
  })

  it('prune what is likely low and below the mean, and never everything', () => {
    const random = randomFrom('paths')
    const mixed = Array.from({ length: 40 }, (_, i) => path(i % 2, draw(random.next(), 10, i % 2 ? 0.8 : 0.15)))
    const { pruning, winners } = prunedConsistencyVote(mixed)
    expect(winners).toEqual([1])
    expect(pruning.kept.filter((kept, i) => !kept && i % 2 === 0).length).toBeGreaterThan(15)
    expect(pruning.kept.filter((kept, i) => !kept && i % 2 === 1)).toHaveLength(0)
    expect(prunePaths([0.1, 0.2]).kept).toEqual([true, true])
    expect(prunePaths(new Array(8).fill(0.5))).toEqual({ kept: new Array(8).fill(true), mixture: null })
    fc.assert(
      fc.property(fc.array(fc.double({ min: 0, max: 1, noNaN: true }), { minLength: 1, maxLength: 20 }), (values) => {
        expect(prunePaths(values).kept).toContain(true)
      }),
      { numRuns: 50 },
    )
  })

  it('split the error of a confidence, and tell the samples saved', () => {
    expect(confidenceErrors(0.8, [0.7, 0.9], true).model).toBeCloseTo(0.04, 12)
    expect(confidenceErrors(0.8, [0.7, 0.9], false).estimation).toBeCloseTo(0.01, 12)
    expect(confidenceErrors(0.8, [], true).estimation).toBeNull()
    const curve = (...accuracies: number[]) => accuracies.map((accuracy, i) => ({ samples: 4 * 2 ** i, accuracy }))
    expect(samplesSaved(curve(0.5, 0.7, 0.7), curve(0.4, 0.5, 0.7))).toBe(0.5)
    expect(samplesSaved(curve(0.1, 0.2, 0.3), curve(0.4, 0.5, 0.7))).toBeNull()
    expect(samplesSaved(curve(0.7), [])).toBeNull()
  })

  it('a self-consistent estimate strays by h(1 − h)/K', () => {
    const [random, h, K] = [randomFrom('h'), 0.3, 8]
    const shares = Array.from({ length: 4000 }, () => {
      let count = 0
      for (let k = 0; k < K; k++) if (random.next() < h) count++
      return count / K
    })
    expect(confidenceErrors(h, shares, true).estimation).toBeCloseTo((h * (1 - h)) / K, 2)
  })

  it('classes join what is equal, also by way of a third', () => {
    const close = (a: number, b: number) => Math.abs(a - b) <= 1
    expect(answerClasses([1, 5, null, 3, 2, 4], close)).toEqual([0, 0, null, 0, 0, 0])
    expect(answerClasses([1, 9, 1], close)).toEqual([0, 1, 0])
  })

  it('path probability: by mean, by sum, none of no token', () => {
    expect(pathProbability([-1, -3])).toBeCloseTo(Math.exp(-2), 12)
    expect(pathProbability([-1, -3], false)).toBeCloseTo(Math.exp(-4), 12)
    expect(pathProbability([])).toBeNull()
  })
})
