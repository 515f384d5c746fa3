import type { BenchmarkReport, Metric, Table } from '../../../schema/report.ts'
import { isConsistent, recallStandardDeviation } from '../../methods/choice/rotations.ts'
import { mean } from '../../methods/statistics/summary.ts'
import type { ReportContext, Row } from '../define.ts'
import { degenerateLevel, fewClusters, lostItems } from '../report/caveats.ts'
import {
  countMetric,
  meanMetric,
  missingMetric,
  shareMetric,
  shareOf,
  statisticInterval,
  statisticMetric,
  withReading,
} from '../report/metrics.ts'
import { groupBy, type Reported, reportedRows, worstItems } from '../report/rows.ts'
import type { FirstTokenDetail, FirstTokenParams, Variant } from './first-token-vs-text.ts'
import { debias } from './prior-debiasing.ts'

type ChoiceRow = Reported<FirstTokenDetail>
type Method = 'first' | 'text'
type Bend = 'typo' | 'wordSwap' | 'otherIds'

const plain = (row: ChoiceRow): Variant => row.detail.rotations[0] as Variant
const chosen = (row: ChoiceRow, method: Method): number | null => plain(row)[method]
const right =
  (method: Method) =>
  (row: ChoiceRow): boolean =>
    chosen(row, method) === row.detail.answerIndex
const steady =
  (method: Method) =>
  (row: ChoiceRow): boolean =>
    isConsistent(row.detail.rotations.map((one) => one[method]))
const flips =
  (method: Method, bend: Bend) =>
  (row: ChoiceRow): boolean =>
    row.detail[bend][method] !== chosen(row, method)

const deviation = (rows: readonly ChoiceRow[], method: Method): number | null =>
  recallStandardDeviation(
    rows.map((row) => row.detail.answerIndex),
    rows.map((row) => chosen(row, method)),
  )
const shareWhere = (rows: readonly ChoiceRow[], hit: (row: ChoiceRow) => boolean): number | null =>
  shareOf(rows.filter(hit).length, rows.length)
const gap = (rows: readonly ChoiceRow[]): number | null =>
  rows.length === 0
    ? null
    : (shareWhere(rows, steady('text')) as number) - (shareWhere(rows, steady('first')) as number)
const both = (rows: readonly ChoiceRow[]): ChoiceRow[] =>
  rows.filter((row) => chosen(row, 'first') !== null && chosen(row, 'text') !== null)
const differs = (row: ChoiceRow): boolean => chosen(row, 'first') !== chosen(row, 'text')

const names: Record<Method, string> = { first: 'first token', text: 'text' }
const bends: readonly [Bend, string][] = [
  ['typo', 'typos in 10 % of the words'],
  ['wordSwap', 'two words of the question swapped'],
  ['otherIds', 'numbers instead of letters'],
]

