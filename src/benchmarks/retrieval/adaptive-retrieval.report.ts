import type { BenchmarkReport, Metric } from '../../../schema/report.ts'
import type { ReportContext, Row } from '../define.ts'
import { degenerateLevel, fewClusters, lostItems } from '../report/caveats.ts'
import { foldsOf, LEAST_PER_FOLD } from '../report/folds.ts'
import {
  type MetricText,
  meanMetric,
  missingMetric,
  shareMetric,
  statisticMetric,
  withReading,
} from '../report/metrics.ts'
import { reportedRows, worstItems } from '../report/rows.ts'
import {
  costCurve,
  FIXED,
  fitWay,
  intervalTable,
  type Judged,
  methodTable,
  sourceTable,
  transferTable,
} from './adaptive-retrieval.tables.ts'
import type { RetrievalDetail, RetrievalParams } from './adaptive-retrieval.ts'
import {
  always,
  byChance,
  callsOf,
  type Decided,
  decidedBy,
  figures,
  filledUncertainties,
  gapClosed,
  inAccOf,
  isWrong,
  modelCalls,
  never,
  oracle,
  type RetrievalRow,
  retrievalRate,
  type Way,
} from './decisions.ts'

/** The report: every estimator as a trigger on the report fold, against never, always and the oracle. */
export function reportAdaptiveRetrieval(
  rows: Row<RetrievalDetail>[],
  { seed, params }: Pick<ReportContext<RetrievalParams>, 'seed' | 'params'>,
): BenchmarkReport {
  const items = reportedRows(rows)
  const names = [...new Set(items.flatMap((row) => Object.keys(row.detail.uncertainties)))].sort()
  const folds = foldsOf(items, seed, isWrong)
  const ways = folds ? names.flatMap((name) => fitWay(name, items, folds.calibration, params) ?? []) : []
  const shown = folds?.report ?? items
  const best = folds ? bestOf(ways, folds.calibration) : null
  const fixed = names.includes(FIXED) ? fixedWay(items, params) : null
  const judged: Judged[] = [
    ...[never, always, oracle].map((way) => ({ way, title: titles[way.id] as string, list: decidedBy(way, shown) })),
    ...(fixed ? [{ way: fixed, title: `${FIXED} > ½ (not fitted)`, list: decidedBy(fixed, shown) }] : []),
    ...ways.map((way) => ({ way, title: way.id, list: decidedBy(way, shown) })),
  ]
  const headline = headlineOf(shown, best, fixed, folds !== null, seed)
  const chosen = best ?? fixed
  const benefits = (row: RetrievalRow) => isWrong(row) && row.detail.open.correct
  const harms = (row: RetrievalRow) => !isWrong(row) && !row.detail.open.correct
  const known = items.filter((row) => row.detail.goldFound !== null)
  const never_ = shareMetric(
    { id: 'inAcc.never', title: 'Right answers without retrieval', direction: 'higher' },
    shown,
    (row) => row.detail.closed.correct,
    seed,
  )
  return {
    headline: withReading(
      headline,
      'How much of what the best possible retrieving could gain its own doubt wins, beyond retrieving at random as often; always retrieving gets 0.',
    ),
    metrics: [
      never_,
      shareMetric(
        { id: 'inAcc.always', title: 'Right answers with retrieval always', direction: 'higher' },
        shown,
        (row) => row.detail.open.correct,
        seed,
      ),
      shareMetric(
        { id: 'inAcc.oracle', title: 'Right answers if it retrieved exactly where that helps', direction: 'higher' },
        shown,
        (row) => row.detail.closed.correct || row.detail.open.correct,
        seed,
      ),
      ...(chosen ? chosenMetrics(chosen, decidedBy(chosen, shown), seed) : []),
      ...(fixed && best
        ? [
            statisticMetric(
              {
                id: 'gapClosed.fixed',
                title: `Gap closed by ${FIXED} > ½, beyond chance`,
                direction: 'higher',
                unit: 'ratio',
              },
              decidedBy(fixed, shown),
              gapClosed,
              seed,
              'degenerate_level',
            ),
          ]
        : []),
      shareMetric(
        { id: 'benefit', title: 'Wrong answers that retrieval turns right, of all items', direction: 'higher' },
        items,
        benefits,
        seed,
      ),
      shareMetric(
        { id: 'harm', title: 'Right answers that retrieval turns wrong, of all items', direction: 'lower' },
        items,
        harms,
        seed,
      ),
      known.length === 0
        ? missingMetric(
            { id: 'retrievalRecall', title: 'Gold passages among those found', direction: 'higher' },
            'not_asked',
          )
        : meanMetric(
            { id: 'retrievalRecall', title: 'Gold passages among those found', direction: 'higher', unit: 'share' },
            known,
            (row) => row.detail.goldFound as number,
            seed,
          ),
    ],
    curves: [
      costCurve(
        'inAccByRetrievals',
        'Right answers against retrievals',
        'Retrieval calls per item',
        judged,
        () => retrievalRate,
      ),
      costCurve('inAccByCalls', 'Right answers against model calls', 'Model calls per item', judged, modelCalls),
    ],
    tables: [
      methodTable(judged, judged.find((one) => one.way.id === chosen?.id) ?? null),
      intervalTable(judged, seed),
      sourceTable(items),
      transferTable(items, chosen?.id ?? null, params, seed),
    ],
    caveats: [
      ...lostItems(rows, headline),
      ...degenerateLevel(never_.value),
      ...fewClusters(items),
      ...(folds
        ? []
        : items.length > 0
          ? [
              {
                code: 'too_few',
                message: `No trigger is fitted: each fold needs ${LEAST_PER_FOLD} items, right and wrong ones. The headline is that of the trigger that needs no fitting, on all items.`,
              },
            ]
          : []),
    ],
    worst: worstItems(
      items,
      (row) =>
        isWrong(row)
          ? row.detail.uncertainties[FIXED] === undefined
            ? 0.5
            : 1 - row.detail.uncertainties[FIXED]
          : null,
      ({ detail }) =>
        `Without passages: “${detail.closed.answer}”; with: “${detail.open.answer}”; right is “${detail.gold}”.`,
    ),
  }
}

