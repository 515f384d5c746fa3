/** Reading fields of foreign files. What is missing or of another kind raises a TypeError that names the field. */

type Fields = Record<string, unknown>

export const isFields = (value: unknown): value is Fields =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

/** The field as text without outer spaces; numbers are written out. Raises where it is missing or empty. */
export function textField(record: Fields, name: string): string {
  const value = record[name]
  const text = typeof value === 'number' ? String(value) : typeof value === 'string' ? value.trim() : ''
  if (text === '') throw new TypeError(`field ${name} is empty or missing`)
  return text
}

/** The field as text, or null where it is missing or empty. */
export const optionalText = (record: Fields, name: string): string | null =>
  record[name] === undefined || record[name] === null || record[name] === '' ? null : textField(record, name)

/** The field as a number. Raises where it is none. */
export function numberField(record: Fields, name: string): number {
  const value = Number(textField(record, name))
  if (!Number.isFinite(value)) throw new TypeError(`field ${name} is no number`)
  return value
}

/** Different texts without outer spaces, empty ones dropped. */
export const distinctTexts = (texts: readonly unknown[]): string[] => [
  ...new Set(texts.flatMap((text) => (typeof text === 'string' && text.trim() !== '' ? [text.trim()] : []))),
]

/** The field as a list of different texts: a list, or a JSON list written as text. Raises where none is left. */
export function textsField(record: Fields, name: string): string[] {
  let value = record[name]
  if (typeof value === 'string') {
    try {
      value = JSON.parse(value)
    } catch {
      throw new TypeError(`field ${name} is no JSON list`)
    }
  }
  const texts = Array.isArray(value) ? distinctTexts(value) : []
  if (texts.length === 0) throw new TypeError(`field ${name} holds no text`)
  return texts
}

/** The field as an object. Raises where it is none. */
export function fieldsField(record: Fields, name: string): Fields {
  const value = record[name]
  if (!isFields(value)) throw new TypeError(`field ${name} is no object`)
  return value
}

/** The question and all accepted answers of a TriviaQA record: `question`, `answer.value`, `answer.aliases`. */
export function triviaQa(record: Fields): { id: string | null; question: string; answers: string[] } {
  const answer = fieldsField(record, 'answer')
  const answers = distinctTexts([answer.value, ...(Array.isArray(answer.aliases) ? answer.aliases : [])])
  if (answers.length === 0) throw new TypeError('field answer has neither value nor aliases')
  return { id: optionalText(record, 'question_id'), question: textField(record, 'question'), answers }
}
