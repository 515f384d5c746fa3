import { z } from 'zod'
import { corrupt, NOISE_KINDS } from '../../methods/perturbation/noise.ts'
import { mean } from '../../methods/statistics/summary.ts'
import { dropoutUncertainty as answerLevel, groupSpread } from '../../methods/uncertainty/dropout.ts'
import type { DropoutScores, Model, Sample } from '../../model/model.ts'
import { ask, firstCapable, mode, promptFor, textOf } from '../asking.ts'
import { answerSet, judgeAnswer } from '../correctness.ts'
import { defineBenchmark } from '../define.ts'
import { clipped } from '../report/rows.ts'
import { dropoutImporters } from './dropout-uncertainty.importers.ts'
import { dropoutItems } from './dropout-uncertainty.items.ts'
import { reportDropoutUncertainty } from './dropout-uncertainty.report.ts'

const params = z
  .object({
    mode: mode.default('auto'),
    passes: z
      .number()
      .int()
      .min(10)
      .max(100)
      .default(20)
      .meta({ description: 'Passes with dropout over the greedy answer' }),
    rate: z
      .number()
      .gt(0)
      .lt(1)
      .default(0.1)
      .meta({ description: 'Share of activations dropped; the headline stands on it' }),
    otherRates: z.array(z.number().gt(0).lt(1)).max(4).default([0.05, 0.2]).meta({
      description: 'More rates, reported beside it',
    }),
    maxTokens: z.number().int().min(1).max(128).default(32),
    kinds: z
      .array(z.enum(NOISE_KINDS))
      .min(1)
      .default(['typo', 'word-drop', 'ocr'])
      .meta({ description: 'Corruptions of built-in questions, by turns' }),
    level: z.enum(['easy', 'standard']).default('standard').meta({
      description: 'Built-in items: facts of all popularities, or (easy) popular ones and one-digit sums',
    }),
  })
  .strict()
export type DropoutParams = z.infer<typeof params>

const item = z.object({
  id: z.string(),
  cluster: z.string().optional(),
  prompt: z.string().min(1),
  answers: z.array(z.string().min(1)).default([]).meta({ description: 'Accepted answers; none where nobody can know' }),
  kind: z.enum(['text', 'number']).default('text'),
  split: z.enum(['id', 'ood']).default('id'),
  severity: z.number().int().min(0).max(5).default(0).meta({
    description: 'Corruption of the prompt, 1 to 5; 0: none. The prompt is given uncorrupted',
  }),
  corruption: z.enum(NOISE_KINDS).optional(),
  answerSet,
})
export type DropoutItem = z.infer<typeof item>

const number = z.number().nullable()
const measures = z.object({
  TU: number,
  DU: number,
  MI: number,
  EPKL: number,
  RMI: number,
  variance: number,
})
export type Measures = z.infer<typeof measures>
const atRate = z.object({
  rate: z.number(),
  /** Mean over positions, and the largest. Nats, but for the variance. */
  mean: measures,
  max: measures,
  /** Standard deviation of the answer's mutual information over five disjoint groups of passes. */
  groupSpread: number,
  inserted: z.boolean(),
  /** The passes differ: dropout was on. */
  differs: z.boolean(),
})
const row = z.object({
  prompt: z.string(),
  gold: z.string().nullable(),
  answer: z.string(),
  split: z.enum(['id', 'ood']),
  severity: z.number().int(),
  correct: z.boolean().nullable(),
  /** Of the single pass without dropout. */
  meanTokenEntropy: number,
  perplexity: number,
  tokens: z.number().int(),
  passes: z.number().int(),
  rates: z.array(atRate),
})
export type DropoutDetail = z.infer<typeof row>

const TASK = 'Answer in a few words.'