const titles: Record<string, string> = { never: 'Never', always: 'Always', oracle: 'Oracle' }

function fixedWay(items: readonly RetrievalRow[], params: RetrievalParams): Way {
  const u = filledUncertainties(items, FIXED)
  return {
    id: 'fixed',
    decide: (row) => ({ retrieves: u(row) > 0.5, uncertainty: u(row) }),
    calls: callsOf(FIXED, params),
  }
}

/** The trigger that closes most of the gap on the calibration fold (right answers where that is undefined), first of equals. */
function bestOf(ways: readonly Way[], calibration: readonly RetrievalRow[]): Way | null {
  let best: { way: Way; value: number } | null = null
  for (const way of ways) {
    const list = decidedBy(way, calibration)
    const value = gapClosed(list) ?? (inAccOf(list) as number) - 10
    if (!best || value > best.value) best = { way, value }
  }
  return best?.way ?? null
}

function headlineOf(shown: RetrievalRow[], best: Way | null, fixed: Way | null, fitted: boolean, seed: number): Metric {
  const text: MetricText =
    best || !fixed
      ? {
          id: 'gapClosed',
          title: 'Gap to the oracle closed by its own doubt, beyond chance',
          direction: 'higher',
          unit: 'ratio',
          ...(best ? { note: `By ${best.id}, chosen on the calibration fold, on the report fold.` } : {}),
        }
      : {
          id: 'gapClosed:fixed',
          title: 'Gap to the oracle closed by disagreeing samples, beyond chance',
          direction: 'higher',
          unit: 'ratio',
          note: `By ${FIXED} > ½, not fitted, on all items.`,
        }
  const way = best ?? fixed
  if (shown.length === 0) return missingMetric(text, 'no_items')
  if (!way) return missingMetric(text, fitted ? 'capability_missing' : 'too_few', shown.length)
  return statisticMetric(text, decidedBy(way, shown), gapClosed, seed, 'degenerate_level')
}

function chosenMetrics(way: Way, list: Decided[], seed: number): Metric[] {
  const name = way.id === 'fixed' ? `${FIXED} > ½` : way.id
  return figures
    .slice(2)
    .map(
      (figure): Metric =>
        statisticMetric(
          {
            id: `${figure.id}.chosen`,
            title: `${figure.title}, by ${name}`,
            direction: figure.better,
            unit: figure.unit,
          },
          list,
          figure.of,
          seed,
          'single_class',
        ),
    )
    .concat([
      statisticMetric(
        {
          id: 'inAcc.chance',
          title: `Right answers if it retrieved at random as often as by ${name}`,
          direction: 'neutral',
        },
        list,
        (some) => byChance(some, retrievalRate(some) ?? 0, inAccOf),
        seed,
      ),
      statisticMetric(
        {
          id: 'retrievalCalls.chosen',
          title: `Retrieval calls per item, by ${name}`,
          direction: 'lower',
          unit: 'ratio',
        },
        list,
        retrievalRate,
        seed,
      ),
      statisticMetric(
        { id: 'modelCalls.chosen', title: `Model calls per item, by ${name}`, direction: 'lower', unit: 'ratio' },
        list,
        modelCalls(way),
        seed,
      ),
    ])
}
