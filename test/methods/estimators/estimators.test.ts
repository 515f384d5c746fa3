import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { estimators } from '../../../src/methods/estimators/catalogue.ts'
import { DERIVATIONS } from '../../../src/methods/estimators/derivations.ts'
import { fisherRao, renyiNeg, selfCertainty } from '../../../src/methods/estimators/distribution-shape.ts'
import { eigenScore } from '../../../src/methods/estimators/eigen-score.ts'
import { estimateAll, estimatorsFor, evidenceFor } from '../../../src/methods/estimators/estimate.ts'
import { type Evidence, type EvidenceName, uncertaintyOf } from '../../../src/methods/estimators/estimator.ts'
import { degMat, eccentricity, eigValLaplacian } from '../../../src/methods/estimators/graph.ts'
import { kernelLanguageEntropy } from '../../../src/methods/estimators/kernel-language-entropy.ts'
import { entailmentClasses, exactClasses } from '../../../src/methods/estimators/meaning-classes.ts'
import { meanConditionalPmi, meanPmi } from '../../../src/methods/estimators/mutual-information.ts'
import { sentenceSar, tokenSar } from '../../../src/methods/estimators/relevance.ts'
import { semanticDensity } from '../../../src/methods/estimators/semantic-density.ts'
import { semanticEntropy } from '../../../src/methods/estimators/semantic-entropy.ts'
import { labelProb, numSemSets } from '../../../src/methods/estimators/semantic-sets.ts'
import { topKEntropy } from '../../../src/methods/estimators/token-entropy.ts'
import { entropyOfLogDistribution } from '../../../src/methods/estimators/vocabulary-terms.ts'
import { jaccardMatrix } from '../../../src/methods/text/jaccard.ts'
import { ensembleUncertainty } from '../../../src/methods/uncertainty/ensemble-uncertainty.ts'

const square = (n: number, at: (i: number, j: number) => number) =>
  Array.from({ length: n }, (_, i) => Array.from({ length: n }, (_, j) => at(i, j)))

/** A cloud of hidden states to fit to. */
const FIT = Array.from({ length: 40 }, (_, i) => [Math.sin(7 * i), Math.cos(3 * i + 1)])

/** Everything there can be to know about an item: n samples, an answer of two tokens. */
const full = (n: number): Evidence => ({
  greedyLogprobs: [-0.5, -1.5],
  greedyTopK: [
    [
      { token: 'a', logprob: -0.5 },
      { token: 'b', logprob: -1.5 },
    ],
    [{ token: 'c', logprob: -1.5 }],
  ],
  greedyEntropies: [0.4, 1.2],
  fullDistributions: [
    [Math.log(0.5), Math.log(0.25), Math.log(0.25)],
    [Math.log(0.6), Math.log(0.3), Math.log(0.1)],
  ],
  unconditionalLogprobs: [-2, -2.5],
  greedyText: 'Paris it is',
  samples: Array.from({ length: n }, (_, i) => (i % 2 ? 'Paris' : 'Rome it is')),
  sampleLogprobs: Array.from({ length: n }, (_, i) => [-0.1 * (i + 1), -1]),
  nli: {
    entail: square(n, (i, j) => (i === j ? 1 : i % 2 === j % 2 ? 0.8 : 0.1)),
    contradict: square(n, (i, j) => (i === j ? 0 : i % 2 === j % 2 ? 0.1 : 0.7)),
  },
  nliLogits: { entail: square(n, (i, j) => i - j), contradict: square(n, () => 0) },
  greedyNli: { contradict: new Array(n).fill(0.2), neutral: new Array(n).fill(0.2) },
  alternativeNli: [['entail', 'contradict'], ['entail']],
  similarity: square(n, (i, j) => (i === j ? 1 : 0.5)),
  greedySimilarity: new Array(n).fill(0.6),
  tokenSimilarity: [0.5, 0.7],
  sampleTokenSimilarity: Array.from({ length: n }, () => [0.5, 0.6]),
  trueLogprob: -0.2,
  trueLogprobGivenSamples: -0.3,
  trueVerdicts: ['True', 'false', 'It is true.'],
  statedConfidence: 'I am almost certain: 80 %',
  secondTurnConfidence: '0.6',
  ensembleDistributions: [
    [
      [0.5, 0.5],
      [0.2, 0.8],
    ],
    [
      [0.4, 0.6],
      [0.9, 0.1],
    ],
  ],
  sampleEmbeddings: Array.from({ length: n }, (_, i) => [Math.sin(i), Math.cos(i), i]),
  idkMass: 0.25,
  vocabularyTerms: [
    { renyi: -6, fisherRao: 0.2, selfCertainty: -3 },
    { renyi: -7, fisherRao: 0.1, selfCertainty: -2 },
  ],
  dropoutPositions: [
    {
      predictiveEntropy: 1,
      aleatoricEntropy: 0.8,
      epistemicEntropy: 0.2,
      expectedPairwiseKl: 0.5,
      reverseMutualInformation: 0.2,
      probabilityVariance: 0.01,
    },
  ],
  answerEmbedding: [0.5, -0.5],
  fitEmbeddings: FIT,
  backgroundEmbeddings: FIT.map(([x, y]) => [3 * (x as number) + 1, (y as number) - 2]),
  verdictMasses: { right: 0.6, wrong: 0.2 },
  noneOfTheAbove: 0.1,
  shownAnswers: {
    alone: [-1, -2],
    shown: [
      [-0.5, -3],
      [-2, -0.5],
    ],
  },
  shownAnswerCounts: {
    alone: [6, 4],
    shown: [
      [5, 0],
      [1, 4],
    ],
  },
  repeatedAnswer: { alone: -2, shown: -0.5 },
})

