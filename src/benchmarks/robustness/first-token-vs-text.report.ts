import type { BenchmarkReport, Metric } from '../../../schema/report.ts'
import { mean } from '../../methods/statistics/summary.ts'
import type { ReportContext, Row } from '../define.ts'
import { degenerateLevel, fewClusters, lostItems } from '../report/caveats.ts'
import { countMetric, meanMetric, missingMetric, shareMetric, statisticMetric, withReading } from '../report/metrics.ts'
import { reportedRows, worstItems } from '../report/rows.ts'
import {
  bends,
  both,
  type ChoiceRow,
  chosen,
  deviation,
  differs,
  flips,
  gap,
  methodTable,
  names,
  plain,
  right,
  steady,
  subjectCurve,
  subjectTable,
} from './first-token-vs-text.tables.ts'
import type { FirstTokenDetail, FirstTokenParams } from './first-token-vs-text.ts'

/** The report: what letter probabilities and text say of the same answers. */
export function reportFirstTokenVsText(
  rows: Row<FirstTokenDetail>[],
  { seed, params }: Pick<ReportContext<FirstTokenParams>, 'seed' | 'params'>,
): BenchmarkReport {
  const items = reportedRows(rows)
  const estimated = items.some((row) => row.detail.estimated)
  const suffix = estimated ? ':estimated' : ''
  // What rests on the first token's distribution has another name where that is estimated.
  const named = (id: string, method: 'first' | 'text' = 'first') => (method === 'first' ? `${id}${suffix}` : id)
  const answered = both(items)
  const mismatchText = {
    id: named('mismatch'),
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
      { id: named(`accuracy.${method}`, method), title: `Accuracy by ${names[method]}`, direction: 'higher' },
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
      gapMetric(named('robustnessGap'), items, accuracies, chance, seed),
      ...accuracies,
      ...(['first', 'text'] as const).flatMap((method): Metric[] => [
        shareMetric(
          {
            id: named(`consistency.${method}`, method),
            title: `Same content in all orders, by ${names[method]}`,
            direction: 'higher',
          },
          items,
          steady(method),
          seed,
        ),
        statisticMetric(
          {
            id: named(`recallDeviation.${method}`, method),
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
              id: named(`flipRate.${bend}.${method}`, method),
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
          id: named('firstIdMass'),
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
function gapMetric(id: string, items: ChoiceRow[], accuracies: Metric[], chance: number, seed: number): Metric {
  const text = {
    id,
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
