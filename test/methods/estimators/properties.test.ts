import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { estimators } from '../../../src/methods/estimators/catalogue.ts'
import { ESTIMATOR_NAMES, estimateAll } from '../../../src/methods/estimators/estimate.ts'
import type { Estimator, Evidence } from '../../../src/methods/estimators/estimator.ts'
import {
  fisherRaoTerm,
  renyiTerm,
  selfCertaintyTerm,
  vocabularyTermsOf,
} from '../../../src/methods/estimators/vocabulary-terms.ts'
import { randomFrom } from '../../../src/methods/random.ts'
import { benchData } from '../../bench/methods-data.ts'

const { items } = benchData(5)
const vocabulary = (seed: number) => {
  const random = randomFrom('vocabulary', seed)
  return Array.from({ length: 20 }, () => {
    const weights = Array.from({ length: 30 }, () => Math.exp(2 * random.normal()))
    const sum = weights.reduce((a, b) => a + b, 0)
    return weights.map((weight) => Math.log(weight / sum))
  })
}
const full: Evidence[] = items.map((item, i) => ({ ...item, fullDistributions: vocabulary(i) }))

/** Meaning classes are opened in order, so that near ties of entailment may fall otherwise in another order. */
const BY_ORDER = /^(LabelProb|SemanticEntropy.*):nli$/
/** Sentence BLEU takes the earlier sample as reference; of equal texts, semantic density keeps the first one's probability. */
const BY_FIRST = /BLEU$|^SemanticDensity/

const turned = <T>(list: readonly T[], order: readonly number[]): T[] => order.map((i) => list[i] as T)
const both = (matrix: readonly (readonly number[])[], order: readonly number[]) =>
  turned(matrix, order).map((row) => turned(row, order))

/** The same evidence with its samples in another order. */
function reordered(item: Evidence, order: readonly number[]): Evidence {
  return {
    ...item,
    samples: turned(item.samples, order),
    sampleLogprobs: turned(item.sampleLogprobs, order),
    nli: { entail: both(item.nli.entail, order), contradict: both(item.nli.contradict, order) },
    nliLogits: { entail: both(item.nliLogits.entail, order), contradict: both(item.nliLogits.contradict, order) },
    greedyNli: { contradict: turned(item.greedyNli.contradict, order), neutral: turned(item.greedyNli.neutral, order) },
    similarity: both(item.similarity, order),
    greedySimilarity: turned(item.greedySimilarity, order),
    sampleTokenSimilarity: turned(item.sampleTokenSimilarity, order),
    sampleEmbeddings: turned(item.sampleEmbeddings, order),
  }
}

/** The evidence of `n` samples that are all the first one. */
function identical(item: Evidence, n: number): Evidence {
  const ones = Array.from({ length: n }, () => new Array<number>(n).fill(1))
  const zeros = Array.from({ length: n }, () => new Array<number>(n).fill(0))
  const repeat = <T>(value: T): T[] => new Array<T>(n).fill(value)
  return {
    ...item,
    samples: repeat(item.samples[0] as string),
    sampleLogprobs: repeat(item.sampleLogprobs[0] as number[]),
    nli: { entail: ones, contradict: zeros },
    nliLogits: { entail: ones.map((row) => row.map(() => 50)), contradict: ones.map((row) => row.map(() => -50)) },
    similarity: ones,
    greedySimilarity: repeat(1),
    greedyNli: { contradict: repeat(0), neutral: repeat(0) },
    sampleTokenSimilarity: repeat(item.sampleTokenSimilarity[0] as number[]),
    sampleEmbeddings: repeat(item.sampleEmbeddings[0] as number[]),
  }
}

const places = fc.integer({ min: 0, max: full.length - 1 })
const order = fc.shuffledSubarray([0, 1, 2, 3, 4, 5, 6, 7, 8, 9], { minLength: 10, maxLength: 10 })

describe.each(ESTIMATOR_NAMES.filter((name) => name !== 'RDE'))('%s', (name) => {
  const estimator: Estimator = estimators[name]

  it('does not depend on the order of the samples', () => {
    if (BY_ORDER.test(name) || BY_FIRST.test(name)) return
    fc.assert(
      fc.property(places, order, (place, other) => {
        const item = full[place] as Evidence
        const [value, again] = [estimator.estimate(item).value, estimator.estimate(reordered(item, other)).value]
        expect(again).toBeCloseTo(value as number, 8)
      }),
      { numRuns: 5 },
    )
  })

  it('is a number on whole evidence, twice the same', () => {
    for (const item of full) {
      const first = estimator.estimate(item)
      expect(Number.isFinite(first.value), JSON.stringify(first)).toBe(true)
      expect(estimator.estimate(item)).toEqual(first)
    }
  })

  it('is a number or a reason of one sample and of identical ones', () => {
    for (const n of [1, 2, 10]) {
      const result = estimator.estimate(identical(full[0] as Evidence, n))
      if (result.value === null) expect(result.reason).toBeTruthy()
      else expect(Number.isFinite(result.value)).toBe(true)
    }
  })
})

