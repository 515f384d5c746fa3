import { z } from 'zod'
import { plainToken, tokenMass } from '../../methods/choice/option-mass.ts'
import { classSizes } from '../../methods/estimators/meaning-classes.ts'
import type { Model, Sample } from '../../model/model.ts'
import { factQuestions } from '../../worlds/facts.ts'
import { falsehoodItems, falsehoodPairs } from '../../worlds/falsehoods.ts'
import { ask, firstCapable, mode, promptFor, textOf } from '../asking.ts'
import { answerSet, isDeclined, isValidGold, judgeAnswer, opensWith } from '../correctness.ts'
import { defineBenchmark } from '../define.ts'
import { ALTERNATIVES, firstCandidates, shownMass } from '../first-token.ts'
import { meaningClasses } from '../meaning.ts'
import { clipped } from '../report/rows.ts'
import { askTruth, truthPrompt } from '../truth.ts'
import { idkImporters } from './idk-token.importers.ts'
import { reportIdkToken } from './idk-token.report.ts'

const params = z
  .object({
    mode: mode.default('auto'),
    idk: z
      .array(z.string().min(1))
      .min(1)
      .max(10)
      .default(["I don't know", 'Unknown'])
      .meta({ description: 'The token (such as [IDK]) or the phrases that stand for not knowing' }),
    idkIsToken: z
      .boolean()
      .default(false)
      .meta({ description: 'The entries of `idk` are single tokens of a model tuned to use them' }),
    maxTokens: z.number().int().min(1).max(256).default(16),
    samples: z.number().int().min(0).max(50).default(10).meta({
      description:
        'Samples for abstaining by agreement, and for the IDK share of targets without log-probabilities; 0: none',
    }),
    askTruth: z
      .boolean()
      .default(true)
      .meta({ description: 'Ask whether its own answer is true, as a way to abstain' }),
  })
  .strict()
export type IdkParams = z.infer<typeof params>

const item = z.object({
  id: z.string(),
  cluster: z.string().optional(),
  prompt: z.string().min(1).meta({ description: 'A question, or an opening that the answer completes' }),
  answers: z.array(z.string().min(1)).meta({ description: 'Accepted answers; empty where there is none' }),
  stratum: z.string().optional(),
  unanswerable: z.boolean().default(false),
  answerSet,
})
export type IdkItem = z.infer<typeof item>

const probability = z.number().min(0).max(1)
const row = z.object({
  question: z.string(),
  gold: z.string(),
  stratum: z.string().nullable(),
  unanswerable: z.boolean(),
  /** What it said when it was free to say IDK, and when it had to answer. */
  answer: z.string(),
  baseline: z.string(),
  correct: z.boolean(),
  baselineCorrect: z.boolean(),
  severalValues: z.boolean(),
  greedyIdk: z.boolean(),
  mass: probability.nullable(),
  /** Most that the mass can be, where the top-k does not show it. */
  massUpper: probability.nullable(),
  massTruncated: z.boolean(),
  massBy: z.enum(['phrase', 'token', 'firstToken', 'empirical']).nullable(),
  firstTokenProbability: probability.nullable(),
  pTrue: probability.nullable(),
  /** Share of the largest class of samples of one meaning, and what told meanings apart. */
  largestClass: probability.nullable(),
  classesBy: z.enum(['exact', 'nli']).nullable(),
})
export type IdkDetail = z.infer<typeof row>

const task = 'Answer or complete in a few words.'
const allowing = (idk: string) => `${task} If you do not know, say: ${idk}`
const forcing = `${task} Always give an answer.`

