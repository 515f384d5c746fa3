import { z } from 'zod'
import { extractOption, optionLetters } from '../../methods/choice/extract-option.ts'
import { argmax, optionMass } from '../../methods/choice/option-mass.ts'
import { rotations } from '../../methods/choice/rotations.ts'
import { withSwappedLetters } from '../../methods/perturbation/typos.ts'
import { withSwappedWords } from '../../methods/perturbation/words.ts'
import type { Model, Sample } from '../../model/model.ts'
import { choiceQuestions } from '../../worlds/choices.ts'
import { ask, mode, textOf } from '../asking.ts'
import { defineBenchmark } from '../define.ts'
import { ALTERNATIVES, firstCandidates } from '../first-token.ts'
import { lettered } from '../letters.ts'
import { clipped } from '../report/rows.ts'
import { reportFirstTokenVsText } from './first-token-vs-text.report.ts'

const params = z
  .object({
    mode: mode.default('auto'),
    maxTokens: z.number().int().min(1).max(1024).default(96),
    priorShare: z
      .number()
      .gt(0)
      .max(0.5)
      .default(0.05)
      .meta({ description: 'Share of items that the prior of the letters is estimated on (PriDe)' }),
    priorDraws: z.number().int().min(1).max(50).default(5),
    estimateSamples: z.number().int().min(2).max(64).default(16).meta({
      description:
        'One-token samples (T = 1) that stand for the first-token distribution where a target shows no log-probabilities',
    }),
  })
  .strict()
export type FirstTokenParams = z.infer<typeof params>

const item = z
  .object({
    id: z.string(),
    cluster: z.string().optional(),
    question: z.string().min(1),
    options: z.array(z.string().min(1)).min(2).max(5),
    answerIndex: z.number().int().min(0),
    subject: z.string().default('all'),
  })
  .refine((one) => one.answerIndex < one.options.length, {
    message: 'answerIndex is beyond the options',
    path: ['answerIndex'],
  })

const variant = z.object({
  /** Probability of each id as the first token, by position. */
  masses: z.array(z.number().min(0).max(1)),
  truncated: z.boolean(),
  /** The option (by its place in the item) that the first token and the text choose; null for none. */
  first: z.number().int().nullable(),
  text: z.number().int().nullable(),
})
const row = z.object({
  question: z.string(),
  gold: z.string(),
  answerIndex: z.number().int(),
  subject: z.string(),
  answer: z.string(),
  textBy: z.enum(['stated', 'leading', 'verbatim']).nullable(),
  /** First-token masses are shares of samples. */
  estimated: z.boolean(),
  /** The n cyclic rotations, the identity first. */
  rotations: z.array(variant).min(2),
  typo: variant,
  wordSwap: variant,
  otherIds: variant,
})
export type FirstTokenDetail = z.infer<typeof row>
export type Variant = z.infer<typeof variant>

export const firstTokenVsText = defineBenchmark({
  id: 'first-token-vs-text',
  family: 'robustness',
  version: 2,
  title: 'Multiple choice by first token, by text, and debiased',
  question: 'Can letter probabilities score multiple-choice tests, or must the text answer be read?',
  formula:
    'first = argmax p(letter as first token); text = the option that the answer names. mismatch = P(first ≠ text | both exist). consistency = share of items whose chosen content is the same in all rotations. robustness gap = consistency(text) − consistency(first).',
  source: {
    title:
      'Look at the Text: Instruction-Tuned Language Models are More Robust Multiple Choice Selectors than You Think',
    card: 'A27',
  },
  needs: ['text'],
  wants: ['logprobs'],
  params,
  item,
  row,
  sizes: { smoke: 3, demo: 12, full: 400 },
  callsPerItem: ({ estimateSamples }, capabilities) => {
    const calls = 7 * (capabilities?.logprobs === false ? 1 + estimateSamples : 1)
    return { typical: calls, most: Math.round((calls * 8) / 7) }
  },
  builtin: (random, size) =>
    choiceQuestions(random, { size }).map(({ id, cluster, question, options, answerIndex, subject }) => ({
      id,
      cluster,
      question,
      options,
      answerIndex,
      subject: subject as string,
    })),
  async evaluate({ item, target, params, random }) {
    const { question, options } = item
    const letters = optionLetters(options.length)
    const digits = options.map((_, place) => String(place + 1))
    const identity = options.map((_, place) => place)
    const turned = rotations(options.length)
    const [shown, typo, wordSwap, otherIds] = await Promise.all([
      Promise.all(turned.map((order) => choose(target, params, question, options, order, letters))),
      choose(target, params, withSwappedLetters(question, random.fork('typo')), options, identity, letters),
      choose(target, params, withSwappedWords(question, random.fork('words')), options, identity, letters),
      choose(target, params, question, options, identity, digits),
    ])
    const plain = shown[0] as Shown
    return {
      status: 'scored',
      score: Number(plain.variant.text === item.answerIndex),
      detail: {
        question: clipped(question),
        gold: options[item.answerIndex] as string,
        answerIndex: item.answerIndex,
        subject: item.subject,
        answer: clipped(plain.answer, 300),
        textBy: plain.by,
        estimated: !target.capabilities.logprobs,
        rotations: shown.map((one) => one.variant),
        typo: typo.variant,
        wordSwap: wordSwap.variant,
        otherIds: otherIds.variant,
      },
    }
  },
  report: reportFirstTokenVsText,
})

interface Shown {
  variant: Variant
  answer: string
  by: FirstTokenDetail['textBy']
}

/** One call (and samples where no log-probabilities are shown): the first token's choice and the text's, as contents. */
async function choose(
  target: Model,
  given: FirstTokenParams,
  question: string,
  options: string[],
  order: number[],
  ids: string[],
): Promise<Shown> {
  const contents = order.map((place) => options[place] as string)
  // The question comes first, so that its tokens are shared by all orders of the options.
  const prompt = `${question}\n${lettered(contents, ids)}\nAnswer with the ${/^\d/.test(ids[0] as string) ? 'number' : 'letter'} of the right option.`
  const { logprobs } = target.capabilities
  const [samples, drawn] = await Promise.all([
    ask(target, given.mode, prompt, { maxTokens: given.maxTokens, ...(logprobs ? { topLogprobs: ALTERNATIVES } : {}) }),
    logprobs ? null : ask(target, given.mode, prompt, { maxTokens: 1, n: given.estimateSamples, temperature: 1 }),
  ])
  const { masses, total, truncated } = optionMass(drawn ? sampledCandidates(drawn) : firstCandidates(samples), ids)
  const position = total > 0 ? argmax(masses) : null
  const answer = textOf(samples)
  const read = extractOption(answer, contents, ids)
  const content = (place: number | null) => (place === null ? null : (order[place] as number))
  return { variant: { masses, truncated, first: content(position), text: content(read.index) }, answer, by: read.by }
}

/** One-token samples as alternatives with their shares. */
function sampledCandidates(samples: readonly Sample[]): { token: string; logprob: number }[] {
  const counts = new Map<string, number>()
  for (const { text } of samples) counts.set(text, (counts.get(text) ?? 0) + 1)
  return [...counts].map(([token, count]) => ({ token, logprob: Math.log(count / samples.length) }))
}
