import type { Row } from '../../../src/benchmarks/define.ts'
import type { PairStatistic } from '../../../src/benchmarks/report/metrics.ts'
import { reportedRows } from '../../../src/benchmarks/report/rows.ts'
import {
  errorAuc,
  type IterativeRow,
  prr,
  setsOf,
  signals,
  unknownAuc,
  unknownOrOpen,
} from '../../../src/benchmarks/uncertainty/iterative-prompting.sets.ts'
import { type IterativeDetail, iterativePrompting } from '../../../src/benchmarks/uncertainty/iterative-prompting.ts'
import { mean } from '../../../src/methods/statistics/summary.ts'
import { drawnQuestions, worldBelief } from '../../servers/known-world.ts'
import { metricOf, type Truths } from '../coverage.ts'
import { evaluateInParts } from '../target.ts'
import { iterativeItems } from '../worlds.ts'

const statisticOf = <T>(rows: readonly T[], { scoreOf, labelOf, statistic }: PairStatistic<T>) =>
  statistic(rows.map(scoreOf), rows.map(labelOf))

/** True figures of repeated prompting: those of a large population, asked as the runs are. */
export async function iterativeTruths(size: number, params: Record<string, unknown>): Promise<Truths> {
  const questions = drawnQuestions('population', size)
  const trial = { benchmark: iterativePrompting, items: iterativeItems(questions), params, seed: 1 }
  const rows = await evaluateInParts(worldBelief(questions), trial, (some) =>
    reportedRows(some as Row<IterativeDetail>[]),
  )
  const { mixed } = setsOf(rows, 1)
  const contrast = rows.filter((row) => unknownOrOpen(row) !== null)
  const fixed: Record<string, number | null> = {}
  for (const signal of signals.filter(({ id }) => ['information', 'semanticEntropy', 'entropy'].includes(id))) {
    fixed[`prr.${signal.id}`] = statisticOf(mixed, prr(signal))
    fixed[`errorAuc.${signal.id}`] = statisticOf(mixed, errorAuc(signal))
    fixed[`unknownAuc.${signal.id}`] = statisticOf(contrast, unknownAuc(signal))
  }
  fixed.headline = (fixed['prr.information'] as number) - (fixed['prr.semanticEntropy'] as number)
  fixed.accuracy = mean(rows.map(({ detail }) => Number(detail.correct)))
  for (const id of [
    'information',
    'informationWithoutCopying',
    'informationBound',
    'copyingRate',
    'missingMass',
  ] as const)
    fixed[id] = mean(rows.flatMap(({ detail }) => detail[id] ?? []))
  const information = ({ detail }: IterativeRow) => detail.information ?? Number.POSITIVE_INFINITY
  const truths: Truths = Object.fromEntries(Object.entries(fixed).map(([id, value]) => [id, () => value]))
  // At the threshold that the run chose: what that very rule does to the population.
  const answered = (limit: number) => mixed.filter((row) => information(row) < limit)
  const limitOf: (run: Parameters<Truths[string]>[0]) => number = ({ report }) =>
    metricOf(report, 'threshold')?.value ?? Number.POSITIVE_INFINITY
  return {
    ...truths,
    answeredAtThreshold: (run) => answered(limitOf(run)).length / mixed.length,
    errorAtThreshold: (run) => mean(answered(limitOf(run)).map(({ detail }) => Number(!detail.correct))),
  }
}
