import { pearson } from '../statistics/correlation.ts'
import { entropy, normalized } from '../statistics/divergence.ts'
import { multiclassBrier, multiclassLogLoss } from '../statistics/proper-scores.ts'
import { ascendingOrder, mean, sameLength, variance } from '../statistics/summary.ts'

type Distribution = ArrayLike<number>

/** p̄ = mean of the members' distributions, each renormalised first; null without members or where one has no mass. */
export function meanDistribution(members: readonly Distribution[]): Float64Array | null {
  const shares = members.map(normalized)
  const first = shares[0]
  if (!first || shares.includes(null)) return null
  return first.map((_, c) => shares.reduce((sum, p) => sum + ((p as Float64Array)[c] as number), 0) / shares.length)
}

/** The geometric ensemble Π p^(1/M), renormalised: another ensemble than the mean. Null as above, or without any mass. */
export function geometricMeanDistribution(members: readonly Distribution[]): Float64Array | null {
  const shares = members.map(normalized)
  const first = shares[0]
  if (!first || shares.includes(null)) return null
  return normalized(
    first.map((_, c) =>
      Math.exp(shares.reduce((sum, p) => sum + Math.log((p as Float64Array)[c] as number), 0) / shares.length),
    ),
  )
}

/** How members disagree on one item. */
export interface EnsembleDiversity {
  /** Share of pairs whose most probable class differs, in [0, 1]; null of a single member. */
  disagreement: number | null
  /** Σ_c Var_m p_m,c (divided by M), ≥ 0: exactly the Brier gap. */
  variance: number
  /** H(p̄) − mean H(p_m) in nats, ≥ 0. */
  mutualInformation: number
}

/** Null as `meanDistribution`. Distributions are renormalised first. */
export function ensembleDiversity(members: readonly Distribution[]): EnsembleDiversity | null {
  const average = meanDistribution(members)
  if (!average) return null
  const shares = members.map((member) => normalized(member) as Float64Array)
  const best = shares.map((p) => p.indexOf(Math.max(...p)))
  let [differing, pairs, spread] = [0, 0, 0]
  for (let i = 0; i < best.length; i++)
    for (let j = 0; j < i; j++) {
      pairs++
      if (best[i] !== best[j]) differing++
    }
  for (const p of shares) for (let c = 0; c < p.length; c++) spread += ((p[c] as number) - (average[c] as number)) ** 2
  const own = mean(shares.map((p) => entropy(p) as number)) as number
  return {
    disagreement: pairs === 0 ? null : differing / pairs,
    variance: spread / shares.length,
    mutualInformation: Math.max(0, (entropy(average) as number) - own),
  }
}

/** What averaging gains on one item: mean of the members' scores less that of p̄, both ≥ 0 (Jensen). */
export interface JensenGaps {
  /** Negative log-likelihood in nats. */
  nll: number
  /** Multi-class Brier score. */
  brier: number
}

/** Null as `meanDistribution`. `gold` is the class that is right. Likelihoods are clipped at machine precision. */
export function jensenGaps(members: readonly Distribution[], gold: number): JensenGaps | null {
  const average = meanDistribution(members)
  if (!average) return null
  const shares = members.map((member) => normalized(member) as Float64Array)
  const all = shares.map(() => gold)
  return {
    nll: Math.max(0, (multiclassLogLoss(shares, all) as number) - (multiclassLogLoss([average], [gold]) as number)),
    brier: Math.max(0, (multiclassBrier(shares, all) as number) - (multiclassBrier([average], [gold]) as number)),
  }
}

/** mean_m metric(p_m) − metric(p̄) of a metric that is better when lower; null when the metric is null anywhere. */
export function ensembleGain(memberScores: readonly (number | null)[], ensembleScore: number | null): number | null {
  if (ensembleScore === null || memberScores.includes(null)) return null
  const average = mean(memberScores as number[])
  return average === null ? null : average - ensembleScore
}

