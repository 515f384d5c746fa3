import { countBytes } from '../../methods/text/words.ts'

/** A piece of a text to score, after the part of the text before it that the model gets to see. */
export interface Window {
  context: string
  piece: string
}

/** The longest beginning of `text` of at most `bytes` UTF-8 bytes that ends at a word's end, or failing that at a character's. */
export function headOf(text: string, bytes: number): string {
  let length = 0
  let end = 0
  let lastSpace = 0
  for (const character of text) {
    const size = countBytes(character)
    if (length + size > bytes) return text.slice(0, lastSpace > 0 ? lastSpace : end)
    if (/\s/.test(character)) lastSpace = end
    length += size
    end += character.length
  }
  return text
}

/**
 * Windows of at most `windowBytes` over a text, moved by half a window: the first scores all of itself, each later one
 * only what is new. Every byte is scored once; the pieces joined are the text. Sliding-window perplexity with a stride
 * of half the window, measured in bytes because only the server knows its tokens.
 */
export function windowsOf(text: string, windowBytes: number): Window[] {
  const first = headOf(text, windowBytes)
  const windows: Window[] = [{ context: '', piece: first === '' ? text : first }]
  let done = windows[0]?.piece.length ?? 0
  const half = Math.floor(windowBytes / 2)
  while (done < text.length) {
    const piece = headOf(text.slice(done), half) || text.slice(done)
    windows.push({ context: tailOf(text.slice(0, done), windowBytes - half), piece })
    done += piece.length
  }
  return windows
}

/** The longest end of `text` of at most `bytes` bytes that starts at a word. */
function tailOf(text: string, bytes: number): string {
  let start = Math.max(0, text.length - bytes)
  while (countBytes(text.slice(start)) > bytes) start += Math.ceil((countBytes(text.slice(start)) - bytes) / 4)
  if (start === 0) return text
  const space = text.slice(start).search(/\s/)
  return space === -1 ? text.slice(start) : text.slice(start + space)
}
