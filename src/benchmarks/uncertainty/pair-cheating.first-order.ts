import type { Metric } from '../../../schema/report.ts'
import { klDivergence } from '../../methods/statistics/divergence.ts'
import {
  calibrationErrorMetric,
  type MetricText,
  meanMetric,
  missingMetric,
  statisticMetric,
} from '../report/metrics.ts'
import { remembered } from '../report/rows.ts'
import { outcomesOf, type PairRow } from './pair-cheating.outcomes.ts'
import type { PairDetail } from './pair-cheating.ts'

/** Answers drawn from the model itself and accepted where their confidence is high: how many are, and how many are impossible. */
export function acceptMetrics(all: PairRow[], beta: number, suffix: string, seed: number): Metric[] {
  const ofRow = remembered((row: PairRow) => {
    const taken = outcomesOf([row]).filter(({ confidence }) => confidence !== null && confidence >= 1 - beta)
    const mass = (some: typeof taken) => some.reduce((sum, { probability }) => sum + probability, 0)
    return { all: mass(taken), impossible: mass(taken.filter(({ truth }) => truth === 0)) }
  })
  const accepted = (rows: readonly PairRow[], impossible: boolean) =>
    rows.reduce((sum, row) => sum + (impossible ? ofRow(row).impossible : ofRow(row).all), 0)
  const told = all.filter(({ detail }) => detail.pstar !== null)
  const texts: MetricText[] = [
    { id: `acceptRate${suffix}`, title: `Answers accepted at confidence ≥ ${1 - beta}`, direction: 'higher' },
    {
      id: `falseAcceptRate${suffix}`,
      title: 'Accepted answers that cannot be true',
      direction: 'lower',
      note: `Weighed by how often the model gives them; at most ${beta} of a second-order calibrated model.`,
    },
  ]
  return [
    statisticMetric(texts[0] as MetricText, all, (rows) => accepted(rows, false) / rows.length, seed),
    told.length === 0 && all.length > 0
      ? missingMetric(texts[1] as MetricText, 'undefined', all.length)
      : statisticMetric(
          texts[1] as MetricText,
          told,
          (rows) => {
            const total = accepted(rows, false)
            return total === 0 ? null : accepted(rows, true) / total
          },
          seed,
        ),
  ]
}

/** Shares of labels on each outcome, or p* itself where there are no labels. */
const drawn = ({ counts, pstar }: PairDetail): number[] => {
  const total = (counts ?? []).reduce((sum, count) => sum + count, 0)
  return counts && total > 0 ? counts.map((count) => count / total) : (pstar ?? [])
}

/** How right the probabilities themselves are, pairs aside. */
export function firstOrder(all: PairRow[], suffix: string, seed: number): Metric[] {
  const told = all.filter(({ detail }) => detail.pstar !== null)
  const divergence = ({ detail }: PairRow) => klDivergence(detail.pstar as number[], detail.probabilities)
  return [
    calibrationErrorMetric(
      {
        id: `expectedCalibrationError${suffix}`,
        title: 'Expected calibration error of its probabilities',
        direction: 'lower',
      },
      all.flatMap((row) =>
        drawn(row.detail).map((share, y) => ({
          cluster: row.cluster,
          confidence: row.detail.probabilities[y] as number,
          share,
        })),
      ),
      { confidenceOf: ({ confidence }) => confidence, correctOf: ({ share }) => share },
      seed,
    ),
    told.length === 0 && all.length > 0
      ? missingMetric(
          {
            id: `klDivergence${suffix}`,
            title: 'KL divergence of its probabilities from p*',
            direction: 'lower',
            unit: 'nats',
          },
          'undefined',
          all.length,
        )
      : meanMetric(
          {
            id: `klDivergence${suffix}`,
            title: 'KL divergence of its probabilities from p*',
            direction: 'lower',
            unit: 'nats',
          },
          told.filter((row) => divergence(row) !== null),
          (row) => divergence(row) as number,
          seed,
        ),
    meanMetric(
      {
        id: `brier${suffix}`,
        title: 'Brier score against draws',
        direction: 'lower',
        unit: 'none',
        note: 'Σ (p − 1[y])² over outcomes, in [0, 2].',
      },
      all,
      ({ detail }) => {
        const shares = drawn(detail)
        return detail.probabilities.reduce((sum, p, y) => sum + p * p - 2 * p * (shares[y] as number), 1)
      },
      seed,
    ),
  ]
}