/** Plurality of text answers by class (null: no valid answer): winners, and their share of all the votes. */
export function pluralityVote(answers: readonly (number | null)[]): { winners: number[]; confidence: number | null } {
  const counts = new Map<number, number>()
  for (const answer of answers) if (answer !== null) counts.set(answer, (counts.get(answer) ?? 0) + 1)
  const most = Math.max(0, ...counts.values())
  const winners = [...counts].filter(([, count]) => count === most).map(([answer]) => answer)
  return { winners, confidence: winners.length === 0 ? null : most / answers.length }
}

export interface DiversityBin {
  diversity: number
  /** Mean Δ_ens = Brier(mean member) − Brier(p̄). */
  ensembleImprovement: number
  /** Mean Δ_big = Brier(mean member) − Brier(larger target). */
  largerImprovement: number
  count: number
}

/**
 * Whether what an ensemble gains where its members differ is also gained by one larger target: items in bins of equal
 * counts by diversity, and the correlation of the bin means of the two gains (null of fewer than three bins or when one
 * is constant).
 * T. Abe et al., Deep ensembles work, but are they necessary?, NeurIPS 2022.
 */
export function diversityImprovement(
  diversities: ArrayLike<number>,
  ensembleImprovements: ArrayLike<number>,
  largerImprovements: ArrayLike<number>,
  bins = 10,
): { bins: DiversityBin[]; correlation: number | null } {
  sameLength('diversityImprovement', diversities, ensembleImprovements)
  sameLength('diversityImprovement', diversities, largerImprovements)
  const order = ascendingOrder(diversities)
  const list: DiversityBin[] = []
  for (let bin = 0; bin < bins; bin++) {
    const [start, end] = [Math.floor((bin * order.length) / bins), Math.floor(((bin + 1) * order.length) / bins)]
    if (start === end) continue
    const at = (values: ArrayLike<number>) =>
      mean(Float64Array.from(order.subarray(start, end), (i) => values[i] as number)) as number
    list.push({
      diversity: at(diversities),
      ensembleImprovement: at(ensembleImprovements),
      largerImprovement: at(largerImprovements),
      count: end - start,
    })
  }
  const correlation =
    list.length < 3
      ? null
      : pearson(
          list.map((bin) => bin.ensembleImprovement),
          list.map((bin) => bin.largerImprovement),
        )
  return { bins: list, correlation }
}

/** Accuracy of a target on known and on shifted items. */
export interface ShiftedAccuracy {
  known: number
  shifted: number
}

/** Kept this far from 0 and 1, where the logit has no end. */
const LOGIT_CLIP = 1e-3

const logit = (share: number): number => {
  const kept = Math.min(1 - LOGIT_CLIP, Math.max(LOGIT_CLIP, share))
  return Math.log(kept / (1 - kept))
}

/** The line logit(shifted) = intercept + slope·logit(known) fitted on single targets. */
export interface AccuracyLine {
  intercept: number
  slope: number
}

/** Least squares; null of fewer than four targets or when all have the same known accuracy. */
export function accuracyLine(singles: readonly ShiftedAccuracy[]): AccuracyLine | null {
  if (singles.length < 4) return null
  const x = singles.map(({ known }) => logit(known))
  const y = singles.map(({ shifted }) => logit(shifted))
  const [meanX, meanY, spread] = [mean(x) as number, mean(y) as number, variance(x) as number]
  if (!(spread > 0)) return null
  const slope =
    x.reduce((sum, value, i) => sum + (value - meanX) * ((y[i] as number) - meanY), 0) / (spread * (x.length - 1))
  return { slope, intercept: meanY - slope * meanX }
}

/** logit(shifted) − (a + b·logit(known)): how much more a target keeps under shift than its accuracy foretells. */
export const effectiveRobustness = ({ known, shifted }: ShiftedAccuracy, { intercept, slope }: AccuracyLine): number =>
  logit(shifted) - (intercept + slope * logit(known))
