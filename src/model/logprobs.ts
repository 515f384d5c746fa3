import { fits, isBroken, utf8Length } from './alignment.ts'
import { ModelError } from './errors.ts'
import type { TokenLogprob, TopLogprob } from './model.ts'

/** What an impossible token counts: non-finite log-probabilities are capped at 100 nats. */
export const impossibleLogprob = -100
/** vLLM writes −9999 for −∞. */
const sentinel = -9999
/** Rounding of float32 softmax above 1. */
const rounding = 1e-6

/**
 * A server's log-probability, checked: at most 0 (rounding above it becomes 0), −∞ and its sentinels become −100 nats.
 * Raises ModelError('invalid_logprobs') for anything that is no number or above 0: never scored as certainty.
 */
export function checkedLogprob(value: unknown, where: string): number {
  if (typeof value !== 'number' || Number.isNaN(value))
    throw new ModelError('invalid_logprobs', `A log-probability is no number (${where}).`)
  if (value > 0) {
    if (value <= rounding) return 0
    throw new ModelError('invalid_logprobs', `A log-probability is above 0 (${where}).`)
  }
  return value <= sentinel ? impossibleLogprob : value
}

/** Alternatives, most likely first, at most `most`; sentinels (no alternative at all) left out. */
export function checkedTop(entries: Iterable<TopLogprob>, most: number): TopLogprob[] {
  const top: TopLogprob[] = []
  for (const entry of entries) {
    const logprob = checkedLogprob(entry.logprob, 'alternatives')
    if (logprob > impossibleLogprob) top.push({ ...entry, logprob })
  }
  top.sort((a, b) => b.logprob - a.logprob)
  return top.length > most ? top.slice(0, most) : top
}

/**
 * Raises ModelError('invalid_logprobs') where the numbers cannot be log-probabilities of one model: alternatives
 * whose probabilities sum to more than 1, or nothing but zeros (a server that fills the field without computing it).
 * A confident model does give some zeros, so that `fewest` of them are needed for that.
 */
export function assertPlausible(
  tokens: readonly { logprob: number | null; top?: TopLogprob[] }[],
  fewest: number,
): void {
  let scored = 0
  let zeros = 0
  let contrast = false
  for (const { logprob, top } of tokens) {
    if (logprob !== null) {
      scored++
      if (logprob === 0) zeros++
    }
    if (top === undefined || top.length < 2) continue
    let sum = 0
    for (const alternative of top) {
      sum += Math.exp(alternative.logprob)
      contrast ||= alternative.logprob < -1
    }
    if (sum > 1.02)
      throw new ModelError('invalid_logprobs', `Probabilities of alternatives sum to ${sum.toFixed(2)}, above 1.`)
  }
  if (scored >= fewest && zeros === scored && !contrast)
    throw new ModelError('invalid_logprobs', `All ${scored} log-probabilities are 0: the server does not compute them.`)
}

interface ChatEntry {
  token?: unknown
  logprob?: unknown
  bytes?: unknown
  id?: unknown
  top_logprobs?: ChatEntry[] | null
}

/** Log-probabilities as completions give them: parallel arrays. */
export interface LegacyLogprobs {
  tokens: string[]
  token_logprobs: (number | null)[]
  top_logprobs?: (Record<string, number> | null)[] | null
  text_offset?: number[] | null
}

/**
 * A token that is half a character: servers write it with U+FFFD (vLLM), cut it to what is whole of it (llama.cpp,
 * Ollama) or spell its bytes out (OpenAI: `bytes:\\xe2\\x80`). Its bytes tell; it then reads with U+FFFD. Null for any other.
 */
function halfToken(token: string, bytes: unknown): { token: string; bytes: number[] } | null {
  if (!Array.isArray(bytes) || bytes.length === 0) return null
  // Some encode the U+FFFD itself (vLLM, SGLang), which tells nothing.
  if (bytes.length === utf8Length(token) && (!token.includes('\ufffd') || encodesReplacement(bytes))) return null
  return { token: decoder.decode(Uint8Array.from(bytes as number[])), bytes: bytes as number[] }
}
const encodesReplacement = (bytes: readonly unknown[]) =>
  bytes.some((byte, place) => byte === 0xef && bytes[place + 1] === 0xbf && bytes[place + 2] === 0xbd)
const decoder = new TextDecoder()

function chatToken(entry: ChatEntry, most: number): TokenLogprob {
  if (typeof entry.token !== 'string')
    throw new ModelError('invalid_logprobs', 'An entry of logprobs.content has no "token".')
  const alternatives: TopLogprob[] = []
  for (const { token, logprob, id, bytes } of entry.top_logprobs ?? [])
    alternatives.push({
      token: halfToken(String(token), bytes)?.token ?? String(token),
      ...(typeof id === 'number' ? { id } : {}),
      logprob: logprob as number,
    })
  const half = halfToken(entry.token, entry.bytes)
  return {
    token: half?.token ?? entry.token,
    ...(typeof entry.id === 'number' ? { id: entry.id } : {}),
    ...(half ? { bytes: half.bytes } : {}),
    logprob: checkedLogprob(entry.logprob, 'generated tokens'),
    top: checkedTop(alternatives, most),
  }
}

