import { optionLetters } from '../methods/choice/extract-option.ts'
import { optionMass, renormalized } from '../methods/choice/option-mass.ts'
import type { Model } from '../model/model.ts'
import { ask, type Mode } from './asking.ts'
import { ALTERNATIVES, firstCandidates } from './first-token.ts'

const VOTES = 5

/** Options under each other, each after its letter. */
export function lettered(options: readonly string[], ids: readonly string[] = optionLetters(options.length)): string {
  return options.map((option, place) => `${ids[place]}. ${option}`).join('\n')
}

/**
 * Probability of each letter as the reply, renormalised over the letters: from the first token where the target shows
 * log-probabilities, else the shares of five sampled votes. Null where no letter was shown or said.
 */
export async function letterShares(target: Model, mode: Mode, prompt: string, count: number): Promise<number[] | null> {
  const ids = optionLetters(count)
  if (target.capabilities.logprobs) {
    const samples = await ask(target, mode, prompt, { maxTokens: 1, topLogprobs: ALTERNATIVES })
    return renormalized(optionMass(firstCandidates(samples), ids).masses)
  }
  const votes = await ask(target, mode, prompt, { maxTokens: 4, temperature: 1, n: VOTES })
  const letters = votes.map(({ text }) => /^[\s(*]*([A-J])\b/.exec(text)?.[1])
  return renormalized(ids.map((id) => letters.filter((letter) => letter === id).length))
}
