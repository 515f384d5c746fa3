import type { Random } from '../random.ts'

const parts = (text: string): { pieces: string[]; words: number[] } => {
  const pieces = text.split(/(\s+)/)
  return { pieces, words: pieces.flatMap((piece, i) => (/\S/.test(piece) ? [i] : [])) }
}

/** Drops a share of the words (at least one, never all); order and the rest of the text stay. */
export function withoutWords(text: string, random: Random, share: number): string {
  const { pieces, words } = parts(text)
  const count = Math.min(words.length - 1, Math.max(1, Math.round(share * words.length)))
  const dropped = new Set(random.sample(words, Math.max(0, count)))
  return pieces
    .filter((_, i) => !dropped.has(i))
    .join('')
    .replace(/\s{2,}/g, ' ')
    .trim()
}

/** Shuffles a share of the words among their places (at least two words move when the text has two different ones). */
export function withShuffledWords(text: string, random: Random, share: number): string {
  const { pieces, words } = parts(text)
  const chosen = random.sample(words, Math.min(words.length, Math.max(2, Math.round(share * words.length))))
  const contents = chosen.map((i) => pieces[i] as string)
  if (new Set(contents).size < 2) return text
  let moved = random.shuffle(contents)
  if (moved.every((word, i) => word === contents[i])) moved = [...contents.slice(1), contents[0] as string]
  chosen.forEach((i, j) => {
    pieces[i] = moved[j] as string
  })
  return pieces.join('')
}

/** Swaps one pair of adjacent, different words; the text itself when there is none. */
export function withSwappedWords(text: string, random: Random): string {
  const { pieces, words } = parts(text)
  const pairs = words.flatMap((i, j) => {
    const next = words[j + 1]
    return next !== undefined && pieces[i] !== pieces[next] ? [[i, next] as const] : []
  })
  if (pairs.length === 0) return text
  const [first, second] = random.pick(pairs)
  ;[pieces[first], pieces[second]] = [pieces[second] as string, pieces[first] as string]
  return pieces.join('')
}
