import type { Random } from '../random.ts'
import { sameLength } from '../statistics/summary.ts'
import { softmax } from '../statistics/temperature-scaling.ts'

type Matrix = readonly ArrayLike<number>[]

export interface StabilizationOptions {
  /** Added to the joint probability; 0 in the source's experiments. */
  gamma1?: number
  /** Added to the product of the marginals; keep it equal to `gamma1` unless the missing mass is known. */
  gamma2?: number
}

/**
 * Σ P(i, j)·ln[(P(i, j) + γ1)/(μ(i)·P2(j) + γ2)] of the joint P(i, j) = μ(i)·q(j | i) with column marginal P2, in nats:
 * a lower bound of the epistemic uncertainty if the true answers do not depend on answers shown. `first` is μ (summing
 * to 1), row i of `second` is q(· | i) (each summing to 1). In [0, ln m] without stabilisation; 0 of a single class;
 * null without classes.
 * Y. Abbasi-Yadkori et al., To believe or not to believe your LLM, NeurIPS 2024, section 4.
 */
export function pairInformation(
  first: ArrayLike<number>,
  second: Matrix,
  { gamma1 = 0, gamma2 = 0 }: StabilizationOptions = {},
): number | null {
  sameLength('pairInformation', first, second)
  const count = first.length
  if (count === 0) return null
  if (count === 1) return 0
  const columns = new Float64Array(count)
  for (let i = 0; i < count; i++)
    for (let j = 0; j < count; j++) columns[j] = (columns[j] as number) + (first[i] as number) * at(second, i, j)
  let sum = 0
  for (let i = 0; i < count; i++) {
    for (let j = 0; j < count; j++) {
      const joint = (first[i] as number) * at(second, i, j)
      if (joint > 0)
        sum += joint * Math.log((joint + gamma1) / ((first[i] as number) * (columns[j] as number) + gamma2))
    }
  }
  // Without stabilisation it is a divergence, which only rounding carries below 0.
  return gamma1 === 0 && gamma2 === 0 ? Math.max(0, sum) : sum
}

const at = (matrix: Matrix, i: number, j: number): number => matrix[i]?.[j] as number

export interface IterativePrompting {
  /** μ(i): share of class i among the classes. */
  first: Float64Array
  /** q(j | i): share of class j after class i was shown; row i. */
  second: Float64Array[]
  /** Epistemic mutual information in nats. */
  information: number
  /** The same after copying is taken out of each row (see `withoutCopying`); null where a row is nothing but copying. */
  informationWithoutCopying: number | null
  /** Entropy of μ in nats. */
  entropy: number
  /** Σ μ(i)·q(i | i): how often the answer shown is given again. */
  copyingRate: number
}

/**
 * Epistemic mutual information of one question from log-probabilities (nats) of its m representative answers: without
 * an answer shown (`logFirst`), and with answer i shown (row i of `logSecond`). Both are renormalised over the classes,
 * so that long answers do not vanish. Null without classes or where all of a row is impossible.
 */
export function iterativePrompting(
  logFirst: ArrayLike<number>,
  logSecond: Matrix,
  options: StabilizationOptions = {},
): IterativePrompting | null {
  sameLength('iterativePrompting', logFirst, logSecond)
  if (logFirst.length === 0) return null
  for (const row of logSecond) sameLength('iterativePrompting', logFirst, row)
  return summarized(
    softmax(logFirst),
    [...logSecond].map((row) => softmax(row)),
    options,
  )
}

function summarized(
  first: Float64Array,
  second: Float64Array[],
  options: StabilizationOptions,
): IterativePrompting | null {
  const information = pairInformation(first, second, options)
  if (information === null || !Number.isFinite(information)) return null
  const free = withoutCopying(first, second)
  let [entropy, copyingRate] = [0, 0]
  first.forEach((share, i) => {
    if (share > 0) entropy -= share * Math.log(share)
    copyingRate += share * at(second, i, i)
  })
  return {
    first,
    second,
    information,
    informationWithoutCopying: free && pairInformation(first, free, options),
    entropy: Math.max(0, entropy),
    copyingRate,
  }
}

