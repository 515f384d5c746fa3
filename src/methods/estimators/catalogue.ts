import { claimConditionedProbabilityEstimator } from './claim-conditioned-probability.ts'
import { cocoaMsp, cocoaMte, cocoaPpl, cocoaPplJaccard } from './cocoa.ts'
import { fisherRaoEstimator, renyiNegEstimator, selfCertaintyEstimator } from './distribution-shape.ts'
import { eigenScoreEstimator } from './eigen-score.ts'
import { ensembleEstimator } from './ensemble.ts'
import type { Estimator, EvidenceName } from './estimator.ts'
import { degMatEstimator, eccentricityEstimator, eigValLaplacianEstimator } from './graph.ts'
import { kernelLanguageEntropyEstimator } from './kernel-language-entropy.ts'
import { lexicalSimilarityEstimator } from './lexical-similarity.ts'
import { maximumSequenceProbability, maxTokenNll, perplexity } from './likelihoods.ts'
import { luqEstimator } from './long-text-uncertainty.ts'
import { meanConditionalPmiEstimator, meanPmiEstimator } from './mutual-information.ts'
import { sarEstimator, sentenceSarEstimator, tokenSarEstimator } from './relevance.ts'
import {
  idkMassEstimator,
  linguistic1S,
  pTrue,
  pTrueEmpirical,
  pTrueSampling,
  verbalized1S,
  verbalized2S,
} from './self-report.ts'
import { semanticDensityEstimator } from './semantic-density.ts'
import { semanticEntropyEstimator } from './semantic-entropy.ts'
import { labelProbEstimator, numSemSetsExact, numSemSetsNli } from './semantic-sets.ts'
import { monteCarloNormalizedSequenceEntropyEstimator, monteCarloSequenceEntropyEstimator } from './sequence-entropy.ts'
import { maxTokenEntropy, maxTokenEntropyTopK, meanTokenEntropy, meanTokenEntropyTopK } from './token-entropy.ts'

/**
 * Every uncertainty estimator, by name. A new one is a file and a line here. What compares texts carries the name of
 * its provider of similarity (`:nli`, `:jaccard`, `:exact`), so that no leaderboard mixes two of them.
 */
export const estimators = {
  MaximumSequenceProbability: maximumSequenceProbability,
  Perplexity: perplexity,
  MaxTokenNLL: maxTokenNll,
  MeanTokenEntropy: meanTokenEntropy,
  'MeanTokenEntropy:topk': meanTokenEntropyTopK,
  MaxTokenEntropy: maxTokenEntropy,
  'MaxTokenEntropy:topk': maxTokenEntropyTopK,
  MeanPMI: meanPmiEstimator,
  MeanCPMI: meanConditionalPmiEstimator,
  RenyiNeg: renyiNegEstimator,
  FisherRao: fisherRaoEstimator,
  SelfCertainty: selfCertaintyEstimator,
  MonteCarloSequenceEntropy: monteCarloSequenceEntropyEstimator,
  MonteCarloNormalizedSequenceEntropy: monteCarloNormalizedSequenceEntropyEstimator,
  'LexicalSimilarity:rouge1': lexicalSimilarityEstimator('rouge1'),
  'LexicalSimilarity:rouge2': lexicalSimilarityEstimator('rouge2'),
  'LexicalSimilarity:rougeL': lexicalSimilarityEstimator('rougeL'),
  'LexicalSimilarity:BLEU': lexicalSimilarityEstimator('BLEU'),
  'DegMat:nli': degMatEstimator('nli'),
  'DegMat:nli:contra': degMatEstimator('nli:contra'),
  'DegMat:jaccard': degMatEstimator('jaccard'),
  'EigValLaplacian:nli': eigValLaplacianEstimator('nli'),
  'EigValLaplacian:nli:contra': eigValLaplacianEstimator('nli:contra'),
  'EigValLaplacian:jaccard': eigValLaplacianEstimator('jaccard'),
  'Eccentricity:nli': eccentricityEstimator('nli'),
  'Eccentricity:nli:contra': eccentricityEstimator('nli:contra'),
  'Eccentricity:jaccard': eccentricityEstimator('jaccard'),
  'NumSemSets:nli': numSemSetsNli,
  'NumSemSets:exact': numSemSetsExact,
  'KernelLanguageEntropy:nli': kernelLanguageEntropyEstimator,
  'LUQ:nli': luqEstimator,
  'LabelProb:exact': labelProbEstimator('exact'),
  'LabelProb:nli': labelProbEstimator('nli'),
  'SemanticEntropy:exact': semanticEntropyEstimator('exact'),
  'SemanticEntropy:nli': semanticEntropyEstimator('nli'),
  'SemanticEntropy:frequency-mean:exact': semanticEntropyEstimator('exact', 'frequency'),
  'SemanticEntropy:frequency-mean:nli': semanticEntropyEstimator('nli', 'frequency'),
  'SemanticDensity:nli': semanticDensityEstimator,
  TokenSAR: tokenSarEstimator,
  SentenceSAR: sentenceSarEstimator,
  SAR: sarEstimator,
  CocoaMSP: cocoaMsp,
  CocoaPPL: cocoaPpl,
  CocoaMTE: cocoaMte,
  'CocoaPPL:jaccard': cocoaPplJaccard,
  'ClaimConditionedProbability:nli': claimConditionedProbabilityEstimator,
  PTrue: pTrue,
  PTrueSampling: pTrueSampling,
  PTrueEmpirical: pTrueEmpirical,
  Verbalized1S: verbalized1S,
  Verbalized2S: verbalized2S,
  Linguistic1S: linguistic1S,
  EigenScore: eigenScoreEstimator,
  EnsembleTU: ensembleEstimator('EnsembleTU'),
  EnsembleDU: ensembleEstimator('EnsembleDU'),
  EnsembleMI: ensembleEstimator('EnsembleMI'),
  EnsembleEPKL: ensembleEstimator('EnsembleEPKL'),
  EnsembleRMI: ensembleEstimator('EnsembleRMI'),
  IDKMass: idkMassEstimator,
} as const satisfies Record<string, Estimator>

export type EstimatorName = keyof typeof estimators

/** The estimators that the evidence at hand suffices for, in catalogue order. */
export const estimatorsFor = (available: ReadonlySet<EvidenceName>): Estimator[] =>
  Object.values<Estimator>(estimators).filter(({ needs }) => needs.every((need) => available.has(need)))