describe.each(Object.entries(estimators))('%s', (name, estimator) => {
  it('is registered under its own name', () => {
    expect(estimator.name).toBe(name)
  })

  it('gives a number from full evidence and never NaN', () => {
    const { value } = estimator.estimate(full(6))
    expect(value).not.toBeNull()
    expect(Number.isFinite(value)).toBe(true)
  })

  it('says that a capability is missing for each need that is', () => {
    expect(estimator.needs.length).toBeGreaterThan(0)
    for (const need of estimator.needs) {
      const rest: Partial<Evidence> = { ...full(4) }
      delete rest[need]
      const derivation = DERIVATIONS[need]
      if (derivation) delete rest[derivation.from]
      expect(estimator.estimate(rest)).toEqual({ value: null, reason: 'capability_missing' })
    }
  })

  it('has a number or a reason for an empty answer and no, one or two samples', () => {
    for (const n of [0, 1, 2]) {
      const empty: Evidence = {
        ...full(n),
        greedyLogprobs: [],
        greedyTopK: [],
        greedyEntropies: [],
        fullDistributions: [],
        unconditionalLogprobs: [],
        greedyText: '',
        samples: new Array(n).fill(''),
        sampleLogprobs: Array.from({ length: n }, () => []),
        alternativeNli: [],
        tokenSimilarity: [],
        sampleTokenSimilarity: Array.from({ length: n }, () => []),
        trueVerdicts: [],
        ensembleDistributions: Array.from({ length: n }, () => []),
        sampleEmbeddings: new Array(n).fill([]),
        statedConfidence: '',
        secondTurnConfidence: '',
      }
      const result = estimator.estimate(empty)
      if (result.value === null) expect(result.reason).toBeTruthy()
      else expect(Number.isFinite(result.value)).toBe(true)
    }
  })

  it('turns an impossible token into a reason', () => {
    const impossible = { ...full(4), greedyLogprobs: [Number.NaN, -1], idkMass: Number.NaN, trueLogprob: -Infinity }
    const { value } = estimator.estimate(impossible)
    expect(value === null || Number.isFinite(value)).toBe(true)
  })
})

describe('catalogue', () => {
  it('lists what the evidence suffices for', () => {
    const names = (needs: EvidenceName[]) => estimatorsFor(new Set(needs)).map(({ name }) => name)
    expect(names(['greedyLogprobs'])).toEqual(['MaximumSequenceProbability', 'Perplexity', 'MaxTokenNLL'])
    expect(names(['samples'])).toContain('DegMat:jaccard')
    expect(names(['samples'])).not.toContain('DegMat:nli')
    expect(names([])).toEqual([])
  })

  it('tells what to gather, and gives all that the evidence suffices for at once', () => {
    expect([...evidenceFor(['CocoaPPL', 'Perplexity'])]).toEqual(['greedyLogprobs', 'greedySimilarity'])
    const { fullDistributions, greedyLogprobs } = full(3)
    const results = estimateAll({ fullDistributions, greedyLogprobs }, ['MeanTokenEntropy', 'RenyiNeg', 'DegMat:nli'])
    expect(results.MeanTokenEntropy?.value).toBeCloseTo(0.97, 2)
    expect(results.RenyiNeg?.value).toBeCloseTo(-(renyiNeg(fullDistributions) as number), 12)
    expect(results['DegMat:nli']).toEqual({ value: null, reason: 'capability_missing' })
    const raw = estimateAll({ fullDistributions }, ['RenyiNeg'], { raw: true })
    expect(raw.RenyiNeg?.value).toBeCloseTo(renyiNeg(fullDistributions) as number, 12)
    expect(Object.keys(estimateAll(full(4)))).toEqual(Object.keys(estimators))
  })

  it('tells lists that do not belong together per estimator', () => {
    const results = estimateAll({ greedyLogprobs: [-1], tokenSimilarity: [0.1, 0.2] }, ['TokenSAR', 'Perplexity'])
    expect(results).toEqual({ TokenSAR: { value: null, reason: 'mismatched_evidence' }, Perplexity: { value: 1 } })
  })

  it('higher is less certain, whichever way the formula points', () => {
    const sure = { fullDistributions: [[Math.log(0.98), Math.log(0.01), Math.log(0.01)]] }
    const unsure = { fullDistributions: [[Math.log(0.4), Math.log(0.3), Math.log(0.3)]] }
    for (const name of ['RenyiNeg', 'FisherRao', 'SelfCertainty'] as const) {
      const [low, high] = [uncertaintyOf(estimators[name], sure).value, uncertaintyOf(estimators[name], unsure).value]
      expect(low, name).toBeLessThan(high as number)
    }
  })
})

