/** From a golden vector's method name and input to a call of the method. */
import { type Affinity, nliAffinities } from '../src/methods/estimators/affinity.ts'
import { cocoa } from '../src/methods/estimators/cocoa.ts'
import { fisherRao, renyiNeg, selfCertainty } from '../src/methods/estimators/distribution-shape.ts'
import { degMat, eccentricity, eigValLaplacian } from '../src/methods/estimators/graph.ts'
import { type KernelOptions, kernelLanguageEntropy } from '../src/methods/estimators/kernel-language-entropy.ts'
import { type LexicalMetric, lexicalSimilarity } from '../src/methods/estimators/lexical-similarity.ts'
import { meanNll, sequenceNll } from '../src/methods/estimators/likelihoods.ts'
import { luq } from '../src/methods/estimators/long-text-uncertainty.ts'
import { sar, sentenceSar, tokenSar } from '../src/methods/estimators/relevance.ts'
import { type ClassProbability, type EntropyForm, semanticEntropy } from '../src/methods/estimators/semantic-entropy.ts'
import { numSemSets } from '../src/methods/estimators/semantic-sets.ts'
import {
  monteCarloNormalizedSequenceEntropy,
  monteCarloSequenceEntropy,
} from '../src/methods/estimators/sequence-entropy.ts'
import { normalizedRejectionArea, predictionRejectionArea } from '../src/methods/selective/rejection.ts'
import { reversedPairs } from '../src/methods/selective/reversed-pairs.ts'
import { riskCoverageAuc } from '../src/methods/selective/risk-coverage.ts'
import {
  averagePrecision,
  bestYouden,
  precisionRecallCurve,
  rocAuc,
} from '../src/methods/statistics/binary-classification.ts'
import { type Alternative, binomialTest } from '../src/methods/statistics/binomial-test.ts'
import { bootstrapPercentile } from '../src/methods/statistics/bootstrap.ts'
import { expectedCalibrationError } from '../src/methods/statistics/calibration-error.ts'
import { clusteredStandardError } from '../src/methods/statistics/clustered.ts'
import { kendallTauB, pearson, spearman } from '../src/methods/statistics/correlation.ts'
import { entropy, jensenShannonDivergence, klDivergence } from '../src/methods/statistics/divergence.ts'
import {
  agrestiCoullInterval,
  clopperPearsonInterval,
  jeffreysInterval,
  wilsonInterval,
} from '../src/methods/statistics/intervals.ts'
import { isotonicCalibration } from '../src/methods/statistics/isotonic-calibration.ts'
import { mcnemarChi2, mcnemarExact } from '../src/methods/statistics/mcnemar.ts'
import { benjaminiHochberg, holm } from '../src/methods/statistics/multiple-tests.ts'
import { pairedTTest } from '../src/methods/statistics/paired-t-test.ts'
import { plattScaling } from '../src/methods/statistics/platt-scaling.ts'
import { brier, logLoss } from '../src/methods/statistics/proper-scores.ts'
import { sampleSizeTwoProportions } from '../src/methods/statistics/sample-size.ts'
import { mean } from '../src/methods/statistics/summary.ts'
import { wilcoxonSignedRank } from '../src/methods/statistics/wilcoxon-signed-rank.ts'
import { jaccardMatrix } from '../src/methods/text/jaccard.ts'

type Adapter = (input: Record<string, unknown>) => unknown

/** An adapter whose input has the fields of T: the vectors are the boundary where the shape is taken on trust. */
const adapter =
  <T>(call: (input: T) => unknown): Adapter =>
  (input) =>
    call(input as T)

type Share = { successes: number; trials: number; confidence: number }
type Scored = { score: number[]; label: number[] }
type Forecast = { probability: number[]; label: number[] }
type Pairs = { x: number[]; y: number[] }
type Family = { pValues: number[]; alpha: number }
type Discordant = { onlyBaseline: number; onlyCandidate: number }
type Ordered = { uncertainty: number[]; quality: number[]; maxRejection: number }

const statistic = (value: number | null) => ({ statistic: value })