export const dropoutUncertainty = defineBenchmark({
  id: 'dropout-uncertainty',
  family: 'uncertainty',
  version: 1,
  title: 'Uncertainty by Monte-Carlo dropout',
  question: 'Does the uncertainty of a model’s own parameters flag questions on which it should not be trusted?',
  formula:
    'TU = H(mean_t p_t), DU = mean_t H(p_t), MI = TU − DU, EPKL = mean over t ≠ t′ of KL(p_t ‖ p_t′), RMI = mean_t KL(mean p ‖ p_t), each the mean over the positions of the greedy answer, T passes with dropout. Headline: ROC AUC of MI against foreign questions minus that of the single pass’s mean token entropy.',
  source: {
    title: 'Probabilistic Circuits That Know What They Don’t Know',
    card: 'A40',
    note: 'The paper’s analytic variance is that of circuits; for transformers only the sampled form exists.',
  },
  needs: ['full'],
  params,
  item,
  row,
  sizes: { smoke: 6, demo: 30, full: 600 },
  callsPerItem: ({ otherRates }) => ({ typical: 2 + otherRates.length, most: 2 + otherRates.length }),
  builtin: (random, size, given) => dropoutItems(random, size, given),
  importers: dropoutImporters,
  async evaluate({ item, target, params, random }) {
    const asked =
      item.severity === 0
        ? item.prompt
        : corrupt(item.prompt, item.corruption ?? 'typo', item.severity, random.fork('corrupt'))
    const prompt = `${TASK}\n${asked}`
    const [greedy] = await ask(target, params.mode, prompt, {
      maxTokens: params.maxTokens,
      stop: ['\n'],
      topLogprobs: 1,
      entropy: true,
    })
    const answer = greedy ? textOf([greedy]) : ''
    const scores =
      greedy && answer !== '' ? await passesOf(target, promptFor(target, params.mode, prompt), greedy, params) : []
    const tokens = greedy?.tokens ?? []
    const entropies = tokens.map((token) => token.entropy)
    const detail: DropoutDetail = {
      prompt: clipped(asked),
      gold: item.answers[0] ?? null,
      answer: clipped(answer, 200),
      split: item.split,
      severity: item.severity,
      correct: item.split === 'ood' || item.answers.length === 0 ? null : judgeAnswer(answer, item).correct,
      meanTokenEntropy: entropies.every((entropy) => entropy !== undefined) ? mean(entropies as number[]) : null,
      perplexity: mean(tokens.map((token) => -token.logprob)),
      tokens: tokens.length,
      passes: scores[0]?.passes ?? 0,
      rates: scores.map(measured),
    }
    const [first] = detail.rates
    if (first === undefined)
      return { status: 'skipped', score: null, reason: answer === '' ? 'no_answers' : 'capability_missing', detail }
    return { status: 'scored', score: first.mean.MI, detail }
  },
  report: reportDropoutUncertainty,
})

/** Passes at the rate of the headline and at the others, the former first; none where the target has no dropout. */
async function passesOf(
  target: Model,
  prompt: Parameters<Model['dropout']>[0],
  greedy: Sample,
  { passes, rate, otherRates }: DropoutParams,
): Promise<DropoutScores[]> {
  const rates = [...new Set([rate, ...otherRates])]
  const found = await Promise.all(
    rates.map((one) => firstCapable(() => target.dropout(prompt, greedy.text, { passes, rate: one }))),
  )
  return found.filter((one) => one !== null)
}

const READ = {
  TU: 'predictiveEntropy',
  DU: 'aleatoricEntropy',
  MI: 'epistemicEntropy',
  EPKL: 'expectedPairwiseKl',
  RMI: 'reverseMutualInformation',
  variance: 'probabilityVariance',
} as const

function measured({ rate, tokens, inserted }: DropoutScores): DropoutDetail['rates'][number] {
  const of = (over: 'mean' | 'max'): Measures =>
    Object.fromEntries(
      Object.entries(READ).map(([name, measure]) => [name, answerLevel(tokens, measure)?.[over] ?? null]),
    ) as Measures
  return {
    rate,
    mean: of('mean'),
    max: of('max'),
    groupSpread: groupSpread(tokens.map((token) => token.groupEpistemicEntropies)),
    inserted,
    differs: tokens.some((token) => token.probabilityVariance > 0 || token.epistemicEntropy > 0),
  }
}