/** True for the shape of completions (`tokens`, `token_logprobs`). */
export const isLegacy = (logprobs: unknown): logprobs is LegacyLogprobs =>
  typeof logprobs === 'object' &&
  logprobs !== null &&
  Array.isArray((logprobs as LegacyLogprobs).tokens) &&
  Array.isArray((logprobs as LegacyLogprobs).token_logprobs)

/** Alternatives of one position of the legacy shape. */
export const legacyTop = (entry: Record<string, number> | null | undefined): TopLogprob[] =>
  entry ? Object.entries(entry).map(([token, logprob]) => ({ token, logprob })) : []

/**
 * Generated tokens from either shape that servers give on either path; null where there are none.
 * Raises ModelError('invalid_logprobs') naming the field of an unknown shape.
 */
export function generatedTokens(logprobs: unknown, most: number): TokenLogprob[] | null {
  if (logprobs === null || logprobs === undefined) return null
  let tokens: TokenLogprob[]
  const content = Array.isArray(logprobs) ? logprobs : (logprobs as { content?: unknown }).content
  if (Array.isArray(content)) tokens = content.map((entry) => chatToken(entry as ChatEntry, most))
  else if (isLegacy(logprobs)) {
    const { token_logprobs, top_logprobs } = logprobs
    if (token_logprobs.length !== logprobs.tokens.length)
      throw new ModelError('invalid_logprobs', 'logprobs.tokens and logprobs.token_logprobs differ in length.')
    tokens = logprobs.tokens.map((token, index) => ({
      token,
      logprob: checkedLogprob(token_logprobs[index], 'generated tokens'),
      top: checkedTop(legacyTop(top_logprobs?.[index]), most),
    }))
  } else if (content === null) return null
  else {
    const fields = Object.keys(logprobs as object).join(', ')
    throw new ModelError(
      'invalid_logprobs',
      `choices[].logprobs has neither "content" nor "tokens" (it has: ${fields}).`,
    )
  }
  assertPlausible(tokens, 8)
  return tokens
}

const marks = /[\s▁ĠĊ]+/g

/**
 * The tokens that make up `text`, which stands at their end: reasoning before it, and tokens after it that left no
 * text, are cut off. Raises ModelError('invalid_logprobs') where the tokens are of another text.
 */
export function tokensOfText(tokens: TokenLogprob[], text: string): TokenLogprob[] {
  let joined = ''
  for (const { token } of tokens) joined += token
  if (joined === text) return tokens
  const wanted = text.trim()
  if (joined.includes('\ufffd')) return brokenTokensOf(tokens, wanted)
  const at = wanted === '' ? -1 : joined.lastIndexOf(wanted)
  if (at === -1) {
    if (wanted === '' || joined.replace(marks, '').includes(wanted.replace(marks, ''))) return tokens
    throw new ModelError('invalid_logprobs', 'The log-probabilities belong to other tokens than the answer.')
  }
  const kept: TokenLogprob[] = []
  let position = 0
  for (const entry of tokens) {
    const end = position + entry.token.length
    if (end > at && position < at + wanted.length) kept.push(entry)
    position = end
  }
  return kept
}

/** Runs of tokens that are tried: what stands behind an answer is short (an end-of-sequence token, a stop string). */
const mostTries = 512

/**
 * The same where some tokens are half a character, so that their spelling is no text: the last run that spells `wanted`.
 * Halves may seem to spell what stands before them: of runs that begin side by side the longest is the right one.
 */
function brokenTokensOf(tokens: TokenLogprob[], wanted: string): TokenLogprob[] {
  const spelt = tokens.map(({ token }) => token)
  let found: [from: number, to: number] | null = null
  let shown = 0
  let tries = 0
  for (let from = spelt.length - 1; from >= 0 && wanted !== '' && tries < mostTries; from--) {
    shown += (spelt[from] as string).length
    // A token shows as much as it spells, or more.
    if (shown < wanted.length) continue
    tries++
    const to = endOfSpelling(spelt, from, wanted)
    if (to !== -1) found = [from, to]
    else if (found !== null) break
  }
  return found === null ? tokens : tokens.slice(...found)
}

/** Behind the token with which those from `from` on have spelt `wanted`; -1 where they do not. */
function endOfSpelling(tokens: readonly string[], from: number, wanted: string): number {
  let position = 0
  let index = from
  while (position < wanted.length) {
    let most = 0
    while (index < tokens.length && isBroken(tokens[index] as string)) most += (tokens[index++] as string).length
    const token = tokens[index]
    const rest = wanted.length - position
    // Halves spell one character at least, and no more than they show.
    let halves = Math.min(most, 1)
    let length = 0
    for (; halves <= most && halves < rest; halves++) {
      length = token === undefined ? 0 : covered(token, wanted, position + halves)
      if (length > 0) break
    }
    if (halves > most) return -1
    if (halves === rest) return index
    position += halves + length
    index++
  }
  return index
}

/** Characters of `text` that a whole token covers at a place; the first one may open with white space, the last one go on. */
function covered(token: string, text: string, position: number): number {
  const shown = position === 0 ? token.trimStart() : token
  return fits(shown, text, position) || (shown.startsWith(text.slice(position)) ? text.length - position : 0)
}
