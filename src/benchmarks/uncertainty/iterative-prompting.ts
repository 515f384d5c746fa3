import { z } from 'zod'
import { semanticEntropy } from '../../methods/estimators/semantic-entropy.ts'
import { sequenceLogprobs } from '../../methods/estimators/sequence-entropy.ts'
import { entropy } from '../../methods/statistics/divergence.ts'
import type { Model, Sample } from '../../model/model.ts'
import { ask, continued, mode, promptFor, scoredMode, textOf } from '../asking.ts'
import { answerSet, isValidGold, judgeAnswer } from '../correctness.ts'
import { defineBenchmark } from '../define.ts'
import { clipped } from '../report/rows.ts'
import { askTruth, truthPrompt } from '../truth.ts'
import { answerClassesOf, classPlace } from './iterative-prompting.classes.ts'
import { iterativeImporters } from './iterative-prompting.importers.ts'
import { iterativeItems } from './iterative-prompting.items.ts'
import { hinted, measure, notMeasured, plain } from './iterative-prompting.measure.ts'
import { reportIterativePrompting } from './iterative-prompting.report.ts'

const params = z
  .object({
    mode: mode.default('auto').meta({
      description: 'As elsewhere; auto takes raw text where the target scores given text but no chats',
    }),
    samples: z.number().int().min(2).max(50).default(10).meta({ description: 'Answers sampled, k' }),
    temperature: z.number().min(0.1).max(2).default(0.9),
    maxTokens: z.number().int().min(1).max(256).default(24),
    classes: z.enum(['f1', 'nli']).default('f1').meta({
      description: 'Answers are one where they share words (F1 ≥ 0.25), or where they entail each other',
    }),
    mostClasses: z.number().int().min(2).max(20).default(10).meta({
      description: 'Beyond these the rarest classes are merged: the scorings grow with the square',
    }),
    shownSamples: z.number().int().min(2).max(50).default(5).meta({
      description: 'Answers sampled after each one shown, where the target scores no given text',
    }),
    gamma: z.number().min(0).max(1).default(0).meta({
      description: 'Stabiliser added to joint and product alike (γ1 = γ2); 0 as in the source’s experiments',
    }),
    risk: z.number().min(0.001).max(0.5).default(0.05).meta({
      description: 'Share of errors among answers that the threshold λ may have on the calibration fold',
    }),
    askTruth: z.boolean().default(true).meta({ description: 'Ask whether its greedy answer is true, for comparison' }),
    amplification: z.boolean().default(true).meta({
      description: 'Score the greedy answer after a wrong one was stated 1 to 16 times',
    }),
  })
  .strict()
export type IterativeParams = z.infer<typeof params>

const item = z.object({
  id: z.string(),
  cluster: z.string().optional(),
  question: z.string().min(1),
  answers: z.array(z.string().min(1)).meta({ description: 'Accepted answers; of multi all right ones' }),
  kind: z.enum(['single', 'multi']).default('single').meta({ description: 'One right answer, or any of many' }),
  unanswerable: z.boolean().default(false),
  wrong: z.string().min(1).optional().meta({ description: 'A wrong answer to state, for the amplification' }),
  answerSet,
})
export type IterativeItem = z.infer<typeof item>

const number = z.number().nullable()
const row = z.object({
  question: z.string(),
  gold: z.string(),
  kind: z.enum(['single', 'multi']),
  unanswerable: z.boolean(),
  answer: z.string(),
  correct: z.boolean(),
  classes: z.array(z.object({ text: z.string(), size: z.number().int() })),
  classesBy: z.enum(['f1', 'nli']),
  samples: z.number().int(),
  /** μ1 over the classes, and row i: q(· | class i was shown). */
  first: z.array(z.number()),
  second: z.array(z.array(z.number())),
  empirical: z.boolean(),
  /** Nats. Without copying: the diagonal replaced by what an independent answer would give. */
  information: number,
  informationWithoutCopying: number,
  /** The source's bound for finite samples: γ1 = 1/(k·m), γ2 = γ1 + missing mass. */
  informationBound: number,
  entropy: number,
  copyingRate: number,
  /** Entropy of the samples' classes, and semantic entropy by their log-probabilities (or shares). */
  sampleEntropy: number,
  semanticEntropy: number,
  sequenceNll: number,
  pTrue: number,
  /** Good–Turing: share of samples whose answer came once only. */
  missingMass: number,
  /** log p(greedy | a wrong answer stated R times) − log p(greedy), for each R. */
  amplification: z.array(z.tuple([z.number(), z.number()])).nullable(),
})
export type IterativeDetail = z.infer<typeof row>

/** How many times a wrong answer is stated. */
const REPEATS = [1, 2, 4, 8, 16]

