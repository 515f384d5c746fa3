import { binomialAtMost } from './distributions/binomial.ts'
import { chiSquareUpperTail } from './distributions/gamma.ts'

/**
 * Exact two-sided McNemar test on the discordant pairs of two targets on the same (unclustered) items:
 * `onlyBaseline` right only at the baseline, `onlyCandidate` right only at the candidate. No discordant pair: p = 1.
 * Q. McNemar, Psychometrika 12 (1947); exact form: binomial with p = ½.
 */
export function mcnemarExact(onlyBaseline: number, onlyCandidate: number): { pValue: number } {
  const discordant = onlyBaseline + onlyCandidate
  return { pValue: Math.min(1, 2 * binomialAtMost(Math.min(onlyBaseline, onlyCandidate), discordant, 0.5)) }
}

/**
 * McNemar's chi-square test with Edwards' continuity correction, one degree of freedom. For display beside the exact
 * test when there are more than 25 discordant pairs. No discordant pair: statistic 0, p = 1.
 */
export function mcnemarChi2(onlyBaseline: number, onlyCandidate: number): { statistic: number; pValue: number } {
  const discordant = onlyBaseline + onlyCandidate
  if (discordant === 0) return { statistic: 0, pValue: 1 }
  const statistic = (Math.abs(onlyBaseline - onlyCandidate) - 1) ** 2 / discordant
  return { statistic, pValue: chiSquareUpperTail(statistic, 1) }
}
