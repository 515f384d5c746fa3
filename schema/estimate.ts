import { z } from 'zod'

/** What one request may hold. Larger sets are sent in several. */
export const estimateLimits = {
  bytes: 4 * 1024 * 1024,
  items: 500,
  samples: 50,
  /** Characters of all samples of one item together: pairs of texts are compared word by word. */
  sampleCharacters: 16_000,
  tokens: 4096,
  alternatives: 100,
  classes: 50,
  members: 50,
  fitRows: 500,
  embeddingWidth: 1024,
} as const

const { samples, tokens, alternatives, classes, members } = estimateLimits

const logprob = z.number().max(1e-3, 'A log-probability is at most 0.')
const answer = z.array(logprob).max(tokens)
const probability = z.number().min(0).max(1)
/** A probability that sums may carry out of [0, 1] by rounding. */
const rounded = z
  .number()
  .min(-1e-6)
  .max(1 + 1e-6)
const matrix = (cell: z.ZodNumber) => z.array(z.array(cell).max(samples)).max(samples)
const embedding = z.array(z.number()).max(estimateLimits.embeddingWidth)
const text = z.string().max(estimateLimits.sampleCharacters)
const shown = (cell: z.ZodNumber) =>
  z.object({ alone: z.array(cell).max(classes), shown: z.array(z.array(cell).max(classes)).max(classes) })

/** What is known of one answered question. Log-probabilities and entropies in nats; leave out what there is not. */
export const estimateEvidence = z.strictObject({
  greedyText: text.optional().meta({ description: 'Text of the greedy answer' }),
  greedyLogprobs: answer.optional().meta({ description: 'Log-probability of each token of the greedy answer' }),
  greedyTopK: z
    .array(z.array(z.object({ token: z.string().max(200), logprob })).max(alternatives))
    .max(tokens)
    .optional()
    .meta({ description: 'Alternatives at each position of the greedy answer, the chosen one first' }),
  greedyEntropies: z.array(z.number().min(-1e-6)).max(tokens).optional(),
  fullDistributions: z
    .array(z.array(logprob.nullable()).min(1))
    .max(tokens)
    .optional()
    .meta({ description: 'Log-probability of each vocabulary entry at each position; null where there is no mass' }),
  vocabularyTerms: z
    .array(z.object({ renyi: z.number(), fisherRao: z.number(), selfCertainty: z.number() }))
    .max(tokens)
    .optional()
    .meta({ description: 'In place of fullDistributions: the summands of RenyiNeg, FisherRao and SelfCertainty' }),
  unconditionalLogprobs: answer.optional().meta({ description: 'The same answer scored without the question' }),
  samples: z.array(text).max(samples).optional().meta({ description: 'Texts sampled for the same question' }),
  sampleLogprobs: z.array(answer).max(samples).optional().meta({ description: 'Log-probabilities of their tokens' }),
  nli: z
    .object({ entail: matrix(rounded), contradict: matrix(rounded) })
    .optional()
    .meta({ description: 'Probabilities between samples, premise × hypothesis; diagonals 1 and 0' }),
  nliLogits: z.object({ entail: matrix(z.number()), contradict: matrix(z.number()) }).optional(),
  greedyNli: z
    .object({ contradict: z.array(rounded).max(samples), neutral: z.array(rounded).max(samples) })
    .optional()
    .meta({ description: 'From the greedy answer to each sample' }),
  alternativeNli: z
    .array(z.array(z.enum(['entail', 'contradict', 'neutral'])).max(alternatives))
    .max(tokens)
    .optional()
    .meta({ description: 'Does each alternative of greedyTopK entail the chosen token?' }),
  similarity: matrix(rounded).optional().meta({ description: 'Similarity between samples' }),
  greedySimilarity: z.array(rounded).max(samples).optional(),
  tokenSimilarity: z.array(rounded).max(tokens).optional(),
  sampleTokenSimilarity: z.array(z.array(rounded).max(tokens)).max(samples).optional(),
  trueLogprob: logprob.optional(),
  trueLogprobGivenSamples: logprob.optional(),
  trueVerdicts: z.array(z.string().max(2000)).max(samples).optional(),
  statedConfidence: text.optional(),
  secondTurnConfidence: text.optional(),
  ensembleDistributions: z
    .array(z.array(z.array(rounded).min(1)).max(tokens))
    .max(members)
    .optional()
    .meta({ description: 'Probabilities: member × position × vocabulary' }),
  dropoutPositions: z
    .array(
      z.object({
        predictiveEntropy: z.number(),
        aleatoricEntropy: z.number(),
        epistemicEntropy: z.number(),
        expectedPairwiseKl: z.number().nullable(),
        reverseMutualInformation: z.number().nullable(),
        probabilityVariance: z.number(),
      }),
    )
    .max(tokens)
    .optional(),
  sampleEmbeddings: z.array(embedding).max(samples).optional(),
  answerEmbedding: embedding.optional().meta({ description: 'Mean hidden state of the greedy answer' }),
  idkMass: probability.optional(),
  verdictMasses: z.object({ right: probability, wrong: probability }).optional(),
  noneOfTheAbove: probability.optional(),
  shownAnswers: shown(logprob).optional().meta({ description: 'Log-probabilities of m answers, alone and after each' }),
  shownAnswerCounts: shown(z.number().int().min(0).max(100_000)).optional(),
  repeatedAnswer: z.object({ alone: logprob, shown: logprob }).optional(),
})

