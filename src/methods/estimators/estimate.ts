import { type Maybe, missing } from '../undefined-value.ts'
import { type EstimatorName, estimators } from './catalogue.ts'
import { DERIVATIONS } from './derivations.ts'
import { completedEvidence, type Estimator, type Evidence, type EvidenceName, uncertaintyOf } from './estimator.ts'

/** The names of all estimators, in catalogue order. */
export const ESTIMATOR_NAMES = Object.keys(estimators) as EstimatorName[]

/** The union of what some estimators (all when left out) need: what a run gathers once per item. */
export const evidenceFor = (names: readonly EstimatorName[] = ESTIMATOR_NAMES): Set<EvidenceName> =>
  new Set(names.flatMap((name) => (estimators[name] as Estimator).needs))

const within = (available: ReadonlySet<EvidenceName>, need: EvidenceName): boolean => {
  const from = DERIVATIONS[need]?.from
  return available.has(need) || (from !== undefined && available.has(from))
}

/** The estimators that the evidence at hand suffices for, in catalogue order. */
export const estimatorsFor = (available: ReadonlySet<EvidenceName>): Estimator[] =>
  Object.values<Estimator>(estimators).filter(({ needs }) => needs.every((need) => within(available, need)))

/**
 * Several estimators (all when left out) of one item; what they share is derived once. `raw` gives each value in its own
 * direction, otherwise higher always means less certain. Evidence whose parts do not fit each other gives
 * `mismatched_evidence`.
 */
export function estimateAll(
  evidence: Partial<Evidence>,
  names: readonly EstimatorName[] = ESTIMATOR_NAMES,
  { raw = false }: { raw?: boolean } = {},
): Record<string, Maybe> {
  const complete = completedEvidence(evidence, evidenceFor(names))
  const results: Record<string, Maybe> = {}
  for (const name of names) {
    const estimator: Estimator = estimators[name]
    try {
      results[name] = raw ? estimator.estimate(complete) : uncertaintyOf(estimator, complete)
    } catch (error) {
      // Lists of different lengths: told per estimator, because the others may not need them.
      if (!(error instanceof RangeError)) throw error
      results[name] = missing('mismatched_evidence')
    }
  }
  return results
}
