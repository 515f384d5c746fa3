const ABBREVIATIONS = new Set(
  'mr mrs ms dr prof st sr jr vs etc e.g i.e cf approx dept est fig no vol inc ltd co corp gen col capt sen rep gov rev hon jan feb mar apr jun jul aug sep sept oct nov dec'.split(
    ' ',
  ),
)

/** Whether the full stop after `before` belongs to an abbreviation or an initial. */
function abbreviated(before: string): boolean {
  const word = /[\p{L}.]+$/u.exec(before.slice(-12))?.[0] ?? ''
  return ABBREVIATIONS.has(word.toLowerCase()) || /^(?:\p{Lu}\.)*\p{Lu}$/u.test(word)
}

/**
 * Sentences of a text, trimmed, none empty. A sentence ends at a line break, or at . ! ? … before a space, unless the
 * full stop closes an abbreviation, an initial, or stands before a lower-case letter. Linear in the text.
 */
export function splitSentences(text: string): string[] {
  const sentences: string[] = []
  let start = 0
  const cut = (end: number) => {
    const sentence = text.slice(start, end).trim()
    if (sentence !== '') sentences.push(sentence)
    start = end
  }
  for (const match of text.matchAll(/\n+|(?<![.!?…。！？])[.!?…。！？]+["'”’)\]]{0,3}(?=\s|$)/gu)) {
    const end = match.index + match[0].length
    if (match[0].startsWith('.') && !match[0].startsWith('..')) {
      if (
        abbreviated(text.slice(Math.max(start, match.index - 12), match.index)) &&
        /\S/.test(text.slice(end, end + 2))
      )
        continue
      if (/^\s\p{Ll}/u.test(text.slice(end, end + 3))) continue
    }
    cut(end)
  }
  cut(text.length)
  return sentences
}