/** The report: what letter probabilities and text say of the same answers. */
export function reportFirstTokenVsText(
  rows: Row<FirstTokenDetail>[],
  { seed, params }: Pick<ReportContext<FirstTokenParams>, 'seed' | 'params'>,
): BenchmarkReport {
  const items = reportedRows(rows)
  const estimated = items.some((row) => row.detail.estimated)
  const suffix = estimated ? ':estimated' : ''
  const answered = both(items)
  const mismatchText = {
    id: `mismatch${suffix}`,
    title: 'First token and text choose different options',
    direction: 'lower' as const,
  }
  const headline =
    items.length > 0 && answered.length === 0
      ? missingMetric(
          { ...mismatchText, note: 'No answer has both a first-token and a text choice.' },
          'no_answers',
          items.length,
        )
      : shareMetric(mismatchText, answered, differs, seed)
  const accuracies = (['first', 'text'] as const).map((method) =>
    shareMetric(
      { id: `accuracy.${method}`, title: `Accuracy by ${names[method]}`, direction: 'higher' },
      items,
      right(method),
      seed,
    ),
  )
  const chance = mean(items.map((row) => 1 / row.detail.rotations.length)) ?? 0
  const level = accuracies[1]?.value ?? null
  const truncated = items.filter((row) => row.detail.rotations.some((one) => one.truncated)).length
  return {
    headline: withReading(
      headline,
      'How often the letter with the highest probability is not the option that the written answer names.',
    ),
    metrics: [
      gapMetric(items, accuracies, chance, seed),
      ...accuracies,
      ...(['first', 'text'] as const).flatMap((method): Metric[] => [
        shareMetric(
          {
            id: `consistency.${method}`,
            title: `Same content in all orders, by ${names[method]}`,
            direction: 'higher',
          },
          items,
          steady(method),
          seed,
        ),
        statisticMetric(
          {
            id: `recallDeviation.${method}`,
            title: `Spread of recall over positions, by ${names[method]}`,
            direction: 'lower',
            unit: 'points',
          },
          items,
          (some) => deviation(some, method),
          seed,
          'too_few',
        ),
        ...bends.map(([bend, title]) =>
          shareMetric(
            {
              id: `flipRate.${bend}.${method}`,
              title: `Choice changes: ${title}, by ${names[method]}`,
              direction: 'lower',
            },
            items,
            flips(method, bend),
            seed,
          ),
        ),
      ]),
      meanMetric(
        {
          id: 'firstIdMass',
          title: 'Probability that the first token is any option letter',
          direction: 'higher',
          unit: 'share',
        },
        items,
        (row) =>
          Math.min(
            1,
            plain(row).masses.reduce((sum, mass) => sum + mass, 0),
          ),
        seed,
      ),
      shareMetric(
        { id: 'parseFailureRate', title: 'Text answers that name no option', direction: 'lower' },
        items,
        (row) => chosen(row, 'text') === null,
        seed,
      ),
      countMetric(
        { id: 'truncated', title: 'Items with a letter below the alternatives shown', direction: 'neutral' },
        truncated,
      ),
    ],
    curves: subjectCurve(items),
    tables: [methodTable(items, estimated, params, seed), subjectTable(items)],
    caveats: [
      ...lostItems(rows, headline),
      ...degenerateLevel(level),
      ...fewClusters(items),
      ...(estimated
        ? [
            {
              code: 'estimated',
              message: `The target shows no log-probabilities: first-token masses are shares of ${params.estimateSamples} one-token samples, and nothing is debiased.`,
            },
          ]
        : []),
      ...(truncated > 0
        ? [
            {
              code: 'truncated',
              message: `On ${truncated} items a letter is not among the alternatives shown; its probability counts as 0.`,
            },
          ]
        : []),
    ],
    worst: worstItems(
      items,
      (row) => (both([row]).length === 1 && differs(row) ? Math.max(...plain(row).masses) : null),
      ({ detail }) =>
        `First token says option ${letter(detail.rotations[0]?.first)}, the text option ${letter(detail.rotations[0]?.text)}: “${detail.answer}” (right: “${detail.gold}”).`,
    ),
  }
}

const letter = (place: number | null | undefined): string => (place == null ? 'none' : String.fromCharCode(65 + place))

/** A gap says nothing where the accuracy it starts from may be chance: who always says the same letter has none. */
function gapMetric(items: ChoiceRow[], accuracies: Metric[], chance: number, seed: number): Metric {
  const text = {
    id: 'robustnessGap',
    title: 'Consistency by text minus consistency by first token',
    direction: 'neutral' as const,
    unit: 'ratio' as const,
  }
  const atChance = accuracies.some(({ interval }) => !interval || interval.low <= chance)
  if (items.length > 0 && atChance)
    return missingMetric(
      { ...text, note: `An accuracy’s interval reaches chance (${chance.toFixed(2)}).` },
      'degenerate_level',
      items.length,
    )
  return statisticMetric(text, items, gap, seed)
}

function methodTable(items: ChoiceRow[], estimated: boolean, given: FirstTokenParams, seed: number): Table {
  const own = (method: Method) => {
    const accuracy = shareMetric({ id: 'accuracy', title: '', direction: 'higher' }, items, right(method), seed)
    const consistency = shareMetric({ id: 'consistency', title: '', direction: 'higher' }, items, steady(method), seed)
    const spread = statisticInterval(`recallDeviation.${method}`, items, (some) => deviation(some, method), seed)
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

function subjectCurve(items: ChoiceRow[]): BenchmarkReport['curves'] {
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

function subjectTable(items: ChoiceRow[]): Table {
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
