import type { BenchmarkReport, Table } from '../../../schema/report.ts'
import { isConsistent, recallStandardDeviation } from '../../methods/choice/rotations.ts'
import { shareMetric, shareOf, statisticInterval } from '../report/metrics.ts'
import { groupBy, type Reported } from '../report/rows.ts'
import type { FirstTokenDetail, FirstTokenParams, Variant } from './first-token-vs-text.ts'
import { debias } from './prior-debiasing.ts'

/** A reported item of this benchmark. */
export type ChoiceRow = Reported<FirstTokenDetail>
type Method = 'first' | 'text'
type Bend = 'typo' | 'wordSwap' | 'otherIds'

/** The item as it was written: the identity rotation. */
export const plain = (row: ChoiceRow): Variant => row.detail.rotations[0] as Variant
export const chosen = (row: ChoiceRow, method: Method): number | null => plain(row)[method]
/** Whether a method chooses the right content. */
export const right =
  (method: Method) =>
  (row: ChoiceRow): boolean =>
    chosen(row, method) === row.detail.answerIndex
/** Whether a method chooses the same content in all rotations. */
export const steady =
  (method: Method) =>
  (row: ChoiceRow): boolean =>
    isConsistent(row.detail.rotations.map((one) => one[method]))
/** Whether a variant changes what a method chooses. */
export const flips =
  (method: Method, bend: Bend) =>
  (row: ChoiceRow): boolean =>
    row.detail[bend][method] !== chosen(row, method)

/** Spread of recall over gold positions, points; null with one position. */
export const deviation = (rows: readonly ChoiceRow[], method: Method): number | null =>
  recallStandardDeviation(
    rows.map((row) => row.detail.answerIndex),
    rows.map((row) => chosen(row, method)),
  )
const shareWhere = (rows: readonly ChoiceRow[], hit: (row: ChoiceRow) => boolean): number | null =>
  shareOf(rows.filter(hit).length, rows.length)
/** Consistency by text minus consistency by first token; null without rows. */
export const gap = (rows: readonly ChoiceRow[]): number | null =>
  rows.length === 0
    ? null
    : (shareWhere(rows, steady('text')) as number) - (shareWhere(rows, steady('first')) as number)
/** The items with both a first-token and a text choice. */
export const both = (rows: readonly ChoiceRow[]): ChoiceRow[] =>
  rows.filter((row) => chosen(row, 'first') !== null && chosen(row, 'text') !== null)
/** Whether the two choices differ. */
export const differs = (row: ChoiceRow): boolean => chosen(row, 'first') !== chosen(row, 'text')

/** What the two methods are called. */
export const names: Record<Method, string> = { first: 'first token', text: 'text' }
/** The variants that bend a question, and what they do. */
export const bends: readonly [Bend, string][] = [
  ['typo', 'typos in 10 % of the words'],
  ['wordSwap', 'two words of the question swapped'],
  ['otherIds', 'numbers instead of letters'],
]

/** Accuracy, consistency, recall spread and flips of first token, debiased first token and text. */
export function methodTable(items: ChoiceRow[], estimated: boolean, given: FirstTokenParams, seed: number): Table {
  const own = (method: Method) => {
    const accuracy = shareMetric({ id: 'accuracy', title: '', direction: 'higher' }, items, right(method), seed)
    const consistency = shareMetric({ id: 'consistency', title: '', direction: 'higher' }, items, steady(method), seed)
    const id = `recallDeviation.${method}${estimated && method === 'first' ? ':estimated' : ''}`
    const spread = statisticInterval(id, items, (some) => deviation(some, method), seed)
    return [
      ...[accuracy, consistency].flatMap((one) => [one.value, one.interval?.low ?? null, one.interval?.high ?? null]),
      deviation(items, method),
      spread?.low ?? null,
      spread?.high ?? null,
      ...bends.map(([bend]) => shareWhere(items, flips(method, bend))),
    ]
  }
  const usable = items.length > 1 && !estimated
  const debiased = usable
    ? debias(
        items.map((row) => row.detail),
        given.priorShare,
        given.priorDraws,
        seed,
      )
    : null
  return {
    id: 'methods',
    title: 'First token, debiased first token, and text',
    columns: [
      { title: 'Method' },
      { title: 'Accuracy', unit: 'share' },
      { title: 'from', unit: 'share' },
      { title: 'to', unit: 'share' },
      { title: 'Consistency', unit: 'share' },
      { title: 'from', unit: 'share' },
      { title: 'to', unit: 'share' },
      { title: 'Spread of recall', unit: 'points' },
      { title: 'from', unit: 'points' },
      { title: 'to', unit: 'points' },
      { title: 'Flips by typos', unit: 'share' },
      { title: 'Flips by swapped words', unit: 'share' },
      { title: 'Flips by numbers', unit: 'share' },
    ],
    rows: [
      ['First token', ...own('first')],
      [
        'First token, debiased (PriDe)',
        debiased?.accuracy ?? null,
        null,
        null,
        debiased?.consistency ?? null,
        null,
        null,
        debiased?.recallDeviation ?? null,
        null,
        null,
        debiased?.flips.typo ?? null,
        debiased?.flips.wordSwap ?? null,
        debiased?.flips.otherIds ?? null,
      ],
      ['Text', ...own('text')],
    ],
    note: `The prior is estimated on ${Math.round(100 * given.priorShare)} % of the items (at least one), ${given.priorDraws} draws averaged; consistency and flips of the debiased choice are those of the other items.`,
  }
}

function subjectRows(
  items: ChoiceRow[],
): { subject: string; rows: ChoiceRow[]; mismatch: number | null; gap: number | null }[] {
  return [...groupBy(items, (row) => row.detail.subject)]
    .sort(([first], [second]) => (first < second ? -1 : 1))
    .map(([subject, rows]) => ({ subject, rows, mismatch: shareWhere(both(rows), differs), gap: gap(rows) }))
}

/** Mismatch against robustness gap, one point a subject; none without items. */
export function subjectCurve(items: ChoiceRow[]): BenchmarkReport['curves'] {
  if (items.length === 0) return []
  return [
    {
      id: 'mismatchAgainstGap',
      title: 'Mismatch against robustness gap, one point a subject',
      x: { title: 'Mismatch', domain: [0, 1] },
      y: { title: 'Consistency by text − by first token', domain: [-1, 1] },
      kind: 'scatter',
      series: [
        {
          name: 'subjects',
          points: subjectRows(items).flatMap((one): [number, number][] =>
            one.mismatch === null || one.gap === null ? [] : [[one.mismatch, one.gap]],
          ),
        },
      ],
      reference: 0,
    },
  ]
}

/** Accuracy, mismatch and gap by subject. */
export function subjectTable(items: ChoiceRow[]): Table {
  return {
    id: 'bySubject',
    title: 'By subject',
    columns: [
      { title: 'Subject' },
      { title: 'Items', unit: 'count' },
      { title: 'Right by first token', unit: 'share' },
      { title: 'Right by text', unit: 'share' },
      { title: 'Mismatch', unit: 'share' },
      { title: 'Robustness gap', unit: 'ratio' },
    ],
    rows: subjectRows(items).map(({ subject, rows, mismatch, gap: difference }) => [
      subject,
      rows.length,
      shareWhere(rows, right('first')),
      shareWhere(rows, right('text')),
      mismatch,
      difference,
    ]),
  }
}
