import { z } from 'zod'
import { arithmeticQuestions } from '../../worlds/arithmetic.ts'
import { factQuestions } from '../../worlds/facts.ts'
import type { Stratum } from '../../worlds/version.ts'
import { ask, mode, textOf } from '../asking.ts'
import { answerSet, isValidGold, judgeAnswer } from '../correctness.ts'
import { defineBenchmark } from '../define.ts'
import { ALTERNATIVES } from '../first-token.ts'
import { clipped } from '../report/rows.ts'
import { PARTS } from './estimators.evidence.ts'
import { estimatorImporters } from './estimators.importers.ts'
import { reportEstimators } from './estimators.report.ts'
import { estimate } from './estimators.values.ts'

const params = z
  .object({
    mode: mode.default('auto'),
    samples: z.number().int().min(2).max(50).default(10).meta({ description: 'Sampled answers of each question' }),
    temperature: z.number().gt(0).max(2).default(1),
    maxTokens: z.number().int().min(1).max(512).default(64),
    parts: z
      .array(z.enum(PARTS))
      .default([...PARTS])
      .meta({ description: 'What is asked beside the greedy answer and the samples, where the target can give it' }),
    verdicts: z.number().int().min(1).max(50).default(10).meta({ description: 'Sampled verdicts of PTrueEmpirical' }),
    shownAnswers: z
      .number()
      .int()
      .min(2)
      .max(10)
      .default(5)
      .meta({ description: 'Distinct answers that EpistemicMI shows one by one: k(k + 1) texts are scored' }),
    alternatives: z
      .number()
      .int()
      .min(1)
      .max(20)
      .default(5)
      .meta({ description: 'Alternatives of each token that are judged for ClaimConditionedProbability' }),
    passes: z.number().int().min(5).max(100).default(10).meta({ description: 'Passes with dropout' }),
    dropoutRate: z.number().gt(0).lt(1).default(0.1),
    level: z.enum(['easy', 'standard']).default('standard').meta({
      description:
        'Built-in items: facts of all popularities and sums of one to three digits, or (easy) popular facts and one-digit sums',
    }),
  })
  .strict()
export type EstimatorsParams = z.infer<typeof params>

const item = z.object({
  id: z.string(),
  cluster: z.string().optional(),
  question: z.string().min(1),
  answers: z.array(z.string().min(1)).min(1),
  kind: z.enum(['text', 'number']).default('text'),
  stratum: z.string().optional(),
  answerSet,
})
export type EstimatorsItem = z.infer<typeof item>

const row = z.object({
  question: z.string(),
  gold: z.string(),
  stratum: z.string().nullable(),
  answer: z.string(),
  correct: z.boolean(),
  /** Share of the samples that are right. */
  sampleQuality: z.number().min(0).max(1).nullable(),
  severalValues: z.boolean(),
  /** The greedy answer was cut off by the limit on tokens. */
  cutOff: z.boolean(),
  /** Uncertainty by estimator, higher = less certain. */
  values: z.record(z.string(), z.number().nullable()),
  reasons: z.record(z.string(), z.string()),
  /** Whether the answer is right that came along with a stated certainty, where it is not the greedy one. */
  ownCorrect: z.record(z.string(), z.boolean()),
  costs: z.record(z.string(), z.object({ questions: z.number(), tokens: z.number() })),
  judge: z.string().nullable(),
  truthFloored: z.boolean(),
})
export type EstimatorsDetail = z.infer<typeof row>

const TASK = 'Answer in a few words.'

