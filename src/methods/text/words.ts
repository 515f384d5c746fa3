/** Lower-cased words (runs of letters, marks and digits, inner apostrophes kept), in order. */
export const wordTokens = (text: string): string[] =>
  text.toLowerCase().match(/[\p{L}\p{M}\p{N}]+(?:['’][\p{L}\p{M}]+)*/gu) ?? []

/** Number of whitespace-separated words of the raw text. */
export const countWords = (text: string): number => text.match(/\S+/g)?.length ?? 0

/** Number of UTF-8 bytes of a text. */
export const countBytes = (text: string): number => new TextEncoder().encode(text).length
