import type { BenchmarkReport } from '../../../schema/report.ts'
import type { ReportContext, Row } from '../define.ts'
import { degenerateLevel, fewClusters, lostItems } from '../report/caveats.ts'
import { withReading } from '../report/metrics.ts'
import { reportedRows, worstItems } from '../report/rows.ts'
import { textsWith } from '../report/texts.ts'
import { confidenceOf, creditOf, errorOf } from './choice-measures.ts'
import {
  diversityMetrics,
  gainMetrics,
  headlineOf,
  largerMetrics,
  robustnessMetrics,
} from './target-ensemble.metrics.ts'
import { curvesOf, improvementTable, voiceTable } from './target-ensemble.tables.ts'
import type { EnsembleDetail, EnsembleParams } from './target-ensemble.ts'
import { averaged, type EnsembleRow, judgedBy, SPLITS, voicesOf } from './target-ensemble.voices.ts'

/** The report: members, their mean, and the larger target on the same questions. */
export function reportTargetEnsemble(
  rows: Row<EnsembleDetail>[],
  { seed, params }: Pick<ReportContext<EnsembleParams>, 'seed' | 'params'>,
): BenchmarkReport {
  const reported = reportedRows(rows)
  // Averaging needs every member on every question.
  const all = reported.filter((row) => averaged(row) !== null)
  const voices = voicesOf(all)
  const pseudo = all.some((row) => row.detail.pseudo)
  const suffix = `${pseudo ? ':pseudo' : ''}${all.some((row) => row.detail.votes) ? ':votes' : ''}`
  const text = textsWith(suffix)
  const ensemble = voices.find(({ name }) => name === 'ensemble')
  const larger = voices.find(({ name }) => name === 'larger')
  const headline = headlineOf(all, ensemble, larger, text, seed)
  const accuracy = ensemble && errorOf(judgedBy(all, ensemble, 'id'))
  return {
    headline: withReading(
      headline,
      larger
        ? 'How much better the ensemble finds the right answers of shifted questions than one larger target; below 0 the larger target is better.'
        : 'How much the ensemble gains on shifted questions over its mean member; without a larger target nothing tells whether it is worth its price.',
    ),
    metrics: [
      ...SPLITS.flatMap((split) => gainMetrics(all, voices, split, text, seed)),
      ...diversityMetrics(all, text, seed),
      ...largerMetrics(all, ensemble, larger, text, seed),
      ...robustnessMetrics(all, voices, text),
    ],
    curves: all.length === 0 ? [] : curvesOf(all, voices),
    tables: [voiceTable(all, voices), ...improvementTable(all)],
    caveats: [
      ...lostItems(rows, null),
      ...degenerateLevel(accuracy === null || accuracy === undefined ? null : 1 - accuracy),
      ...fewClusters(all),
      ...ownCaveats(all, reported, larger !== undefined, pseudo, params),
    ],
    worst: worstItems(
      all,
      (row) => {
        const own = averaged(row)
        return own === null || (row.detail.label !== null && creditOf({ shares: own, label: row.detail.label }) > 0)
          ? null
          : confidenceOf(own)
      },
      ({ detail }) =>
        detail.label === null
          ? 'Its members agree on an answer that nobody can know.'
          : `Its members agree, and are wrong: right is “${detail.choices[detail.label]}”.`,
    ),
  }
}

function ownCaveats(
  all: readonly EnsembleRow[],
  reported: readonly EnsembleRow[],
  hasLarger: boolean,
  pseudo: boolean,
  params: EnsembleParams,
): BenchmarkReport['caveats'] {
  const list: BenchmarkReport['caveats'] = []
  if (pseudo)
    list.push({
      code: 'pseudo_ensemble',
      message: `No other target is bound: its members are ${params.pseudo} wordings of one target, which share all its errors. Bind targets as member2 to member5.`,
    })
  if (all.length > 0 && !hasLarger)
    list.push({
      code: 'no_larger',
      message: 'Without a target as role `larger` nothing tells whether one stronger target would do as well.',
    })
  if (all.some((row) => row.detail.votes))
    list.push({
      code: 'votes',
      message: 'Not all members show log-probabilities: each member’s one choice stands for its probabilities.',
    })
  if (all.length < reported.length)
    list.push({
      code: 'incomplete_items',
      message: `${reported.length - all.length} items without an answer of every member are left out.`,
    })
  return list
}
