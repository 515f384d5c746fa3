import type { PhraseMass } from './model.ts'

/**
 * Probabilities of phrases as the next text from their log-probabilities (nats), and of any of them: "I don't know"
 * covers "I don't know that", so that the longer of the two adds nothing. Total is at most 1.
 */
export function massOf(phrases: readonly string[], logprobs: readonly number[]): PhraseMass {
  const found = phrases.map((phrase, place) => {
    const logprob = logprobs[place] ?? Number.NEGATIVE_INFINITY
    return { phrase, logprob, mass: Math.exp(logprob) }
  })
  const openings = found.filter(
    ({ phrase }, place) =>
      !found.some(
        (other, at) => at !== place && phrase.startsWith(other.phrase) && (phrase !== other.phrase || at < place),
      ),
  )
  return {
    phrases: found,
    total: Math.min(
      1,
      openings.reduce((sum, { mass }) => sum + mass, 0),
    ),
  }
}
