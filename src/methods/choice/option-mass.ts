export interface TokenCandidate {
  token: string
  logprob: number
}

export interface OptionMass {
  /** Probability of each option id as the first token, its spellings added up. */
  masses: number[]
  /** Their sum: the probability that the first token is any id, in [0, 1]. */
  total: number
  /** Some id was not among the candidates, so that its mass of 0 is only a lower bound. */
  truncated: boolean
}

/** A token as text: the space marks of byte-level and sentence-piece vocabularies become spaces. */
export const plainToken = (token: string): string => token.replace(/[▁Ġ]/g, ' ').replaceAll('Ċ', '\n')

/** Whether a first token spells an option id: "A", " A", "(A", " (A", "A.", "A)", "A:". "Apple" does not. */
const spells = (token: string, id: string): boolean => {
  const bare = plainToken(token).trim()
  return bare === id || bare === `(${id}` || bare === `${id}.` || bare === `${id})` || bare === `${id}:`
}

/**
 * First-token probability of each option id from the top candidates of the first position (log-probabilities in nats).
 * Candidates that are listed twice count once.
 */
export function optionMass(candidates: readonly TokenCandidate[], ids: readonly string[]): OptionMass {
  const seen = new Map<string, number>()
  for (const { token, logprob } of candidates) if (Number.isFinite(logprob)) seen.set(token, logprob)
  let truncated = false
  const masses = ids.map((id) => {
    const spelled = [...seen].filter(([token]) => spells(token, id))
    if (spelled.length === 0) truncated = true
    return Math.min(
      1,
      spelled.reduce((sum, [, logprob]) => sum + Math.exp(logprob), 0),
    )
  })
  return {
    masses,
    total: Math.min(
      1,
      masses.reduce((sum, mass) => sum + mass, 0),
    ),
    truncated,
  }
}

/** The masses divided by their sum; null when it is 0. */
export function renormalized(masses: readonly number[]): number[] | null {
  const sum = masses.reduce((total, mass) => total + mass, 0)
  return sum > 0 ? masses.map((mass) => mass / sum) : null
}

/** Position of the largest value, the first of equals; null of an empty list. */
export function argmax(values: ArrayLike<number>): number | null {
  let best: number | null = null
  for (let i = 0; i < values.length; i++)
    if (best === null || (values[i] as number) > (values[best] as number)) best = i
  return best
}

/** Summed probability of the distinct first tokens that `accepts` takes (as plain text), clipped to 1. */
export function tokenMass(candidates: readonly TokenCandidate[], accepts: (token: string) => boolean): number {
  const seen = new Map<string, number>()
  for (const { token, logprob } of candidates) if (Number.isFinite(logprob)) seen.set(token, logprob)
  let sum = 0
  for (const [token, logprob] of seen) if (accepts(plainToken(token))) sum += Math.exp(logprob)
  return Math.min(1, sum)
}
