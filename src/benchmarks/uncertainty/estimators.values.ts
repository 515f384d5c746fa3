import { estimators } from '../../methods/estimators/catalogue.ts'
import { ESTIMATOR_NAMES, estimateAll } from '../../methods/estimators/estimate.ts'
import type { Estimator } from '../../methods/estimators/estimator.ts'
import type { Evidence, EvidenceName } from '../../methods/estimators/evidence.ts'
import { type Maybe, missing } from '../../methods/undefined-value.ts'
import { ask, asksByChat, continued, promptFor, textOf } from '../asking.ts'
import { truthPrompt } from '../truth.ts'
import { judgeAlternatives, judgeEntailment } from './estimators.entailment.ts'
import {
  type Answered,
  answerEvidence,
  brainstormed,
  countedAnswers,
  noneOfTheAbove,
  type Part,
  repeatedAnswer,
  representatives,
  sampleStates,
  secondTurn,
  shownAnswers,
  verdictOn,
  wantedPart,
  withoutQuestion,
} from './estimators.evidence.ts'
import { embeddingSimilarity, type Similarity, wordSimilarity } from './estimators.similarity.ts'

/** Questions to the model and tokens that it wrote, of one kind of evidence on one item. */
export interface Cost {
  questions: number
  tokens: number
}

export interface Estimated {
  /** Uncertainty by estimator: higher is always less certain. */
  values: Record<string, number | null>
  /** Why an estimator has no value. */
  reasons: Record<string, string>
  costs: Record<string, Cost>
  /** What judged entailment; null where nothing did. */
  judge: string | null
  /** “True” was not among the alternatives: its probability is an upper bound. */
  truthFloored: boolean
  /** Answers that were given along with a stated certainty: what that certainty is about. */
  ownAnswers: Record<string, string>
}

/** How the parts are asked. */
export interface Asking {
  parts: readonly Part[]
  maxTokens: number
  verdicts: number
  /** Most distinct answers that are shown one by one. */
  shown: number
  /** Alternatives of each token that are judged. */
  alternatives: number
  passes: number
  dropoutRate: number
  refusals: readonly string[]
  refusalPrompt: string
}

const SIMILARITIES: readonly EvidenceName[] = [
  'similarity',
  'greedySimilarity',
  'tokenSimilarity',
  'sampleTokenSimilarity',
]

/** Estimators that compare texts by a provider that is named with them, and those that compare nothing. */
const compared = ESTIMATOR_NAMES.filter((name) =>
  (estimators[name] as Estimator).needs.some((need) => SIMILARITIES.includes(need)),
)
const STATED_NAMES = ['Verbalized1S', 'Linguistic1S'] as const
const plain = ESTIMATOR_NAMES.filter((name) => !compared.includes(name) && name !== 'EigenScore')

const tokensIn = (texts: readonly { tokens?: unknown[]; text: string }[]): number =>
  texts.reduce((sum, { tokens, text }) => sum + (tokens?.length ?? Math.ceil(text.length / 4)), 0)

const spent = (questions: number, tokens = 0): Cost => ({ questions, tokens })

/** All that the target tells of one answered question, as uncertainty by every estimator that it suffices for. */
export async function estimate(answered: Answered, asking: Asking): Promise<Estimated> {
  const asked = await askParts(answered, asking)
  const { judged, alternatives, embedded, unconditional, stated, linguistic } = asked
  const base = evidenceOf(answered, asked)
  const found = new Map<string, Maybe>(Object.entries(estimateAll(base, plain)))
  const overlay = (names: readonly (keyof typeof estimators)[], more: Partial<Evidence>) => {
    for (const [name, value] of Object.entries(estimateAll({ ...base, ...more }, names))) found.set(name, value)
  }
  // Token sequences that fit each other, and texts that state their own certainty, are for these alone.
  if (unconditional) overlay(['MeanPMI', 'MeanCPMI'], unconditional)
  if (alternatives) overlay(['ClaimConditionedProbability:nli'], alternatives.evidence)
  if (stated !== null) overlay(['Verbalized1S'], { statedConfidence: stated })
  if (linguistic !== null) overlay(['Linguistic1S'], { statedConfidence: linguistic })
  const providers: [string, Partial<Similarity>][] = [
    ['jaccard', wordSimilarity(answered)],
    ['nli', judged ? { similarity: judged.similarity, greedySimilarity: judged.greedySimilarity } : {}],
    ['embedding', embedded?.similarity ?? {}],
  ]
  for (const [provider, similarity] of providers) {
    const among = compared.filter(
      (name) =>
        !(`${name}:${provider}` in estimators) &&
        (provider !== 'nli' ||
          !(estimators[name] as Estimator).needs.some(
            (need) => need === 'tokenSimilarity' || need === 'sampleTokenSimilarity',
          )),
    )
    for (const [name, value] of Object.entries(estimateAll({ ...base, ...similarity }, among)))
      found.set(`${name}:${provider}`, value)
  }
  found.set(
    'EigenScore',
    estimateAll(asked.states ? { ...base, sampleEmbeddings: asked.states } : base, ['EigenScore']).EigenScore as Maybe,
  )
  found.set(
    'EigenScore:embedding',
    embedded?.sampleEmbeddings
      ? (estimateAll({ ...base, sampleEmbeddings: embedded.sampleEmbeddings }, ['EigenScore']).EigenScore as Maybe)
      : missing('capability_missing'),
  )
  const judge = judged?.by ?? alternatives?.by ?? null
  const values: Estimated['values'] = {}
  const reasons: Estimated['reasons'] = {}
  for (const [name, result] of found) {
    // A language model that judges is another provider than a cross-encoder.
    const own = judge?.startsWith('judge') ? name.replace(/:nli(?=:|$)/, ':judge') : name
    values[own] = result.value
    if (result.value === null) reasons[own] = result.reason
  }
  return {
    values,
    reasons,
    judge,
    truthFloored: asked.truth?.floored ?? false,
    ownAnswers: {
      ...(stated === null ? {} : { [STATED_NAMES[0]]: stated.split(/\bprobability\b/i)[0] ?? '' }),
      ...(linguistic === null ? {} : { [STATED_NAMES[1]]: linguistic }),
    },
    costs: costsOf(answered, asked, asking),
  }
}

