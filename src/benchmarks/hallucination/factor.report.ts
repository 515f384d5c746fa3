import type { BenchmarkReport, Curve, Metric, Table } from '../../../schema/report.ts'
import { mean } from '../../methods/statistics/summary.ts'
import type { ReportContext, Row } from '../define.ts'
import { degenerateLevel, fewClusters, lostItems } from '../report/caveats.ts'
import {
  type MetricText,
  meanMetric,
  missingMetric,
  shareMetric,
  statisticMetric,
  withReading,
} from '../report/metrics.ts'
import { groupBy, type Reported, reportedRows, worstItems } from '../report/rows.ts'
import { type Continuation, marginOf, meanLogprob, perplexityOf, pointsOf } from './continuation-scores.ts'
import type { FactorDetail, FactorParams } from './factor.ts'

type FactorRow = Reported<FactorDetail>
type Scored = FactorRow & { scored: Continuation[] }

const having = (rows: FactorRow[], arm: 'plain' | 'retrieved'): Scored[] =>
  rows.flatMap((row) => {
    const scored = row.detail[arm]
    return scored === null || scored.some((one) => one.tokens === 0) ? [] : [{ ...row, scored }]
  })

/** The report: accuracy by mean log-probability, or by letter on targets that cannot score given text. */
export function reportFactor(
  rows: Row<FactorDetail>[],
  { seed, params }: Pick<ReportContext<FactorParams>, 'seed' | 'params'>,
): BenchmarkReport {
  const all = reportedRows(rows)
  const plain = having(all, 'plain')
  const retrieved = having(all, 'retrieved')
  const asked = all.filter((row) => row.detail.choice !== null)
  const byLetter = asked.length > 0
  const points = (row: Scored) => pointsOf(row.scored)
  const named: MetricText = {
    id: 'accuracy',
    title: 'Accuracy: the true continuation scores highest',
    direction: 'higher',
  }
  const accuracy =
    plain.length > 0
      ? shareMetric(named, plain, points, seed)
      : missingMetric(named, all.length === 0 ? 'no_items' : byLetter ? 'capability_missing' : 'no_answers')
  const choice = shareMetric(
    { id: 'factor_mcq', title: 'Accuracy as a question with letters (not comparable)', direction: 'higher' },
    asked,
    (row) => row.detail.choice?.correct ?? false,
    seed,
  )
  const headline = byLetter ? choice : accuracy
  return {
    headline: withReading(
      headline,
      'How often the true statement is preferred over three that differ in one detail; guessing gives 25 %.',
    ),
    metrics: [
      ...(byLetter ? [accuracy] : []),
      sumMetric(plain, seed),
      ...(plain.length > 0
        ? [
            meanMetric(
              {
                id: 'margin',
                title: 'Mean margin of the true continuation, per token',
                unit: 'nats',
                direction: 'higher',
              },
              plain,
              (row) => marginOf(row.scored),
              seed,
            ),
          ]
        : []),
      statisticMetric(
        {
          id: 'perplexity',
          title: 'Perplexity of the true continuations',
          unit: 'none',
          direction: 'lower',
          note: 'Per token of this tokenizer: not comparable between tokenizers.',
        },
        plain,
        (some) => perplexityOf(some.map((row) => row.scored[0] as Continuation)),
        seed,
      ),
      ...sourceMetrics(plain, seed),
      ...retrievalMetrics(plain, retrieved, params.passages, seed),
    ],
    curves: plain.length > 0 ? [marginHistogram(plain)] : [],
    tables: [errorTable(plain, asked, seed)],
    caveats: [
      ...lostItems(rows, headline),
      ...degenerateLevel(headline.value),
      ...fewClusters(all),
      ...letterCaveat(asked),
    ],
    worst: worstItems(
      plain,
      (row) => (points(row as Scored) < 1 ? -marginOf((row as Scored).scored) : null),
      (row) => preferred((row as Scored).scored),
    ),
  }
}

const preferred = ([truth, ...others]: Continuation[]): string => {
  const best = others.reduce((top, one) => (meanLogprob(one) > meanLogprob(top) ? one : top))
  return `Prefers “${best.text}” (${meanLogprob(best).toFixed(2)} nats a token) to the true “${truth?.text}” (${meanLogprob(truth as Continuation).toFixed(2)}).`
}

