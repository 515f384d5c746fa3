import type { Random } from '../random.ts'

/** What an optical reader confuses, both ways where both happen. */
const OCR: readonly (readonly [from: string, to: string])[] = [
  ['rn', 'm'],
  ['m', 'rn'],
  ['cl', 'd'],
  ['d', 'cl'],
  ['vv', 'w'],
  ['w', 'vv'],
  ['0', 'O'],
  ['O', '0'],
  ['1', 'l'],
  ['l', '1'],
  ['I', 'l'],
  ['5', 'S'],
  ['S', '5'],
  ['8', 'B'],
  ['B', '8'],
  ['e', 'c'],
  ['c', 'e'],
  ['h', 'b'],
  ['i', 'j'],
  ['n', 'ri'],
  ['u', 'ii'],
  ['g', '9'],
  ['t', 'f'],
  ['Z', '2'],
  ['2', 'Z'],
]

/** Replaces `count` random places by what an optical reader would take them for; no place is hit twice. */
export function withOcrErrors(text: string, random: Random, count: number): string {
  const places: { at: number; from: string; to: string }[] = []
  for (const [from, to] of OCR)
    for (let at = text.indexOf(from); at >= 0; at = text.indexOf(from, at + 1)) places.push({ at, from, to })
  const taken = new Uint8Array(text.length)
  const kept: typeof places = []
  for (const place of random.shuffle(places)) {
    if (kept.length >= count) break
    if (taken.subarray(place.at, place.at + place.from.length).some(Boolean)) continue
    taken.fill(1, place.at, place.at + place.from.length)
    kept.push(place)
  }
  kept.sort((a, b) => a.at - b.at)
  let [result, end] = ['', 0]
  for (const { at, from, to } of kept) {
    result += text.slice(end, at) + to
    end = at + from.length
  }
  return result + text.slice(end)
}

/** Turns the case of `count` random letters. */
export function withTurnedCase(text: string, random: Random, count: number): string {
  const characters = [...text]
  const letters = characters.flatMap((c, i) => (c.toLowerCase() !== c.toUpperCase() ? [i] : []))
  for (const i of random.sample(letters, count)) {
    const c = characters[i] as string
    characters[i] = c === c.toLowerCase() ? c.toUpperCase() : c.toLowerCase()
  }
  return characters.join('')
}

/** Makes `count` random changes of punctuation: a mark is dropped or doubled, or a comma is put after a word. */
export function withBentPunctuation(text: string, random: Random, count: number): string {
  const characters = [...text]
  const places = characters.flatMap((c, i) => {
    if (/[.,;:!?'"()-]/.test(c)) return [i]
    return c === ' ' && /\p{L}/u.test(characters[i - 1] ?? '') ? [i] : []
  })
  for (const i of random.sample(places, count)) {
    const c = characters[i] as string
    if (c === ' ') characters[i] = ', '
    else characters[i] = random.next() < 0.5 ? '' : c + c
  }
  return characters.join('')
}

/** Openings that carry no information, from one word to a sentence. */
export const FILLERS: readonly string[] = [
  'Well,',
  'So, quick one:',
  'Hey there, I was just wondering about something.',
  'Hope you are having a good day. I have been thinking about this for a while and wanted to ask.',
  'Sorry to bother you, I know you must be busy, but my friend and I were talking yesterday and this came up, and neither of us could let it go.',
]

/** Puts an opening without information before the text, longer with each severity 1–5. */
export const withFiller = (text: string, severity: number): string =>
  `${FILLERS[Math.min(FILLERS.length, Math.max(1, severity)) - 1]} ${text}`