const statistics: Record<string, Adapter> = {
  agrestiCoullInterval: adapter<Share>((v) => agrestiCoullInterval(v.successes, v.trials, v.confidence)),
  averagePrecision: adapter<Scored>((v) => averagePrecision(v.score, v.label)),
  benjaminiHochberg: adapter<Family>((v) => benjaminiHochberg(v.pValues, v.alpha)),
  bestYouden: adapter<Scored>((v) => bestYouden(v.score, v.label)?.value ?? null),
  binomialTest: adapter<{ successes: number; trials: number; p0: number; alternative: Alternative }>((v) =>
    binomialTest(v.successes, v.trials, v.p0, v.alternative),
  ),
  bootstrapPercentile: adapter<{ values: number[]; resamples: number[][]; confidence: number }>((v) =>
    bootstrapPercentile(v.values, v.resamples, v.confidence),
  ),
  brier: adapter<Forecast>((v) => brier(v.probability, v.label)),
  clopperPearsonInterval: adapter<Share>((v) => clopperPearsonInterval(v.successes, v.trials, v.confidence)),
  clusteredStandardError: adapter<{ values: number[]; cluster: (string | number)[] }>((v) =>
    clusteredStandardError(v.values, v.cluster),
  ),
  entropy: adapter<{ p: number[] }>((v) => entropy(v.p)),
  holm: adapter<Family>((v) => holm(v.pValues, v.alpha)),
  isotonicCalibration: adapter<Scored & { query: number[] }>((v) => {
    const calibrate = isotonicCalibration(v.score, v.label)
    return calibrate && v.query.map(calibrate)
  }),
  jeffreysInterval: adapter<Share>((v) => jeffreysInterval(v.successes, v.trials, v.confidence)),
  jensenShannonDivergence: adapter<{ p: number[]; q: number[] }>((v) => jensenShannonDivergence(v.p, v.q)),
  kendallTauB: adapter<Pairs>((v) => statistic(kendallTauB(v.x, v.y))),
  klDivergence: adapter<{ p: number[]; q: number[] }>((v) => klDivergence(v.p, v.q)),
  logLoss: adapter<Forecast>((v) => logLoss(v.probability, v.label)),
  mcnemarChi2: adapter<Discordant>((v) => mcnemarChi2(v.onlyBaseline, v.onlyCandidate)),
  mcnemarExact: adapter<Discordant>((v) => mcnemarExact(v.onlyBaseline, v.onlyCandidate)),
  pairedTTest: adapter<Pairs>((v) => pairedTTest(v.x, v.y)),
  pearson: adapter<Pairs>((v) => statistic(pearson(v.x, v.y))),
  plattScaling: adapter<Scored & { query: number[] }>((v) => {
    const calibrate = plattScaling(v.score, v.label)
    return calibrate && v.query.map(calibrate)
  }),
  precisionRecallCurve: adapter<Scored>((v) => precisionRecallCurve(v.score, v.label)),
  rocAuc: adapter<Scored>((v) => rocAuc(v.score, v.label)),
  sampleSizeTwoProportions: adapter<{ p1: number; p2: number; alpha: number; power: number }>((v) =>
    sampleSizeTwoProportions(v.p1, v.p2, v.alpha, v.power),
  ),
  spearman: adapter<Pairs>((v) => statistic(spearman(v.x, v.y))),
  wilcoxonSignedRank: adapter<Pairs>((v) => wilcoxonSignedRank(v.x, v.y)),
  wilsonInterval: adapter<Share>((v) => wilsonInterval(v.successes, v.trials, v.confidence)),
}

const qualities: Record<string, Adapter> = {
  ECE: adapter<{ confidence: number[]; correct: number[]; bins: number }>((v) =>
    expectedCalibrationError(v.confidence, v.correct, v.bins),
  ),
  PRR: adapter<Ordered & { randomArea: number; oracleArea: number }>((v) => {
    const area = predictionRejectionArea(v.uncertainty, v.quality, v.maxRejection)
    return area === null ? null : normalizedRejectionArea(area, v.randomArea, v.oracleArea)
  }),
  PredictionRejectionArea: adapter<Ordered>((v) => predictionRejectionArea(v.uncertainty, v.quality, v.maxRejection)),
  ReversedPairs: adapter<Ordered>((v) => reversedPairs(v.uncertainty, v.quality)),
  RiskCoverageAUC: adapter<Ordered>((v) => riskCoverageAuc(v.uncertainty, v.quality)),
}