const sumMetric = (plain: Scored[], seed: number): Metric =>
  shareMetric(
    {
      id: 'accuracyBySum',
      title: 'Accuracy by summed log-probability',
      direction: 'higher',
      note: 'Far from the headline: length decides, not truth.',
    },
    plain,
    (row) => pointsOf(row.scored, (one) => one.logprob),
    seed,
  )

function sourceMetrics(plain: Scored[], seed: number): Metric[] {
  const titles: Record<string, string> = {
    table: 'Accuracy where the model must know',
    fiction: 'Accuracy where the prefix says it (upper-bound control)',
  }
  return Object.entries(titles).flatMap(([source, title]) => {
    const some = plain.filter((row) => row.detail.source === source)
    return some.length === 0
      ? []
      : [
          shareMetric(
            { id: `accuracy.${source}`, title, direction: 'higher' },
            some,
            (row) => pointsOf(row.scored),
            seed,
          ),
        ]
  })
}

function retrievalMetrics(plain: Scored[], retrieved: Scored[], passages: number, seed: number): Metric[] {
  const title = `Accuracy with ${passages} retrieved passages before the prefix`
  if (passages === 0)
    return [
      missingMetric(
        { id: 'accuracyRetrieved', title: 'Accuracy with retrieved passages', direction: 'higher' },
        'not_asked',
      ),
    ]
  const before = new Map(plain.map((row) => [row.index, pointsOf(row.scored)]))
  const both = retrieved.filter((row) => before.has(row.index))
  if (both.length === 0)
    return [missingMetric({ id: 'accuracyRetrieved', title, direction: 'higher' }, 'capability_missing')]
  return [
    shareMetric({ id: 'accuracyRetrieved', title, direction: 'higher' }, both, (row) => pointsOf(row.scored), seed),
    meanMetric(
      { id: 'retrievalGain', title: 'Accuracy gained by retrieval, same items', direction: 'higher', unit: 'ratio' },
      both,
      (row) => pointsOf(row.scored) - (before.get(row.index) as number),
      seed,
    ),
  ]
}

/** Margins in bins of a quarter nat a token, the outer bins open. */
function marginHistogram(plain: Scored[]): Curve {
  const [low, width, bins] = [-2, 0.25, 16]
  const counts = new Array<number>(bins).fill(0)
  for (const row of plain) {
    const bin = Math.min(bins - 1, Math.max(0, Math.floor((marginOf(row.scored) - low) / width)))
    counts[bin] = (counts[bin] as number) + 1
  }
  return {
    id: 'margins',
    title: 'Margin of the true continuation over the best false one',
    x: { title: 'Nats a token (the outer bars hold all beyond)', domain: [low, low + width * bins] },
    y: { title: 'Items' },
    kind: 'bars',
    series: [{ name: 'items', points: counts.map((count, bin) => [low + width * (bin + 0.5), count]) }],
    reference: 0,
  }
}

function errorTable(plain: Scored[], asked: FactorRow[], seed: number): Table {
  const rows = plain.length > 0 ? plain : asked
  const right = (row: FactorRow): number =>
    plain.length > 0 ? pointsOf((row as Scored).scored) : Number(row.detail.choice?.correct ?? false)
  const line = (name: string, some: FactorRow[]) => {
    const share = shareMetric({ id: `accuracy.${name}`, title: name, direction: 'higher' }, some, right, seed)
    const margins = plain.length > 0 ? mean((some as Scored[]).map((row) => marginOf(row.scored))) : null
    return [name, some.length, share.value, share.interval?.low ?? null, share.interval?.high ?? null, margins]
  }
  const types = [...groupBy(rows, (row) => row.detail.errorType ?? 'unstated')].sort(([a], [b]) => (a < b ? -1 : 1))
  return {
    id: 'byErrorType',
    title: 'Accuracy by what the false continuations get wrong',
    columns: [
      { title: 'Error type' },
      { title: 'Items', unit: 'count' },
      { title: 'Accuracy', unit: 'share' },
      { title: 'from', unit: 'share' },
      { title: 'to', unit: 'share' },
      { title: 'Mean margin', unit: 'nats' },
    ],
    rows: [...types.map(([name, some]) => line(name, some)), line('all', rows)],
  }
}

function letterCaveat(asked: FactorRow[]): BenchmarkReport['caveats'] {
  if (asked.length === 0) return []
  return [
    {
      code: 'question_form',
      message:
        'The target gives no log-probabilities of given text, so each item was put as a question with letters: this is another measure than FACTOR accuracy.',
    },
  ]
}
