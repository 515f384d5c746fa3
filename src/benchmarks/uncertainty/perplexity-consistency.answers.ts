import { normalizeAnswer } from '../../methods/text/normalize.ts'
import { lastNumber, sameNumber } from '../../methods/text/numbers.ts'
import { answerClasses } from '../../methods/uncertainty/perplexity-consistency.ts'
import type { ReasoningItem } from './perplexity-consistency.ts'

type Equality = ReasoningItem['equal']

/** The content of the last \boxed{…}, braces inside it included; null without one. */
export function lastBoxed(text: string): string | null {
  const start = text.lastIndexOf('\\boxed{')
  if (start < 0) return null
  let depth = 1
  for (let at = start + 7; at < text.length; at++) {
    if (text[at] === '{') depth++
    else if (text[at] === '}' && --depth === 0) return text.slice(start + 7, at)
  }
  return null
}

/** LaTeX made plain: no spaces, sizes, dollars or text marks; fractions as a/b. */
export function plainLatex(text: string): string {
  return text
    .replace(/\\(?:left|right|displaystyle|,|;|!|:|quad|qquad)/g, '')
    .replace(/\\(?:text|mathrm|mbox)\{([^{}]*)\}/g, '$1')
    .replace(/\\[dt]frac/g, '\\frac')
    .replace(/\\frac\{([^{}]*)\}\{([^{}]*)\}/g, '($1)/($2)')
    .replace(/\((-?\w+)\)/g, '$1')
    .replace(/\\(?:cdot|times)/g, '*')
    .replace(/[\s$]|\\%|%|\^\\circ|\^\{\\circ\}/g, '')
    .replace(/\.$/, '')
    .toLowerCase()
}

/** A fraction or a number as its value; null where it is neither. */
function numericValue(plain: string): number | null {
  const [, top, bottom] = /^(-?\d+(?:\.\d+)?)(?:\/(-?\d+(?:\.\d+)?))?$/.exec(plain.replaceAll(',', '')) ?? []
  if (top === undefined) return null
  const value = bottom === undefined ? Number(top) : Number(top) / Number(bottom)
  return Number.isFinite(value) ? value : null
}

/** The result that a reasoning path ends in: boxed, after the last “Answer:” or “####”, else its last number or line. */
export function extractAnswer(text: string, equal: Equality): string | null {
  const after = /^[\s\S]*(?:\banswer\s*(?:is)?\s*:?|####)\s*([^\n]*)/i.exec(text)?.[1]?.trim()
  const marked = lastBoxed(text) ?? (after === '' ? undefined : after)
  if (equal === 'numeric') {
    const value = (marked === undefined ? null : lastNumber(marked)) ?? lastNumber(text)
    return value === null ? null : String(value)
  }
  const found = marked ?? text.trim().split('\n').at(-1)?.trim() ?? ''
  const plain = equal === 'symbolic' ? plainLatex(found) : normalizeAnswer(found)
  return plain === '' ? null : found
}

/** Whether two results are the same in that sense. */
export function sameAnswer(first: string, second: string, equal: Equality): boolean {
  if (equal === 'exact') return normalizeAnswer(first) === normalizeAnswer(second)
  if (equal === 'numeric') return sameNumber(Number(first), Number(second))
  const [a, b] = [plainLatex(first), plainLatex(second)]
  if (a === b) return true
  const [x, y] = [numericValue(a), numericValue(b)]
  return x !== null && y !== null && sameNumber(x, y)
}

/** Whether the gold answer can be compared at all. */
export const isSolvable = ({ answer, equal }: Pick<ReasoningItem, 'answer' | 'equal'>): boolean =>
  extractAnswer(answer, equal) !== null

/** The class of each path's answer (null: none), and that of the right one (null where no path gives it). */
export function classesWithGold(
  answers: readonly (string | null)[],
  { answer, equal }: Pick<ReasoningItem, 'answer' | 'equal'>,
): { classOf: (number | null)[]; gold: number | null } {
  const gold = extractAnswer(answer, equal)
  const all = answerClasses([...answers, gold], (a, b) => sameAnswer(a, b, equal))
  const right = all.at(-1) ?? null
  const classOf = all.slice(0, -1)
  return { classOf, gold: right !== null && classOf.includes(right) ? right : null }
}
