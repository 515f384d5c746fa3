/** Fills `{slot}` marks of a template. A mark without a value is an error in the template, and raises. */
export function fill(template: string, slots: Readonly<Record<string, string | number>>): string {
  return template.replace(/\{(\w+)\}/g, (_, name: string) => {
    const value = slots[name]
    if (value === undefined) throw new RangeError(`template has no value for {${name}}: ${template}`)
    return String(value)
  })
}

/** The text with its first letter raised. */
export const capitalised = (text: string): string => text.charAt(0).toUpperCase() + text.slice(1)

/** "a" or "an" before the word as it is spelt (good for the words used here, not for English at large). */
export const withArticle = (noun: string): string => (/^[aeiou]/i.test(noun) ? `an ${noun}` : `a ${noun}`)

/** "x", "x and y", "x, y and z". */
export function listed(parts: readonly string[]): string {
  if (parts.length < 2) return parts[0] ?? ''
  return `${parts.slice(0, -1).join(', ')} and ${parts.at(-1)}`
}

/** Lower-cased words without punctuation or accents, for looking one text up in another. */
export function wordsOf(text: string): string[] {
  return (
    text
      .normalize('NFKD')
      .replace(/\p{M}/gu, '')
      .toLowerCase()
      .match(/[\p{L}\p{N}]+/gu) ?? []
  )
}

/** Whether the words of `part` stand in `whole` side by side. Always false for a part without words. */
export function mentions(whole: string, part: string): boolean {
  const words = wordsOf(part)
  return words.length > 0 && ` ${wordsOf(whole).join(' ')} `.includes(` ${words.join(' ')} `)
}

const ones =
  'zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen seventeen eighteen nineteen'.split(
    ' ',
  )
const tens = ' ten twenty thirty forty fifty sixty seventy eighty ninety'.split(' ')

/** A whole number from 0 to 999 in English words: "one hundred and eighteen". Raises outside. */
export function numberWords(value: number): string {
  if (!Number.isInteger(value) || value < 0 || value > 999)
    throw new RangeError(`numberWords: ${value} is outside 0–999`)
  if (value < 20) return ones[value] as string
  if (value < 100)
    return value % 10 === 0 ? (tens[value / 10] as string) : `${tens[Math.floor(value / 10)]}-${ones[value % 10]}`
  const rest = value % 100
  return `${ones[Math.floor(value / 100)]} hundred${rest === 0 ? '' : ` and ${numberWords(rest)}`}`
}

/** "1st", "2nd", "3rd", "11th". */
export function ordinal(value: number): string {
  const teens = value % 100 >= 11 && value % 100 <= 13
  return `${value}${teens ? 'th' : (['th', 'st', 'nd', 'rd'][value % 10] ?? 'th')}`
}