export const estimators = defineBenchmark({
  id: 'estimators',
  family: 'uncertainty',
  version: 1,
  title: 'Which uncertainty estimator to trust',
  question: 'Which estimator of uncertainty tells this model’s right answers from its wrong ones best?',
  formula:
    'PRR = (area of the rejection curve − mean quality)/(oracle area − mean quality). The estimator is chosen by PRR on the calibration fold; the headline is its PRR on the other fold.',
  source: {
    title: 'Benchmarking Uncertainty Quantification Methods for Large Language Models with LM-Polygraph',
    card: 'Estimator catalogue',
    note: 'Each estimator has its own source, see src/methods/estimators.',
  },
  needs: ['text'],
  wants: ['logprobs', 'prompt_logprobs', 'full'],
  params,
  item,
  row,
  sizes: { smoke: 6, demo: 60, full: 300 },
  callsPerItem: ({ samples, verdicts, shownAnswers, parts }, capabilities) => {
    const has = (name: 'logprobs' | 'prompt_logprobs' | 'full') => capabilities?.[name] !== false
    const scored = has('prompt_logprobs')
      ? (['withoutQuestion', 'refusal', 'ownAnswerShown'] as const).filter((part) => parts.includes(part)).length * 2
      : 0
    const shown = has('prompt_logprobs') && parts.includes('shownAnswers') ? shownAnswers + 1 : 0
    const told = (
      ['truth', 'truthWithSamples', 'stated', 'linguistic', 'secondTurn', 'noneOfTheAbove'] as const
    ).filter((part) => parts.includes(part)).length
    const inside = has('full')
      ? (['dropout', 'hiddenStates'] as const).filter((part) => parts.includes(part)).length
      : 0
    const typical = 1 + samples + (parts.includes('verdicts') ? verdicts : 0) + scored + shown + told + inside
    const judged = capabilities?.entailment && parts.includes('entailment') ? samples * (samples + 1) : 0
    const embedded = capabilities?.embeddings && parts.includes('similarity') ? samples * 8 : 0
    return { typical: typical + Math.round((judged + embedded) / 2), most: typical + judged + embedded }
  },
  builtin: (random, size, { level }): EstimatorsItem[] => {
    const easy = level === 'easy'
    const sums = Math.floor(size / 4)
    const strata: Stratum[] = easy ? ['head'] : ['head', 'torso', 'tail']
    const facts = factQuestions(random, { size: size - sums, strata }).map((fact) => ({
      id: fact.id,
      cluster: fact.cluster,
      question: fact.question,
      answers: fact.answers,
      kind: 'text' as const,
      stratum: fact.stratum as string,
      answerSet: fact.relation,
    }))
    const arithmetic = arithmeticQuestions(random, {
      size: sums,
      digits: easy ? [1] : [1, 2, 3],
      operations: [1],
    }).map((sum) => ({
      id: sum.id,
      cluster: sum.cluster,
      question: sum.question,
      answers: sum.answers,
      kind: 'number' as const,
      stratum: 'arithmetic',
    }))
    return [...facts, ...arithmetic]
  },
  importers: estimatorImporters,
  async evaluate({ item, target, params }) {
    const { logprobs, full } = target.capabilities
    const prompt = `${TASK}\n${item.question}`
    const limits = { maxTokens: params.maxTokens, stop: ['\n'] }
    const [greedy, samples] = await Promise.all([
      ask(target, params.mode, prompt, {
        ...limits,
        ...(logprobs ? { topLogprobs: ALTERNATIVES } : {}),
        ...(full ? { entropy: true, terms: true } : {}),
      }),
      ask(target, params.mode, prompt, {
        ...limits,
        n: params.samples,
        temperature: params.temperature,
        ...(logprobs ? { topLogprobs: 1 } : {}),
      }),
    ])
    const [first] = greedy
    const answer = textOf(greedy)
    const judged = judgeAnswer(answer, item)
    const right = samples.filter(({ text }) => judgeAnswer(text, item).correct).length
    const about = {
      question: clipped(item.question),
      gold: item.answers[0] as string,
      stratum: item.stratum ?? null,
      answer: clipped(answer, 200),
      correct: judged.correct,
      sampleQuality: samples.length === 0 ? null : right / samples.length,
      severalValues: judged.severalValues,
      cutOff: first?.finishReason === 'length',
    }
    if (first === undefined || !isValidGold(item)) {
      const nothing = { values: {}, reasons: {}, ownCorrect: {}, costs: {}, judge: null, truthFloored: false }
      const reason = first === undefined ? 'no_answers' : 'invalid_gold'
      return { status: 'skipped', score: null, reason, detail: { ...about, ...nothing } }
    }
    const { ownAnswers, ...estimated } = await estimate(
      { target, mode: params.mode, prompt, question: item.question, greedy: first, samples },
      {
        parts: params.parts,
        maxTokens: params.maxTokens,
        verdicts: params.verdicts,
        shown: params.shownAnswers,
        alternatives: params.alternatives,
        passes: params.passes,
        dropoutRate: params.dropoutRate,
        refusals: ["I don't know", 'Unknown'],
        refusalPrompt: `${TASK} If you do not know, say: I don't know`,
      },
    )
    const ownCorrect = Object.fromEntries(
      Object.entries(ownAnswers).map(([name, text]) => [name, judgeAnswer(text, item).correct]),
    )
    return { status: 'scored', score: Number(judged.correct), detail: { ...about, ...estimated, ownCorrect } }
  },
  report: reportEstimators,
})
