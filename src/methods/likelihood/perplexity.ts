import type { BootstrapOptions } from '../statistics/bootstrap.ts'
import { bootstrapRatioInterval } from '../statistics/bootstrap.ts'
import type { Interval } from '../statistics/intervals.ts'
import { quantile } from '../statistics/summary.ts'

/** A token that the model holds impossible counts this many nats, so that one token cannot make a mean infinite. */
export const NLL_CAP = 100

/** Negative log-likelihood of scored text, with the units of exactly that text. */
export interface ScoredText {
  /** Σ −ln p over the scored tokens, in nats. */
  nll: number
  tokens: number
  /** Whitespace-separated words of the raw text. */
  words: number
  /** UTF-8 bytes. */
  bytes: number
}

/**
 * Sums log-probabilities (nats) into a negative log-likelihood. Those that are not finite, or at or below −`NLL_CAP` (as
 * which −∞ comes from a server), count `NLL_CAP` and are told in `infTokens`.
 */
export function negativeLogLikelihood(logprobs: ArrayLike<number>): { nll: number; tokens: number; infTokens: number } {
  let [nll, infTokens] = [0, 0]
  for (let i = 0; i < logprobs.length; i++) {
    const logprob = logprobs[i] as number
    if (logprob > -NLL_CAP && Number.isFinite(logprob)) nll -= logprob
    else {
      nll += NLL_CAP
      infTokens++
    }
  }
  return { nll, tokens: logprobs.length, infTokens }
}

/** exp(Σnll / units); null without units or when it is too large for a number. */
function exponentiated(nll: number, units: number): number | null {
  if (!(units > 0)) return null
  const perplexity = Math.exp(nll / units)
  return Number.isFinite(perplexity) ? perplexity : null
}

/** exp(Σnll / tokens), ≥ 1. Comparable only under the same tokenizer. Null without tokens. */
export const tokenPerplexity = ({ nll, tokens }: ScoredText): number | null => exponentiated(nll, tokens)

/** exp(Σnll / words), ≥ 1. Null without words. */
export const wordPerplexity = ({ nll, words }: ScoredText): number | null => exponentiated(nll, words)

/** exp(Σnll / bytes), ≥ 1. Null without bytes. */
export const bytePerplexity = ({ nll, bytes }: ScoredText): number | null => exponentiated(nll, bytes)

/** Σnll / (ln 2 · bytes) = log2 of the byte perplexity, > 0, lower is better; the one to compare models by. */
export const bitsPerByte = ({ nll, bytes }: ScoredText): number | null => (bytes > 0 ? nll / Math.LN2 / bytes : null)

/** The sums over several texts: likelihoods and units are added, perplexities never averaged. */
export function pooled(texts: readonly ScoredText[]): ScoredText {
  const sum: ScoredText = { nll: 0, tokens: 0, words: 0, bytes: 0 }
  for (const text of texts) {
    sum.nll += text.nll
    sum.tokens += text.tokens
    sum.words += text.words
    sum.bytes += text.bytes
  }
  return sum
}

/** Seeded interval of the pooled bits per byte over documents (ratio of sums inside each resample). */
export function bitsPerByteInterval(texts: readonly ScoredText[], options: BootstrapOptions): Interval | null {
  return bootstrapRatioInterval(
    texts.map(({ nll }) => nll / Math.LN2),
    texts.map(({ bytes }) => bytes),
    options,
  )
}

/** Share of tokens above this surprisal is the tail that a mean hides. */
export const HIGH_SURPRISAL_BITS = 10

/** The 95th percentile of token surprisals in bits and the share above ten bits; null of an empty list. */
export function surprisalTail(logprobs: ArrayLike<number>): { p95Bits: number; highShare: number } | null {
  const bits = Float64Array.from(logprobs, (logprob) =>
    Number.isFinite(logprob) ? Math.min(NLL_CAP, -logprob) / Math.LN2 : NLL_CAP / Math.LN2,
  )
  const p95Bits = quantile(bits, 0.95)
  if (p95Bits === null) return null
  return { p95Bits, highShare: bits.filter((surprisal) => surprisal > HIGH_SURPRISAL_BITS).length / bits.length }
}
