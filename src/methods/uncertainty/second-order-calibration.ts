import { ascendingOrder, sameLength, tiedRuns } from '../statistics/summary.ts'

/** One bin of outcomes of like estimated variance. */
export interface SecondOrderBin {
  /** Weight of the outcomes in it; bins have equal weight. */
  weight: number
  meanVariance: number
  meanObserved: number
  meanExpected: number
}

/** Outcomes in order of their estimated variance, so that many reweightings of the same ones are linear. */
export interface OrderedOutcomes {
  order: Uint32Array
  runs: [start: number, end: number][]
  variances: ArrayLike<number>
  observed: ArrayLike<number>
  expected: ArrayLike<number>
}

/**
 * Outcomes by `variances` (unclipped, else noise biases means up), each with what was `observed` of it ((p* − p)², or
 * the share of label pairs that agree on it) and what the model `expected` of that (V, or p(y)·p(y | y)).
 */
export function orderOutcomes(
  variances: ArrayLike<number>,
  observed: ArrayLike<number>,
  expected: ArrayLike<number>,
): OrderedOutcomes {
  sameLength('orderOutcomes', variances, observed)
  sameLength('orderOutcomes', variances, expected)
  const order = ascendingOrder(variances)
  return { order, runs: [...tiedRuns(variances, order)], variances, observed, expected }
}

/**
 * Quantile bins of equal weight over the variances. Outcomes of equal variance are one block that is shared between the
 * bins it lies across, so that their order does not matter. `weights` (one each by default) count outcomes several
 * times, as a resample does.
 */
export function secondOrderBins(outcomes: OrderedOutcomes, bins = 10, weights?: ArrayLike<number>): SecondOrderBin[] {
  const { order, runs, variances, observed, expected } = outcomes
  const weightOf = (place: number) => (weights ? (weights[place] as number) : 1)
  let total = 0
  for (let i = 0; i < order.length; i++) total += weightOf(i)
  if (!(total > 0)) return []
  const room = total / bins
  const list: SecondOrderBin[] = []
  let open: SecondOrderBin = { weight: 0, meanVariance: 0, meanObserved: 0, meanExpected: 0 }
  const close = () => {
    if (open.weight > 0)
      list.push({
        weight: open.weight,
        meanVariance: open.meanVariance / open.weight,
        meanObserved: open.meanObserved / open.weight,
        meanExpected: open.meanExpected / open.weight,
      })
    open = { weight: 0, meanVariance: 0, meanObserved: 0, meanExpected: 0 }
  }
  for (const [start, end] of runs) {
    let [block, blockObserved, blockExpected] = [0, 0, 0]
    for (let i = start; i < end; i++) {
      const place = order[i] as number
      const weight = weightOf(place)
      block += weight
      blockObserved += weight * (observed[place] as number)
      blockExpected += weight * (expected[place] as number)
    }
    if (block === 0) continue
    const variance = variances[order[start] as number] as number
    for (let left = block; left > 0; ) {
      // The last bin takes what rounding leaves over.
      const space = list.length === bins - 1 ? Number.POSITIVE_INFINITY : room - open.weight
      const part = Math.min(left, space)
      open.weight += part
      open.meanVariance += part * variance
      open.meanObserved += (part / block) * blockObserved
      open.meanExpected += (part / block) * blockExpected
      left = part === left ? 0 : left - part
      if (part === space) close()
    }
  }
  close()
  return list
}

/**
 * Second-order calibration error Σ_b (n_b/N)·|mean observed − mean expected|, ≥ 0, lower is better; 0 of a model whose
 * own account of its errors is right. Noise of few outcomes raises it. Null without outcomes.
 * After D. Johnson et al., Experts don't cheat: learning what you don't know by predicting pairs, ICML 2024.
 */
export function secondOrderCalibrationError(
  outcomes: OrderedOutcomes,
  bins = 10,
  weights?: ArrayLike<number>,
): number | null {
  const list = secondOrderBins(outcomes, bins, weights)
  const total = list.reduce((sum, { weight }) => sum + weight, 0)
  if (total === 0) return null
  return list.reduce((sum, one) => sum + one.weight * Math.abs(one.meanObserved - one.meanExpected), 0) / total
}
