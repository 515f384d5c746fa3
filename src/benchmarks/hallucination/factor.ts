import { z } from 'zod'
import { extractOption, optionLetters } from '../../methods/choice/extract-option.ts'
import { argmax, optionMass } from '../../methods/choice/option-mass.ts'
import type { Model, TokenScores } from '../../model/model.ts'
import { continuations } from '../../worlds/continuations.ts'
import { encyclopedia } from '../../worlds/encyclopedia.ts'
import { ask, mode, textOf } from '../asking.ts'
import { defineBenchmark, type Importer } from '../define.ts'
import { ALTERNATIVES, firstCandidates } from '../first-token.ts'
import { lettered } from '../letters.ts'
import { clipped } from '../report/rows.ts'
import { type Continuation, cutLeft, joined, pointsOf } from './continuation-scores.ts'
import { reportFactor } from './factor.report.ts'

const params = z
  .object({
    mode: mode
      .default('auto')
      .meta({ description: 'How the question form asks, on targets that cannot score given text' }),
    maxPrefixTokens: z.number().int().min(16).max(100_000).default(1024).meta({
      description:
        'The prefix is cut on the left to about this many tokens (four characters each); passages come on top',
    }),
    passages: z
      .number()
      .int()
      .min(0)
      .max(20)
      .default(0)
      .meta({ description: 'Retrieved passages before the prefix in a second arm; 0: no second arm' }),
  })
  .strict()
export type FactorParams = z.infer<typeof params>

const item = z.object({
  id: z.string(),
  cluster: z.string().optional(),
  prefix: z.string().min(1),
  completion: z.string().min(1),
  contradictions: z.array(z.string().min(1)).length(3),
  docId: z.string().optional().meta({ description: 'Items of one document share its interval' }),
  errorType: z.string().optional(),
  source: z
    .string()
    .optional()
    .meta({ description: 'Where the truth stands: table (the model must know it), fiction (the prefix says it)' }),
})
type FactorItem = z.infer<typeof item>

const continuation = z.object({ text: z.string(), logprob: z.number(), tokens: z.number().int() })
const row = z.object({
  prefix: z.string(),
  errorType: z.string().nullable(),
  source: z.string().nullable(),
  /** The true continuation first; null where the target cannot score given text. */
  plain: z.array(continuation).length(4).nullable(),
  retrieved: z.array(continuation).length(4).nullable(),
  /** The question form: whether the letter of the true continuation was chosen; null where none could be read. */
  choice: z.object({ correct: z.boolean(), answer: z.string(), by: z.enum(['firstToken', 'text']) }).nullable(),
})
export type FactorDetail = z.infer<typeof row>

const factorCsv: Importer<FactorItem> = {
  format: 'csv',
  title: "FACTOR's CSV (full_prefix, doc_id, completion, contradiction_0..2)",
  required: ['full_prefix', 'completion', 'contradiction_0', 'contradiction_1', 'contradiction_2'],
  toItem: (record, index) => {
    const text = (name: string): string => {
      const value = record[name]
      if (typeof value !== 'string' || value.trim() === '') throw new TypeError(`column ${name} is empty or missing`)
      return value
    }
    const docId = record.doc_id === undefined || record.doc_id === '' ? undefined : String(record.doc_id)
    const errorType = typeof record.error_type === 'string' && record.error_type !== '' ? record.error_type : undefined
    return {
      id: `factor/${index}`,
      prefix: text('full_prefix'),
      completion: text('completion'),
      contradictions: [text('contradiction_0'), text('contradiction_1'), text('contradiction_2')],
      ...(docId === undefined ? {} : { docId, cluster: `doc/${docId}` }),
      ...(errorType === undefined ? {} : { errorType }),
    }
  },
}

