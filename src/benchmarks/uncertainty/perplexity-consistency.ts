import { z } from 'zod'
import { pathProbability } from '../../methods/uncertainty/perplexity-consistency.ts'
import { arithmeticQuestions } from '../../worlds/arithmetic.ts'
import { falsehoodItems, falsehoodPairs } from '../../worlds/falsehoods.ts'
import { ask, mode } from '../asking.ts'
import { defineBenchmark } from '../define.ts'
import { clipped } from '../report/rows.ts'
import { classesWithGold, extractAnswer, isSolvable } from './perplexity-consistency.answers.ts'
import { reasoningImporters } from './perplexity-consistency.importers.ts'
import { reportPerplexityConsistency } from './perplexity-consistency.report.ts'
import { METHODS, measurePaths } from './perplexity-consistency.votes.ts'

const params = z
  .object({
    mode: mode.default('auto'),
    samples: z
      .number()
      .int()
      .min(4)
      .max(128)
      .default(64)
      .meta({ description: 'Sampled reasoning paths of each problem' }),
    temperature: z.number().gt(0).max(2).default(1),
    maxTokens: z.number().int().min(8).max(2048).default(256),
    lengthNormalised: z.boolean().default(true).meta({
      description:
        'Probability of a path: exp of the mean (as in the public code) or of the sum of its log-probabilities',
    }),
    level: z.enum(['easy', 'standard']).default('standard').meta({
      description: 'Built-in items: chains of level 4 to 6 (two digits), or (easy) of level 2 to 3 (one digit)',
    }),
  })
  .strict()
export type ReasoningParams = z.infer<typeof params>

const item = z.object({
  id: z.string(),
  cluster: z.string().optional(),
  problem: z.string().min(1),
  answer: z.string().min(1),
  equal: z.enum(['numeric', 'exact', 'symbolic']).default('numeric').meta({
    description:
      'numeric: numbers up to rounding. exact: equal words. symbolic: equal after LaTeX is made plain, or equal numbers',
  }),
  stratum: z.string().optional(),
})
export type ReasoningItem = z.infer<typeof item>

const number = z.number().nullable()
const perMethod = z.array(z.array(z.array(number)))
const row = z.object({
  problem: z.string(),
  gold: z.string(),
  stratum: z.string().nullable(),
  /** Answer of the self-consistency vote over all paths. */
  answer: z.string().nullable(),
  paths: z.number().int(),
  invalid: z.number().int(),
  cutOff: z.number().int(),
  /** Whether paths have probabilities: without them only self-consistency votes. */
  weighed: z.boolean(),
  /** Numbers of samples that were tried, ascending; the last is all. */
  counts: z.array(z.number().int()),
  /** Credit (1 / ties) and confidence of the winner: method × number of samples × subset. */
  credits: perMethod,
  confidences: perMethod,
  /** Model error at all samples, and estimation error at each number of samples, by method. */
  modelErrors: z.array(number),
  estimationErrors: z.array(z.array(number)),
  pruned: z.object({ right: z.number().int(), wrong: z.number().int() }),
  valid: z.object({ right: z.number().int(), wrong: z.number().int() }),
})
export type ReasoningDetail = z.infer<typeof row>

const TASK = 'Solve the problem step by step in a few short lines. End with a line “Answer:” and the result.'

export const perplexityConsistency = defineBenchmark({
  id: 'perplexity-consistency',
  family: 'uncertainty',
  version: 2,
  title: 'Votes over reasoning paths: perplexity and self-consistency',
  question:
    'With K sampled reasoning paths, which vote is most accurate and best calibrated, and how many samples can be saved?',
  formula:
    'SC: share of an answer among K paths. PPL: the likeliest path alone. PC: Σ exp(mean log p) over the distinct paths of an answer. RPC: PC without the paths of the lower component of a Weibull mixture that lie below the mean. Samples saved = 1 − K_RPC/K_SC, both the smallest K as accurate as SC with all.',
  source: {
    title: 'Bridging Internal Probability and Self-Consistency for Effective and Efficient LLM Reasoning',
    card: 'A22',
  },
  needs: ['text'],
  wants: ['logprobs'],
  params,
  item,
  row,
  sizes: { smoke: 3, demo: 24, full: 200 },
  callsPerItem: ({ samples }) => ({ typical: samples, most: samples }),
  builtin: (random, size, { level }): ReasoningItem[] => {
    const words = Math.floor(size / 3)
    const easy = level === 'easy'
    const chains = arithmeticQuestions(random, {
      size: size - words,
      digits: [easy ? 1 : 2],
      operations: easy ? [1, 2] : [2, 3, 4],
    }).map((sum) => ({
      id: sum.id,
      cluster: sum.cluster,
      problem: sum.question,
      answer: String(sum.answer),
      equal: 'numeric' as const,
      stratum: `chain, level ${sum.level}`,
    }))
    const problems = falsehoodItems(falsehoodPairs(random, { size: words, kinds: ['missingOperand'] }))
      .filter((one) => one.answerable)
      .map((one) => ({
        id: one.id,
        cluster: one.cluster,
        problem: one.question,
        answer: one.answers[0] as string,
        equal: 'numeric' as const,
        stratum: 'word problem',
      }))
    return [...chains, ...problems]
  },
  importers: reasoningImporters,
  async evaluate({ item, target, params, random }) {
    const { logprobs } = target.capabilities
    const samples = await ask(target, params.mode, `${TASK}\nProblem: ${item.problem}`, {
      n: params.samples,
      temperature: params.temperature,
      maxTokens: params.maxTokens,
      ...(logprobs ? { topLogprobs: 1 } : {}),
    })
    // The mean log-probability of a path that was cut off is misleadingly high.
    const answers = samples.map(({ text, finishReason }) =>
      finishReason === 'length' ? null : extractAnswer(text, item.equal),
    )
    const { classOf, gold } = classesWithGold(answers, item)
    const paths = samples.map(({ text, tokens }, place) => ({
      text,
      answer: classOf[place] ?? null,
      probability: pathProbability(tokens?.map(({ logprob }) => logprob) ?? [], params.lengthNormalised) ?? Number.NaN,
    }))
    const weighed = paths.length > 0 && paths.every(({ probability }) => Number.isFinite(probability))
    const measured = measurePaths(paths, gold, weighed, random)
    const shown = measured.winner === null ? null : (answers[classOf.indexOf(measured.winner)] ?? null)
    const full = measured.credits[METHODS.indexOf('SC')]?.at(-1)?.[0] ?? null
    const valid = isSolvable(item)
    return {
      ...(valid && samples.length > 0
        ? { status: 'scored' as const, score: full }
        : { status: 'skipped' as const, score: null, reason: valid ? 'no_answers' : 'invalid_gold' }),
      detail: {
        problem: clipped(item.problem),
        gold: item.answer,
        stratum: item.stratum ?? null,
        answer: shown === null ? null : clipped(shown, 120),
        paths: paths.length,
        invalid: answers.filter((answer) => answer === null).length,
        cutOff: samples.filter(({ finishReason }) => finishReason === 'length').length,
        weighed,
        counts: measured.counts,
        credits: measured.credits,
        confidences: measured.confidences,
        modelErrors: measured.modelErrors,
        estimationErrors: measured.estimationErrors,
        pruned: measured.pruned,
        valid: measured.valid,
      },
    }
  },
  report: reportPerplexityConsistency,
})