type Answer = { tokenLogProbs: number[] }
type Similar = Answer & { greedySimilarity: number[] }
type Nli = { entail: number[][]; contra: number[][]; affinity: Affinity; threshold?: number }
type Texts = { answers: string[]; threshold?: number }
type Positions = { logDistributions: number[][]; alpha?: number; temperature?: number }

const affinities = ({ entail, contra, affinity }: Nli) => nliAffinities({ entail, contradict: contra }, affinity)

const estimators: Record<string, Adapter> = {
  CocoaMSP: adapter<Similar>((v) => cocoa(sequenceNll(v.tokenLogProbs), v.greedySimilarity)),
  CocoaPPL: adapter<Similar>((v) => cocoa(meanNll(v.tokenLogProbs), v.greedySimilarity)),
  DegMat: adapter<Nli>((v) => degMat(affinities(v))),
  DegMatJaccard: adapter<Texts>((v) => degMat(jaccardMatrix(v.answers))),
  Eccentricity: adapter<Nli>((v) => eccentricity(affinities(v), v.threshold)),
  EccentricityJaccard: adapter<Texts>((v) => eccentricity(jaccardMatrix(v.answers), v.threshold)),
  EigValLaplacian: adapter<Nli>((v) => eigValLaplacian(affinities(v))),
  EigValLaplacianJaccard: adapter<Texts>((v) => eigValLaplacian(jaccardMatrix(v.answers))),
  FisherRao: adapter<Positions>((v) => fisherRao(v.logDistributions, v.temperature)),
  KernelLanguageEntropy: adapter<Nli & KernelOptions>((v) =>
    kernelLanguageEntropy({ entail: v.entail, contradict: v.contra }, v),
  ),
  LUQ: adapter<{ entailLogits: number[][]; contraLogits: number[][] }>((v) =>
    luq({ entail: v.entailLogits, contradict: v.contraLogits }),
  ),
  LexicalSimilarity: adapter<{ answers: string[]; metric: LexicalMetric }>((v) =>
    lexicalSimilarity(v.answers, v.metric),
  ),
  MaximumSequenceProbability: adapter<Answer>((v) => sequenceNll(v.tokenLogProbs)),
  MeanTokenEntropy: adapter<{ tokenEntropies: number[] }>((v) => mean(v.tokenEntropies)),
  MonteCarloNormalizedSequenceEntropy: adapter<{ tokenLogProbs: number[][] }>((v) =>
    monteCarloNormalizedSequenceEntropy(v.tokenLogProbs),
  ),
  MonteCarloSequenceEntropy: adapter<{ logProbs: number[] }>((v) => monteCarloSequenceEntropy(v.logProbs)),
  NumSemSets: adapter<Nli>((v) => numSemSets({ entail: v.entail, contradict: v.contra })),
  Perplexity: adapter<Answer>((v) => meanNll(v.tokenLogProbs)),
  RenyiNeg: adapter<Positions>((v) => renyiNeg(v.logDistributions, v)),
  SAR: adapter<{ tokenLogProbs: number[][]; tokenSimilarity: number[][]; sentenceSimilarity: number[][]; t: number }>(
    (v) => sar(v.tokenLogProbs, v.tokenSimilarity, v.sentenceSimilarity, v.t),
  ),
  SelfCertainty: adapter<Positions>((v) => selfCertainty(v.logDistributions)),
  SemanticEntropy: adapter<{
    logProbs: number[]
    classOf: number[]
    classProbability: ClassProbability
    entropy: EntropyForm
  }>((v) => semanticEntropy(v.classOf, v.logProbs, v)),
  SentenceSAR: adapter<{ logProbs: number[]; sentenceSimilarity: number[][]; t: number }>((v) =>
    sentenceSar(v.logProbs, v.sentenceSimilarity, v.t),
  ),
  TokenSAR: adapter<Answer & { tokenSimilarity: number[] }>((v) => tokenSar(v.tokenLogProbs, v.tokenSimilarity)),
}

export const vectorAdapters: Record<string, Adapter | undefined> = { ...statistics, ...qualities, ...estimators }
