import { z } from 'zod'
import { exactMatch, inAcc, tokenF1 } from '../methods/text/answer-match.ts'
import { type ClosedAnswers, closedAnswers } from '../methods/text/closed-answers.ts'
import { normalizeAnswer } from '../methods/text/normalize.ts'
import { numberMatch } from '../methods/text/numbers.ts'
import { classifyRefusal, type RefusalClass } from '../methods/text/refusal.ts'
import type { Sample } from '../model/model.ts'
import { valuesOf } from '../worlds/facts.ts'
import { type RelationId, relations } from '../worlds/relations.ts'

/** What an item says of its gold answer. */
export interface Gold {
  answers: readonly string[]
  kind?: 'text' | 'number' | undefined
  answerSet?: string | undefined
}

/** Field of an item whose answer is one value of a column of the fact tables. */
export const answerSet = z
  .enum(relations.map((relation) => relation.id) as [RelationId, ...RelationId[]])
  .optional()
  .meta({ description: 'The answer is one value of this column of the fact tables: the first value named counts' })

const sets = new Map<string, { members: string[][]; read: ClosedAnswers['read'] }>()

function setOf(relation: string): { members: string[][]; read: ClosedAnswers['read'] } {
  let set = sets.get(relation)
  if (!set) {
    const members = valuesOf(relation as RelationId)
    set = { members, read: closedAnswers(members).read }
    sets.set(relation, set)
  }
  return set
}

/**
 * Whether an answer is right, and whether it names several values of a closed set. Numbers: the last one counts. Closed
 * sets: the first value named counts, so that listing many gains nothing. Else a gold answer must occur as whole words.
 */
export function judgeAnswer(answer: string, gold: Gold): { correct: boolean; severalValues: boolean } {
  if (gold.kind === 'number')
    return { correct: gold.answers.some((one) => numberMatch(answer, Number(one)) === 1), severalValues: false }
  if (gold.answerSet !== undefined) {
    const { members, read } = setOf(gold.answerSet)
    const { member, named } = read(answer)
    const right = member !== null && exactMatchAny(members[member] as string[], gold.answers)
    // Accepted spellings that the column does not hold (a second official name) still count.
    return { correct: right || (member === null && inAcc(answer, gold.answers) === 1), severalValues: named > 1 }
  }
  return { correct: inAcc(answer, gold.answers) === 1, severalValues: false }
}

/** Whether some accepted answer is left after normalisation; an item without any is invalid. */
export const isValidGold = ({ answers, kind }: Gold): boolean =>
  kind === 'number'
    ? answers.some((one) => one.trim() !== '' && Number.isFinite(Number(one)))
    : answers.some((one) => normalizeAnswer(one) !== '')

const exactMatchAny = (names: readonly string[], golds: readonly string[]): boolean =>
  names.some((name) => exactMatch(name, golds) === 1)

/** Exact match, token F1 and correctness of an answer, each in [0, 1]. */
export function qualitiesOf(answer: string, gold: Gold): { exactMatch: number; f1: number; correct: boolean } {
  return {
    exactMatch: exactMatch(answer, gold.answers) ?? 0,
    f1: tokenF1(answer, gold.answers) ?? 0,
    correct: judgeAnswer(answer, gold).correct,
  }
}

/** Whether one of the spellings occurs in the text as whole words. */
export const mentionsAny = (text: string, spellings: readonly string[]): boolean => inAcc(text, spellings) === 1

/** Whether the text begins with one of the phrases, case and punctuation aside. */
export function opensWith(text: string, phrases: readonly string[]): boolean {
  const plain = ` ${normalizeAnswer(text)} `
  return phrases.some((phrase) => {
    const start = normalizeAnswer(phrase)
    return start !== '' && plain.startsWith(` ${start} `)
  })
}

/**
 * How a reply stands to its question: by its wording, or by the field in which some servers tell a refusal, whatever
 * its words are. `phrases`: wordings that the prompt asked for.
 */
export const refusalOf = (sample: Sample | undefined, phrases: readonly string[] = []): RefusalClass =>
  sample?.refusal !== undefined ? 'refuse' : classifyRefusal(sample?.text.trim() ?? '', { phrases })

/** Whether a reply declines to answer and leaves it at that. */
export const isDeclined = (sample: Sample | undefined, phrases: readonly string[] = []): boolean =>
  refusalOf(sample, phrases) === 'refuse'

/** Sizes of the classes of equal normalised answers, in order of first appearance; empty answers form a class too. */
export function answerClasses(texts: readonly string[]): number[] {
  const counts = new Map<string, number>()
  for (const text of texts) {
    const key = normalizeAnswer(text)
    counts.set(key, (counts.get(key) ?? 0) + 1)
  }
  return [...counts.values()]
}
