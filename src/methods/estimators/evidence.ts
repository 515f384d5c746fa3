import type { DropoutPosition } from '../uncertainty/dropout.ts'

/** A square matrix as rows; ordered pairs, so that [i][j] and [j][i] may differ. */
export type Matrix = readonly (readonly number[])[]

/** An alternative of one token, with its log-probability in nats. */
export interface Alternative {
  token: string
  logprob: number
}

/**
 * What an estimator may use: statistics of one item that several estimators share. All log-probabilities and entropies
 * are in nats.
 */
export interface Evidence {
  /** Log-probability of each token of the greedy answer. */
  greedyLogprobs: readonly number[]
  /** The most likely alternatives at each position of the greedy answer, the chosen token among them. */
  greedyTopK: readonly (readonly Alternative[])[]
  /** Entropy of the full next-token distribution at each position of the greedy answer. */
  greedyEntropies: readonly number[]
  /** Log-probability of each vocabulary entry at each position of the greedy answer. */
  fullDistributions: readonly (readonly number[])[]
  /**
   * What the full distribution at each position of the greedy answer comes to, for servers that send no vocabulary: the
   * summands of `RenyiNeg`, `FisherRao` and `SelfCertainty`.
   */
  vocabularyTerms: readonly VocabularyTerms[]
  /** Log-probability of each token of the greedy answer when the question is left out. */
  unconditionalLogprobs: readonly number[]
  /** Text of the greedy answer. */
  greedyText: string
  /** Texts sampled for the same question. */
  samples: readonly string[]
  /** Log-probability of each token of each sample. */
  sampleLogprobs: readonly (readonly number[])[]
  /** Entailment and contradiction probabilities between the samples, premise × hypothesis; diagonals 1 and 0. */
  nli: { entail: Matrix; contradict: Matrix }
  /** The logits behind `nli`. */
  nliLogits: { entail: Matrix; contradict: Matrix }
  /** From the greedy answer to each sample: probabilities of contradiction and of neither. */
  greedyNli: { contradict: readonly number[]; neutral: readonly number[] }
  /** For each position of the greedy answer and each of its alternatives: does it entail the chosen token? */
  alternativeNli: readonly (readonly ('entail' | 'contradict' | 'neutral')[])[]
  /** Similarity between the samples by a cross-encoder, in [0, 1]. */
  similarity: Matrix
  /** Similarity of each sample to the greedy answer, in [0, 1]. */
  greedySimilarity: readonly number[]
  /** Similarity of the greedy answer to itself without each token, in [0, 1]. */
  tokenSimilarity: readonly number[]
  /** The same for each sample. */
  sampleTokenSimilarity: readonly (readonly number[])[]
  /** Log-probability of "True" when the model is asked whether its greedy answer is true. */
  trueLogprob: number
  /** The same with the samples shown as brainstormed ideas. */
  trueLogprobGivenSamples: number
  /** Verdicts sampled for "is this answer true?". */
  trueVerdicts: readonly string[]
  /** Text in which the model states its confidence along with its answer. */
  statedConfidence: string
  /** Text in which the model states its confidence when asked in a second turn. */
  secondTurnConfidence: string
  /** Next-token distributions of several members: member × position of the greedy answer × vocabulary. */
  ensembleDistributions: readonly (readonly ArrayLike<number>[])[]
  /** Statistics of passes with dropout on at each position of the greedy answer. */
  dropoutPositions: readonly DropoutPosition[]
  /** Middle-layer sentence embedding of each sample. */
  sampleEmbeddings: readonly ArrayLike<number>[]
  /** Mean hidden state of the greedy answer. */
  answerEmbedding: ArrayLike<number>
  /** Mean hidden states of answers that the model is trusted on: one list for all items, so that it is fitted once. */
  fitEmbeddings: readonly ArrayLike<number>[]
  /** The same of answers to all kinds of questions. */
  backgroundEmbeddings: readonly ArrayLike<number>[]
  /** Probability mass on a refusal as the first token or phrase of the answer. */
  idkMass: number
  /** Masses of True and of False as the verdict on the greedy answer. */
  verdictMasses: { right: number; wrong: number }
  /** Probability of "None of the above" when the model selects among its own answers. */
  noneOfTheAbove: number
  /** Log-probabilities of m representative answers: alone, and (row i) once answer i was shown. */
  shownAnswers: { alone: ArrayLike<number>; shown: readonly ArrayLike<number>[] }
  /** Samples in each of m classes: alone, and (row i) once the answer of class i was shown. */
  shownAnswerCounts: { alone: ArrayLike<number>; shown: readonly ArrayLike<number>[] }
  /** Log-probability of the greedy answer: alone, and once it was shown as an independent person's answer. */
  repeatedAnswer: { alone: number; shown: number }
}

