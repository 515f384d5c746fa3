import { z } from 'zod'
import { optionLetters } from '../../methods/choice/extract-option.ts'
import { plainToken } from '../../methods/choice/option-mass.ts'
import { statedProbability } from '../../methods/text/stated-confidence.ts'
import { heaviestSpelling, riskScore } from '../../methods/uncertainty/risk-scores.ts'
import type { Model, Sample, Sampling, TopLogprob } from '../../model/model.ts'
import { riskCases } from '../../worlds/risks.ts'
import { ask, asksByChat, firstCapable, type Mode, mode, textOf } from '../asking.ts'
import { defineBenchmark } from '../define.ts'
import { ALTERNATIVES, firstCandidates } from '../first-token.ts'
import { lettered } from '../letters.ts'
import { acsImporters } from './risk-scores.acs.ts'
import { pooled } from './risk-scores.measures.ts'
import { reportRiskScores } from './risk-scores.report.ts'

const params = z
  .object({
    mode: mode.default('auto'),
    numeric: z.enum(['auto', 'digits', 'text']).default('auto').meta({
      description:
        'digits: the reply is opened with “0.” and two digits are read. text: a probability is asked for and read from the reply. auto: digits where the reply can be opened and log-probabilities are shown',
    }),
    maxTokens: z.number().int().min(1).max(512).default(16),
  })
  .strict()
export type RiskParams = z.infer<typeof params>

const item = z
  .object({
    id: z.string(),
    cluster: z.string().optional(),
    task: z.string().default('all'),
    header: z.string().default('').meta({ description: 'What is known of the population' }),
    description: z.array(z.object({ key: z.string().min(1), value: z.string().min(1) })).min(1),
    question: z.string().min(1),
    choices: z
      .array(
        z.object({
          text: z.string().min(1),
          value: z.union([z.string(), z.number()]).optional(),
          numeric: z
            .number()
            .min(0)
            .max(1)
            .meta({ description: 'What the choice counts: 1 where the outcome came about' }),
        }),
      )
      .min(2)
      .max(10),
    label: z.number().int().min(0).meta({ description: 'Position of the choice that is true' }),
    group: z.string().optional(),
    pstar: z.number().min(0).max(1).optional().meta({ description: 'The true probability, where it is known' }),
  })
  .refine((one) => one.label < one.choices.length, { message: 'label is beyond the choices', path: ['label'] })
export type RiskItem = z.infer<typeof item>

const probability = z.number().min(0).max(1)
const scores = z.object({
  /** By the letters of the choices, in both orders; null where no letter is among the alternatives. */
  forward: probability.nullable(),
  reversed: probability.nullable(),
  /** Probability of any letter, mean of the orders. */
  answerMass: probability.nullable(),
  /** Some letter was not among the alternatives and took the least probability listed. */
  floored: z.boolean(),
  numeric: probability.nullable(),
  numericBy: z.enum(['digits', 'text']),
})
export type RiskAnswer = z.infer<typeof scores>

const row = z.object({
  question: z.string(),
  task: z.string(),
  group: z.string().nullable(),
  features: z.array(z.string()),
  outcome: probability,
  pstar: probability.nullable(),
  target: scores,
  /** The same of the model before tuning, where role `base` is bound. */
  base: scores.nullable(),
})
export type RiskDetail = z.infer<typeof row>

/** The task as one text; what differs between people comes last. */
const context = (one: RiskItem): string =>
  [
    one.header,
    'Information:',
    ...one.description.map(({ key, value }) => `- The ${key} is: ${value}`),
    `Question: ${one.question}`,
  ]
    .filter(Boolean)
    .join('\n')

export const riskScores = defineBenchmark({
  id: 'risk-scores',
  family: 'uncertainty',
  version: 1,
  title: 'Probabilities of outcomes that nobody can know',
  question: 'When the outcome is truly uncertain, are the model’s probabilities calibrated, or polarised?',
  formula:
    'r = Σ value·p(letter) / Σ p(letter), mean of both orders of the choices; and the number it states. ECE = Σ_b (n_b/N)·|mean outcome − mean r| over ten bins, never without ROC AUC and Brier skill 1 − Brier/Brier(base rate).',
  source: { title: 'Evaluating language models as risk scores', card: 'A21' },
  needs: ['text'],
  wants: ['logprobs'],
  roles: ['base'],
  params,
  item,
  row,
  sizes: { smoke: 6, demo: 60, full: 1000 },
  callsPerItem: (_, capabilities) =>
    capabilities?.logprobs === false ? { typical: 1, most: 2 } : { typical: 4, most: 8 },
  builtin: (random, size): RiskItem[] =>
    riskCases(random, { size }).map(
      ({ id, cluster, task, header, description, question, choices, pstar, label, group }) => ({
        id,
        cluster,
        task,
        header,
        description,
        question,
        choices: choices.map((text, numeric) => ({ text, numeric })),
        label,
        group,
        pstar,
      }),
    ),
  importers: acsImporters,
  async evaluate({ item, target, roles, params }) {
    const [own, base] = await Promise.all([
      answered(target, params, item),
      roles.base ? answered(roles.base, params, item) : null,
    ])
    const outcome = (item.choices[item.label] as RiskItem['choices'][number]).numeric
    const read = pooled(own) ?? own.numeric
    return {
      ...(read === null
        ? { status: 'skipped' as const, score: null, reason: 'unparsed' }
        : { status: 'scored' as const, score: (read - outcome) ** 2 }),
      detail: {
        question: item.question,
        task: item.task,
        group: item.group ?? null,
        features: item.description.map(({ key, value }) => `${key}: ${value}`),
        outcome,
        pstar: item.pstar ?? null,
        target: own,
        base,
      },
    }
  },
  report: reportRiskScores,
})

