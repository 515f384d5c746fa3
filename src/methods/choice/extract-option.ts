import { closedAnswers } from '../text/closed-answers.ts'

/** Which option a text chooses and by what it was recognised; null when none. */
export interface OptionAnswer {
  index: number | null
  by: 'stated' | 'leading' | 'verbatim' | null
}

/** Option names A, B, C …, as many as there are options. */
export const optionLetters = (count: number): string[] =>
  Array.from({ length: count }, (_, i) => String.fromCharCode(65 + i))

const escaped = (text: string): string => text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&')

/** "A" and "I" are words too: they name an option only where no sentence goes on from them. */
const CLOSES = String.raw`(?=[)\].:,;*"'}]|\s*$|\s*\n)`
const GOES_ON = String.raw`(?=\s+(?:because|since|as|and|is|was|which|for|[-–—(:]))`

const after = (id: string): string => {
  if (id === 'A' || id === 'I') return `(?:${CLOSES}|${GOES_ON})`
  return /^\d/.test(id) ? `(?:${CLOSES}|${GOES_ON})` : String.raw`(?![\p{L}\p{N}'’])`
}

const STATED =
  /\b(?:(?:answer|choice|option)(?:\s{1,3}(?:choice|option))?(?:\s{0,3}[*_"']{0,3}\s{0,3}(?:is|would be|should be|must be|:|=)){1,2}|i(?: would|'d|’d| will)? (?:choose|pick|select|go with)\b:?)\s{0,5}(?:\$(?=\\))?/giu

/**
 * The option that an answer text chooses: an explicit "answer is X" (X an id or an option's own words; the last such
 * statement counts), else an id that the text begins with (unless it lists
 * the options again), else the one option whose words occur in it, else none.
 * `ids` default to A, B, C … Reasoning must have been taken out before. Linear in the text.
 * X. Wang et al., Look at the text, COLM 2024.
 */
export function extractOption(
  text: string,
  options: readonly string[],
  ids: readonly string[] = optionLetters(options.length),
): OptionAnswer {
  const named = ids.map((id) => `(${escaped(id)})${after(id)}`).join('|')
  const id = new RegExp(
    `[\\s*_"'“(\\[]{0,6}(?:(?:[Oo]ption|[Cc]hoice|[Aa]nswer)\\s{1,3})?(?:\\$?\\\\boxed\\{)?[*_"'“(\\[]{0,4}(?:${named})`,
    'uy',
  )
  const idAt = (from: number): number | null => {
    id.lastIndex = from
    const found = id
      .exec(text)
      ?.slice(1)
      .findIndex((group) => group !== undefined)
    return found === undefined || found < 0 ? null : found
  }
  const closed = closedAnswers(options.map((option) => [option]))
  let stated: number | null = null
  for (const match of text.matchAll(STATED)) {
    const from = match.index + match[0].length
    const index = idAt(from) ?? openingOption(text.slice(from, from + 400), options, closed)
    if (index !== null) stated = index
  }
  if (stated !== null) return { index: stated, by: 'stated' }
  const leading = idAt(0)
  if (leading !== null && !lists(text, leading, ids)) return { index: leading, by: 'leading' }
  const { member, named: count } = closed.read(text)
  return count === 1 ? { index: member, by: 'verbatim' } : { index: null, by: null }
}

/** Whether a later line begins with another id: the options are listed again, which chooses none of them. */
function lists(text: string, leading: number, ids: readonly string[]): boolean {
  const others = ids.filter((_, i) => i !== leading).map(escaped)
  return others.length > 0 && new RegExp(`\\n[ \\t*(]{0,8}(?:${others.join('|')})[).:]`).test(text)
}

/** The single option named in the clause that follows "answer is". */
function openingOption(
  rest: string,
  options: readonly string[],
  closed: ReturnType<typeof closedAnswers>,
): number | null {
  const longest = Math.max(0, ...options.map((option) => option.length))
  const clause = /^[^\n]*/.exec(rest.slice(0, longest + 40))?.[0] ?? ''
  return closed.read(clause).member
}
