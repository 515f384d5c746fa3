import type { Row } from '../../../src/benchmarks/define.ts'
import { foldsOf } from '../../../src/benchmarks/report/folds.ts'
import { reportedRows } from '../../../src/benchmarks/report/rows.ts'
import {
  CALIBRATION_MEASURES,
  CALIBRATORS,
  calibrated,
  type Stated,
} from '../../../src/benchmarks/uncertainty/estimators.calibration.ts'
import {
  type EstimatorRow,
  namesOf,
  type Scored,
  scoredOf,
} from '../../../src/benchmarks/uncertainty/estimators.ranking.ts'
import { type EstimatorsDetail, estimators } from '../../../src/benchmarks/uncertainty/estimators.ts'
import type { OrderQuality } from '../../../src/methods/selective/quality-intervals.ts'
import { mean } from '../../../src/methods/statistics/summary.ts'
import { plainQuality } from '../../methods/selective/plain-quality.ts'
import { drawnQuestions, worldBelief } from '../../servers/known-world.ts'
import { metricOf, type Run, type Truths } from '../coverage.ts'
import { evaluateInParts } from '../target.ts'
import { estimatorItems } from '../worlds.ts'

const qualityOf = (scored: readonly Scored[]): OrderQuality =>
  plainQuality(
    scored.map((one) => one.uncertainty),
    scored.map((one) => one.quality),
  )

/** Items of the population that each run's calibration maps are judged on. */
const CALIBRATED = 6000

/** True quality of each estimator: that on a large population, asked as the runs are. */
export async function estimatorTruths(size: number, params: Record<string, unknown>): Promise<Truths> {
  const questions = drawnQuestions('population', size)
  const trial = { benchmark: estimators, items: estimatorItems(questions), params, seed: 1 }
  const rows = reportedRows((await evaluateInParts(worldBelief(questions), trial)) as Row<EstimatorsDetail>[])
  const known = new Map<string, OrderQuality>()
  const of = (name: string | undefined): OrderQuality | null => {
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
    accuracy: () => mean(rows.map(({ detail }) => Number(detail.correct))),
    sampleAccuracy: () => mean(rows.flatMap(({ detail }) => detail.sampleQuality ?? [])),
  }
  // The run's own map, judged on the population.
  const right = (row: EstimatorRow) => row.detail.correct
  for (const { id } of CALIBRATORS) {
    let last: { run: Run; stated: Stated[] | null } | null = null
    const statedOf = (run: Run): Stated[] | null => {
      if (last?.run === run) return last.stated
      const own = foldsOf(reportedRows(run.rows as Row<EstimatorsDetail>[]), run.seed, right)
      const name = chosen(run)
      const folds = own && { calibration: own.calibration, report: rows.slice(0, CALIBRATED) }
      last = { run, stated: folds && name ? calibrated(folds, name, id) : null }
      return last.stated
    }
    for (const measure of CALIBRATION_MEASURES)
      truths[`${measure.id}.${id}`] = (run) => {
        const stated = statedOf(run)
        return stated && measure.of(stated)
      }
  }
  for (const name of namesOf(rows)) {
    truths[`PRR of ${name}`] = () => of(name)?.predictionRejectionRatio ?? null
    truths[`ROC AUC of ${name}`] = () => of(name)?.rocAuc ?? null
  }
  return truths
}
