import { randomFrom } from '../../methods/random.ts'
import { aucStatistic, type PairStatistic, rejectionRatioStatistic } from '../report/metrics.ts'
import type { Reported } from '../report/rows.ts'
import type { IterativeDetail } from './iterative-prompting.ts'

/** A reported item of this benchmark. */
export type IterativeRow = Reported<IterativeDetail>

/** A measure of uncertainty that the items carry: higher is less certain, null where it was not had. */
export interface Signal {
  id: string
  title: string
  of: (row: IterativeRow) => number | null
}

/** The measures that are compared, the epistemic ones first. */
export const signals: readonly Signal[] = [
  { id: 'information', title: 'Epistemic mutual information', of: ({ detail }) => detail.information },
  {
    id: 'informationWithoutCopying',
    title: 'The same without plain copying',
    of: ({ detail }) => detail.informationWithoutCopying,
  },
  { id: 'entropy', title: 'Entropy of the answers', of: ({ detail }) => detail.entropy },
  { id: 'semanticEntropy', title: 'Semantic entropy', of: ({ detail }) => detail.semanticEntropy },
  { id: 'maximumSequenceProbability', title: 'Sequence probability', of: ({ detail }) => detail.sequenceNll },
  {
    id: 'pTrue',
    title: 'p(True) of its own answer',
    of: ({ detail }) => (detail.pTrue === null ? null : 1 - detail.pTrue),
  },
]

/** Sampled answers of a question with many right ones must be at least this uncertain (nats) for the mixed set, as in the source. */
const UNCERTAIN = 0.7

/** Items with one right answer, with many, and as many of the first as there are uncertain ones of the second. */
export interface ItemSets {
  single: IterativeRow[]
  multi: IterativeRow[]
  mixed: IterativeRow[]
}

/** The three sets that answers are judged on; unanswerable questions are in none. */
export function setsOf(rows: readonly IterativeRow[], seed: number): ItemSets {
  const answerable = rows.filter(({ detail }) => !detail.unanswerable)
  const single = answerable.filter(({ detail }) => detail.kind === 'single')
  const multi = answerable.filter(({ detail }) => detail.kind === 'multi')
  const uncertain = multi.filter(({ detail }) => (detail.sampleEntropy ?? 0) > UNCERTAIN)
  const count = Math.min(single.length, uncertain.length)
  const random = randomFrom(seed, 'mixed')
  const chosen = [...random.fork('single').sample(single, count), ...random.fork('multi').sample(uncertain, count)]
  return { single, multi, mixed: chosen.sort((first, second) => first.index - second.index) }
}

/** Rows on which all of these signals are known. */
export const withSignals = (rows: readonly IterativeRow[], wanted: readonly Signal[]): IterativeRow[] =>
  rows.filter((row) => wanted.every(({ of }) => of(row) !== null))

/** Prediction–rejection ratio of a signal on rows that have it; null where all answers are equally good. */
export const prr = ({ of }: Signal): PairStatistic<IterativeRow> =>
  rejectionRatioStatistic(
    (row) => of(row) as number,
    ({ detail }) => detail.correct,
  )

/** ROC AUC of a signal for wrong answers. */
export const errorAuc = ({ of }: Signal): PairStatistic<IterativeRow> =>
  aucStatistic(
    (row) => of(row) as number,
    ({ detail }) => !detail.correct,
  )

/** Whether the model does not know (wrong, or nothing to know), or the question is truly open (many right answers, one given); else null. */
export function unknownOrOpen({ detail }: IterativeRow): 'unknown' | 'open' | null {
  if (detail.unanswerable || !detail.correct) return 'unknown'
  return detail.kind === 'multi' ? 'open' : null
}

/** ROC AUC of a signal for not knowing against true openness. */
export const unknownAuc = ({ of }: Signal): PairStatistic<IterativeRow> =>
  aucStatistic(
    (row) => of(row) as number,
    (row) => unknownOrOpen(row) === 'unknown',
  )

/**
 * The largest threshold λ such that of the answers with less than λ at most the share `risk` is wrong; infinity where
 * that holds of all, null where it holds of none.
 */
export function largestThreshold(
  answers: readonly { uncertainty: number; correct: boolean }[],
  risk: number,
): number | null {
  const sorted = [...answers].sort((first, second) => first.uncertainty - second.uncertainty)
  let [wrong, best] = [0, null as number | null]
  sorted.forEach(({ uncertainty, correct }, place) => {
    if (!correct) wrong++
    const next = sorted[place + 1]?.uncertainty ?? Number.POSITIVE_INFINITY
    // Equal values fall on the same side.
    if (next > uncertainty && wrong / (place + 1) <= risk) best = next
  })
  return best
}