type Asked = Awaited<ReturnType<typeof askParts>>

/** All parts that are wanted and that the target can give, asked side by side. */
async function askParts(answered: Answered, asking: Asking) {
  const { target, question, greedy, samples, mode } = answered
  const { logprobs, prompt_logprobs: scores, full, entailment, embeddings } = target.capabilities
  const wants = (part: Part) => asking.parts.includes(part)
  const answer = greedy.text.trim()
  const topK = answerEvidence(answered).greedyTopK?.map((list) => list.slice(0, asking.alternatives + 1)) ?? []
  const shown = representatives(samples, asking.shown)
  const verdict = truthPrompt(question, answer)
  const inView = brainstormed(
    question,
    answer,
    samples.map(({ text }) => text.trim()),
  )
  const asked = await allOf({
    judged: wantedPart(wants('entailment') && entailment && samples.length > 1, () => judgeEntailment(answered)),
    alternatives: wantedPart(wants('alternatives') && entailment && topK.length > 0, () =>
      judgeAlternatives(answered, topK),
    ),
    embedded: wantedPart(wants('similarity') && embeddings, () => embeddingSimilarity(answered)),
    unconditional: wantedPart(wants('withoutQuestion') && scores && answer !== '', () => withoutQuestion(answered)),
    truth: wantedPart(wants('truth') && logprobs, () => verdictOn(answered, verdict)),
    truthWithSamples: wantedPart(wants('truthWithSamples') && logprobs, () => verdictOn(answered, inView)),
    verdicts: wantedPart(wants('verdicts'), () =>
      ask(target, mode, verdict, { n: asking.verdicts, temperature: 1, maxTokens: 3 }),
    ),
    stated: wantedPart(wants('stated'), () => oneLine(answered, STATED)),
    linguistic: wantedPart(wants('linguistic'), () => oneLine(answered, LINGUISTIC)),
    later: wantedPart(wants('secondTurn'), () => secondTurn(answered)),
    refusal: wantedPart(wants('refusal') && scores, () => refusalMass(answered, asking)),
    shownScores: wantedPart(wants('shownAnswers') && scores, () => shownAnswers(answered, shown)),
    shownCounts: wantedPart(wants('shownAnswers') && !scores, () => countedAnswers(answered, shown, asking.maxTokens)),
    repeated: wantedPart(wants('ownAnswerShown') && scores && answer !== '', () => repeatedAnswer(answered)),
    none: wantedPart(wants('noneOfTheAbove') && logprobs, () => noneOfTheAbove(answered, shown)),
    dropout: wantedPart(wants('dropout') && full && answer !== '', () =>
      target.dropout(promptFor(target, mode, answered.prompt), greedy.text, {
        passes: asking.passes,
        rate: asking.dropoutRate,
      }),
    ),
    states: wantedPart(wants('hiddenStates') && full && samples.length > 1, () => sampleStates(answered)),
  })
  const { alternatives } = asked
  return {
    ...asked,
    alternatives: alternatives && {
      ...alternatives,
      evidence: { greedyTopK: topK, alternativeNli: alternatives.alternativeNli },
    },
  }
}