describe('identical samples', () => {
  const ones = (n: number) => square(n, () => 1)

  it.each([2, 3, 5, 10])('%d of them: DegMat 0, EigV 1, Ecc 0, one meaning', (n) => {
    expect(degMat(ones(n))).toBe(0)
    expect(eigValLaplacian(ones(n))).toBe(1)
    expect(eccentricity(ones(n))).toBe(0)
    const nli = { entail: ones(n), contradict: square(n, () => 0) }
    expect(numSemSets(nli)).toBe(1)
    expect(entailmentClasses(nli)).toEqual(new Array(n).fill(0))
  })

  it('KLE is not 0 then: 0.42 at five samples', () => {
    expect(kernelLanguageEntropy({ entail: ones(5), contradict: square(5, () => 0) })).toBeCloseTo(0.42, 2)
  })
})

describe('pairwise estimators', () => {
  const texts = fc.array(fc.constantFrom('a b', 'b c', 'a', 'd e f', ''), { minLength: 2, maxLength: 7 })

  it('do not depend on the order of the samples and keep their bounds', () => {
    fc.assert(
      fc.property(texts, (samples) => {
        const [w, turned] = [jaccardMatrix(samples), jaccardMatrix([...samples].reverse())]
        for (const formula of [degMat, eigValLaplacian, eccentricity]) {
          const value = formula(w) as number
          expect(formula(turned)).toBeCloseTo(value, 7)
          expect(value).toBeGreaterThanOrEqual(0)
        }
        expect(degMat(w)).toBeLessThan(1)
        expect(eigValLaplacian(w)).toBeGreaterThanOrEqual(1)
        expect(eigValLaplacian(w)).toBeLessThanOrEqual(samples.length + 1e-9)
      }),
    )
  })
})

describe('measured values for a vocabulary of 1,000', () => {
  const uniform = [new Array<number>(1000).fill(Math.log(1 / 1000))]
  const peaked = [[Math.log(0.99), ...new Array<number>(999).fill(Math.log(0.01 / 999))]]

  it('tell uniform from peaked', () => {
    expect(renyiNeg(uniform)).toBeCloseTo(-13.816, 3)
    expect(renyiNeg(peaked)).toBeCloseTo(-13.576, 3)
    expect(fisherRao(uniform)).toBeCloseTo(0, 6)
    expect(fisherRao(peaked)).toBeCloseTo(0.305, 3)
    expect(selfCertainty(uniform)).toBeCloseTo(0, 9)
    expect(selfCertainty(peaked)).toBeCloseTo(-4.593, 3)
  })
})

describe('token entropies', () => {
  it('of top-k and a rest bucket never exceed the full entropy', () => {
    fc.assert(
      fc.property(
        fc.array(fc.double({ min: 0.01, max: 1, noNaN: true }), { minLength: 3, maxLength: 9 }),
        (weights) => {
          const sum = weights.reduce((a, b) => a + b, 0)
          const logs = weights.map((w) => Math.log(w / sum)).sort((a, b) => b - a)
          const top = logs.slice(0, 2).map((logprob, i) => ({ token: `t${i}`, logprob }))
          expect(topKEntropy(top)).toBeLessThanOrEqual(entropyOfLogDistribution(logs) + 1e-9)
        },
      ),
    )
  })

  it('skip what has no mass', () => {
    expect(entropyOfLogDistribution([0, -Infinity])).toBeCloseTo(0)
    expect(topKEntropy([{ token: 'a', logprob: 0 }])).toBeCloseTo(0)
  })
})

