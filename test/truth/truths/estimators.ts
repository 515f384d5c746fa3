import type { Row } from '../../../src/benchmarks/define.ts'
import { foldsOf } from '../../../src/benchmarks/report/folds.ts'
import { reportedRows } from '../../../src/benchmarks/report/rows.ts'
import {
  CALIBRATION_MEASURES,
  CALIBRATORS,
  calibrated,
} from '../../../src/benchmarks/uncertainty/estimators.calibration.ts'
import {
  type EstimatorRow,
  namesOf,
  type Scored,
  scoredOf,
} from '../../../src/benchmarks/uncertainty/estimators.ranking.ts'
import { type EstimatorsDetail, estimators } from '../../../src/benchmarks/uncertainty/estimators.ts'
import { type UncertaintyQuality, uncertaintyQuality } from '../../../src/methods/selective/quality.ts'
import { kendallTauB } from '../../../src/methods/statistics/correlation.ts'
import { mean } from '../../../src/methods/statistics/summary.ts'
import { knownQuestions, worldBelief } from '../../servers/known-world.ts'
import { metricOf, type Run, type Truths } from '../coverage.ts'
import { evaluate, openInProcess } from '../target.ts'
import { estimatorItems } from '../worlds.ts'

type Quality = UncertaintyQuality & { kendall: number | null }

const qualityOf = (scored: readonly Scored[]): Quality => {
  const u = scored.map((one) => one.uncertainty)
  const q = scored.map((one) => one.quality)
  return {
    ...uncertaintyQuality(u, q),
    kendall: kendallTauB(
      u.map((value) => -value),
      q,
    ),
  }
}

/** True quality of each estimator: that on a large population, asked as the runs are. */
export async function estimatorTruths(size: number, params: Record<string, unknown>): Promise<Truths> {
  const questions = knownQuestions('population', size)
  const target = await openInProcess(worldBelief(questions))
  const trial = { benchmark: estimators, items: estimatorItems(questions), params, seed: 1 }
  const rows = reportedRows((await evaluate(target, trial)) as Row<EstimatorsDetail>[])
  const known = new Map<string, Quality>()
  const of = (name: string | undefined): Quality | null => {
    if (name === undefined) return null
    const found = known.get(name) ?? qualityOf(scoredOf(rows, name))
    known.set(name, found)
    return found
  }
  // Which estimator a figure is about hangs on what the run chose.
  const named = (run: Run, id: string, pattern: RegExp) => {
    const metric = metricOf(run.report, id)
    return pattern.exec(metric?.note ?? metric?.title ?? '')?.[1]
  }
  const chosen = (run: Run) => named(run, 'headline', /^(.+?), chosen among/)
  const held = (name: keyof Quality) => (run: Run) => of(chosen(run))?.[name] ?? null
  const baseline = (run: Run) => named(run, 'prrBaseline', /^PRR of (.+)$/)
  const difference = (first: number | null | undefined, second: number | null | undefined) =>
    first == null || second == null ? null : first - second
  const truths: Truths = {
    headline: held('predictionRejectionRatio'),
    prrHalf: held('predictionRejectionRatioHalf'),
    rocAuc: held('rocAuc'),
    averagePrecision: held('averagePrecision'),
    riskCoverageAuc: held('riskCoverageAuc'),
    reversedPairs: held('reversedPairs'),
    spearman: held('spearman'),
    kendall: held('kendall'),
    prrBaseline: (run) => of(baseline(run))?.predictionRejectionRatio ?? null,
    prrGain: (run) =>
      difference(of(chosen(run))?.predictionRejectionRatio, of(baseline(run))?.predictionRejectionRatio),
    prrTurned: (run) => of(named(run, 'prrTurned', /^(.+?), chosen on/))?.predictionRejectionRatio ?? null,
    accuracy: () => mean(rows.map(({ detail }) => Number(detail.correct))),
    sampleAccuracy: () => mean(rows.flatMap(({ detail }) => detail.sampleQuality ?? [])),
  }
  // The run's own map, judged on the population.
  const right = (row: EstimatorRow) => row.detail.correct
  for (const { id } of CALIBRATORS)
    for (const measure of CALIBRATION_MEASURES)
      truths[`${measure.id}.${id}`] = (run) => {
        const own = foldsOf(reportedRows(run.rows as Row<EstimatorsDetail>[]), run.seed, right)
        const name = chosen(run)
        const stated = own && name ? calibrated({ calibration: own.calibration, report: rows }, name, id) : null
        return stated && measure.of(stated)
      }
  for (const name of namesOf(rows)) {
    truths[`PRR of ${name}`] = () => of(name)?.predictionRejectionRatio ?? null
    truths[`ROC AUC of ${name}`] = () => of(name)?.rocAuc ?? null
  }
  return truths
}