export const iterativePrompting = defineBenchmark({
  id: 'iterative-prompting',
  family: 'uncertainty',
  version: 1,
  title: 'Epistemic uncertainty by repeated prompting',
  question: 'Is the answer unstable because the question has many right answers, or because the model does not know?',
  formula:
    'μ1(i) ∝ p(r_i | Q), q(j | i) ∝ p(r_j | Q, “one answer is r_i”) over the classes of sampled answers. MI = Σ μ1(i) q(j | i) ln[(μ1(i) q(j | i) + γ)/(μ1(i) P2(j) + γ)], P2(j) = Σ μ1(i) q(j | i). True answers do not depend on answers shown, so that what depends is not known.',
  source: {
    title: 'To Believe or Not to Believe Your LLM',
    card: 'A3',
  },
  needs: ['text'],
  wants: ['logprobs', 'prompt_logprobs'],
  params,
  item,
  row,
  sizes: { smoke: 5, demo: 40, full: 500 },
  callsPerItem: (given, capabilities) => {
    const scored = capabilities?.prompt_logprobs !== false
    const classes = Math.min(4, given.samples)
    const most = Math.min(given.samples, given.mostClasses)
    const shown = (count: number) => (scored ? count + count * count : count * given.shownSamples)
    const truth = given.askTruth ? (capabilities?.logprobs === false ? 5 : 1) : 0
    const fixed = 1 + given.samples + truth + (given.amplification && scored ? REPEATS.length + 1 : 0)
    return { typical: fixed + shown(classes), most: fixed + shown(most) }
  },
  builtin: iterativeItems,
  importers: iterativeImporters,
  async evaluate({ item, target, params, random }) {
    const { mode, scored } = scoredMode(target, params.mode)
    const { logprobs } = target.capabilities
    const limits = { maxTokens: params.maxTokens, stop: ['\n'], ...(logprobs ? { topLogprobs: 1 } : {}) }
    const [greedy, drawn] = await Promise.all([
      ask(target, mode, plain(item.question), limits),
      ask(target, mode, plain(item.question), { ...limits, n: params.samples, temperature: params.temperature }),
    ])
    const answer = textOf(greedy)
    const samples = drawn.filter(({ text }) => text.trim() !== '')
    const { classes, classOf, by, singletons } = await answerClassesOf(
      target,
      samples.map(({ text }) => text.trim()),
      params,
    )
    const asked = {
      question: clipped(item.question),
      gold: item.answers[0] ?? '',
      kind: item.kind,
      unanswerable: item.unanswerable,
      answer: clipped(answer, 200),
      correct: !item.unanswerable && isRight(answer, item),
      classes: classes.map(({ text, size }) => ({ text: clipped(text, 200), size })),
      classesBy: by,
      samples: samples.length,
      empirical: !scored,
      sequenceNll: nllOf(greedy[0]),
    }
    if (classes.length === 0)
      return { status: 'skipped', score: null, reason: 'no_answers', detail: { ...asked, ...unmeasured } }
    // Answers that came once only are a sign of answers not seen at all (I. J. Good, Biometrika 40, 1953).
    const missingMass = singletons / samples.length
    const [measured, pTrue, amplification] = await Promise.all([
      measure({ target, mode, scored, item, classes, params, missingMass, random }),
      params.askTruth && answer !== '' ? askTruth(target, mode, truthPrompt(item.question, answer)) : null,
      scored && params.amplification ? amplify(target, mode, item, answer) : null,
    ])
    const detail: IterativeDetail = {
      ...asked,
      ...measured,
      sampleEntropy: entropy(classes.map(({ size }) => size)),
      semanticEntropy: meaningEntropy(classOf, samples),
      pTrue,
      missingMass,
      amplification,
    }
    if (!item.unanswerable && !isValidGold({ answers: item.answers }))
      return { status: 'skipped', score: null, reason: 'invalid_gold', detail }
    return { status: 'scored', score: measured.information, detail }
  },
  report: reportIterativePrompting,
})

const unmeasured = {
  ...notMeasured,
  sampleEntropy: null,
  semanticEntropy: null,
  pTrue: null,
  missingMass: null,
  amplification: null,
}

/** Of a question with many right answers the first one listed counts, so that listing many gains nothing. */
const isRight = (answer: string, { kind, answers, answerSet }: IterativeItem): boolean =>
  judgeAnswer(kind === 'multi' ? (answer.split(/[,;\n]/)[0] as string) : answer, { answers, answerSet }).correct

const nllOf = (sample: Sample | undefined): number | null =>
  sample?.tokens && sample.tokens.length > 0 ? sample.tokens.reduce((sum, { logprob }) => sum - logprob, 0) : null

/** By the samples' log-probabilities where there are any, else by their shares. */
function meaningEntropy(classOf: readonly number[], samples: readonly Sample[]): number | null {
  const tokens = samples.map((sample) => sample.tokens?.map(({ logprob }) => logprob) ?? [])
  const known = tokens.every((list) => list.length > 0)
  return semanticEntropy(classOf, known ? sequenceLogprobs(tokens) : null, {
    classProbability: known ? 'sum' : 'frequency',
  })
}

/** How much stating a wrong answer again and again changes the log-probability of the greedy one; null without a wrong one. */
async function amplify(
  target: Model,
  mode: 'chat' | 'completion',
  { question, wrong }: IterativeItem,
  answer: string,
): Promise<IterativeDetail['amplification']> {
  if (wrong === undefined || answer === '' || classPlace(answer, [{ text: wrong, size: 1, members: [wrong] }]) === 0)
    return null
  const scoreOf = async (prompt: string) =>
    (await target.score(promptFor(target, mode, prompt), continued(mode, [answer])))[0]?.logprob ?? null
  const [before, ...after] = await Promise.all([
    scoreOf(plain(question)),
    ...REPEATS.map((times) =>
      scoreOf(
        hinted(
          question,
          Array.from({ length: times }, () => wrong),
        ),
      ),
    ),
  ])
  if (before === null || before === undefined || after.includes(null)) return null
  return after.map((value, place) => [REPEATS[place] as number, (value as number) - before])
}
