import { z } from 'zod'
import { extractOption } from '../../methods/choice/extract-option.ts'
import { exactMatch } from '../../methods/text/answer-match.ts'
import { normalizeAnswer } from '../../methods/text/normalize.ts'
import { type Query, queries } from '../../worlds/queries.ts'
import { ask, mode } from '../asking.ts'
import { answerSet, judgeAnswer } from '../correctness.ts'
import { defineBenchmark } from '../define.ts'
import { lettered } from '../letters.ts'
import { clipped } from '../report/rows.ts'
import { reword } from './paraphrasing.ts'
import { reportQueryPerturbation } from './query-perturbation.report.ts'

const params = z
  .object({
    mode: mode.default('auto'),
    paraphrases: z
      .enum(['model', 'rules'])
      .default('model')
      .meta({ description: 'Who rewords: the model itself (rules fill in where it fails), or rules alone' }),
    count: z.number().int().min(2).max(10).default(5).meta({ description: 'Rewordings of each question' }),
    temperature: z.number().gt(0).max(2).default(1),
    maxTokens: z.number().int().min(1).max(512).default(32),
  })
  .strict()
export type QueryParams = z.infer<typeof params>

const item = z.object({
  id: z.string(),
  cluster: z.string().optional(),
  query: z.string().min(1),
  scenario: z.enum(['extractive', 'mcq', 'abstractive']).default('abstractive'),
  context: z.string().optional(),
  choices: z.array(z.string().min(1)).min(2).max(10).optional(),
  answers: z.array(z.string().min(1)).min(1),
  kind: z.enum(['text', 'number']).default('text'),
  bad: z.boolean().default(false).meta({ description: 'Worded badly on purpose' }),
  answerSet,
})
type QueryItem = z.infer<typeof item>

const variant = z.object({
  text: z.string(),
  answer: z.string(),
  /** Answers with the same number say the same. */
  class: z.number().int(),
  correct: z.boolean(),
  /** A second, independent answer: the first one made the labels. */
  freshCorrect: z.boolean(),
})
const row = z.object({
  gold: z.string(),
  scenario: z.enum(['extractive', 'mcq', 'abstractive']),
  bad: z.boolean(),
  /** The question itself first, then its rewordings. */
  variants: z.array(variant).min(1),
  control: z.object({ classes: z.array(z.number().int()), correct: z.number().int() }),
  /** Answers to the variants by option, "none" last (multiple choice only). */
  optionCounts: z.array(z.number().int()).nullable(),
  byModel: z.number().int(),
  calls: z.number().int(),
  /** Whether a second pipeline answers the question right; null where none is bound. */
  secondCorrect: z.boolean().nullable(),
})
export type QueryDetail = z.infer<typeof row>
export type QueryVariant = z.infer<typeof variant>

