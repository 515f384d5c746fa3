import type { Random } from '../random.ts'
import { withBentPunctuation, withFiller, withOcrErrors, withTurnedCase } from './surface.ts'
import { type TypoKind, withTypos } from './typos.ts'
import { withoutWords, withShuffledWords } from './words.ts'

/** Kinds of corruption. `typo` mixes the four `typo:` kinds. */
export const NOISE_KINDS = [
  'typo',
  'typo:swap',
  'typo:drop',
  'typo:insert',
  'typo:neighbour',
  'word-drop',
  'word-shuffle',
  'case',
  'punctuation',
  'ocr',
  'filler',
] as const

export type NoiseKind = (typeof NOISE_KINDS)[number]

/** Expected share of characters in error at severity 1–5: 0.02, 0.04, 0.08, 0.16, 0.32. */
export const characterErrorRate = (severity: number): number => 0.02 * 2 ** (severity - 1)

/**
 * A seeded corruption of a text at severity 1 (slight) to 5 (heavy). Character kinds make about
 * `characterErrorRate(severity)` errors a character (a swap is two), at least one; word kinds touch twice that share of
 * the words; `filler` puts a longer opening before it. Raises on another severity.
 */
export function corrupt(text: string, kind: NoiseKind, severity: number, random: Random): string {
  if (!Number.isInteger(severity) || severity < 1 || severity > 5)
    throw new RangeError(`corrupt: severity must be 1 to 5, got ${severity}`)
  const rate = characterErrorRate(severity)
  const errors = Math.max(1, Math.round(rate * text.length))
  switch (kind) {
    case 'typo':
      // A swap puts two characters in error, the other kinds one: 1.25 on average.
      return withTypos(text, random, { count: Math.max(1, Math.round(errors / 1.25)) })
    case 'typo:swap':
      return withTypos(text, random, { count: Math.max(1, Math.round(errors / 2)), kinds: ['swap'] })
    case 'typo:drop':
    case 'typo:insert':
    case 'typo:neighbour':
      return withTypos(text, random, { count: errors, kinds: [kind.slice(5) as TypoKind] })
    case 'word-drop':
      return withoutWords(text, random, Math.min(0.9, 2 * rate))
    case 'word-shuffle':
      return withShuffledWords(text, random, Math.min(1, 2 * rate))
    case 'case':
      return withTurnedCase(text, random, errors)
    case 'punctuation':
      return withBentPunctuation(text, random, errors)
    case 'ocr':
      return withOcrErrors(text, random, errors)
    case 'filler':
      return withFiller(text, severity)
  }
}