describe('meanings', () => {
  it('are equal normalised texts, numbered as they appear', () => {
    expect(exactClasses(['The cat', 'dog', 'cat!', 'Dog', ''])).toEqual([0, 1, 0, 1, 2])
  })

  it('join the first class whose first member is entailed both ways', () => {
    const nli = full(5).nli
    expect(entailmentClasses(nli)).toEqual([0, 1, 0, 1, 0])
    expect(numSemSets(nli)).toBe(2)
  })

  it('labelProb and semantic entropy of one and of all different meanings', () => {
    expect(labelProb([0, 0, 0])).toBe(0)
    expect(labelProb([0, 1, 2, 3])).toBe(0.75)
    expect(labelProb([])).toBeNull()
    expect(semanticEntropy([0, 0], null, { classProbability: 'frequency' })).toBe(0)
    expect(semanticEntropy([0, 1], null, { classProbability: 'frequency' })).toBeCloseTo(Math.LN2)
    expect(semanticEntropy([], [])).toBeNull()
    expect(semanticEntropy([0, 1], [-Infinity, -1], { entropy: 'direct' })).toBeCloseTo(Math.exp(-1))
  })
})

describe('relevance', () => {
  it('weighs equally when no token matters', () => {
    expect(tokenSar([-1, -3], [1, 1])).toBe(2)
    expect(tokenSar([], [])).toBeNull()
  })

  it('does not underflow on long answers', () => {
    const value = sentenceSar(
      [-2000, -2001],
      square(2, () => 1),
    )
    expect(Number.isFinite(value)).toBe(true)
    expect(value).toBeGreaterThan(1900)
    expect(sentenceSar([-1], [[1]])).toBeNull()
  })
})

it('mutual information leaves the first token alone and subtracts only where the model is unsure', () => {
  expect(meanPmi([-1, -2], [-9, -5])).toBeCloseTo(-((-1 + 3) / 2))
  expect(meanConditionalPmi([-1, -2], [-9, -5], [1, 0])).toBeCloseTo(1.5)
  expect(meanConditionalPmi([-1, -2], [-9, -5], [1, 1], { lambda: 1 })).toBeCloseTo(-1)
})

it('semantic density: all near is −1, all far leaves the answer itself', () => {
  expect(semanticDensity(0.5, [{ probability: 0.5, contradict: 0, neutral: 0 }])).toBe(-1)
  expect(semanticDensity(0.5, [{ probability: 0.5, contradict: 1, neutral: 0 }])).toBe(-0.5)
  expect(semanticDensity(0, [])).toBeNull()
})

describe('ensembles', () => {
  const distribution = fc
    .array(fc.double({ min: 0.01, max: 1, noNaN: true }), { minLength: 4, maxLength: 4 })
    .map((weights) => weights.map((w) => w / weights.reduce((a, b) => a + b, 0)))

  it('pairwise divergence is the sum of both informations, and none is negative', () => {
    fc.assert(
      fc.property(fc.array(distribution, { minLength: 2, maxLength: 6 }), (members) => {
        const u = ensembleUncertainty(members)
        const count = members.length
        expect(u?.mutualInformation).toBeCloseTo((u?.total ?? 0) - (u?.data ?? 0), 10)
        expect(((u?.expectedPairwiseKl ?? 0) * (count - 1)) / count).toBeCloseTo(
          (u?.mutualInformation ?? 0) + (u?.reverseMutualInformation ?? 0),
          9,
        )
      }),
    )
  })

  it('members that agree have no information, disjoint ones an infinite divergence', () => {
    const same = ensembleUncertainty([
      [0.3, 0.7],
      [0.3, 0.7],
    ])
    expect(same?.mutualInformation).toBeCloseTo(0, 12)
    expect(same?.expectedPairwiseKl).toBeCloseTo(0, 12)
    const disjoint = ensembleUncertainty([
      [1, 0],
      [0, 1],
    ])
    expect(disjoint).toMatchObject({ data: 0, expectedPairwiseKl: null, reverseMutualInformation: null })
    expect(disjoint?.mutualInformation).toBeCloseTo(Math.LN2)
    expect(ensembleUncertainty([])).toBeNull()
  })
})

it('eigenScore grows with the spread of the embeddings', () => {
  const near = [
    [1, 2, 3],
    [1, 2, 3.1],
    [1, 2.1, 3],
  ]
  const far = [
    [1, 2, 3],
    [9, -2, 3],
    [-4, 7, 1],
  ]
  expect(eigenScore(near)).toBeLessThan(eigenScore(far) as number)
  expect(eigenScore([[1, 2]])).toBeNull()
})
