import { rivalShare } from '../methods/refusal/certainty.ts'
import type { Model } from '../model/model.ts'
import { ask, type Mode } from './asking.ts'
import { ALTERNATIVES, firstCandidates, wordMass } from './first-token.ts'

const VOTES = 5

/** The question whether a proposed answer is true, as one prompt that puts what differs last. */
export const truthPrompt = (question: string, answer: string): string =>
  `Is the proposed answer true or false? Reply with one word, True or False.\nQuestion: ${question}\nProposed answer: ${answer}`

/**
 * p(True) over p(True) + p(False) of the reply to a prompt that asks for one of the two: from the first token where the
 * target shows log-probabilities, else the share of five sampled votes. Null where neither was shown or said.
 * S. Kadavath et al., Language models (mostly) know what they know, 2022.
 */
export async function askTruth(target: Model, mode: Mode, prompt: string): Promise<number | null> {
  if (target.capabilities.logprobs) {
    const candidates = firstCandidates(await ask(target, mode, prompt, { maxTokens: 1, topLogprobs: ALTERNATIVES }))
    return rivalShare(wordMass(candidates, 'true'), wordMass(candidates, 'false'))
  }
  const votes = await ask(target, mode, prompt, { maxTokens: 3, temperature: 1, n: VOTES })
  const said = votes.map(({ text }) => /\b(true|false)\b/i.exec(text)?.[1]?.toLowerCase())
  return rivalShare(said.filter((vote) => vote === 'true').length, said.filter((vote) => vote === 'false').length)
}