/** One position's summands of the estimators over the full distribution, in nats but for `fisherRao`. */
export interface VocabularyTerms {
  renyi: number
  fisherRao: number
  selfCertainty: number
}

export type EvidenceName = keyof Evidence

/** What a target must give for a kind of evidence, in the words of its capabilities; `texts` where a text model suffices. */
export type EvidenceSource = 'text' | 'logprobs' | 'prompt_logprobs' | 'full' | 'entailment' | 'embeddings'

/** Each kind of evidence: what it is, and what a target must be capable of to give it. */
export const EVIDENCE: Readonly<Record<EvidenceName, { title: string; needs: readonly EvidenceSource[] }>> = {
  greedyLogprobs: { title: 'log-probability of each token of the greedy answer', needs: ['logprobs'] },
  greedyTopK: { title: 'most likely alternatives at each position of the greedy answer', needs: ['logprobs'] },
  greedyEntropies: { title: 'entropy of the full distribution at each position', needs: ['full'] },
  fullDistributions: { title: 'full distribution at each position', needs: ['full'] },
  vocabularyTerms: { title: 'divergences of the full distribution at each position', needs: ['full'] },
  unconditionalLogprobs: { title: 'log-probability of the answer without the question', needs: ['prompt_logprobs'] },
  greedyText: { title: 'text of the greedy answer', needs: ['text'] },
  samples: { title: 'sampled answers', needs: ['text'] },
  sampleLogprobs: { title: 'log-probability of each token of each sample', needs: ['logprobs'] },
  nli: { title: 'entailment and contradiction between samples', needs: ['entailment'] },
  nliLogits: { title: 'logits of entailment and contradiction between samples', needs: ['entailment'] },
  greedyNli: { title: 'relation of the greedy answer to each sample', needs: ['entailment'] },
  alternativeNli: { title: 'relation of each alternative token to the chosen one', needs: ['logprobs', 'entailment'] },
  similarity: { title: 'similarity between samples', needs: ['embeddings'] },
  greedySimilarity: { title: 'similarity of each sample to the greedy answer', needs: ['embeddings'] },
  tokenSimilarity: { title: 'similarity of the greedy answer to itself without each token', needs: ['embeddings'] },
  sampleTokenSimilarity: { title: 'similarity of each sample to itself without each token', needs: ['embeddings'] },
  trueLogprob: { title: 'log-probability of “True” as verdict on the greedy answer', needs: ['logprobs'] },
  trueLogprobGivenSamples: { title: 'the same with the samples in view', needs: ['logprobs'] },
  trueVerdicts: { title: 'sampled verdicts on the greedy answer', needs: ['text'] },
  statedConfidence: { title: 'confidence stated with the answer', needs: ['text'] },
  secondTurnConfidence: { title: 'confidence stated in a second turn', needs: ['text'] },
  ensembleDistributions: { title: 'full distributions of several members', needs: ['full'] },
  dropoutPositions: { title: 'statistics of passes with dropout at each position', needs: ['full'] },
  sampleEmbeddings: { title: 'hidden state or embedding of each sample', needs: ['full'] },
  answerEmbedding: { title: 'mean hidden state of the greedy answer', needs: ['full'] },
  fitEmbeddings: { title: 'hidden states of a fit set', needs: ['full'] },
  backgroundEmbeddings: { title: 'hidden states of a background set', needs: ['full'] },
  idkMass: { title: 'mass on “I don’t know”', needs: ['logprobs'] },
  verdictMasses: { title: 'masses of True and False as verdict on the greedy answer', needs: ['logprobs'] },
  noneOfTheAbove: { title: 'mass on “None of the above” among the own answers', needs: ['logprobs'] },
  shownAnswers: {
    title: 'log-probabilities of the answers, alone and after each was shown',
    needs: ['prompt_logprobs'],
  },
  shownAnswerCounts: { title: 'sampled answers by class, alone and after each was shown', needs: ['text'] },
  repeatedAnswer: { title: 'log-probability of the answer, alone and after it was shown', needs: ['prompt_logprobs'] },
}

export const EVIDENCE_NAMES = Object.keys(EVIDENCE) as EvidenceName[]
