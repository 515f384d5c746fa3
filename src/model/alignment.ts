import { ModelError } from './errors.ts'

/** Where each token lies in a text, in UTF-8 bytes. */
export interface Alignment {
  starts: number[]
  ends: number[]
  /** Tokens before the text: a beginning-of-sequence token. */
  lead: number
  /** Tokens that belong to the text or stand before it; what follows was generated. */
  used: number
}

/** UTF-8 bytes of text[from, to). A lone surrogate counts as the three bytes of U+FFFD. */
export function utf8Length(text: string, from = 0, to = text.length): number {
  let bytes = 0
  for (let index = from; index < to; index++) {
    const unit = text.charCodeAt(index)
    if (unit < 0x80) bytes++
    else if (unit < 0x800) bytes += 2
    else if (unit >= 0xd800 && unit < 0xdc00 && index + 1 < to && (text.charCodeAt(index + 1) & 0xfc00) === 0xdc00) {
      bytes += 4
      index++
    } else bytes += 3
  }
  return bytes
}

const special = /^(?:<[^<>\s]{1,40}>|\[[A-Z]{1,12}\])?$/
/** Half a character in a server's spelling. */
export const isBroken = (token: string) => token === '' || token.includes('\ufffd')
const unmarked = (token: string) => token.replace(/[▁Ġ]/g, ' ').replace(/Ċ/g, '\n')

/** Characters of `text` at `position` that `token` covers; 0 where it does not fit. */
export function fits(token: string, text: string, position: number): number {
  if (text.startsWith(token, position)) return token.length
  const plain = unmarked(token)
  if (plain !== token && text.startsWith(plain, position)) return plain.length
  // Tokenizers of SentencePiece open a text with a space of their own.
  if (position === 0 && plain.startsWith(' ') && text.startsWith(plain.slice(1))) return plain.length - 1
  return 0
}

/**
 * Lays tokens along a text. Tokens that are half a character (empty or U+FFFD in the server's spelling) share the
 * bytes up to the next whole token evenly. Null where the tokens do not spell the text.
 */
export function alignTokens(tokens: readonly string[], text: string): Alignment | null {
  const starts: number[] = []
  const ends: number[] = []
  let position = 0
  let byte = 0
  let index = 0
  while (index < tokens.length && !fits(tokens[index] as string, text, 0) && special.test(tokens[index] as string)) {
    starts.push(0)
    ends.push(0)
    index++
  }
  const lead = index
  while (index < tokens.length && position < text.length) {
    const token = tokens[index] as string
    const length = isBroken(token) ? 0 : fits(token, text, position)
    if (length > 0) {
      starts.push(byte)
      byte += utf8Length(text, position, position + length)
      ends.push(byte)
      position += length
      index++
      continue
    }
    if (!isBroken(token)) return null
    let after = index
    while (after < tokens.length && isBroken(tokens[after] as string)) after++
    const run = after - index
    const to = after === tokens.length ? text.length : nextWhole(tokens, after, text, position, run)
    if (to === -1 || to > position + mostOf(run)) return null
    const bytes = utf8Length(text, position, to)
    for (let k = 0; k < run; k++) {
      starts.push(byte + Math.floor((k * bytes) / run))
      ends.push(byte + Math.floor(((k + 1) * bytes) / run))
    }
    byte += bytes
    position = to
    index = after
  }
  return position < text.length ? null : { starts, ends, lead, used: index }
}

/** The most characters that a run of broken tokens is believed to spell. */
const mostOf = (run: number): number => 4 * run + 4

/**
 * Where the first whole token after a run of broken ones stands; -1 where nowhere near, and the text's end when that
 * token was generated. Empty tokens may take no room: the next one then spells the character that they began.
 */
function nextWhole(tokens: readonly string[], after: number, text: string, position: number, run: number): number {
  const token = tokens[after] as string
  const most = Math.min(text.length, position + mostOf(run))
  const empty = tokens.slice(after - run, after).every((broken) => broken === '')
  for (let to = empty ? position : position + 1; to < most; to++) if (fits(token, text, to) > 0) return to
  return most === text.length ? text.length : -1
}

/**
 * Lays tokens by a server's own character offsets (`text_offset`), for tokens whose spelling does not fit the text.
 * Null where the offsets are not of this text.
 */
export function alignByOffsets(offsets: readonly number[], text: string): Alignment | null {
  const characters = [...text]
  const byteAt = [0]
  for (const character of characters) byteAt.push((byteAt.at(-1) as number) + utf8Length(character))
  const total = byteAt.at(-1) as number
  const first = offsets[0]
  if (first !== 0) return null
  const starts: number[] = []
  const ends: number[] = []
  let used = 0
  for (let index = 0; index < offsets.length; index++) {
    const from = offsets[index] as number
    const to = offsets[index + 1] ?? characters.length
    if (!Number.isInteger(from)) return null
    // What follows was generated.
    if (from >= characters.length && characters.length > 0) break
    if (to < from) return null
    starts.push(byteAt[from] as number)
    ends.push(byteAt[Math.min(to, characters.length)] ?? total)
    used++
  }
  const lastEnd = ends.at(-1)
  return lastEnd === total ? { starts, ends, lead: 0, used } : null
}

/** By spelling, else by offsets. Raises ModelError('invalid_logprobs') where neither fits. */
export function align(tokens: readonly string[], text: string, offsets?: readonly number[] | null): Alignment {
  const found = alignTokens(tokens, text) ?? (offsets?.length === tokens.length ? alignByOffsets(offsets, text) : null)
  if (found === null)
    throw new ModelError(
      'invalid_logprobs',
      'The log-probabilities belong to other tokens than the text that was sent.',
    )
  return found
}