export const queryPerturbation = defineBenchmark({
  id: 'query-perturbation',
  family: 'hallucination',
  version: 1,
  title: 'Is it the question’s fault? (HalluciBot)',
  question: 'How likely is a question, as worded, to get a wrong answer, and would another wording help?',
  formula:
    'p_h = share of wrong answers over the question and its n rewordings, one answer each. Hallucinatory: p_h > ½. Agreement spread = (largest class share when asked the same) − (largest class share when reworded). Rewrite and Rank are judged on answers asked anew.',
  source: {
    title:
      'Is There No Such Thing as a Bad Question? H4R: HalluciBot For Ratiocination, Rewriting, Ranking, and Routing',
    card: 'A10',
  },
  needs: ['text'],
  roles: ['second'],
  params,
  item,
  row,
  sizes: { smoke: 3, demo: 12, full: 300 },
  callsPerItem: ({ count, paraphrases }) => {
    const answers = 3 * (count + 1)
    return { typical: answers + (paraphrases === 'model' ? 1 : 0), most: answers + 3 }
  },
  builtin: (random, size) => queries(random, { size }).map(fromWorld),
  async evaluate({ item, target, roles, params, random }) {
    const rewordings = await reword(
      target,
      { mode: params.mode, by: params.paraphrases, count: params.count, question: item.query, answers: item.answers },
      random,
    )
    const texts = [item.query, ...rewordings.texts]
    const sampling = { temperature: params.temperature, maxTokens: params.maxTokens, stop: ['\n'] }
    const [answered, control, second] = await Promise.all([
      Promise.all(texts.map((text) => ask(target, params.mode, promptOf(item, text), { ...sampling, n: 2 }))),
      ask(target, params.mode, promptOf(item, item.query), { ...sampling, n: texts.length }),
      roles.second ? ask(roles.second, params.mode, promptOf(item, item.query), { ...sampling, temperature: 0 }) : null,
    ])
    const classOf = classes()
    const first = answered.map((samples) => read(item, samples[0]?.text ?? ''))
    const variants = texts.map((text, place) => ({
      text: clipped(text, 300),
      answer: clipped(answered[place]?.[0]?.text.trim() ?? '', 120),
      class: classOf((first[place] as Reading).key),
      correct: (first[place] as Reading).correct,
      freshCorrect: read(item, answered[place]?.[1]?.text ?? '').correct,
    }))
    const repeated = control.map((sample) => read(item, sample.text))
    const wrong = variants.filter((one) => !one.correct).length
    return {
      status: 'scored',
      score: wrong / variants.length,
      detail: {
        gold: item.answers[0] as string,
        scenario: item.scenario,
        bad: item.bad,
        variants,
        control: {
          classes: repeated.map((one) => classOf(one.key)),
          correct: repeated.filter((one) => one.correct).length,
        },
        optionCounts: item.choices ? optionCounts(item.choices.length, first) : null,
        byModel: rewordings.byModel,
        calls: rewordings.calls + 2 * texts.length + texts.length + (second ? 1 : 0),
        secondCorrect: second ? read(item, second[0]?.text ?? '').correct : null,
      },
    }
  },
  report: reportQueryPerturbation,
})

function fromWorld(one: Query): QueryItem {
  const { id, cluster, query, scenario, context, choices, answers, source } = one
  return {
    id,
    cluster,
    query,
    scenario,
    context,
    choices,
    answers,
    kind: source === 'arithmetic' ? 'number' : 'text',
    bad: one.bad !== null,
    // A table question's cluster is its fact, "country-capital/FR", whose column the answer is a value of.
    answerSet: source === 'table' && !choices ? (cluster.split('/')[0] as QueryItem['answerSet']) : undefined,
  }
}

/** What all wordings share stands first. */
function promptOf(one: QueryItem, wording: string): string {
  if (one.choices)
    return `Options:\n${lettered(one.choices)}\nReply with the letter of the option that answers the question.\nQuestion: ${wording}`
  return `Answer in a few words.\n${one.context ? `Context: ${one.context}\n` : ''}Question: ${wording}`
}

interface Reading {
  /** What the answer comes down to: an option, a value, or its normalised words. */
  key: string
  option: number | null
  correct: boolean
}

function read(one: QueryItem, answer: string): Reading {
  if (one.choices) {
    const { index } = extractOption(answer, one.choices)
    const correct = index !== null && exactMatch(one.choices[index] as string, one.answers) === 1
    return { key: index === null ? `none ${normalizeAnswer(answer)}` : `option ${index}`, option: index, correct }
  }
  return { key: normalizeAnswer(answer), option: null, correct: judgeAnswer(answer, one).correct }
}

/** Numbers for keys, in order of first appearance. */
function classes(): (key: string) => number {
  const seen = new Map<string, number>()
  return (key) => {
    const known = seen.get(key) ?? seen.size
    seen.set(key, known)
    return known
  }
}

function optionCounts(options: number, readings: readonly Reading[]): number[] {
  const counts = new Array<number>(options + 1).fill(0)
  for (const { option } of readings) counts[option ?? options] = (counts[option ?? options] as number) + 1
  return counts
}