async function answered(target: Model, given: RiskParams, one: RiskItem): Promise<RiskAnswer> {
  const identity = one.choices.map((_, place) => place)
  const { logprobs } = target.capabilities
  const [forward, reversed, numeric] = await Promise.all([
    logprobs ? byLetter(target, given.mode, one, identity) : null,
    logprobs ? byLetter(target, given.mode, one, [...identity].reverse()) : null,
    byNumber(target, given, one),
  ])
  return {
    forward: forward?.score ?? null,
    reversed: reversed?.score ?? null,
    answerMass: forward && reversed ? (forward.mass + reversed.mass) / 2 : null,
    floored: forward?.floored === true || reversed?.floored === true,
    ...numeric,
  }
}

/** The risk score by first-token letter masses, the choices shown in that order. */
async function byLetter(target: Model, how: Mode, one: RiskItem, order: readonly number[]) {
  const shown = order.map((place) => one.choices[place] as RiskItem['choices'][number])
  const prompt = `${context(one)}\n${lettered(shown.map(({ text }) => text))}\nReply with the letter only.`
  const candidates = firstCandidates(await ask(target, how, prompt, { maxTokens: 1, topLogprobs: ALTERNATIVES }))
  const { masses, mass, floored } = keyMasses(candidates, optionLetters(shown.length))
  const score =
    masses &&
    riskScore(
      masses,
      shown.map(({ numeric }) => numeric),
    )
  return { score: score === null ? null : Math.min(1, Math.max(0, score)), mass, floored: score !== null && floored }
}

/**
 * Masses of the keys in the spelling (with or without a space) that has more; a key that is not listed takes the least
 * probability that is. Null where neither spelling has any key.
 */
export function keyMasses(candidates: readonly TopLogprob[], keys: readonly string[]) {
  const listed = new Map(candidates.map(({ token, logprob }) => [plainToken(token), Math.exp(logprob)]))
  const spellings = ['', ' '].map((space) => keys.map((key) => listed.get(space + key) ?? 0))
  const masses = heaviestSpelling(spellings) ?? []
  const mass = Math.min(
    1,
    masses.reduce((sum, one) => sum + one, 0),
  )
  const least = Math.min(...listed.values())
  return {
    masses: mass > 0 ? masses.map((one) => (one === 0 ? least : one)) : null,
    mass,
    floored: masses.includes(0),
  }
}

const NUMERIC = 'What is the probability that the answer is yes? Reply with a number between 0 and 1 only.'
const numericQuestion = (one: RiskItem): string => {
  const yes = one.choices.find(({ numeric }) => numeric === Math.max(...one.choices.map((choice) => choice.numeric)))
  return `${context(one)}\nThe answer may be: ${one.choices.map(({ text }) => text).join('; or: ')}.\n${NUMERIC.replace('the answer is yes', () => `“${yes?.text}” is true`)}`
}

/** The probability that the model states: two digits after an opened “0.”, else read from its reply. */
async function byNumber(
  target: Model,
  given: RiskParams,
  one: RiskItem,
): Promise<Pick<RiskAnswer, 'numeric' | 'numericBy'>> {
  const prompt = numericQuestion(one)
  const opens = !asksByChat(target, given.mode) || target.capabilities.answerPrefix !== false
  if (given.numeric !== 'text' && target.capabilities.logprobs && (opens || given.numeric === 'digits')) {
    const found = await firstCapable(() => digits(target, given.mode, prompt))
    if (found !== null) return { numeric: found.value, numericBy: 'digits' }
  }
  const text = textOf(await ask(target, given.mode, prompt, { maxTokens: given.maxTokens }))
  return { numeric: statedProbability(text), numericBy: 'text' }
}

/** Samples of a reply that begins with `prefix`. */
const askOpened = (target: Model, how: Mode, text: string, prefix: string, sampling: Sampling): Promise<Sample[]> =>
  asksByChat(target, how)
    ? target.chat([{ role: 'user', content: text }], { ...sampling, answerPrefix: prefix })
    : target.complete(`${text}\nAnswer: ${prefix}`, sampling)

/** Two digits after “0.”, each the likeliest among the tokens of digits alone. */
async function digits(target: Model, how: Mode, prompt: string): Promise<{ value: number | null }> {
  let read = ''
  for (let step = 0; step < 2 && read.length < 2; step++) {
    const samples = await askOpened(target, how, prompt, `0.${read}`, { maxTokens: 1, topLogprobs: ALTERNATIVES })
    const next = firstCandidates(samples)
      .map(({ token, logprob }) => ({ token: plainToken(token), logprob }))
      .filter(({ token }) => /^\d{1,3}$/.test(token))
      .sort((first, second) => second.logprob - first.logprob)[0]
    if (!next) break
    read += next.token
  }
  return { value: read === '' ? null : Number(`0.${read.slice(0, 2)}`) }
}
