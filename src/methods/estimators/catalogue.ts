import { claimConditionedProbabilityEstimator } from './claim-conditioned-probability.ts'
import { cocoaMsp, cocoaMspJaccard, cocoaMte, cocoaMteJaccard, cocoaPpl, cocoaPplJaccard } from './cocoa.ts'
import { fisherRaoEstimator, renyiNegEstimator, selfCertaintyEstimator } from './distribution-shape.ts'
import { eigenScoreEstimator } from './eigen-score.ts'
import { dropoutEstimator, ensembleEstimator } from './ensemble.ts'
import { cheatRatio, epistemicMutualInformation, epistemicMutualInformationEmpirical } from './epistemic.ts'
import type { Estimator } from './estimator.ts'
import { degMatEstimator, eccentricityEstimator, eigValLaplacianEstimator } from './graph.ts'
import { mahalanobisEstimator, relativeMahalanobisEstimator, robustDensityEstimator } from './hidden-state-distance.ts'
import { kernelLanguageEntropyEstimator } from './kernel-language-entropy.ts'
import { lexicalSimilarityEstimator } from './lexical-similarity.ts'
import { maximumSequenceProbability, maxTokenNll, perplexity } from './likelihoods.ts'
import { luqEstimator } from './long-text-uncertainty.ts'
import { meanConditionalPmiEstimator, meanPmiEstimator } from './mutual-information.ts'
import { sarEstimator, sentenceSarEstimator, tokenSarEstimator } from './relevance.ts'
import {
  idkMassEmpirical,
  idkMassEstimator,
  linguistic1S,
  pTrue,
  pTrueEmpirical,
  pTrueSampling,
  selfEvaluation,
  selfEvaluationEmpirical,
  selfEvaluationNota,
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
  'SemanticEntropy:sum-direct:exact': semanticEntropyEstimator('exact', 'sum', 'direct'),
  'SemanticEntropy:sum-direct:nli': semanticEntropyEstimator('nli', 'sum', 'direct'),
  'SemanticEntropy:frequency-mean:exact': semanticEntropyEstimator('exact', 'frequency'),
  'SemanticEntropy:frequency-mean:nli': semanticEntropyEstimator('nli', 'frequency'),
  'SemanticEntropy:frequency-direct:exact': semanticEntropyEstimator('exact', 'frequency', 'direct'),
  'SemanticEntropy:frequency-direct:nli': semanticEntropyEstimator('nli', 'frequency', 'direct'),
  'SemanticDensity:nli': semanticDensityEstimator,
  TokenSAR: tokenSarEstimator,
  SentenceSAR: sentenceSarEstimator,
  SAR: sarEstimator,
  CocoaMSP: cocoaMsp,
  CocoaPPL: cocoaPpl,
  CocoaMTE: cocoaMte,
  'CocoaMSP:jaccard': cocoaMspJaccard,
  'CocoaPPL:jaccard': cocoaPplJaccard,
  'CocoaMTE:jaccard': cocoaMteJaccard,
  'ClaimConditionedProbability:nli': claimConditionedProbabilityEstimator,
  PTrue: pTrue,
  PTrueSampling: pTrueSampling,
  PTrueEmpirical: pTrueEmpirical,
  Verbalized1S: verbalized1S,
  Verbalized2S: verbalized2S,
  Linguistic1S: linguistic1S,
  EigenScore: eigenScoreEstimator,
  Mahalanobis: mahalanobisEstimator,
  RelativeMahalanobis: relativeMahalanobisEstimator,
  RDE: robustDensityEstimator,
  EnsembleTU: ensembleEstimator('EnsembleTU'),
  EnsembleDU: ensembleEstimator('EnsembleDU'),
  EnsembleMI: ensembleEstimator('EnsembleMI'),
  EnsembleEPKL: ensembleEstimator('EnsembleEPKL'),
  EnsembleRMI: ensembleEstimator('EnsembleRMI'),
  'EnsembleTU:dropout': dropoutEstimator('EnsembleTU'),
  'EnsembleDU:dropout': dropoutEstimator('EnsembleDU'),
  'EnsembleMI:dropout': dropoutEstimator('EnsembleMI'),
  'EnsembleEPKL:dropout': dropoutEstimator('EnsembleEPKL'),
  'EnsembleRMI:dropout': dropoutEstimator('EnsembleRMI'),
  IDKMass: idkMassEstimator,
  'IDKMass:empirical': idkMassEmpirical,
  SelfEval: selfEvaluation,
  'SelfEval:nota': selfEvaluationNota,
  'SelfEval:empirical': selfEvaluationEmpirical,
  EpistemicMI: epistemicMutualInformation,
  'EpistemicMI:empirical': epistemicMutualInformationEmpirical,
  CheatRatio: cheatRatio,
} as const satisfies Record<string, Estimator>

export type EstimatorName = keyof typeof estimators
