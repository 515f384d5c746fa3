// A number starts neither inside a word nor inside another number; groups of thousands are full groups of three.
const NUMBER = /(?<![\p{L}\p{N}_])(?:\d+(?:,\d{3}(?!\d))*(?:\.\d+)?|\.\d+)(?:[eE][+-]?\d{1,3})?/gu

/** All numbers written in digits, in order of appearance. A hyphen is a sign only where it does not join two words. */
export function numbersIn(text: string): number[] {
  const numbers: number[] = []
  for (const match of text.matchAll(NUMBER)) {
    const value = Number(match[0].replaceAll(',', ''))
    if (!Number.isFinite(value)) continue
    const sign = text[match.index - 1]
    const before = text[match.index - 2]
    const negative = (sign === '-' || sign === '−') && (before === undefined || !/[\p{L}\p{N})\]]/u.test(before))
    numbers.push(negative ? -value : value)
  }
  return numbers
}

/** The last number of a text, or null when there is none. */
export const lastNumber = (text: string): number | null => numbersIn(text).at(-1) ?? null

/** Whether two numbers are equal up to rounding: |a − b| ≤ 1e−6·max(1, |b|). */
export const sameNumber = (a: number, b: number): boolean => Math.abs(a - b) <= 1e-6 * Math.max(1, Math.abs(b))

/** 1 when the last number of the prediction equals `gold`, else 0; 0 too when it has no number. */
export function numberMatch(prediction: string, gold: number): number {
  const found = lastNumber(prediction)
  return found !== null && sameNumber(found, gold) ? 1 : 0
}
