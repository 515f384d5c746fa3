import type { Curve, Table } from '../../../schema/report.ts'
import { riskCoverageCurve } from '../../methods/selective/risk-coverage.ts'
import { mean } from '../../methods/statistics/summary.ts'
import { type PairStatistic, pairsInterval, shareOf } from '../report/metrics.ts'
import {
  errorAuc,
  type ItemSets,
  type IterativeRow,
  largestThreshold,
  prr,
  type Signal,
  signals,
  unknownAuc,
  unknownOrOpen,
  withSignals,
} from './iterative-prompting.sets.ts'

const setNames: Readonly<Record<keyof ItemSets, string>> = {
  single: 'one right answer',
  multi: 'many right answers',
  mixed: 'mixed',
}
const drawnSignals = new Set(['information', 'entropy', 'maximumSequenceProbability', 'pTrue'])

/** The signals that at least one row has. */
export const signalsOf = (rows: readonly IterativeRow[]): Signal[] =>
  signals.filter(({ of }) => rows.some((row) => of(row) !== null))

/** Precision against the share answered, for each set. */
export const answerCurves = (sets: ItemSets): Curve[] =>
  (Object.keys(setNames) as (keyof ItemSets)[]).map((name) => ({
    id: `precisionRecall.${name}`,
    title: `Right among answered as the least certain are left out (${setNames[name]})`,
    x: { title: 'Share answered', domain: [0, 1] },
    y: { title: 'Share right among answered', domain: [0, 1] },
    kind: 'line',
    series: signalsOf(sets[name])
      .filter(({ id }) => drawnSignals.has(id))
      .map((signal) => {
        const rows = withSignals(sets[name], [signal])
        const points = riskCoverageCurve(
          rows.map((row) => signal.of(row) as number),
          rows.map((row) => Number(row.detail.correct)),
        )
        return {
          name: signal.title,
          points: points.map(({ coverage, risk }): [number, number] => [coverage, 1 - risk]),
        }
      }),
  }))

const BINS = 10

/** Share of items by mutual information: those it knows, those it does not know, those without an answer. */
export function informationHistogram(rows: readonly IterativeRow[]): Curve {
  const groups: [string, IterativeRow[]][] = [
    ['answers right', rows.filter(({ detail }) => !detail.unanswerable && detail.correct)],
    ['answers wrong', rows.filter(({ detail }) => !detail.unanswerable && !detail.correct)],
    ['no answer exists', rows.filter(({ detail }) => detail.unanswerable)],
  ]
  const most = Math.max(0.1, ...rows.map(({ detail }) => detail.information ?? 0))
  const placeOf = (value: number) => Math.min(BINS - 1, Math.max(0, Math.floor((value / most) * BINS)))
  return {
    id: 'informationHistogram',
    title: 'Epistemic mutual information of what it knows and does not know',
    x: { title: 'Mutual information, nats' },
    y: { title: 'Share of the group', domain: [0, 1] },
    kind: 'bars',
    categories: Array.from({ length: BINS }, (_, bin) => ((bin * most) / BINS).toFixed(2)),
    series: groups
      .filter(([, some]) => some.length > 0)
      .map(([name, some]) => ({
        name,
        points: Array.from({ length: BINS }, (_, bin): [number, number] => [
          bin,
          some.filter(({ detail }) => placeOf(detail.information ?? 0) === bin).length / some.length,
        ]),
      })),
  }
}

/** Mean change of the greedy answer's log-probability by how often a wrong answer was stated, known against unknown. */
export function amplificationCurve(rows: readonly IterativeRow[]): Curve {
  const told = rows.filter(({ detail }) => detail.amplification !== null)
  const groups: [string, IterativeRow[]][] = [
    ['answers right', told.filter(({ detail }) => detail.correct)],
    ['answers wrong', told.filter(({ detail }) => !detail.correct)],
  ]
  return {
    id: 'amplification',
    title: 'What stating a wrong answer does to its own answer',
    x: { title: 'Times a wrong answer is stated' },
    y: { title: 'Change of log-probability, nats' },
    kind: 'line',
    series: groups
      .filter(([, some]) => some.length > 0)
      .map(([name, some]) => ({
        name,
        points: [
          [0, 0] as [number, number],
          ...(some[0]?.detail.amplification ?? []).map(([times], place): [number, number] => [
            times,
            mean(some.map(({ detail }) => detail.amplification?.[place]?.[1] ?? 0)) ?? 0,
          ]),
        ],
      })),
  }
}

