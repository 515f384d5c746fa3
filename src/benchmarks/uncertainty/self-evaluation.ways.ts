import type { Reported } from '../report/rows.ts'
import type { Candidate, SelfEvaluationDetail } from './self-evaluation.ts'

/** A reported item of this benchmark. */
export type AnswerRow = Reported<SelfEvaluationDetail>

/** The candidate that a way of grading picks, and how sure it is of it. */
export interface Choice {
  quality: number
  score: number
}

/** A way of grading: which candidate it picks of an item, and how sure it is; null where it is not defined. */
export interface Way {
  id: string
  title: string
  pick: (detail: SelfEvaluationDetail) => Choice | null
}

/** The candidate with the highest value, the first of equals; null when any candidate has none. */
export function best(
  candidates: readonly Candidate[],
  gradeOf: (one: Candidate) => number | null,
): { one: Candidate; value: number } | null {
  let top: { one: Candidate; value: number } | null = null
  for (const one of candidates) {
    const value = gradeOf(one)
    if (value === null) return null
    if (!top || value > top.value) top = { one, value }
  }
  return top
}

const pickBy =
  (gradeOf: (one: Candidate) => number | null) =>
  (detail: SelfEvaluationDetail): Choice | null => {
    const top = best(detail.candidates, gradeOf)
    return top && { quality: top.one.quality, score: top.value }
  }

/** Answer by one grade, score by another. */
export const hybrid =
  (scoreOf: (one: Candidate, detail: SelfEvaluationDetail) => number | null) =>
  (detail: SelfEvaluationDetail): Choice | null => {
    const top = best(detail.candidates, (one) => one.select)
    const score = top && scoreOf(top.one, detail)
    return top && score !== null ? { quality: top.one.quality, score: score as number } : null
  }

const negative = (value: number | null): number | null => (value === null ? null : -value)

/** All ways of grading, likelihood alone last. */
export const ways: readonly Way[] = [
  { id: 'select', title: 'Sample & Select', pick: pickBy((one) => one.select) },
  { id: 'selectNota', title: 'Sample & Select + NOTA', pick: pickBy((one) => one.selectNota) },
  {
    id: 'notNota',
    title: 'Sample & Select + NOTA, scored by 1 − p(NOTA)',
    pick: ({ candidates, pNota }) => {
      const top = best(candidates, (one) => one.selectNota)
      return top && pNota !== null ? { quality: top.one.quality, score: 1 - pNota } : null
    },
  },
  { id: 'eval', title: 'Sample & Eval', pick: pickBy((one) => one.evalPlain) },
  { id: 'evalNota', title: 'Sample & Eval + NOTA', pick: pickBy((one) => one.evalNota) },
  { id: 'evalOthers', title: 'Sample & Eval, others in view', pick: pickBy((one) => one.evalOthers) },
  { id: 'hybrid', title: 'Hybrid', pick: hybrid((one) => one.evalPlain) },
  {
    id: 'hybridNota',
    title: 'Hybrid + NOTA',
    // Not clipped at 0: clipping would tie what the areas have to rank.
    pick: hybrid((one, { pNota }) => (one.evalPlain === null || pNota === null ? null : one.evalPlain - pNota)),
  },
  { id: 'maximumSequenceProbability', title: 'Sequence probability', pick: pickBy((one) => negative(one.sequenceNll)) },
  { id: 'perplexity', title: 'Perplexity', pick: pickBy((one) => negative(one.meanNll)) },
]
