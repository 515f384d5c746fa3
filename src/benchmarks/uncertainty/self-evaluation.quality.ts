import { optionMass, renormalized } from '../../methods/choice/option-mass.ts'
import { rouge, rougeTokens } from '../../methods/text/rouge.ts'
import type { Model } from '../../model/model.ts'
import { ask, type Mode, textOf } from '../asking.ts'
import { judgeAnswer, mentionsAny } from '../correctness.ts'
import { ALTERNATIVES, firstCandidates } from '../first-token.ts'
import { askTruth } from '../truth.ts'
import type { SelfEvaluationItem } from './self-evaluation.ts'

/** What told how good an answer is. */
export const qualityWays = ['match', 'facts', 'closest', 'judge'] as const
export type QualityBy = (typeof qualityWays)[number]

const RATINGS = ['1', '2', '3', '4', '5']

/** What decides the quality of this item's answers; null where that would take a judge, and there is none. */
export function qualityWay(item: SelfEvaluationItem, judge: Model | undefined): QualityBy | null {
  if (item.facts) return 'facts'
  const judged = item.reference !== undefined || item.wrongAnswers !== undefined || item.rubric !== undefined
  if (judged && judge) return 'judge'
  if (item.wrongAnswers && item.answers.length > 0) return 'closest'
  return item.answers.length > 0 ? 'match' : null
}

/**
 * Quality of an answer in [0, 1]: share of facts told; a gold answer found; nearer (ROUGE-1) to a right answer than to
 * any known wrong one, as TruthfulQA scores texts without a judge; or a judge's verdict. Null where the judge gave none.
 */
export async function qualityOf(
  text: string,
  item: SelfEvaluationItem,
  by: QualityBy,
  judge: Model | undefined,
  mode: Mode,
): Promise<number | null> {
  if (by === 'facts') {
    const facts = item.facts ?? []
    return facts.filter((spellings) => mentionsAny(text, spellings)).length / facts.length
  }
  if (by === 'match') return Number(judgeAnswer(text, item).correct)
  if (by === 'closest') return Number(nearness(text, item.answers) > nearness(text, item.wrongAnswers ?? []))
  if (item.reference === undefined && item.answers.length > 0)
    return askTruth(judge as Model, mode, verdictPrompt(text, item))
  return rate(judge as Model, mode, ratingPrompt(text, item))
}

const nearness = (text: string, others: readonly string[]): number =>
  Math.max(0, ...others.map((other) => rouge(rougeTokens(text), rougeTokens(other), 'rouge1')))

const rubricLine = ({ rubric }: SelfEvaluationItem) => (rubric ? [`Rules: ${rubric}`] : [])

const verdictPrompt = (text: string, item: SelfEvaluationItem): string =>
  [
    'Is the proposed answer true or false? Reply with one word, True or False.',
    ...rubricLine(item),
    `Right answers: ${item.answers.join('; ')}`,
    ...(item.wrongAnswers?.length ? [`Wrong answers: ${item.wrongAnswers.join('; ')}`] : []),
    `Question: ${item.question}`,
    `Proposed answer: ${text}`,
  ].join('\n')

const ratingPrompt = (text: string, item: SelfEvaluationItem): string =>
  [
    'Rate the proposed answer from 1 (useless) to 5 (as good as the reference). Reply with the number only.',
    ...rubricLine(item),
    `Question: ${item.question}`,
    ...(item.reference === undefined ? [] : [`Reference: ${item.reference}`]),
    `Proposed answer: ${text}`,
  ].join('\n')

/** A rating of 1 to 5 as a share of the way from worst to best: its mean under the judge's probabilities, where shown. */
async function rate(judge: Model, mode: Mode, prompt: string): Promise<number | null> {
  const { logprobs } = judge.capabilities
  const samples = await ask(judge, mode, prompt, { maxTokens: 3, ...(logprobs ? { topLogprobs: ALTERNATIVES } : {}) })
  const shares = renormalized(optionMass(firstCandidates(samples), RATINGS).masses)
  if (shares) return shares.reduce((sum, share, place) => sum + share * place, 0) / (RATINGS.length - 1)
  const said = /\b[1-5]\b/.exec(textOf(samples))?.[0]
  return said === undefined ? null : (Number(said) - 1) / (RATINGS.length - 1)
}
