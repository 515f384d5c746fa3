import type { Row } from '../../../src/benchmarks/define.ts'
import { foldsOf } from '../../../src/benchmarks/report/folds.ts'
import { reportedRows } from '../../../src/benchmarks/report/rows.ts'
import {
  CALIBRATION_MEASURES,
  CALIBRATORS,
  calibrated,
  type Stated,
} from '../../../src/benchmarks/uncertainty/estimators.calibration.ts'
import { type EstimatorRow, namesOf, scoredOf } from '../../../src/benchmarks/uncertainty/estimators.ranking.ts'
import { type EstimatorsDetail, estimators } from '../../../src/benchmarks/uncertainty/estimators.ts'
import type { OrderQuality } from '../../../src/methods/selective/quality-intervals.ts'
import { mean } from '../../../src/methods/statistics/summary.ts'
import { plainQuality } from '../../methods/selective/plain-quality.ts'
import { drawnQuestions, worldBelief } from '../../servers/known-world.ts'
import { metricOf, type Run, type Truths } from '../coverage.ts'
import { evaluateInParts } from '../target.ts'
import { estimatorItems } from '../worlds.ts'

/** Items of the population that each run's calibration maps are judged on. */
const CALIBRATED = 6000

/** True quality of each estimator: that on a large population, asked as the runs are. */
export async function estimatorTruths(size: number, params: Record<string, unknown>): Promise<Truths> {
  const questions = drawnQuestions('population', size)
  const trial = { benchmark: estimators, items: estimatorItems(questions), params, seed: 1 }
  const columns = new Map<string, { uncertainties: number[]; qualities: number[] }>()
  const rights: number[] = []
  const shares: number[] = []
  const population: EstimatorRow[] = []
  await evaluateInParts(worldBelief(questions), trial, (some) => {
    const rows = reportedRows(some as Row<EstimatorsDetail>[])
    for (const name of namesOf(rows)) {
      const column = columns.get(name) ?? { uncertainties: [], qualities: [] }
      columns.set(name, column)
      for (const { uncertainty, quality } of scoredOf(rows, name)) {
        column.uncertainties.push(uncertainty)
        column.qualities.push(quality)
      }
    }
    for (const { detail } of rows) {
      rights.push(Number(detail.correct))
      if (detail.sampleQuality !== null) shares.push(detail.sampleQuality)
    }
    population.push(...rows.slice(0, Math.max(0, CALIBRATED - population.length)))
    return []
  })
  const known = new Map<string, OrderQuality>()
  const of = (name: string | undefined): OrderQuality | null => {
    const column = name === undefined ? undefined : columns.get(name)
    if (name === undefined || !column) return null
    const found = known.get(name) ?? plainQuality(column.uncertainties, column.qualities)
    known.set(name, found)
    return found
  }
  // Which estimator a figure is about hangs on what the run chose.
  const named = (run: Run, id: string, pattern: RegExp) => {
    const metric = metricOf(run.report, id)
    return pattern.exec(metric?.note ?? metric?.title ?? '')?.[1]
  }
  const chosen = (run: Run) => named(run, 'headline', /^(.+?), chosen among/)
  const held = (name: keyof OrderQuality) => (run: Run) => of(chosen(run))?.[name] ?? null
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
    kendall: held('kendallTauB'),
    prrBaseline: (run) => of(baseline(run))?.predictionRejectionRatio ?? null,
    prrGain: (run) =>
      difference(of(chosen(run))?.predictionRejectionRatio, of(baseline(run))?.predictionRejectionRatio),
    prrTurned: (run) => of(named(run, 'prrTurned', /^(.+?), chosen on/))?.predictionRejectionRatio ?? null,
    accuracy: () => mean(rights),
    sampleAccuracy: () => mean(shares),
  }
  // The run's own map, judged on the population.
  const right = (row: EstimatorRow) => row.detail.correct
  for (const { id } of CALIBRATORS) {
    let last: { run: Run; stated: Stated[] | null } | null = null
    const statedOf = (run: Run): Stated[] | null => {
      if (last?.run === run) return last.stated
      const own = foldsOf(reportedRows(run.rows as Row<EstimatorsDetail>[]), run.seed, right)
      const name = chosen(run)
      const folds = own && { calibration: own.calibration, report: population }
      last = { run, stated: folds && name ? calibrated(folds, name, id) : null }
      return last.stated
    }
    for (const measure of CALIBRATION_MEASURES)
      truths[`${measure.id}.${id}`] = (run) => {
        const stated = statedOf(run)
        return stated && measure.of(stated)
      }
  }
  for (const name of columns.keys()) {
    truths[`PRR of ${name}`] = () => of(name)?.predictionRejectionRatio ?? null
    truths[`ROC AUC of ${name}`] = () => of(name)?.rocAuc ?? null
  }
  return truths
}
