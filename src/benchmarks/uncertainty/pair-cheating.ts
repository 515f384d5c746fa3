import { z } from 'zod'
import { pairCheating as cheatingOf } from '../../methods/uncertainty/pair-cheating.ts'
import { mode, scoredMode } from '../asking.ts'
import { defineBenchmark } from '../define.ts'
import { clipped } from '../report/rows.ts'
import { pairImporters } from './pair-cheating.importers.ts'
import { chanceItems } from './pair-cheating.items.ts'
import { bySamples, byScores } from './pair-cheating.measure.ts'
import { reportPairCheating } from './pair-cheating.report.ts'

const params = z
  .object({
    mode: mode.default('auto').meta({
      description: 'As elsewhere; auto takes raw text where the target scores given text but no chats',
    }),
    delta: z.number().min(0.001).max(0.9).default(0.1).meta({
      description: 'The bounds are to hold the true probability with probability 1 − δ',
    }),
    beta: z.number().min(0.001).max(0.9).default(0.1).meta({
      description: 'An answer is accepted if its confidence is at least 1 − β',
    }),
    placebo: z.boolean().default(true).meta({
      description: 'Also show a draw from an unrelated setting, so that mere mention can be told from cheating',
    }),
    firstSamples: z.number().int().min(2).max(200).default(40).meta({
      description: 'First draws, where the target scores no given text',
    }),
    secondSamples: z.number().int().min(2).max(100).default(10).meta({
      description: 'Draws after each outcome shown, where the target scores no given text',
    }),
  })
  .strict()
export type PairParams = z.infer<typeof params>

const share = z.number().min(0).max(1)
const item = z
  .object({
    id: z.string(),
    cluster: z.string().optional(),
    x: z.string().min(1).meta({ description: 'The setting and what is asked of it' }),
    outcomes: z.array(z.string().min(1)).min(2).max(10),
    wording: z.enum(['draw', 'opinion']).default('opinion').meta({
      description: 'Whether outcomes are drawn by chance or given as opinions',
    }),
    pstar: z.array(share).optional().meta({ description: 'True probability of each outcome, where it is known' }),
    counts: z.array(z.number().int().min(0)).optional().meta({
      description: 'How many independent labels or draws fell on each outcome; at least two in all',
    }),
    known: z.boolean().optional().meta({ description: 'Whether x states all that the probabilities depend on' }),
    reference: z
      .object({ probabilities: z.array(share), conditional: z.array(z.array(share)) })
      .optional()
      .meta({ description: 'What an exact Bayesian says of the outcomes, first and after each was drawn once' }),
  })
  .superRefine((one, context) => {
    const count = one.outcomes.length
    const wrong = (path: string, message: string) => context.addIssue({ code: 'custom', path: [path], message })
    if (one.pstar && one.pstar.length !== count) wrong('pstar', 'give one probability an outcome')
    if (one.counts && one.counts.length !== count) wrong('counts', 'give one count an outcome')
    if (!one.pstar && (one.counts ?? []).reduce((sum, n) => sum + n, 0) < 2)
      wrong('counts', 'give pstar, or at least two labels')
    if (new Set(one.outcomes).size < count) wrong('outcomes', 'outcomes must differ')
  })
export type PairItem = z.infer<typeof item>

const shares = z.array(share)
const row = z.object({
  question: z.string(),
  outcomes: z.array(z.string()),
  known: z.boolean().nullable(),
  /** p(y), p(y2 | y1) and the same after a draw of an unrelated setting, rows y1; each sums to 1. */
  probabilities: shares,
  conditional: z.array(shares),
  placebo: z.array(shares).nullable(),
  /** p(y)·(p(y | y) − p(y)), unclipped; from samples without the bias of few. */
  signedVariance: z.array(z.number()),
  confidence: z.array(share.nullable()),
  cheat: z.number().nullable(),
  netCheat: z.number().nullable(),
  /** Probability of all outcomes together before they were made to sum to 1; of samples the share that named one. */
  answerMass: share,
  empirical: z.boolean(),
  pstar: shares.nullable(),
  counts: z.array(z.number().int()).nullable(),
  reference: z.object({ probabilities: shares, conditional: z.array(shares) }).nullable(),
})
export type PairDetail = z.infer<typeof row>

export const pairCheating = defineBenchmark({
  id: 'pair-cheating',
  family: 'uncertainty',
  version: 1,
  title: 'Copying its own first answer',
  question: 'How far may the model’s stated probabilities be from the true ones?',
  formula:
    'V(y) = p(y)·(p(y | y was drawn once) − p(y)) estimates the squared gap (p* − p)²; 0 of an expert, who gains nothing from another’s draw. Bound: p* ∈ p ± √(γ·max(V, .001)/δ), γ fitted on the calibration fold. ECE2 = Σ over 10 quantile bins of V of (n/N)·|mean (p* − p)² − mean V|.',
  source: {
    title: 'Experts Don’t Cheat: Learning What You Don’t Know By Predicting Pairs',
    card: 'A4',
  },
  needs: ['text'],
  wants: ['prompt_logprobs'],
  params,
  item,
  row,
  sizes: { smoke: 4, demo: 40, full: 300 },
  callsPerItem: (given, capabilities) => {
    const rounds = given.placebo ? 2 : 1
    const calls = (count: number) =>
      capabilities?.prompt_logprobs === false
        ? given.firstSamples + rounds * count * given.secondSamples
        : count + rounds * count * count
    return { typical: calls(3), most: calls(10) }
  },
  builtin: chanceItems,
  importers: pairImporters,
  async evaluate({ item, target, params }) {
    const { mode, scored } = scoredMode(target, params.mode)
    const found = await (scored ? byScores : bySamples)(target, mode, item, params)
    const cheating = found && cheatingOf(found.probabilities, found.conditional, found.placebo ?? undefined)
    const detail: PairDetail = {
      question: clipped(item.x),
      outcomes: item.outcomes,
      known: item.known ?? null,
      probabilities: cheating ? Array.from(cheating.probabilities) : [],
      conditional: cheating ? cheating.conditional.map((row) => Array.from(row)) : [],
      placebo: found?.placebo ?? null,
      signedVariance: cheating ? (found.signedVariance ?? Array.from(cheating.signedVariance)) : [],
      confidence: cheating?.confidence ?? [],
      cheat: cheating?.cheat ?? null,
      netCheat: cheating?.netCheat ?? null,
      answerMass: found?.answerMass ?? 0,
      empirical: !scored,
      pstar: item.pstar ?? null,
      counts: item.counts ?? null,
      reference: item.reference ?? null,
    }
    if (!cheating) return { status: 'skipped', score: null, reason: 'no_answers', detail }
    if (found.signedVariance) detail.cheat = found.signedVariance.reduce((sum, one) => sum + one, 0)
    return { status: 'scored', score: detail.cheat, detail }
  },
  report: reportPairCheating,
})