/**
 * Rows whose diagonal is set to μ(i), what an independent answer would give, the rest keeping its proportions. A row
 * that mixes independent answers with plain copying, q = (1 − c)·μ + c·δ, thereby becomes μ. Null where a class that can
 * occur leaves its row no other answer.
 */
export function withoutCopying(first: ArrayLike<number>, second: Matrix): Float64Array[] | null {
  const rows: Float64Array[] = []
  for (let i = 0; i < first.length; i++) {
    const own = first[i] as number
    let rest = 0
    for (let j = 0; j < first.length; j++) if (j !== i) rest += at(second, i, j)
    if (!(rest > 0)) {
      if (own > 0 && own < 1) return null
      rows.push(Float64Array.from({ length: first.length }, (_, j) => (j === i ? 1 : 0)))
      continue
    }
    rows.push(
      Float64Array.from({ length: first.length }, (_, j) => (j === i ? own : ((1 - own) * at(second, i, j)) / rest)),
    )
  }
  return rows
}

/**
 * The same from counts, for targets without log-probabilities: `firstCounts[i]` samples fell into class i without an
 * answer shown, `secondCounts[i][j]` into class j after class i was shown. The plug-in value is biased upwards, so its
 * mean over `redraws` redraws of every row from the column marginal is subtracted, and the rest clipped at 0; so is
 * that of the form without copying. Rows without a count take the column marginal. Null without any count.
 */
export function empiricalIterativePrompting(
  firstCounts: ArrayLike<number>,
  secondCounts: Matrix,
  random: Random,
  redraws = 200,
): (IterativePrompting & { plugIn: number; bias: number }) | null {
  sameLength('empiricalIterativePrompting', firstCounts, secondCounts)
  const count = firstCounts.length
  const total = sum(firstCounts)
  if (count === 0 || !(total > 0)) return null
  const first = Float64Array.from(firstCounts, (n) => n / total)
  const totals = Array.from(secondCounts, sum)
  const columns = new Float64Array(count)
  let given = 0
  for (let i = 0; i < count; i++) {
    if (totals[i] === 0) continue
    given += first[i] as number
    for (let j = 0; j < count; j++)
      columns[j] = (columns[j] as number) + ((first[i] as number) * at(secondCounts, i, j)) / (totals[i] as number)
  }
  if (!(given > 0)) return null
  for (let j = 0; j < count; j++) columns[j] = (columns[j] as number) / given
  const second = totals.map((n, i) =>
    n === 0 ? Float64Array.from(columns) : Float64Array.from({ length: count }, (_, j) => at(secondCounts, i, j) / n),
  )
  const summary = summarized(first, second, {})
  if (!summary) return null
  const cumulative = Float64Array.from(columns)
  for (let j = 1; j < count; j++) cumulative[j] = (cumulative[j] as number) + (cumulative[j - 1] as number)
  let [bias, freeBias, freeRedraws] = [0, 0, 0]
  for (let r = 0; r < redraws; r++) {
    const drawn = totals.map((n) => (n === 0 ? columns : redrawn(cumulative, n, random)))
    bias += (pairInformation(first, drawn) as number) / redraws
    const free = withoutCopying(first, drawn)
    if (!free) continue
    freeBias += pairInformation(first, free) as number
    freeRedraws++
  }
  const free = summary.informationWithoutCopying
  return {
    ...summary,
    plugIn: summary.information,
    bias,
    information: Math.max(0, summary.information - bias),
    informationWithoutCopying: free === null || freeRedraws === 0 ? null : Math.max(0, free - freeBias / freeRedraws),
  }
}

function redrawn(cumulative: Float64Array, draws: number, random: Random): Float64Array {
  const shares = new Float64Array(cumulative.length)
  const top = cumulative.length - 1
  for (let d = 0; d < draws; d++) {
    const u = random.next() * (cumulative[top] as number)
    let j = 0
    while (j < top && u >= (cumulative[j] as number)) j++
    shares[j] = (shares[j] as number) + 1 / draws
  }
  return shares
}

function sum(values: ArrayLike<number>): number {
  let total = 0
  for (let i = 0; i < values.length; i++) total += values[i] as number
  return total
}
