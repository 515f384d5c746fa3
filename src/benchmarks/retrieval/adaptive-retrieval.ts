import { z } from 'zod'
import { type EstimatorName, estimators } from '../../methods/estimators/catalogue.ts'
import { type Evidence, uncertaintyOf } from '../../methods/estimators/estimator.ts'
import { randomFrom } from '../../methods/random.ts'
import { buildBm25 } from '../../methods/text/bm25.ts'
import type { Passage, Retriever, Sample } from '../../model/model.ts'
import { factQuestions } from '../../worlds/facts.ts'
import { type FictionWorld, fictionWorld } from '../../worlds/fiction.ts'
import { fictionQuestions } from '../../worlds/fiction-questions.ts'
import { ask, mode, textOf } from '../asking.ts'
import { answerSet, qualitiesOf } from '../correctness.ts'
import { defineBenchmark } from '../define.ts'
import { ALTERNATIVES } from '../first-token.ts'
import { entailmentAmong } from '../meaning.ts'
import { clipped } from '../report/rows.ts'
import { askTruth, truthPrompt } from '../truth.ts'
import { reportAdaptiveRetrieval } from './adaptive-retrieval.report.ts'

const params = z
  .object({
    mode: mode.default('auto'),
    samples: z.number().int().min(0).max(50).default(10),
    passages: z.number().int().min(1).max(20).default(5),
    maxTokens: z.number().int().min(1).max(512).default(32),
    askTruth: z
      .boolean()
      .default(true)
      .meta({ description: 'Ask whether the closed-book answer is true: one more call an item' }),
    policy: z
      .enum(['threshold', 'logistic', 'tree'])
      .default('threshold')
      .meta({ description: 'How an uncertainty becomes a decision, fitted on the calibration fold' }),
    corpusSize: z.number().int().min(100).max(5000).default(2000),
    worldSeed: z
      .number()
      .int()
      .min(0)
      .default(0)
      .meta({ description: 'Seed of the invented world that corpus and questions share' }),
  })
  .strict()
export type RetrievalParams = z.infer<typeof params>

const passage = z.object({ id: z.string(), title: z.string().default(''), text: z.string().min(1) })
const item = z.object({
  id: z.string(),
  cluster: z.string().optional(),
  question: z.string().min(1),
  answers: z.array(z.string().min(1)).min(1),
  hops: z.enum(['single', 'multi']).default('single'),
  source: z.string().default('uploaded'),
  passages: z
    .array(passage)
    .optional()
    .meta({ description: 'What is searched for this item; left out: the built-in corpus' }),
  goldPassages: z.array(z.string()).optional().meta({ description: 'Ids of the passages that hold the answer' }),
  answerSet,
})
type RetrievalItem = z.infer<typeof item>

const arm = z.object({ answer: z.string(), exactMatch: z.number(), f1: z.number(), correct: z.boolean() })
const row = z.object({
  question: z.string(),
  gold: z.string(),
  hops: z.enum(['single', 'multi']),
  source: z.string(),
  /** Answers without and with passages. */
  closed: arm,
  open: arm,
  found: z.number().int(),
  /** Share of the gold passages among those found; null where none is known. */
  goldFound: z.number().nullable(),
  /** By estimator, higher = less certain; one without a value here is left out. */
  uncertainties: z.record(z.string(), z.number()),
})
export type RetrievalDetail = z.infer<typeof row>

const worldOf = (given: RetrievalParams): FictionWorld =>
  fictionWorld(randomFrom('adaptive-retrieval', 'world', given.worldSeed), { size: given.corpusSize })

const task = 'Answer the question in a few words.'

