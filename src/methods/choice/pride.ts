import { softmax } from '../statistics/temperature-scaling.ts'
import { argmax, renormalized } from './option-mass.ts'
import { rotations } from './rotations.ts'

const FLOOR = 1e-10
const logs = (masses: readonly number[]): number[] =>
  (renormalized(masses) ?? masses.map(() => 1 / masses.length)).map((p) => Math.log(p + FLOOR))

/**
 * Prior of the option ids of one item from its masses under all cyclic rotations: softmax of the mean log-probability of
 * each id. `observed[r][i]` is the mass of id i when the contents are rotated as `rotations(n)[r]`. Sums to 1.
 * C. Zheng et al., Large language models are not robust multiple choice selectors, ICLR 2024 (PriDe).
 */
export function idPrior(observed: readonly (readonly number[])[]): number[] {
  const rows = observed.map(logs)
  const means = (rows[0] ?? []).map((_, i) => rows.reduce((sum, row) => sum + (row[i] as number), 0) / rows.length)
  return Array.from(softmax(means))
}

/** Mean of the priors of the items set aside for estimating it; null of an empty list. */
export function meanPrior(priors: readonly (readonly number[])[]): number[] | null {
  const first = priors[0]
  if (!first) return null
  return first.map((_, i) => priors.reduce((sum, prior) => sum + (prior[i] as number), 0) / priors.length)
}

/** Position chosen after the prior is divided out; null when there is no option. */
export function debiasedChoice(masses: readonly number[], prior: readonly number[]): number | null {
  const observed = logs(masses)
  return argmax(observed.map((log, i) => log - Math.log((prior[i] as number) + FLOOR)))
}

/** Content with the highest probability averaged over all rotations; `observed` as in `idPrior`. */
export function rotationAveragedChoice(observed: readonly (readonly number[])[]): number | null {
  const count = observed[0]?.length ?? 0
  const sums = new Float64Array(count)
  rotations(count).forEach((contents, r) => {
    const p = renormalized(observed[r] ?? []) ?? new Array<number>(count).fill(1 / count)
    contents.forEach((content, i) => {
      sums[content] = (sums[content] as number) + (p[i] as number)
    })
  })
  return argmax(sums)
}
