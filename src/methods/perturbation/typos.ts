import type { Random } from '../random.ts'

export type TypoKind = 'swap' | 'drop' | 'insert' | 'neighbour'

export const TYPO_KINDS: readonly TypoKind[] = ['swap', 'drop', 'insert', 'neighbour']

/** Keys that touch each letter on a QWERTY keyboard. */
const NEIGHBOURS: Readonly<Record<string, string>> = {
  q: 'wa',
  w: 'qes',
  e: 'wrd',
  r: 'etf',
  t: 'ryg',
  y: 'tuh',
  u: 'yij',
  i: 'uok',
  o: 'ipl',
  p: 'ol',
  a: 'qsz',
  s: 'awdx',
  d: 'sefc',
  f: 'drgv',
  g: 'fthb',
  h: 'gyjn',
  j: 'hukm',
  k: 'jil',
  l: 'kop',
  z: 'asx',
  x: 'zsdc',
  c: 'xdfv',
  v: 'cfgb',
  b: 'vghn',
  n: 'bhjm',
  m: 'njk',
}

const LETTERS = 'abcdefghijklmnopqrstuvwxyz'

/**
 * The text with `count` typing errors at random letters, each of a random kind of `kinds`: two adjacent letters swapped,
 * a letter dropped, a letter inserted, a letter replaced by one of a touching key (case kept). Digits, spaces and
 * punctuation are never touched, and no position is hit twice. Fewer errors when the letters run out.
 */
export function withTypos(
  text: string,
  random: Random,
  { count, kinds = TYPO_KINDS }: { count: number; kinds?: readonly TypoKind[] },
): string {
  const characters = [...text]
  const free = characters.map(isLetter)
  const positions = random.shuffle(characters.flatMap((_, i) => (free[i] ? [i] : [])))
  let left = count
  for (const i of positions) {
    if (left <= 0) break
    if (!free[i]) continue
    left -= typo(characters, free, i, random.pick(kinds), random) ? 1 : 0
  }
  return characters.join('')
}

/** The error at position i; false when it would change nothing there. */
function typo(characters: string[], free: boolean[], i: number, kind: TypoKind, random: Random): boolean {
  const letter = characters[i] as string
  const next = characters[i + 1]
  if (kind === 'swap') {
    if (next === undefined || !free[i + 1] || next === letter) return false
    characters[i] = next
    characters[i + 1] = letter
    free[i + 1] = false
  } else if (kind === 'drop') {
    characters[i] = ''
  } else if (kind === 'insert') {
    characters[i] = letter + random.pick([...LETTERS])
  } else {
    const keys = NEIGHBOURS[letter.toLowerCase()]
    if (!keys) return false
    const key = random.pick([...keys])
    characters[i] = letter === letter.toLowerCase() ? key : key.toUpperCase()
  }
  free[i] = false
  return true
}

const isLetter = (character: string): boolean => /\p{L}/u.test(character)

/**
 * Swaps two adjacent inner letters in a share of the words of four letters and more: what a fast typist does. At least
 * one word is hit when there is any that can be.
 */
export function withSwappedLetters(text: string, random: Random, share = 0.1): string {
  const pieces = text.split(/(\s+)/)
  const words = pieces.flatMap((piece, i) => (/\p{L}{4,}/u.test(piece) ? [i] : []))
  const all = pieces.filter((piece) => /\S/.test(piece)).length
  for (const i of random.sample(words, Math.max(1, Math.round(share * all)))) {
    const letters = [...(pieces[i] as string)]
    const places = letters.flatMap((letter, j) => {
      const next = letters[j + 1]
      return j > 0 && next !== undefined && isLetter(letter) && isLetter(next) && letter !== next ? [j] : []
    })
    if (places.length === 0) continue
    const j = random.pick(places)
    ;[letters[j], letters[j + 1]] = [letters[j + 1] as string, letters[j] as string]
    pieces[i] = letters.join('')
  }
  return pieces.join('')
}