describe('identical samples', () => {
  const value = (name: keyof typeof estimators, n = 10) =>
    estimators[name].estimate(identical(full[0] as Evidence, n)).value

  it('are certain by every estimator that compares samples', () => {
    for (const name of [
      'DegMat:nli',
      'DegMat:nli:contra',
      'DegMat:jaccard',
      'Eccentricity:nli',
      'Eccentricity:jaccard',
      'LabelProb:exact',
      'LabelProb:nli',
    ] as const)
      expect(value(name), name).toBe(0)
    for (const name of [
      'EigValLaplacian:nli',
      'EigValLaplacian:jaccard',
      'NumSemSets:nli',
      'NumSemSets:exact',
    ] as const)
      expect(value(name), name).toBe(1)
    for (const name of ['LexicalSimilarity:rouge1', 'LexicalSimilarity:rougeL', 'LexicalSimilarity:BLEU'] as const)
      expect(value(name), name).toBeCloseTo(-1, 9)
    for (const name of ['CocoaMSP', 'CocoaPPL', 'CocoaMTE', 'SemanticEntropy:frequency-mean:exact', 'LUQ:nli'] as const)
      expect(value(name), name).toBeCloseTo(0, 9)
    expect(value('SemanticDensity:nli')).toBeCloseTo(-1, 9)
  })

  it('pairs need two', () => {
    for (const name of [
      'DegMat:nli',
      'EigValLaplacian:jaccard',
      'Eccentricity:nli',
      'NumSemSets:nli',
      'KernelLanguageEntropy:nli',
      'LUQ:nli',
      'SentenceSAR',
      'EigenScore',
      'LexicalSimilarity:rouge1',
    ] as const)
      expect(estimators[name].estimate(identical(full[0] as Evidence, 1)), name).toEqual({
        value: null,
        reason: 'too_few',
      })
  })
})

describe('bounds and monotonicity', () => {
  const unit = [
    'DegMat:nli',
    'DegMat:jaccard',
    'LUQ:nli',
    'LabelProb:nli',
    'IDKMass',
    'SelfEval',
    'CheatRatio',
    'KernelLanguageEntropy:nli',
  ] as const

  it('what is a share lies in [0, 1]', () => {
    for (const item of full)
      for (const name of unit) {
        const { value } = estimators[name].estimate(item)
        expect(value, name).toBeGreaterThanOrEqual(0)
        expect(value, name).toBeLessThanOrEqual(1)
      }
  })

  it('less likely tokens make every likelihood estimator less certain', () => {
    const names = [
      'MaximumSequenceProbability',
      'Perplexity',
      'MaxTokenNLL',
      'TokenSAR',
      'CocoaMSP',
      'CocoaPPL',
    ] as const
    fc.assert(
      fc.property(places, fc.double({ min: 0.01, max: 5, noNaN: true }), (place, shift) => {
        const item = full[place] as Evidence
        const less = { ...item, greedyLogprobs: item.greedyLogprobs.map((l) => l - shift) }
        const [sure, unsure] = [estimateAll(item, names), estimateAll(less, names)]
        for (const name of names) expect(unsure[name]?.value, name).toBeGreaterThan(sure[name]?.value as number)
      }),
      { numRuns: 20 },
    )
  })

  it('less alike samples make every similarity estimator less certain', () => {
    const names = ['DegMat:nli', 'CocoaPPL', 'SentenceSAR'] as const
    for (const item of full) {
      const apart = (matrix: readonly (readonly number[])[]) =>
        matrix.map((row, i) => row.map((x, j) => (i === j ? x : x / 2)))
      const less = {
        ...item,
        nli: { ...item.nli, entail: apart(item.nli.entail) },
        similarity: apart(item.similarity),
        greedySimilarity: item.greedySimilarity.map((g) => g / 2),
      }
      const [sure, unsure] = [estimateAll(item, names), estimateAll(less, names)]
      for (const name of names) expect(unsure[name]?.value, name).toBeGreaterThan(sure[name]?.value as number)
    }
  })
})

it('the fast terms of a vocabulary are the slow ones, also where there is no mass and of huge logits', () => {
  const entry = fc.oneof(fc.double({ min: -3000, max: 0, noNaN: true }), fc.constant(Number.NEGATIVE_INFINITY))
  fc.assert(
    fc.property(fc.array(entry, { minLength: 1, maxLength: 20 }), fc.constantFrom(0, 900, -5000), (logs, shift) => {
      const distribution = [0, ...logs].map((l) => l + shift)
      const fast = vocabularyTermsOf(distribution)
      expect(fast.renyi).toBeCloseTo(renyiTerm(distribution), 9)
      expect(fast.fisherRao).toBeCloseTo(fisherRaoTerm(distribution), 6)
      expect(fast.selfCertainty).toBeCloseTo(selfCertaintyTerm(distribution), 8)
    }),
  )
})