/** Answers by name, once all are there. */
async function allOf<Parts extends Record<string, Promise<unknown>>>(
  parts: Parts,
): Promise<{ [Name in keyof Parts]: Awaited<Parts[Name]> }> {
  const answers = await Promise.all(Object.values(parts))
  return Object.fromEntries(Object.keys(parts).map((name, place) => [name, answers[place]])) as {
    [Name in keyof Parts]: Awaited<Parts[Name]>
  }
}

/** Evidence that all estimators may see. */
const evidenceOf = (answered: Answered, asked: Asked): Partial<Evidence> => ({
  ...answerEvidence(answered),
  ...(asked.judged?.evidence ?? {}),
  ...(asked.truth
    ? {
        trueLogprob: asked.truth.trueLogprob,
        verdictMasses: { right: asked.truth.right, wrong: asked.truth.wrong },
      }
    : {}),
  ...(asked.truthWithSamples ? { trueLogprobGivenSamples: asked.truthWithSamples.trueLogprob } : {}),
  ...(asked.verdicts ? { trueVerdicts: asked.verdicts.map(({ text }) => text) } : {}),
  ...(asked.later === null ? {} : { secondTurnConfidence: asked.later }),
  ...(asked.refusal === null ? {} : { idkMass: asked.refusal }),
  ...(asked.shownScores ? { shownAnswers: asked.shownScores.shownAnswers } : {}),
  ...(asked.shownCounts ? { shownAnswerCounts: asked.shownCounts.shownAnswerCounts } : {}),
  ...(asked.repeated ? { repeatedAnswer: asked.repeated } : {}),
  ...(asked.none === null ? {} : { noneOfTheAbove: asked.none }),
  ...(asked.dropout ? { dropoutPositions: asked.dropout.tokens } : {}),
})

/** What each kind of evidence cost, by the names that the report adds up. */
function costsOf({ greedy, samples }: Answered, asked: Asked, { refusals }: Asking): Estimated['costs'] {
  const { judged, alternatives, embedded, verdicts, stated, linguistic, later, shownScores, shownCounts } = asked
  const text = (said: string): Cost => spent(1, tokensIn([{ text: said }]))
  return {
    greedy: spent(1, tokensIn([greedy])),
    samples: spent(samples.length, tokensIn(samples)),
    ...(judged ? { entailment: spent(judged.pairs) } : {}),
    ...(alternatives ? { alternatives: spent(alternatives.pairs) } : {}),
    ...(embedded ? { similarity: spent(embedded.texts) } : {}),
    ...(asked.unconditional ? { withoutQuestion: spent(1) } : {}),
    ...(asked.truth ? { truth: spent(1, 1) } : {}),
    ...(asked.truthWithSamples ? { truthWithSamples: spent(1, 1) } : {}),
    ...(verdicts ? { verdicts: spent(verdicts.length, tokensIn(verdicts)) } : {}),
    ...(stated === null ? {} : { stated: text(stated) }),
    ...(linguistic === null ? {} : { linguistic: text(linguistic) }),
    ...(later === null ? {} : { secondTurn: text(later) }),
    ...(asked.refusal === null ? {} : { refusal: spent(refusals.length) }),
    ...(shownScores ? { shownAnswers: spent(shownScores.scored) } : {}),
    ...(shownCounts ? { shownAnswers: spent(shownCounts.drawn.length, tokensIn(shownCounts.drawn)) } : {}),
    ...(asked.repeated ? { ownAnswerShown: spent(2) } : {}),
    ...(asked.none === null ? {} : { noneOfTheAbove: spent(1, 1) }),
    ...(asked.states ? { hiddenStates: spent(1) } : {}),
    ...(asked.dropout ? { dropout: spent(asked.dropout.passes) } : {}),
  }
}

const STATED =
  'Reply in one line: your answer in a few words, then “Probability:” and a number between 0.0 and 1.0 that says how sure you are that it is right.'
const LINGUISTIC =
  'Reply in one line: your answer in a few words, then how sure you are that it is right: almost certain, highly likely, likely, probable, about even, unlikely, highly unlikely or almost no chance.'

async function oneLine({ target, mode, question, greedy }: Answered, task: string): Promise<string> {
  const maxTokens = (greedy.tokens?.length ?? 16) + 12
  return textOf(await ask(target, mode, `${task}\n${question}`, { maxTokens, stop: ['\n'] }))
}

async function refusalMass({ target, mode, question }: Answered, { refusals, refusalPrompt }: Asking) {
  // After "Answer:" a raw model goes on with a space.
  const phrases = continued(asksByChat(target, mode) ? 'chat' : 'completion', refusals)
  return (await target.mass(promptFor(target, mode, `${refusalPrompt}\n${question}`), phrases)).total
}
