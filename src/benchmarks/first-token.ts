import { tokenMass } from '../methods/choice/option-mass.ts'
import type { Sample, TopLogprob } from '../model/model.ts'

/** Alternatives wanted of a first token: enough to find options among them. */
export const ALTERNATIVES = 20

/** The alternatives of the first generated token, the generated one among them; empty where the target shows none. */
export function firstCandidates(samples: readonly Sample[]): TopLogprob[] {
  const token = samples[0]?.tokens?.[0]
  return token ? [token, ...token.top] : []
}

/** Probability of all distinct alternatives shown; what is missing to 1 is the most that an unshown token can have. */
export const shownMass = (candidates: readonly TopLogprob[]): number => tokenMass(candidates, () => true)

/** Probability of a word as the first token, in any case, with or without the space before it. */
export const wordMass = (candidates: readonly TopLogprob[], word: string): number =>
  tokenMass(candidates, (token) => token.trim().toLowerCase() === word.toLowerCase())
