import { type Maybe, maybe, missing, type NullReason } from '../undefined-value.ts'

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
  /** Middle-layer sentence embedding of each sample. */
  sampleEmbeddings: readonly ArrayLike<number>[]
  /** Probability mass on a refusal as the first token or phrase of the answer. */
  idkMass: number
}

export type EvidenceName = keyof Evidence

/** One uncertainty estimator: what it needs, which way its value points, and its formula. */
export interface Estimator {
  readonly name: string
  readonly needs: readonly EvidenceName[]
  /** Higher values mean less certain (`uncertainty`) or more certain (`certainty`). */
  readonly direction: 'uncertainty' | 'certainty'
  /** Paper or origin of the formula. */
  readonly source: string
  /** The value; missing evidence, and a NaN or infinite result, are told by their reason. */
  readonly estimate: (evidence: Partial<Evidence>) => Maybe
}

/** Definition of an estimator: `compute` sees exactly what `needs` names and answers a number, or why there is none. */
export interface EstimatorDefinition<Needs extends EvidenceName> {
  name: string
  needs: readonly Needs[]
  direction?: 'uncertainty' | 'certainty'
  source: string
  compute: (evidence: Pick<Evidence, Needs>) => number | NullReason
}

/** Checks for missing evidence and for values that are no numbers once, for all estimators. */
export function defineEstimator<Needs extends EvidenceName>({
  name,
  needs,
  direction = 'uncertainty',
  source,
  compute,
}: EstimatorDefinition<Needs>): Estimator {
  return {
    name,
    needs,
    direction,
    source,
    estimate(evidence) {
      if (needs.some((need) => evidence[need] === undefined)) return missing('capability_missing')
      const result = compute(evidence as Pick<Evidence, Needs>)
      return typeof result === 'number' ? maybe(result, 'not_finite') : missing(result)
    },
  }
}

/** The value of an estimator turned so that higher always means less certain. */
export function uncertaintyOf(estimator: Estimator, evidence: Partial<Evidence>): Maybe {
  const result = estimator.estimate(evidence)
  return result.value !== null && estimator.direction === 'certainty' ? { value: 0 - result.value } : result
}
