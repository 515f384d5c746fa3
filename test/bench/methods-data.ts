import type { Evidence } from '../../src/methods/estimators/estimator.ts'
import { type Random, randomFrom } from '../../src/methods/random.ts'

/** What the bench measures on: the evidence of answered questions, their quality, and a fit set of hidden states. */
export interface BenchData {
  items: Evidence[]
  qualities: number[]
  fit: number[][]
  background: number[][]
}

const SAMPLES = 10
const TOKENS = 20
const ALTERNATIVES = 10
const WIDTH = 64
const MEMBERS = 5
const ENSEMBLE_VOCABULARY = 50
/** Entries of the distributions that the estimators over the vocabulary are also measured on. */
export const VOCABULARY = 1000

const WORDS =
  'the capital of that country is a city on river north south hills where people have lived since ancient times and trade was running through organizations generally called conditional'.split(
    ' ',
  )

const times = <T>(count: number, make: (i: number) => T): T[] => Array.from({ length: count }, (_, i) => make(i))

const distribution = (random: Random, size: number): number[] => {
  const weights = times(size, () => Math.exp(2 * random.normal()))
  const sum = weights.reduce((total, weight) => total + weight, 0)
  return weights.map((weight) => weight / sum)
}

/** A square matrix by pairs, with a value of its own on the diagonal. */
const square = (diagonal: number, at: (i: number, j: number) => number) =>
  times(SAMPLES, (i) => times(SAMPLES, (j) => (i === j ? diagonal : at(i, j))))

function item(random: Random): Evidence {
  const logprobs = () => times(TOKENS, () => Math.log(1 - random.next()) / 3)
  const text = () => times(15, () => random.pick(WORDS)).join(' ')
  const pool = times(1 + random.integer(0, 6), text)
  const relation = times(SAMPLES * SAMPLES, () => distribution(random, 3))
  const of = (i: number, j: number) => relation[i * SAMPLES + j] as number[]
  const nli = {
    entail: square(1, (i, j) => of(i, j)[0] as number),
    contradict: square(0, (i, j) => of(i, j)[1] as number),
  }
  const logits = times(2 * SAMPLES * SAMPLES, () => 2 * random.normal())
  const greedyRelations = times(SAMPLES, () => distribution(random, 3))
  return {
    greedyLogprobs: logprobs(),
    greedyTopK: times(TOKENS, () =>
      distribution(random, ALTERNATIVES + 1)
        .slice(0, ALTERNATIVES)
        .map((p, k) => ({ token: `t${k}`, logprob: Math.log(p) })),
    ),
    greedyEntropies: times(TOKENS, () => 3 * random.next()),
    fullDistributions: [],
    vocabularyTerms: times(TOKENS, () => ({
      renyi: -14 * random.next(),
      fisherRao: random.next(),
      selfCertainty: -5 * random.next(),
    })),
    unconditionalLogprobs: logprobs(),
    greedyText: text(),
    samples: times(SAMPLES, () => random.pick(pool)),
    sampleLogprobs: times(SAMPLES, logprobs),
    nli,
    nliLogits: {
      entail: square(3, (i, j) => logits[i * SAMPLES + j] as number),
      contradict: square(-3, (i, j) => logits[(i + SAMPLES) * SAMPLES + j] as number),
    },
    greedyNli: {
      contradict: greedyRelations.map((p) => p[1] as number),
      neutral: greedyRelations.map((p) => p[2] as number),
    },
    alternativeNli: times(TOKENS, () =>
      times(ALTERNATIVES, (k) => (k === 0 ? 'entail' : random.pick(['entail', 'contradict', 'neutral'] as const))),
    ),
    similarity: square(1, () => random.next()),
    greedySimilarity: times(SAMPLES, () => random.next()),
    tokenSimilarity: times(TOKENS, () => random.next()),
    sampleTokenSimilarity: times(SAMPLES, () => times(TOKENS, () => random.next())),
    trueLogprob: Math.log(random.next()),
    trueLogprobGivenSamples: Math.log(random.next()),
    trueVerdicts: times(10, () => random.pick(['True', 'False', ' True.'])),
    statedConfidence: `I am almost certain: ${random.integer(0, 100)} %`,
    secondTurnConfidence: `${random.integer(0, 100)} %`,
    ensembleDistributions: times(MEMBERS, () => times(TOKENS, () => distribution(random, ENSEMBLE_VOCABULARY))),
    dropoutPositions: times(TOKENS, () => ({
      predictiveEntropy: 2 + random.next(),
      aleatoricEntropy: 1 + random.next(),
      epistemicEntropy: random.next(),
      expectedPairwiseKl: random.next(),
      reverseMutualInformation: random.next(),
      probabilityVariance: random.next(),
    })),
    sampleEmbeddings: times(SAMPLES, () => times(WIDTH, () => random.normal())),
    answerEmbedding: times(WIDTH, () => random.normal()),
    fitEmbeddings: [],
    backgroundEmbeddings: [],
    idkMass: random.next(),
    verdictMasses: { right: random.next(), wrong: random.next() },
    noneOfTheAbove: random.next(),
    shownAnswers: { alone: times(5, () => -random.next()), shown: times(5, () => times(5, () => -3 * random.next())) },
    shownAnswerCounts: {
      alone: times(5, () => random.integer(1, 5)),
      shown: times(5, () => times(5, () => random.integer(0, 3))),
    },
    repeatedAnswer: { alone: -2 - random.next(), shown: -random.next() },
  }
}

/** `count` answered questions from one seed; the fit sets are shared by all items. */
export function benchData(count: number): BenchData {
  const random = randomFrom('methods bench')
  const states = (rows: number, scale: number) => times(rows, () => times(WIDTH, () => scale * random.normal()))
  const [fit, background] = [states(200, 1), states(200, 2)]
  const items = times(count, (i) => ({
    ...item(random.fork(i)),
    fitEmbeddings: fit,
    backgroundEmbeddings: background,
  }))
  return { items, fit, background, qualities: times(count, () => (random.next() < 0.6 ? 1 : 0)) }
}

/** Log-distributions over the vocabulary, answer × position. */
export const benchDistributions = (count: number): number[][][] => {
  const random = randomFrom('methods bench', 'vocabulary')
  return times(count, () => times(TOKENS, () => distribution(random, VOCABULARY).map(Math.log)))
}
