import { align, utf8Length } from './alignment.ts'
import { ModelError } from './errors.ts'
import { assertPlausible, checkedLogprob, checkedTop } from './logprobs.ts'
import type { ScoredToken, TokenScores, TopLogprob } from './model.ts'

/** One token of given text as a server tells it. */
export interface GivenToken {
  token: string
  id?: number
  /** Null or absent for a token without context. */
  logprob: number | null | undefined
  rank?: number
  entropy?: number
  top?: TopLogprob[]
}

/** The sums over scored tokens. */
export function totals(tokens: ScoredToken[], bos: boolean): TokenScores {
  let logprob = 0
  let scoredTokens = 0
  let scoredBytes = 0
  for (const token of tokens) {
    if (token.logprob === null) continue
    logprob += token.logprob
    scoredTokens++
    scoredBytes += token.end - token.start
  }
  return { tokens, logprob, scoredTokens, scoredBytes, bos }
}

/** The first token has no context unless the server put one there: null, 0 and sentinels all mean that it had none. */
const firstLogprob = (value: number | null | undefined): number | null =>
  typeof value === 'number' && value < 0 && value > -9999 ? value : null

/**
 * The continuation's part of a scored text: the tokens that reach past the prompt, one that crosses the border
 * included, with byte offsets within the continuation. Only the first token of the sequence may have no
 * log-probability. Raises ModelError('invalid_logprobs').
 */
export function cutContinuation(
  given: readonly GivenToken[],
  prompt: string,
  continuation: string,
  topLogprobs: number | undefined,
  offsets?: readonly number[] | null,
): TokenScores {
  const text = prompt + continuation
  if (continuation === '') return totals([], false)
  const { starts, ends, lead, used } = align(
    given.map(({ token }) => token),
    text,
    offsets,
  )
  const border = utf8Length(prompt)
  const all: { logprob: number | null; top?: TopLogprob[] }[] = []
  const kept: ScoredToken[] = []
  for (let index = 0; index < used; index++) {
    const entry = given[index] as GivenToken
    if (index > 0 && (entry.logprob === null || entry.logprob === undefined))
      throw new ModelError('invalid_logprobs', `Token ${index} of the text has no log-probability.`)
    const logprob = index === 0 ? firstLogprob(entry.logprob) : checkedLogprob(entry.logprob, 'given tokens')
    const inside = index >= lead && (ends[index] as number) > border
    const top = topLogprobs !== undefined && entry.top && inside ? checkedTop(entry.top, topLogprobs) : undefined
    const scored: ScoredToken = {
      token: entry.token,
      ...(entry.id === undefined ? {} : { id: entry.id }),
      start: Math.max(0, (starts[index] as number) - border),
      end: Math.max(0, (ends[index] as number) - border),
      logprob,
      ...(entry.rank === undefined ? {} : { rank: entry.rank }),
      ...(entry.entropy === undefined ? {} : { entropy: entry.entropy }),
      ...(top === undefined ? {} : { top }),
    }
    all.push(scored)
    if (inside) kept.push(scored)
  }
  assertPlausible(all, 2)
  // A first token with a probability had something before it, even where the server does not show it.
  return totals(kept, lead > 0 || all[0]?.logprob !== null)
}
