import {
  boundOf,
  holds,
  ordered,
  outcomesOf,
  type PairOutcome,
  type PairRow,
} from '../../../src/benchmarks/uncertainty/pair-cheating.outcomes.ts'
import type { PairDetail } from '../../../src/benchmarks/uncertainty/pair-cheating.ts'
import { rocAuc } from '../../../src/methods/statistics/binary-classification.ts'
import { expectedCalibrationError } from '../../../src/methods/statistics/calibration-error.ts'
import { entropy, klDivergence } from '../../../src/methods/statistics/divergence.ts'
import { mean } from '../../../src/methods/statistics/summary.ts'
import { pairCheating as cheatingOf } from '../../../src/methods/uncertainty/pair-cheating.ts'
import { secondOrderCalibrationError } from '../../../src/methods/uncertainty/second-order-calibration.ts'
import type { ChanceQuestion } from '../../../src/worlds/chance.ts'
import { chanceBelief, type Dependence, exactDependence } from '../../servers/known-world.ts'
import { metricOf, type Truths } from '../coverage.ts'
import { experiments, pairItems } from '../worlds.ts'

/** A run's row as the benchmark would have it, straight from the stated distribution. */
function pairRow(question: ChanceQuestion, dependence: Dependence, index: number): PairRow {
  const [item] = pairItems([question])
  const shown = (elsewhere: boolean) =>
    question.outcomes.map((_, y) => chanceBelief(question, y, elsewhere, dependence))
  const placebo = shown(true)
  const found = cheatingOf(chanceBelief(question, null, false, dependence), shown(false), placebo)
  if (!found || !item) throw new Error('a stated distribution can always be normalised')
  const detail: PairDetail = {
    question: item.x,
    outcomes: item.outcomes,
    known: question.known,
    probabilities: Array.from(found.probabilities),
    conditional: found.conditional.map((row) => Array.from(row)),
    placebo,
    signedVariance: Array.from(found.signedVariance),
    confidence: found.confidence,
    cheat: found.cheat,
    netCheat: found.netCheat,
    answerMass: 1,
    empirical: false,
    pstar: question.pstar,
    counts: item.counts ?? null,
    reference: item.reference ?? null,
  }
  return { index, itemId: question.id, cluster: question.cluster, score: found.cheat, detail }
}

/** Confidence 1 − β and δ that the benchmark takes when nothing is said. */
const [BETA, DELTA] = [0.1, 0.1]

/** True figures of pair-cheating: those of a large population, straight from its stated distributions. */
export function pairTruths(size: number, dependence: Dependence): Truths {
  const rows = experiments('population', size).map((question, index) => pairRow(question, dependence, index))
  const outcomes = outcomesOf(rows)
  const sorted = ordered(outcomes)
  const exact = dependence === exactDependence
  // A model whose account of its errors is right has an error of 0 by proof; a population only comes near.
  const error = exact ? 0 : sorted && secondOrderCalibrationError(sorted)
  const groups: [string, PairRow[]][] = [
    ['', rows],
    ['.known', rows.filter(({ detail }) => detail.known)],
    ['.hidden', rows.filter(({ detail }) => !detail.known)],
  ]
  const hidden = rows.map(({ detail }) => !detail.known)
  const bounds = (gamma: number | null) => ({
    coverage: mean(outcomes.map((one) => Number(holds(boundOf(one, DELTA, gamma), one.truth as number)))),
    width: mean(
      outcomes.map((one) => {
        const { low, high } = boundOf(one, DELTA, gamma)
        return high - low
      }),
    ),
  })
  const plain = bounds(null)
  // γ is the run's own: its bounds are judged on the population.
  const recalibrated: (run: Parameters<Truths[string]>[0]) => ReturnType<typeof bounds> | null = ({ report }) => {
    const gamma = metricOf(report, 'gamma')?.value ?? null
    return gamma === null ? null : bounds(gamma)
  }
  const accepted = outcomes.filter(({ confidence }) => confidence !== null && confidence >= 1 - BETA)
  const mass = (some: readonly PairOutcome[]) => some.reduce((sum, { probability }) => sum + probability, 0)
  const shares = rows.map(({ detail: { counts, pstar } }) => {
    const total = (counts ?? []).reduce((sum, count) => sum + count, 0)
    return counts && total > 0 ? counts.map((count) => count / total) : (pstar as number[])
  })
  const fixed: Record<string, number | null> = {
    headline: error,
    'secondOrderCalibrationError.exact': 0,
    ...Object.fromEntries(
      groups.flatMap(([id, some]) => [
        [`netCheat${id}`, mean(some.map(({ detail }) => detail.netCheat as number))],
        [`cheat${id}`, mean(some.map(({ detail }) => detail.cheat as number))],
      ]),
    ),
    'hiddenAuc.cheat': rocAuc(
      rows.map(({ detail }) => detail.cheat as number),
      hidden,
    ),
    'hiddenAuc.entropy': rocAuc(
      rows.map(({ detail }) => entropy(detail.probabilities) as number),
      hidden,
    ),
    coverage: plain.coverage,
    width: plain.width,
    acceptRate: mass(accepted) / rows.length,
    falseAcceptRate: mass(accepted.filter(({ truth }) => truth === 0)) / mass(accepted),
    expectedCalibrationError: expectedCalibrationError(
      rows.flatMap(({ detail }) => detail.probabilities),
      shares.flat(),
    ),
    klDivergence: mean(
      rows.map(({ detail }) => klDivergence(detail.pstar as number[], detail.probabilities) as number),
    ),
    brier: mean(
      rows.map(({ detail }, i) =>
        detail.probabilities.reduce((sum, p, y) => sum + p * p - 2 * p * (shares[i]?.[y] as number), 1),
      ),
    ),
  }
  return {
    ...Object.fromEntries(Object.entries(fixed).map(([id, value]) => [id, () => value])),
    coverageRecalibrated: (run) => recalibrated(run)?.coverage ?? null,
    widthRecalibrated: (run) => recalibrated(run)?.width ?? null,
  }
}
