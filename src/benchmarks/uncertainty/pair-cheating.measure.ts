import { renormalized } from '../../methods/choice/option-mass.ts'
import { closedAnswers } from '../../methods/text/closed-answers.ts'
import { pairAgreement } from '../../methods/uncertainty/pair-cheating.ts'
import type { Model } from '../../model/model.ts'
import { ask, continued, promptFor } from '../asking.ts'
import type { PairItem, PairParams } from './pair-cheating.ts'

/** What is shown before the answer: nothing, an outcome of the same setting, or one of an unrelated setting. */
type Shown = { outcome: string; elsewhere: boolean } | null

/** The prompt, what differs last; the options close it, so that the reply is one of them. */
export function pairPrompt({ x, outcomes, wording }: PairItem, shown: Shown): string {
  const options = `Reply with one of these only: ${outcomes.join(', ')}.`
  if (shown === null) return `${x}\n${options}`
  const { outcome, elsewhere } = shown
  const sentence =
    wording === 'draw'
      ? elsewhere
        ? `In another, unrelated setting an independent person drew and got ${outcome}. Your draw is independent.`
        : `An independent person drew again from the same setting and got ${outcome}. Your draw is independent.`
      : elsewhere
        ? `To another, unrelated question somebody answered ${outcome}. Your answer is your own.`
        : `Another person was asked the same independently and answered ${outcome}. Your answer is your own.`
  return `${x}\n${sentence}\n${options}`
}

export interface PairMeasure {
  probabilities: number[]
  conditional: number[][]
  placebo: number[][] | null
  answerMass: number
  /** p(y)·(p(y | y) − p(y)) without the bias of few samples; null where probabilities were scored. */
  signedVariance: number[] | null
}

const shownRows = (item: PairItem, elsewhere: boolean): Shown[] =>
  item.outcomes.map((outcome) => ({ outcome, elsewhere }))

/** All outcomes scored, alone and after each was shown. Null where they have no probability at all. */
export async function byScores(
  target: Model,
  mode: 'chat' | 'completion',
  item: PairItem,
  params: PairParams,
): Promise<PairMeasure | null> {
  const texts = continued(mode, item.outcomes)
  const massesOf = async (shown: Shown) =>
    (await target.score(promptFor(target, mode, pairPrompt(item, shown)), texts)).map(({ logprob }) =>
      Math.exp(logprob),
    )
  const rowsOf = async (rows: Shown[]) => {
    const found = (await Promise.all(rows.map(massesOf))).map(renormalized)
    return found.every((row) => row !== null) ? found : null
  }
  const [first, conditional, placebo] = await Promise.all([
    massesOf(null),
    rowsOf(shownRows(item, false)),
    params.placebo ? rowsOf(shownRows(item, true)) : null,
  ])
  const probabilities = renormalized(first)
  if (!probabilities || !conditional) return null
  const answerMass = Math.min(
    1,
    first.reduce((sum, mass) => sum + mass, 0),
  )
  return { probabilities, conditional, placebo, answerMass, signedVariance: null }
}

/** Shares of samples that name each outcome. Null where no first sample names one, or none after some outcome shown. */
export async function bySamples(
  target: Model,
  mode: 'chat' | 'completion',
  item: PairItem,
  params: PairParams,
): Promise<PairMeasure | null> {
  const { read } = closedAnswers(item.outcomes.map((outcome) => [outcome]))
  const countsOf = async (shown: Shown, n: number) => {
    const counts = item.outcomes.map(() => 0)
    for (const { text } of await ask(target, mode, pairPrompt(item, shown), { n, temperature: 1, maxTokens: 16 })) {
      const { member } = read(text)
      if (member !== null) counts[member] = (counts[member] as number) + 1
    }
    return counts
  }
  const rowsOf = async (rows: Shown[]) => {
    const found = await Promise.all(
      rows.map(async (shown) => renormalized(await countsOf(shown, params.secondSamples))),
    )
    return found.every((row) => row !== null) ? found : null
  }
  const [counts, conditional, placebo] = await Promise.all([
    countsOf(null, params.firstSamples),
    rowsOf(shownRows(item, false)),
    params.placebo ? rowsOf(shownRows(item, true)) : null,
  ])
  const total = counts.reduce((sum, count) => sum + count, 0)
  const probabilities = renormalized(counts)
  if (!probabilities || !conditional || total < 2) return null
  return {
    probabilities,
    conditional,
    placebo,
    answerMass: total / params.firstSamples,
    // p² from the same samples as p would be too large: two different samples have to agree.
    signedVariance: probabilities.map(
      (p, y) => p * (conditional[y]?.[y] as number) - (pairAgreement(counts[y] as number, total) as number),
    ),
  }
}