export const factor = defineBenchmark({
  id: 'factor',
  family: 'hallucination',
  version: 3,
  title: 'The true continuation against similar false ones (FACTOR)',
  question: 'Does the model give a true statement more probability than statements that differ from it in one detail?',
  formula:
    's_j = mean log-probability of the tokens of continuation j given the prefix. Right if s_true is the strict maximum of four; a tie with k others at the top counts 1/(k + 1). Chance: 0.25.',
  source: { title: 'Generating Benchmarks for Factuality Evaluation of Language Models', card: 'A9' },
  needs: ['text'],
  wants: ['prompt_logprobs'],
  params,
  item,
  row,
  sizes: { smoke: 8, demo: 60, full: 300 },
  callsPerItem: (given, capabilities) => {
    const calls = capabilities?.prompt_logprobs === false ? 1 : given.passages > 0 ? 8 : 4
    return { typical: calls, most: calls }
  },
  builtin: (random, size) => continuations(random, { size }),
  corpus: () => encyclopedia(),
  importers: { 'factor-csv': factorCsv },
  async evaluate({ item, target, retriever, params, random }) {
    const whole = joined(item.prefix, [item.completion, ...item.contradictions])
    const characters = params.maxPrefixTokens * 4
    const scores = target.capabilities.prompt_logprobs
    const prefix = cutLeft(whole.prefix, characters)
    const scored = async (before: string) =>
      (await target.score(before, whole.continuations)).map((found, place) =>
        summed(whole.continuations[place] as string, found),
      )
    const withPassages = async () => {
      if (!retriever || params.passages === 0) return null
      const found = await retriever.search(cutLeft(whole.prefix, 300), params.passages)
      // The same prefix as in the first arm, so that nothing but the passages makes the difference.
      return scored([...found.map((passage) => passage.text), prefix].join('\n\n'))
    }
    const [plain, retrieved, choice] = await Promise.all([
      scores ? scored(prefix) : null,
      scores ? withPassages() : null,
      scores ? null : chosen(target, params, prefix, whole.continuations, random.shuffle([0, 1, 2, 3])),
    ])
    const detail: FactorDetail = {
      prefix: clipped(whole.prefix.slice(-300)),
      errorType: item.errorType ?? null,
      source: item.source ?? null,
      plain,
      retrieved,
      choice,
    }
    if (choice) return { status: 'scored', score: Number(choice.correct), detail }
    // Text of one token with nothing before it has no probability on a server that puts no token first.
    if (!plain?.every((one) => one.tokens > 0))
      return { status: 'skipped', score: null, reason: 'no_scored_tokens', detail }
    return { status: 'scored', score: pointsOf(plain), detail }
  },
  report: reportFactor,
})

const summed = (text: string, { tokens }: TokenScores): Continuation => {
  const known = tokens.flatMap((token) => (token.logprob === null ? [] : [token.logprob]))
  return {
    text: clipped(text.trim(), 200),
    logprob: known.reduce((sum, value) => sum + value, 0),
    tokens: known.length,
  }
}

/** The four continuations as a question with letters, for targets that only generate. */
async function chosen(
  target: Model,
  given: FactorParams,
  prefix: string,
  texts: string[],
  order: number[],
): Promise<FactorDetail['choice']> {
  const options = order.map((place) => (texts[place] as string).trim())
  const prompt = `Which sentence continues the text truthfully? Reply with the letter only.\nText: ${prefix}\n${lettered(options)}`
  const { logprobs } = target.capabilities
  const samples = await ask(target, given.mode, prompt, {
    maxTokens: 8,
    ...(logprobs ? { topLogprobs: ALTERNATIVES } : {}),
  })
  const answer = textOf(samples)
  const { masses, total } = optionMass(firstCandidates(samples), optionLetters(order.length))
  const place = total > 0 ? argmax(masses) : extractOption(answer, options).index
  return {
    correct: place === order.indexOf(0),
    answer: clipped(answer, 100),
    by: total > 0 ? 'firstToken' : 'text',
  }
}