export const adaptiveRetrieval = defineBenchmark({
  id: 'adaptive-retrieval',
  family: 'retrieval',
  version: 2,
  title: 'Retrieving only when it does not know',
  question: 'Does the model know when it needs retrieval?',
  formula:
    'Retrieve iff g(u) > ½, g fitted to predict “the closed-book answer is wrong”. Gap closed = (InAcc of the policy − never)/(oracle − never), minus that of retrieving at random as often. Never, always, and an oracle that retrieves where it turns wrong into right, are the bounds.',
  source: { title: 'Adaptive Retrieval Without Self-Knowledge? Bringing Uncertainty Back Home', card: 'A6' },
  needs: ['text'],
  wants: ['logprobs', 'full'],
  params,
  item,
  row,
  sizes: { smoke: 3, demo: 12, full: 300 },
  callsPerItem: (given, capabilities) => {
    const truth = given.askTruth && capabilities?.logprobs !== false ? 1 : 0
    const calls = 2 + given.samples + truth
    return { typical: calls, most: calls }
  },
  builtin: (random, size, given): RetrievalItem[] => {
    const multi = Math.floor(size / 3)
    const tables = Math.floor((size - multi) / 2)
    const world = worldOf(given)
    const facts = factQuestions(random, { size: tables, strata: ['head', 'torso'] }).map(
      (fact): RetrievalItem => ({
        id: fact.id,
        cluster: fact.cluster,
        question: fact.question,
        answers: fact.answers,
        hops: 'single',
        source: 'table',
        answerSet: fact.relation,
      }),
    )
    const fiction = (hops: number[], count: number) =>
      fictionQuestions(random.fork(hops.join()), world, { size: count, hops }).map(
        ({ id, cluster, question, answers, goldPassages }): RetrievalItem => ({
          id,
          cluster,
          question,
          answers,
          hops: hops[0] === 1 ? 'single' : 'multi',
          source: 'fiction',
          goldPassages,
        }),
      )
    return [...facts, ...fiction([1], size - multi - tables), ...fiction([2, 3], multi)]
  },
  // Drawn from the world's own seed, so that the questions are about this very corpus.
  corpus: (_, __, given) => worldOf(given).passages.map(({ id, title, text }) => ({ id, title, text })),
  async evaluate({ item, target, retriever, params }) {
    const { logprobs, full, entailment } = target.capabilities
    const limits = { maxTokens: params.maxTokens, stop: ['\n'] }
    const closedPrompt = `${task}\nQuestion: ${item.question}`
    const open = async () => {
      const found = await searcherOf(item, retriever)?.search(item.question, params.passages)
      const listed = (found ?? []).map((one, place) => `[${place + 1}] ${one.text}`).join('\n')
      const samples = await ask(
        target,
        params.mode,
        `${task}\nPassages:\n${listed}\nQuestion: ${item.question}`,
        limits,
      )
      return { answer: textOf(samples), found: found ?? [] }
    }
    const [closed, samples, opened] = await Promise.all([
      ask(target, params.mode, closedPrompt, {
        ...limits,
        ...(logprobs ? { topLogprobs: ALTERNATIVES } : {}),
        // Told with the same answer, so that more estimators cost no more calls.
        ...(full ? { entropy: true, terms: true } : {}),
      }),
      params.samples > 0
        ? ask(target, params.mode, closedPrompt, {
            ...limits,
            n: params.samples,
            temperature: 1,
            ...(logprobs ? { topLogprobs: 1 } : {}),
          })
        : [],
      open(),
    ])
    const answer = textOf(closed)
    const texts = samples.map((sample) => sample.text.trim())
    const [pTrue, nli] = await Promise.all([
      params.askTruth && logprobs ? askTruth(target, params.mode, truthPrompt(item.question, answer)) : null,
      entailment && texts.length > 1 ? entailmentAmong(target, texts) : null,
    ])
    const evidence = evidenceOf(closed[0], samples, pTrue, nli)
    const ids = new Set(opened.found.map((one) => one.id))
    const closedQuality = qualitiesOf(answer, item)
    const gold = item.goldPassages ?? []
    return {
      status: 'scored',
      score: Number(closedQuality.correct),
      detail: {
        question: clipped(item.question),
        gold: item.answers[0] as string,
        hops: item.hops,
        source: item.source,
        closed: { answer: clipped(answer, 200), ...closedQuality },
        open: { answer: clipped(opened.answer, 200), ...qualitiesOf(opened.answer, item) },
        found: opened.found.length,
        goldFound: gold.length === 0 ? null : gold.filter((id) => ids.has(id)).length / gold.length,
        uncertainties: uncertaintiesOf(evidence),
      },
    }
  },
  report: reportAdaptiveRetrieval,
})

/** The item's own passages where it brings some, else the corpus of the run. */
function searcherOf(one: RetrievalItem, retriever: Retriever | null): Retriever | null {
  if (!one.passages) return retriever
  const index = buildBm25(one.passages)
  return {
    search: async (query, k) =>
      index.search(query, k).map(({ passage, score }): Passage => ({ ...passage, title: passage.title ?? '', score })),
  }
}

/** What the estimators may use of this item: only what the target really gave. */
function evidenceOf(
  greedy: Sample | undefined,
  samples: readonly Sample[],
  pTrue: number | null,
  nli: Evidence['nli'] | null,
): Partial<Evidence> {
  const evidence: Partial<Evidence> = { greedyText: greedy?.text.trim() ?? '' }
  if (greedy?.tokens) {
    evidence.greedyLogprobs = greedy.tokens.map((token) => token.logprob)
    evidence.greedyTopK = greedy.tokens.map((token) =>
      token.top.length > 0 ? token.top : [{ token: token.token, logprob: token.logprob }],
    )
    if (greedy.tokens.every((token) => token.entropy !== undefined))
      evidence.greedyEntropies = greedy.tokens.map((token) => token.entropy as number)
    const terms = greedy.tokens.flatMap((token) => token.terms ?? [])
    if (terms.length === greedy.tokens.length) evidence.vocabularyTerms = terms
  }
  if (samples.length > 1) {
    evidence.samples = samples.map((sample) => sample.text.trim())
    if (samples.every((sample) => sample.tokens))
      evidence.sampleLogprobs = samples.map((sample) => (sample.tokens ?? []).map((token) => token.logprob))
  }
  if (pTrue !== null) evidence.trueLogprob = Math.log(Math.max(pTrue, 1e-12))
  if (nli) evidence.nli = nli
  return evidence
}

/** Every estimator that this evidence suffices for. Claims and stated confidence are not asked for here. */
function uncertaintiesOf(evidence: Partial<Evidence>): Record<string, number> {
  const found: Record<string, number> = {}
  for (const name of Object.keys(estimators) as EstimatorName[]) {
    const { value } = uncertaintyOf(estimators[name], evidence)
    // JSON knows no negative zero.
    if (value !== null) found[name] = value + 0
  }
  return found
}