export const estimateItem = estimateEvidence
  .extend({ id: z.string().min(1).max(200).optional() })
  .meta({ id: 'EstimateItem' })
export type EstimateItem = z.input<typeof estimateItem>

const fitRows = z.array(embedding.min(1)).min(2).max(estimateLimits.fitRows)

export const estimateRequest = z
  .strictObject({
    estimators: z
      .array(z.string().max(100))
      .min(1)
      .max(200)
      .optional()
      .meta({ description: 'Names from GET /v1/estimators; all when left out' }),
    raw: z.boolean().default(false).meta({
      description: 'Each value in its own direction; otherwise higher always means less certain',
    }),
    fitEmbeddings: fitRows.optional().meta({ description: 'Hidden states of answers the model is trusted on' }),
    backgroundEmbeddings: fitRows.optional(),
    items: z.array(estimateItem).min(1).max(estimateLimits.items),
  })
  .meta({ id: 'EstimateRequest' })
export type EstimateRequest = z.infer<typeof estimateRequest>
export type EstimateRequestInput = z.input<typeof estimateRequest>

/** Why an estimator has no value for an item. */
export const estimateReason = z
  .enum([
    'no_items',
    'too_few',
    'single_class',
    'constant',
    'capability_missing',
    'empty_answer',
    'unparsed',
    'undefined_ratio',
    'mismatched_evidence',
    'not_finite',
  ])
  .meta({ id: 'EstimateReason' })

export const estimateResult = z
  .object({
    id: z.string().nullable(),
    index: z.number().int().min(0),
    estimates: z.record(z.string(), z.number().nullable()),
    /** Why an estimate is null, by estimator. */
    reasons: z.record(z.string(), estimateReason),
  })
  .meta({ id: 'EstimateResult' })
export type EstimateResult = z.infer<typeof estimateResult>

export const estimateAnswer = z.object({ items: z.array(estimateResult) }).meta({ id: 'EstimateAnswer' })
export type EstimateAnswer = z.infer<typeof estimateAnswer>

export const estimatorSummary = z
  .object({
    name: z.string(),
    title: z.string(),
    formula: z.string(),
    /** Fields of an item (or of the request) that it is computed from. */
    needs: z.array(z.string()),
    direction: z.enum(['uncertainty', 'certainty']),
    source: z.string(),
  })
  .meta({ id: 'Estimator' })
export type EstimatorSummary = z.infer<typeof estimatorSummary>
