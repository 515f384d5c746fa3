import { createHash } from 'node:crypto'

/**
 * The "model" of the test server: replies and log-probabilities as pure functions of text. Nothing is learned; the
 * shape is right: likelier words in likely places, the same text always the same numbers, probabilities below 1.
 */

export interface Token {
  text: string
  /** Characters (code points) before it. */
  offset: number
}

const pattern = / ?[\p{L}\p{N}]{1,6}|[^\p{L}\p{N}]/gu

/** Up to six letters or digits with at most one space before them, or any other single character. */
export function tokenize(text: string): Token[] {
  const tokens: Token[] = []
  let offset = 0
  for (const [piece] of text.matchAll(pattern)) {
    tokens.push({ text: piece, offset })
    offset += [...piece].length
  }
  return tokens
}

/** 32 bits from text: FNV-1a, finished by a multiply-xor mix. Fast, and the same everywhere. */
export function hash(text: string, start = 2166136261): number {
  let h = start
  for (let index = 0; index < text.length; index++) h = Math.imul(h ^ text.charCodeAt(index), 16777619)
  h = Math.imul(h ^ (h >>> 16), 2246822507)
  h = Math.imul(h ^ (h >>> 13), 3266489909)
  return (h ^ (h >>> 16)) >>> 0
}

/** Uniform in [0, 1). */
export const uniform = (text: string, seed: number): number => hash(text, seed >>> 0) / 4294967296

const common =
  'the a an of to in and is was were are it that for on with as by at from or be this which had has have not but they he she his her their one all would there when who will more if out so what up said about into than them can only other new some could time these two may then do first any my now such like our over man me even most made after also did many before must through years where much your way well down should because each just those people how too little state good very make world still own see men work long get here between both life being under never day same another know while last might us great old year off come since against go came right used take three'
const words = common.split(' ')
const likely = new Set(words)
/** Pairs that a sentence often holds; a pair found raises the second word. */
const pairs = new Set([
  'went to',
  'to school',
  'in the',
  'of the',
  'to the',
  'on the',
  'the morning',
  'the afternoon',
  'and came',
  'came home',
  'home in',
  'the children',
  'children went',
  'school in',
  'it is',
  'is the',
  'the first',
  'was a',
  'there was',
  'once upon',
  'upon a',
  'a time',
  'capital of',
  'is a',
  'at the',
  'for the',
  'from the',
  'by the',
  'with the',
  'and the',
  'as a',
])

const bare = (token: string) => token.trim().toLowerCase()

/** The context that a token's probability depends on: the last tokens before it. */
export const contextOf = (tokens: readonly string[], index: number, reach = 8): string =>
  tokens.slice(Math.max(0, index - reach), index).join('')

/** Natural log-probability of `token` after `context`, below 0 always. */
export function logprobOf(context: string, token: string, seed: number): number {
  const word = bare(token)
  const before = bare(/([\p{L}\p{N}]+)\s*$/u.exec(context)?.[1] ?? '')
  let base = /^[\p{L}\p{N}]/u.test(word) ? (likely.has(word) ? 3.2 : 6.5) : 2.2
  if (pairs.has(`${before} ${word}`)) base = 0.7
  // Words heard before in the context are likelier, as in any text.
  else if (word.length > 3 && context.toLowerCase().includes(word)) base -= 2.5
  return -Math.max(0.02, base + uniform(`${context}\u0000${token}`, seed) * 1.5 - 0.5)
}

/**
 * The most likely alternatives after `context`: sorted, their probabilities below 1 in sum. `chosen`, the greedy
 * token, leads the list with its own probability. `count` at most 20.
 */
export function alternatives(
  context: string,
  count: number,
  seed: number,
  chosen: string | null = null,
): { token: string; logprob: number }[] {
  if (count === 0) return []
  const start = hash(context, seed)
  const share = 0.35 + 0.5 * uniform(`${context}\u0001`, seed)
  const list: { token: string; logprob: number }[] = []
  let mass = 0.97
  let most = 1
  if (chosen !== null) {
    const logprob = logprobOf(context, chosen, seed)
    list.push({ token: chosen, logprob })
    most = Math.exp(logprob) * 0.9
    mass *= 1 - Math.exp(logprob)
  }
  for (let rank = 0; list.length < count; rank++) {
    const token = ` ${words[(start + rank * 37) % words.length]}`
    if (token === chosen) continue
    const taken = Math.min(mass * share, most * 0.95 ** rank)
    mass -= taken
    list.push({ token, logprob: Math.log(taken) })
  }
  return list
}

const sums = /(\d{1,6})\s*([+\-−*×x])\s*(\d{1,6})/g

/** A number that sums up "12 + 7" and the like; wrong for the share `1 − accuracy` of prompts. Null without a sum. */
function arithmetic(prompt: string, accuracy: number, seed: number): string | null {
  const found = [...prompt.matchAll(sums)].at(-1)
  if (found === undefined) return null
  const [, left, operator, right] = found
  const a = Number(left)
  const b = Number(right)
  const value = operator === '+' ? a + b : operator === '-' || operator === '−' ? a - b : a * b
  if (uniform(prompt, seed + 1) < accuracy) return String(value)
  return String(value + 1 + (hash(prompt, seed + 2) % 9))
}

const replyWith = /Reply with:[ \t]*([^\n]*)/gi

export interface Reply {
  text: string
  /** The same for every draw. */
  fixed: boolean
}

/**
 * The reply to a prompt. "Reply with: X" gets X; a sum gets its value, right for the share `accuracy` of prompts;
 * anything else a few words fixed by the prompt. `draw` (0 when greedy) may pick another wording.
 */
export function replyTo(prompt: string, draw: number, accuracy: number, seed: number): string {
  const told = [...prompt.matchAll(replyWith)].at(-1)?.[1]?.trim()
  if (told !== undefined) return told
  const sum = arithmetic(prompt, accuracy, seed)
  if (sum !== null && (draw === 0 || uniform(`${prompt}\u0002${draw}`, seed) < 0.8)) return sum
  const candidates = 1 + (hash(prompt, seed + 3) % 4)
  const pick = draw === 0 ? 0 : hash(`${prompt}\u0003${draw}`, seed) % (candidates + 1)
  const candidate = pick >= candidates ? 0 : pick
  const length = 3 + (hash(`${prompt}\u0004${candidate}`, seed) % 6)
  const reply: string[] = []
  for (let index = 0; index < length; index++)
    reply.push(words[hash(`${prompt}\u0005${candidate}\u0005${index}`, seed) % words.length] as string)
  const text = reply.join(' ')
  return `${text.charAt(0).toUpperCase()}${text.slice(1)}.`
}

/** A unit vector of `dimensions`; texts that share words are closer. */
export function embed(text: string, dimensions: number): number[] {
  const vector = new Array<number>(dimensions).fill(0)
  for (const word of text.toLowerCase().match(/[\p{L}\p{N}]+/gu) ?? ['']) {
    const digest = createHash('sha256').update(word).digest()
    for (let index = 0; index < dimensions; index++)
      vector[index] = (vector[index] as number) + ((digest[index % 32] as number) - 127.5) * ((index >> 5) % 2 ? -1 : 1)
  }
  const norm = Math.hypot(...vector) || 1
  return vector.map((value) => value / norm)
}
