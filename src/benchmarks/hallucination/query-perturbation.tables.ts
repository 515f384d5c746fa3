import type { BenchmarkReport, Table } from '../../../schema/report.ts'
import { entropy } from '../../methods/statistics/divergence.ts'
import { mean } from '../../methods/statistics/summary.ts'
import { shareOf } from '../report/metrics.ts'
import { groupBy } from '../report/rows.ts'
import {
  asItWas,
  type FittedPredictor,
  hallucinationRate,
  isHallucinatory,
  type QueryRow,
  rankedByConsensus,
} from './rewriting.ts'

/** Sizes of classes as shares of all answers. */
function classShares(classes: readonly number[]): number[] {
  return [...groupBy(classes, String).values()].map((members) => members.length / classes.length)
}
/** Shares of the classes of answers over a question and its rewordings. */
export const reworded = (row: QueryRow): number[] => classShares(row.detail.variants.map((one) => one.class))
export const repeated = (row: QueryRow): number[] => classShares(row.detail.control.classes)
/** The majority agreement of class shares. */
export const largest = (shares: readonly number[]): number => Math.max(...shares)
export const giniSimpson = (shares: readonly number[]): number =>
  1 - shares.reduce((sum, share) => sum + share * share, 0)
/** 1 − H(f)/ln n over n answers: 1 where all say the same, 0 where all differ. */
export const normalizedCertainty = (shares: readonly number[], answers: number): number =>
  shares.length === 1 ? 1 : 1 - (entropy(shares) ?? 0) / Math.log(answers)

/** How many questions have which hallucination rate. */
export function histogram(items: QueryRow[]): BenchmarkReport['curves'] {
  if (items.length === 0) return []
  const counts = [...groupBy(items, (row) => hallucinationRate(row).toFixed(4))].sort(
    ([first], [second]) => Number(first) - Number(second),
  )
  return [
    {
      id: 'hallucinationRates',
      title: 'How questions differ',
      x: { title: 'Share of wordings answered wrong', domain: [0, 1] },
      y: { title: 'Questions' },
      kind: 'bars',
      series: [{ name: 'questions', points: counts.map(([rate, some]) => [Number(rate), some.length]) }],
    },
  ]
}

/** Fresh answers, right and wrong, by what the question was before and how its wording was chosen. */
export function transitionTable(items: QueryRow[], fitted: FittedPredictor | null): Table {
  const lines = (name: string, rows: QueryRow[], choose: (row: QueryRow) => { freshCorrect: boolean } | null) =>
    [true, false].map((hallucinatory) => {
      const some = rows.filter((row) => isHallucinatory(row) === hallucinatory && choose(row))
      const right = some.filter((row) => choose(row)?.freshCorrect).length
      return [name, hallucinatory ? 'hallucinatory' : 'sound', right, some.length - right]
    })
  return {
    id: 'transitions',
    title: 'Answers asked anew, by what the question was before',
    columns: [
      { title: 'Wording' },
      { title: 'Before' },
      { title: 'Right', unit: 'count' },
      { title: 'Wrong', unit: 'count' },
    ],
    rows: [
      ...lines('the question again', items, asItWas),
      ...lines('Rank: most consensus', items, rankedByConsensus),
      ...(fitted ? lines('Rewrite: lowest predicted risk (report fold)', fitted.report, fitted.rewrite) : []),
    ],
  }
}

/** Rates and agreement for badly and well worded questions and by scenario. */
export function wordingTable(items: QueryRow[]): Table {
  const line = (name: string, rows: QueryRow[]) => [
    name,
    rows.length,
    mean(rows.map(hallucinationRate)),
    shareOf(rows.filter(isHallucinatory).length, rows.length),
    mean(rows.map((row) => row.detail.control.correct / row.detail.control.classes.length)),
    mean(rows.map((row) => largest(reworded(row)))),
    mean(rows.map((row) => 100 * (largest(repeated(row)) - largest(reworded(row))))),
  ]
  const scenarios = [...groupBy(items, (row) => row.detail.scenario)].sort(([a], [b]) => (a < b ? -1 : 1))
  return {
    id: 'byWording',
    title: 'Badly and well worded questions, and scenarios',
    columns: [
      { title: 'Questions' },
      { title: 'Items', unit: 'count' },
      { title: 'Wrong over rewordings', unit: 'share' },
      { title: 'Hallucinatory', unit: 'share' },
      { title: 'Right when repeated', unit: 'share' },
      { title: 'Agreement', unit: 'share' },
      { title: 'Agreement spread', unit: 'points' },
    ],
    rows: [
      line('all', items),
      line(
        'badly worded',
        items.filter((row) => row.detail.bad),
      ),
      line(
        'well worded',
        items.filter((row) => !row.detail.bad),
      ),
      ...scenarios.map(([name, rows]) => line(name, rows)),
    ],
  }
}

/** Answers asked for by stage. */
export function costTable(items: QueryRow[]): Table {
  const wordings = items.reduce((sum, row) => sum + row.detail.variants.length, 0)
  const total = items.reduce((sum, row) => sum + row.detail.calls, 0)
  return {
    id: 'cost',
    title: 'Answers asked for',
    columns: [{ title: 'Stage' }, { title: 'Answers', unit: 'count' }],
    rows: [
      ['one per wording', wordings],
      ['the question as often (control)', wordings],
      ['one per wording anew (Rewrite, Rank, the question again)', wordings],
      ['rewordings by the model, second pipeline', total - 3 * wordings],
      ['all', total],
    ],
  }
}