/** How well each signal orders answers, set by set, and tells not knowing from openness. */
export function qualityTable(sets: ItemSets, rows: readonly IterativeRow[], seed: number): Table {
  const contrast = rows.filter((row) => unknownOrOpen(row) !== null)
  const cells = (id: string, some: IterativeRow[], pair: PairStatistic<IterativeRow>) => {
    const value = some.length === 0 ? null : pair.statistic(some.map(pair.scoreOf), some.map(pair.labelOf))
    const interval = value === null ? null : pairsInterval(id, some, pair, seed)
    return [value, interval?.low ?? null, interval?.high ?? null]
  }
  const lines = signalsOf(rows).flatMap((signal) =>
    (Object.keys(setNames) as (keyof ItemSets)[]).map((name) => {
      const some = withSignals(sets[name], [signal])
      return [
        signal.title,
        setNames[name],
        some.length,
        ...cells(`prr.${name}.${signal.id}`, some, prr(signal)),
        ...cells(`auc.${name}.${signal.id}`, some, errorAuc(signal)),
      ]
    }),
  )
  const told = signalsOf(rows).map((signal) => {
    const some = withSignals(contrast, [signal])
    return [
      signal.title,
      'not known against open',
      some.length,
      null,
      null,
      null,
      ...cells(`unknown.${signal.id}`, some, unknownAuc(signal)),
    ]
  })
  return {
    id: 'signals',
    title: 'How well each measure finds wrong answers',
    columns: [
      { title: 'Measure' },
      { title: 'Items' },
      { title: 'Number', unit: 'count' },
      { title: 'PRR', unit: 'none' },
      { title: 'from', unit: 'none' },
      { title: 'to', unit: 'none' },
      { title: 'ROC AUC', unit: 'share' },
      { title: 'from', unit: 'share' },
      { title: 'to', unit: 'share' },
    ],
    rows: [...lines, ...told],
    note: 'Not known against open: wrong and unanswerable items against right answers to questions with many. Only what measures not knowing alone should tell them apart.',
  }
}

/** For each signal the threshold that keeps errors rare on the calibration fold, and what it does on the other. */
export function abstentionTable(
  folds: { calibration: IterativeRow[]; report: IterativeRow[] } | null,
  risk: number,
): Table {
  const line = (signal: Signal) => {
    const threshold = folds && largestThreshold(uncertain(withSignals(folds.calibration, [signal]), signal), risk)
    if (!folds || threshold === null) return [signal.title, null, null, null]
    const report = withSignals(folds.report, [signal])
    const answered = report.filter((row) => (signal.of(row) as number) < threshold)
    return [
      signal.title,
      Number.isFinite(threshold) ? threshold : null,
      shareOf(answered.length, report.length),
      shareOf(answered.filter(({ detail }) => !detail.correct).length, answered.length),
    ]
  }
  return {
    id: 'abstention',
    title: `Answering only below a threshold fitted at ${100 * risk} % errors (mixed set)`,
    columns: [
      { title: 'Measure' },
      { title: 'Threshold', unit: 'none' },
      { title: 'Answered', unit: 'share' },
      { title: 'Wrong among answered', unit: 'share' },
    ],
    rows: folds ? signalsOf([...folds.calibration, ...folds.report]).map(line) : [],
    note: 'Fitted on the calibration fold, shown on the other. No threshold: no limit is needed (all answered), or none is low enough (nothing answered). No guarantee: that takes a certified threshold.',
  }
}

/** Each row's uncertainty by a signal beside whether its answer is right. */
export const uncertain = (rows: readonly IterativeRow[], signal: Signal) =>
  rows.map((row) => ({ uncertainty: signal.of(row) as number, correct: row.detail.correct }))
