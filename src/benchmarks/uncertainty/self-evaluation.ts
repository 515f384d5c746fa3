import { z } from 'zod'
import type { Random } from '../../methods/random.ts'
import { normalizeAnswer } from '../../methods/text/normalize.ts'
import type { Sample } from '../../model/model.ts'
import { arithmeticQuestions } from '../../worlds/arithmetic.ts'
import { factQuestions } from '../../worlds/facts.ts'
import { fictionWorld, recordOf } from '../../worlds/fiction.ts'
import type { Stratum } from '../../worlds/version.ts'
import { ask, mode } from '../asking.ts'
import { answerSet } from '../correctness.ts'
import { defineBenchmark } from '../define.ts'
import { clipped } from '../report/rows.ts'
import { type Grades, grade } from './self-evaluation.grading.ts'
import { selfEvaluationImporters } from './self-evaluation.importers.ts'
import { qualityOf, qualityWay, qualityWays } from './self-evaluation.quality.ts'
import { reportSelfEvaluation } from './self-evaluation.report.ts'

const params = z
  .object({
    mode: mode.default('auto'),
    candidates: z
      .number()
      .int()
      .min(2)
      .max(8)
      .default(4)
      .meta({ description: 'Samples (T = 1) that it chooses among' }),
    maxTokens: z.number().int().min(1).max(512).default(64),
    orders: z
      .union([z.literal(1), z.literal(2)])
      .default(1)
      .meta({ description: '2: each choice is asked in both orders and averaged, against position bias' }),
    evalVariants: z
      .array(z.enum(['nota', 'others']))
      .default(['nota'])
      .meta({
        description:
          'More ways to judge one candidate: beside “None of the above” (nota), with the other candidates in view (others)',
      }),
    longShare: z
      .number()
      .min(0)
      .max(1)
      .default(0.2)
      .meta({ description: 'Share of built-in items that ask for a summary of a record' }),
    level: z.enum(['easy', 'standard']).default('standard').meta({
      description: 'Built-in items: rare facts and two-digit sums, or (easy) common facts and one-digit sums',
    }),
  })
  .strict()
export type SelfEvaluationParams = z.infer<typeof params>

const item = z
  .object({
    id: z.string(),
    cluster: z.string().optional(),
    question: z.string().min(1),
    answers: z.array(z.string().min(1)).default([]),
    facts: z
      .array(z.array(z.string().min(1)).min(1))
      .optional()
      .meta({
        description: 'For long answers: each fact in every accepted spelling; quality is the share that is told',
      }),
    wrongAnswers: z.array(z.string().min(1)).optional().meta({
      description: 'Known wrong answers: an answer is right if it is nearer to a right one, or as the role judge says',
    }),
    reference: z.string().min(1).optional().meta({
      description:
        'A good long answer, against which the role judge rates others; without a judge the item is left out',
    }),
    rubric: z.string().min(1).optional().meta({ description: 'Rules for the role judge' }),
    kind: z.enum(['text', 'number']).default('text'),
    stratum: z.string().optional(),
    answerSet,
  })
  .refine((one) => one.answers.length > 0 || (one.facts?.length ?? 0) > 0 || one.reference !== undefined, {
    message: 'give answers, facts or a reference',
    path: ['answers'],
  })
export type SelfEvaluationItem = z.infer<typeof item>

const number = z.number().nullable()
const candidate = z.object({
  text: z.string(),
  quality: z.number().min(0).max(1),
  /** −Σ log p and its mean over tokens: MaximumSequenceProbability and Perplexity. */
  sequenceNll: number,
  meanNll: number,
  select: number,
  selectNota: number,
  evalPlain: number,
  evalNota: number,
  evalOthers: number,
})
const row = z.object({
  question: z.string(),
  gold: z.string(),
  stratum: z.string().nullable(),
  candidates: z.array(candidate),
  /** Probability of “None of the above” when it chooses. */
  pNota: number,
  /** Positions chosen, one per order asked. */
  chosenPositions: z.array(z.number().int()),
  samples: z.number().int(),
  empirical: z.boolean(),
  qualityBy: z.enum(qualityWays).nullable(),
  /** Choices and verdicts of which no option was among the alternatives. */
  unseen: z.number().int(),
})
export type SelfEvaluationDetail = z.infer<typeof row>
export type Candidate = z.infer<typeof candidate>

