import type { Answer, Question } from './question.ts'

export { questionKey } from './canonical.ts'
export type { Answer, Question } from './question.ts'

/** What was asked, and what was answered. */
export interface Recorded {
  question: Question
  answer: Answer
}

/** What a target has already answered, by question key. Filled from, and flushed to, storage by whoever opens a session. */
export interface EvidenceBook {
  get(key: string): Recorded | undefined
  /** Called once per answered question. Failed questions are not recorded: asking again may mend them. */
  put(key: string, question: Question, answer: Answer): void
}

/** A book that lives as long as its session. */
export function memoryBook(): EvidenceBook & { readonly entries: ReadonlyMap<string, Recorded> } {
  const entries = new Map<string, Recorded>()
  return {
    entries,
    get: (key) => entries.get(key),
    put: (key, question, answer) => {
      entries.set(key, { question, answer })
    },
  }
}
