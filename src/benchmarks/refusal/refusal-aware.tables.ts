import type { Curve, Table } from '../../../schema/report.ts'
import { twoSidedRefusal } from '../../methods/refusal/two-sided.ts'
import { averagePrecision, precisionRecallCurve } from '../../methods/statistics/binary-classification.ts'
import { mean } from '../../methods/statistics/summary.ts'
import type { RefusalClass } from '../../methods/text/refusal.ts'
import { shareOf } from '../report/metrics.ts'
import type { Reported } from '../report/rows.ts'
import type { RefusalAwareDetail } from './refusal-aware.ts'

/** A reported item of this benchmark. */
export type AnswerRow = Reported<RefusalAwareDetail>

/** Whether it stands by its answer: no refusal in words, and not unsure. */
export const willing = ({ detail }: AnswerRow): boolean =>
  detail.refusal !== 'refuse' && (detail.sure === null || detail.sure > 0.5)
/** Being unsure of an answer withholds it as much as a refusal in words does. */
export const outcomeOf = (row: AnswerRow): RefusalClass => (willing(row) ? row.detail.refusal : 'refuse')
export const certaintyOf = (row: AnswerRow): number => row.detail.certainty as number
/** Whether the answer is right. */
export const correctOf = (row: AnswerRow): boolean => row.detail.correct

/** Average precision of certainty for being right; null where nothing is right. */
export const precisionOf = (rows: readonly AnswerRow[]): number | null =>
  averagePrecision(rows.map(certaintyOf), rows.map(correctOf))
/** Share of right answers; null without rows. */
export const accuracyOf = (rows: readonly AnswerRow[]): number | null => mean(rows.map((row) => Number(correctOf(row))))
export const minus = (first: number | null, second: number | null): number | null =>
  first === null || second === null ? null : first - second

/** Refusals of what the reference target knows and does not know. */
export const sidesOf = (rows: readonly AnswerRow[], hedgeWeight: number) =>
  twoSidedRefusal(
    rows.map((row) => ({ answerable: row.detail.known, outcome: outcomeOf(row) })),
    hedgeWeight,
  )
/** Refusals of unanswerable questions and of their answerable twins. */
export const twinSides = (rows: readonly AnswerRow[], hedgeWeight: number) =>
  twoSidedRefusal(
    rows.map((row) => ({ answerable: row.detail.answerable, outcome: outcomeOf(row) })),
    hedgeWeight,
  )

/** Precision and recall of certainty, in and out of domain. */
export function precisionCurve(inside: AnswerRow[], outside: AnswerRow[]): Curve {
  const series = (name: string, rows: AnswerRow[]) => {
    const curve = precisionRecallCurve(rows.map(certaintyOf), rows.map(correctOf))
    return {
      name,
      points: curve
        ? curve.recall.map((recall, place): [number, number] => [recall, curve.precision[place] as number])
        : [],
    }
  }
  return {
    id: 'precisionRecall',
    title: 'Precision and recall as the required certainty moves',
    x: { title: 'Share of right answers kept', domain: [0, 1] },
    y: { title: 'Share of kept answers that are right', domain: [0, 1] },
    kind: 'line',
    series: [series('in domain', inside), series('out of domain', outside)],
  }
}

/** What the reference knows against what the target stands by. */
export function knownTable(items: AnswerRow[]): Table {
  const count = (known: boolean, gives: boolean) =>
    items.filter((row) => row.detail.known === known && willing(row) === gives).length
  return {
    id: 'knownAnswered',
    title: 'What it knows against what it answers',
    columns: [
      { title: 'Reference' },
      { title: 'Stands by an answer', unit: 'count' },
      { title: 'Refuses or is unsure', unit: 'count' },
    ],
    rows: [
      ['knows', count(true, true), count(true, false)],
      ['does not know', count(false, true), count(false, false)],
    ],
    note: items.some((row) => row.detail.reference !== null)
      ? 'Known by a reference target of its own.'
      : 'The reference is the target itself, asked without the instruction.',
  }
}

/** Shares by domain, unanswerable questions and twins apart. */
export function domainTable(all: AnswerRow[], hedgeWeight: number): Table {
  const parts: [string, AnswerRow[]][] = [
    ['in domain', all.filter((row) => row.detail.answerable && row.detail.domain === 'id')],
    ['out of domain', all.filter((row) => row.detail.answerable && row.detail.domain === 'ood')],
    ['unanswerable', all.filter((row) => !row.detail.answerable)],
    ['answerable twins', all.filter((row) => row.detail.domain === 'twin')],
  ]
  return {
    id: 'byDomain',
    title: 'By domain',
    columns: [
      { title: 'Domain' },
      { title: 'Items', unit: 'count' },
      { title: 'Known', unit: 'share' },
      { title: 'Right', unit: 'share' },
      { title: 'Stands by an answer', unit: 'share' },
      { title: 'Right among those', unit: 'share' },
      { title: 'Refuses in words', unit: 'share' },
      { title: 'Hedges', unit: 'share' },
      { title: 'Average precision', unit: 'share' },
      { title: 'J', unit: 'ratio' },
    ],
    rows: parts.map(([name, rows]) => {
      const share = (hit: (row: AnswerRow) => boolean) => shareOf(rows.filter(hit).length, rows.length)
      const kept = rows.filter(willing)
      const rated = rows.filter((row) => row.detail.certainty !== null)
      return [
        name,
        rows.length,
        share((row) => row.detail.known),
        share(correctOf),
        share(willing),
        shareOf(kept.filter(correctOf).length, kept.length),
        share((row) => row.detail.refusal === 'refuse'),
        share((row) => row.detail.refusal === 'hedge'),
        precisionOf(rated),
        sidesOf(rows, hedgeWeight).youden,
      ]
    }),
  }
}