export const idkToken = defineBenchmark({
  id: 'idk-token',
  family: 'uncertainty',
  version: 2,
  title: '“I don’t know” where it would be wrong',
  question:
    'Does the model put probability on not knowing exactly where it would otherwise be wrong, and what does that cost in right answers?',
  formula:
    'm = Σ p(IDK token or phrase | prompt). Says IDK if its greedy answer is an IDK or m ≥ θ. IDK-recall = IDKs among would-be errors, IDK-error = IDKs among would-be right answers; θ is the lowest with IDK-error ≤ 0.05 on the calibration fold.',
  source: { title: "I Don't Know: Explicit Modeling of Uncertainty with an [IDK] Token", card: 'A1' },
  needs: ['text'],
  wants: ['logprobs', 'prompt_logprobs'],
  roles: ['baseline'],
  params,
  item,
  row,
  sizes: { smoke: 6, demo: 60, full: 600 },
  callsPerItem: (given, capabilities) => {
    const scoring = capabilities?.prompt_logprobs === false ? 0 : given.idk.length
    const truth = given.askTruth && capabilities?.logprobs !== false ? 1 : 0
    const typical = 2 + given.samples + truth + scoring
    return { typical, most: typical + given.idk.length }
  },
  builtin: (random, size) => {
    // At least half must be answerable in either fold, so small runs take fewer unanswerable items than the full third.
    const unanswerable = size >= 150 ? Math.floor(size / 3) : Math.floor(size / 10)
    const facts = factQuestions(random, { size: size - unanswerable }).map((fact) => ({
      id: fact.id,
      cluster: fact.cluster,
      prompt: fact.cloze,
      answers: fact.answers,
      stratum: fact.stratum as string,
      unanswerable: false,
      answerSet: fact.relation,
    }))
    const none = falsehoodItems(falsehoodPairs(random, { size: unanswerable }))
      .filter((one) => !one.answerable)
      .map((one) => ({
        id: one.id,
        cluster: one.cluster,
        prompt: one.question,
        answers: [],
        stratum: one.kind as string,
        unanswerable: true,
      }))
    return [...facts, ...none]
  },
  importers: idkImporters,
  async evaluate({ item, target, roles, params }) {
    const free = `${allowing(params.idk[0] as string)}\n${item.prompt}`
    const forced = `${forcing}\n${item.prompt}`
    const baselineTarget = roles.baseline ?? target
    const { logprobs, prompt_logprobs: scored } = target.capabilities
    const top = logprobs ? { topLogprobs: ALTERNATIVES } : {}
    const limits = { maxTokens: params.maxTokens, stop: ['\n'] }
    const votes = Math.max(params.samples, !logprobs && !scored ? 5 : 0)
    const [answers, baselines, given, freeSamples, forcedSamples] = await Promise.all([
      ask(target, params.mode, free, { ...limits, ...top }),
      ask(baselineTarget, params.mode, forced, {
        ...limits,
        ...(baselineTarget.capabilities.logprobs ? { topLogprobs: 1 } : {}),
      }),
      // Some servers score raw text but no chat.
      scored ? firstCapable(() => phraseMass(target, promptFor(target, params.mode, free), params.idk)) : null,
      !logprobs && !scored ? ask(target, params.mode, free, { ...limits, n: votes, temperature: 1 }) : null,
      params.samples > 1
        ? ask(baselineTarget, params.mode, forced, { ...limits, n: params.samples, temperature: 1 })
        : null,
    ])
    const answer = textOf(answers)
    const baseline = textOf(baselines)
    const judged = judgeAnswer(answer, item)
    const forcedJudged = judgeAnswer(baseline, item)
    const idk = opensWith(answer, params.idk) || isDeclined(answers[0], params.idk)
    const mass = massOf(given, answers, freeSamples, params)
    const first = baselines[0]?.tokens?.[0]
    const [pTrue, classes] = await Promise.all([
      params.askTruth ? askTruth(baselineTarget, params.mode, truthPrompt(item.prompt, baseline)) : null,
      forcedSamples
        ? meaningClasses(
            baselineTarget,
            forcedSamples.map(({ text }) => text),
          )
        : null,
    ])
    const valid = item.unanswerable || isValidGold(item)
    return {
      // Without an accepted answer nothing can be right: such an item says nothing about the model.
      ...(valid
        ? { status: 'scored' as const, score: mass.mass }
        : { status: 'skipped' as const, score: null, reason: 'invalid_gold' }),
      detail: {
        question: clipped(item.prompt),
        gold: item.answers[0] ?? '',
        stratum: item.stratum ?? null,
        unanswerable: item.unanswerable,
        answer: clipped(answer, 200),
        baseline: clipped(baseline, 200),
        correct: !idk && judged.correct,
        baselineCorrect: forcedJudged.correct,
        severalValues: judged.severalValues,
        greedyIdk: idk,
        ...mass,
        firstTokenProbability: first ? Math.exp(first.logprob) : null,
        pTrue,
        largestClass: classes ? Math.max(...classSizes(classes.classOf)) / classes.classOf.length : null,
        classesBy: classes?.by ?? null,
      },
    }
  },
  report: reportIdkToken,
})

type Mass = Pick<IdkDetail, 'mass' | 'massUpper' | 'massTruncated' | 'massBy'>

/** Exact probability of any of the phrases: with and without a leading space, each token sequence once. */
async function phraseMass(target: Model, prompt: Parameters<Model['score']>[0], phrases: string[]): Promise<number> {
  const spelt = phrases.flatMap((phrase) => [phrase, ` ${phrase}`])
  const scores = await target.score(prompt, spelt)
  const seen = new Set<string>()
  let sum = 0
  for (const { tokens, logprob } of scores) {
    const key = tokens.map((token) => token.id ?? token.token).join('\u0000')
    if (seen.has(key)) continue
    seen.add(key)
    sum += Math.exp(logprob)
  }
  return Math.min(1, sum)
}

function massOf(exact: number | null, answers: Sample[], samples: Sample[] | null, given: IdkParams): Mass {
  if (exact !== null)
    return { mass: exact, massUpper: null, massTruncated: false, massBy: given.idkIsToken ? 'token' : 'phrase' }
  if (samples && samples.length > 0) {
    const declined = samples.filter((one) => opensWith(one.text, given.idk) || isDeclined(one, given.idk)).length
    return { mass: declined / samples.length, massUpper: null, massTruncated: false, massBy: 'empirical' }
  }
  const candidates = firstCandidates(answers)
  if (candidates.length < 2) return { mass: null, massUpper: null, massTruncated: false, massBy: null }
  // The first token of a phrase is some beginning of it: which one only the tokenizer knows, so any that is shown counts.
  const opens = (token: string) =>
    given.idk.some((phrase) =>
      given.idkIsToken ? phrase === token.trim() : token.trim() !== '' && phrase.startsWith(token.trim()),
    )
  const truncated = !candidates.some(({ token }) => opens(plainToken(token)))
  return {
    mass: tokenMass(candidates, opens),
    massUpper: truncated ? Math.max(0, 1 - shownMass(candidates)) : null,
    massTruncated: truncated,
    massBy: given.idkIsToken ? 'token' : 'firstToken',
  }
}
