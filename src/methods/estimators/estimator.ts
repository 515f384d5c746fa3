import { type Maybe, maybe, missing, type NullReason } from '../undefined-value.ts'
import { DERIVATIONS } from './derivations.ts'
import type { Evidence, EvidenceName } from './evidence.ts'

export type { Alternative, Evidence, EvidenceName, Matrix } from './evidence.ts'

/** One uncertainty estimator: what it needs, which way its value points, and its formula. */
export interface Estimator {
  readonly name: string
  readonly title: string
  /** The formula in plain text. */
  readonly formula: string
  readonly needs: readonly EvidenceName[]
  /** Higher values mean less certain (`uncertainty`) or more certain (`certainty`). */
  readonly direction: 'uncertainty' | 'certainty'
  /** Paper or origin of the formula. */
  readonly source: string
  /** The value; missing evidence, and a NaN or infinite result, are told by their reason. */
  readonly estimate: (evidence: Partial<Evidence>) => Maybe
}

/** Definition of an estimator: `compute` sees exactly what `needs` names and answers a number, or why there is none. */
export interface EstimatorDefinition<Needs extends EvidenceName> {
  name: string
  title: string
  formula: string
  needs: readonly Needs[]
  direction?: 'uncertainty' | 'certainty'
  source: string
  compute: (evidence: Pick<Evidence, Needs>) => number | NullReason
}

/** Checks for missing evidence and for values that are no numbers once, for all estimators. */
export function defineEstimator<Needs extends EvidenceName>({
  direction = 'uncertainty',
  compute,
  ...description
}: EstimatorDefinition<Needs>): Estimator {
  const { needs } = description
  return {
    ...description,
    direction,
    estimate(evidence) {
      const complete = completedEvidence(evidence, needs)
      if (needs.some((need) => complete[need] === undefined)) return missing('capability_missing')
      const result = compute(complete as Pick<Evidence, Needs>)
      return typeof result === 'number' ? maybe(result, 'not_finite') : missing(result)
    },
  }
}

/** The evidence with what `needs` asks for, derived where it can be; what cannot stays absent. */
export function completedEvidence(evidence: Partial<Evidence>, needs: Iterable<EvidenceName>): Partial<Evidence> {
  let complete = evidence
  for (const need of needs) {
    const derivation = complete[need] === undefined ? DERIVATIONS[need] : undefined
    if (derivation && evidence[derivation.from] !== undefined)
      complete = { ...complete, [need]: derivation.derive(evidence as Evidence) }
  }
  return complete
}

/** The value of an estimator turned so that higher always means less certain. */
export function uncertaintyOf(estimator: Estimator, evidence: Partial<Evidence>): Maybe {
  const result = estimator.estimate(evidence)
  return result.value !== null && estimator.direction === 'certainty' ? { value: 0 - result.value } : result
}
