/** An answer parted from its reasoning. */
export interface Parted {
  text: string
  reasoning: string | undefined
  /** The reasoning was cut off: there is no answer. */
  unclosed: boolean
}

/**
 * Parts reasoning between any of `tags` (`<think>…</think>`) from the answer. A closing tag without an opening one
 * ends reasoning too, as chat templates may open it in the prompt. Linear in the text's length.
 */
export function partReasoning(text: string, tags: readonly string[]): Parted {
  let rest = text
  let reasoning: string | undefined
  const keep = (part: string) => {
    const trimmed = part.trim()
    if (trimmed !== '') reasoning = reasoning === undefined ? trimmed : `${reasoning}\n${trimmed}`
    else reasoning ??= ''
  }
  for (const tag of tags) {
    const open = `<${tag}>`
    const close = `</${tag}>`
    const firstClose = rest.indexOf(close)
    const firstOpen = rest.indexOf(open)
    if (firstClose !== -1 && (firstOpen === -1 || firstClose < firstOpen)) {
      keep(rest.slice(0, firstClose))
      rest = rest.slice(firstClose + close.length)
    }
    let answer = ''
    let position = 0
    for (;;) {
      const from = rest.indexOf(open, position)
      if (from === -1) break
      answer += rest.slice(position, from)
      const to = rest.indexOf(close, from + open.length)
      if (to === -1) {
        keep(rest.slice(from + open.length))
        return { text: '', reasoning, unclosed: true }
      }
      keep(rest.slice(from + open.length, to))
      position = to + close.length
    }
    if (position > 0) rest = answer + rest.slice(position)
  }
  return { text: reasoning === undefined ? text : rest.trimStart(), reasoning, unclosed: false }
}
