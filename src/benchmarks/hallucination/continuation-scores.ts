/** A scored continuation: its log-probability given the prefix, nats, over its own tokens. */
export interface Continuation {
  text: string
  logprob: number
  tokens: number
}

/**
 * FACTOR's rule: the space between prefix and completion belongs to the completion, exactly one. A prefix that ends in a
 * line break keeps it, and what follows begins the line.
 */
export function joined(prefix: string, continuations: readonly string[]): { prefix: string; continuations: string[] } {
  const written = prefix.trimEnd().length
  const lines = prefix.slice(written).lastIndexOf('\n') + 1
  const spaced = prefix.length > written + lines
  return {
    prefix: prefix.slice(0, written + lines),
    continuations: continuations.map(
      (text) => `${spaced || (lines === 0 && /^\s/.test(text)) ? ' ' : ''}${text.trimStart()}`,
    ),
  }
}

/** The end of the prefix, at most `characters` long, begun at a word. */
export function cutLeft(prefix: string, characters: number): string {
  if (prefix.length <= characters) return prefix
  const kept = prefix.slice(-characters)
  const space = kept.search(/\s/)
  return space === -1 ? kept : kept.slice(space + 1)
}

/** Mean log-probability per token. The continuation must have some. */
export const meanLogprob = ({ logprob, tokens }: Continuation): number => logprob / tokens

/** 1 where the true continuation (the first) scores strictly highest, 1/(k + 1) where k others tie with it, else 0. */
export function pointsOf(scored: readonly Continuation[], score = meanLogprob): number {
  const [truth, ...others] = scored.map(score)
  const best = Math.max(...others)
  if (truth === undefined || truth < best) return 0
  return 1 / (1 + others.filter((value) => value === truth).length)
}

/** Perplexity of true continuations: exp of minus the mean log-probability over all their tokens. */
export function perplexityOf(rows: readonly Continuation[]): number | null {
  const tokens = rows.reduce((sum, one) => sum + one.tokens, 0)
  const logprob = rows.reduce((sum, one) => sum + one.logprob, 0)
  return tokens === 0 ? null : Math.exp(-logprob / tokens)
}

/** Score margin of the true continuation over the best false one, nats per token. */
export const marginOf = (scored: readonly Continuation[]): number =>
  meanLogprob(scored[0] as Continuation) - Math.max(...scored.slice(1).map(meanLogprob))
