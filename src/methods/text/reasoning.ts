/** Names of the tags in which models write their reasoning. */
export const REASONING_TAGS: readonly string[] = ['think', 'thinking', 'thought', 'reasoning', 'reflection']

/**
 * Takes `<think>…</think>` blocks out of an answer, for the given tag names in any case. A closing tag without an
 * opening one ends reasoning that the chat template began. An opened block that is never closed makes the answer
 * incomplete: everything after the tag is reasoning and `complete` is false. Linear in the text.
 */
export function stripReasoning(
  text: string,
  tags: readonly string[] = REASONING_TAGS,
): { answer: string; reasoning: string; complete: boolean } {
  const names = tags.map((tag) => tag.replace(/[.*+?^${}()|[\]\\]/g, '\\$&'))
  if (names.length === 0) return { answer: text.trim(), reasoning: '', complete: true }
  let [answer, reasoning] = ['', '']
  let [depth, from] = [0, 0]
  for (const match of text.matchAll(new RegExp(`<(/?)(?:${names.join('|')})\\s?>`, 'gi'))) {
    const piece = text.slice(from, match.index)
    if (depth > 0) reasoning += piece
    else if (match[1] === '/') {
      reasoning += answer + piece
      answer = ''
    } else answer += piece
    depth = Math.max(0, depth + (match[1] === '/' ? -1 : 1))
    from = match.index + match[0].length
  }
  if (depth > 0) reasoning += text.slice(from)
  else answer += text.slice(from)
  return { answer: answer.trim(), reasoning: reasoning.trim(), complete: depth === 0 }
}
