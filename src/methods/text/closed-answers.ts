import { answerTokens } from './normalize.ts'

/** A finite set of answers: yes and no, options, the values of one column of a table. */
export interface ClosedAnswers {
  /** Position of the first member that the text names (null for none), and how many different members it names. */
  read(text: string): { member: number | null; named: number }
}

/** Yes and no, as the members 0 and 1. */
export const YES_NO: readonly (readonly string[])[] = [
  ['yes', 'yeah', 'yep'],
  ['no', 'nope'],
]

/**
 * Prepares a closed set, each member given by its names. Only the first member named counts as the answer, so that
 * listing many gains nothing. Where names overlap in the text, the one that begins first and is longest stands
 * ("Equatorial Guinea" does not name "Guinea"). One pass over the text, however many members there are.
 */
export function closedAnswers(members: readonly (readonly string[])[]): ClosedAnswers {
  const byFirstWord = new Map<string, { member: number; words: string[] }[]>()
  members.forEach((names, member) => {
    for (const name of names) {
      const words = answerTokens(name)
      const first = words[0]
      if (first === undefined) continue
      const list = byFirstWord.get(first) ?? []
      byFirstWord.set(first, list)
      list.push({ member, words })
    }
  })
  for (const list of byFirstWord.values()) list.sort((a, b) => b.words.length - a.words.length || a.member - b.member)
  return {
    read(text) {
      const tokens = answerTokens(text)
      const named = new Set<number>()
      let first: number | null = null
      for (let i = 0; i < tokens.length; ) {
        const found = byFirstWord
          .get(tokens[i] as string)
          ?.find(({ words }) => words.every((word, j) => tokens[i + j] === word))
        if (found) {
          first ??= found.member
          named.add(found.member)
        }
        i += found ? found.words.length : 1
      }
      return { member: first, named: named.size }
    },
  }
}

/** Share of readings that name more than one member; null of an empty list. */
export function multiAnswerRate(readings: readonly { named: number }[]): number | null {
  if (readings.length === 0) return null
  return readings.filter(({ named }) => named > 1).length / readings.length
}