export const selfEvaluation = defineBenchmark({
  id: 'self-evaluation',
  family: 'uncertainty',
  version: 2,
  title: 'Grading its own candidate answers',
  question: 'If the model grades its own candidate answers, can one keep only those that it trusts?',
  formula:
    'Select: softmax over the letters of the candidates. Eval: p(True)/(p(True) + p(False)) of one candidate. Hybrid + NOTA: answer by Select, score = Eval − p(None of the above). Selective AUC = mean over k of the mean quality of the k best-scored answers.',
  source: { title: 'Self-Evaluation Improves Selective Generation in Large Language Models', card: 'A2' },
  needs: ['text'],
  wants: ['logprobs'],
  roles: ['judge'],
  params,
  item,
  row,
  sizes: { smoke: 3, demo: 12, full: 300 },
  callsPerItem: ({ candidates: n, orders, evalVariants }) => {
    const calls = n + 2 * orders + n * (1 + evalVariants.length)
    return { typical: calls, most: calls }
  },
  builtin: (random, size, { longShare, level }): SelfEvaluationItem[] => {
    const long = Math.floor(size * longShare)
    const sums = Math.floor((size - long) / 2)
    const strata: Stratum[] = level === 'easy' ? ['head'] : ['tail']
    const facts = factQuestions(random, { size: size - long - sums, strata }).map((fact) => ({
      id: fact.id,
      cluster: fact.cluster,
      question: fact.question,
      answers: fact.answers,
      kind: 'text' as const,
      stratum: 'facts',
      answerSet: fact.relation,
    }))
    // Two digits and one operation are level 3.
    const digits = [level === 'easy' ? 1 : 2]
    const arithmetic = arithmeticQuestions(random, { size: sums, digits, operations: [1] }).map((sum) => ({
      id: sum.id,
      cluster: sum.cluster,
      question: sum.question,
      answers: sum.answers,
      kind: 'number' as const,
      stratum: 'arithmetic',
    }))
    return [...facts, ...arithmetic, ...recordItems(random, long)]
  },
  importers: selfEvaluationImporters,
  async evaluate({ item, target, roles, params, random }) {
    const { logprobs } = target.capabilities
    const qualityBy = qualityWay(item, roles.judge)
    if (qualityBy === null)
      return { status: 'skipped', score: null, reason: 'no_judge', detail: unasked(item, !logprobs) }
    const long = item.facts !== undefined || item.reference !== undefined
    const samples = await ask(
      target,
      params.mode,
      `${long ? 'Answer in full sentences.' : 'Answer in a few words.'}\n${item.question}`,
      {
        n: params.candidates,
        temperature: 1,
        maxTokens: long ? Math.max(params.maxTokens, 96) : params.maxTokens,
        stop: long ? [] : ['\n'],
        ...(logprobs ? { topLogprobs: 1 } : {}),
      },
    )
    const unique = random.shuffle(distinct(samples))
    const graded = await grade(
      target,
      params,
      item.question,
      unique.map((sample) => clipped(sample.text.trim(), 400)),
    )
    const qualities = await Promise.all(
      unique.map(({ text }) => qualityOf(text, item, qualityBy, roles.judge, params.mode)),
    )
    const candidates = unique.map(
      (sample, place): Candidate => ({
        text: clipped(sample.text.trim(), 200),
        quality: qualities[place] ?? 0,
        ...nllOf(sample),
        ...(graded.scores[place] as Grades),
      }),
    )
    const detail: SelfEvaluationDetail = {
      ...unasked(item, !logprobs),
      candidates,
      pNota: graded.pNota,
      chosenPositions: graded.chosenPositions,
      samples: samples.length,
      qualityBy,
      unseen: graded.unseen,
    }
    if (candidates.length === 0) return { status: 'skipped', score: null, reason: 'no_answers', detail }
    if (qualities.includes(null)) return { status: 'skipped', score: null, reason: 'judge_unparsed', detail }
    return {
      status: 'scored',
      score: candidates.reduce((sum, one) => sum + one.quality, 0) / candidates.length,
      detail,
    }
  },
  report: reportSelfEvaluation,
})

function recordItems(random: Random, size: number): SelfEvaluationItem[] {
  if (size === 0) return []
  const world = fictionWorld(random, { size: 60 })
  return random
    .fork('records')
    .sample([...world.entities], size)
    .map((entity) => {
      const record = recordOf(world, entity)
      return {
        id: `record/${entity.key}`,
        question: `Summarise this record of ${entity.name}: ${record.map(({ label, value }) => `${label}: ${value}`).join('; ')}.`,
        answers: [],
        facts: record.map(({ value }) => [value]),
        kind: 'text',
        stratum: 'records',
      }
    })
}

/** First sample of each normalised answer; empty ones are dropped. */
function distinct(samples: Sample[]): Sample[] {
  const seen = new Set<string>()
  return samples.filter(({ text }) => {
    const key = normalizeAnswer(text)
    if (key === '' || seen.has(key)) return false
    seen.add(key)
    return true
  })
}

const unasked = (one: SelfEvaluationItem, empirical: boolean): SelfEvaluationDetail => ({
  question: clipped(one.question),
  gold: clipped(one.reference ?? one.answers[0] ?? `${one.facts?.length ?? 0} facts`, 200),
  stratum: one.stratum ?? null,
  candidates: [],
  pNota: null,
  chosenPositions: [],
  samples: 0,
  empirical,
  qualityBy: null,
  unseen: 0,
})

function nllOf({ tokens }: Sample): Pick<Candidate, 'sequenceNll' | 'meanNll'> {
  if (!tokens || tokens.length === 0) return { sequenceNll: null, meanNll: null }
  const sum = tokens.reduce((total, token) => total - token.logprob, 0)
  return { sequenceNll: sum, meanNll: sum / tokens.length }
}
