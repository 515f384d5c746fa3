import type { RefusalClass } from '../text/refusal.ts'

export interface RefusalOutcome {
  answerable: boolean
  outcome: RefusalClass
}

export interface TwoSidedRefusal {
  answerable: number
  unanswerable: number
  /** Share of unanswerable items refused, a hedge counting `hedgeWeight`; null without unanswerable items. */
  truePositiveRate: number | null
  /** Share of answerable items refused (over-refusal), a hedge counting as an answer; null without answerable items. */
  falsePositiveRate: number | null
  /** TPR − FPR, in [−1, 1]; null when either is. Always refusing and never refusing both get 0. */
  youden: number | null
}

/** Two-sided refusal score: no share of right refusals without the share of needless ones. */
export function twoSidedRefusal(items: readonly RefusalOutcome[], hedgeWeight = 0.5): TwoSidedRefusal {
  let [answerable, unanswerable, refusedAnswerable, refusedUnanswerable] = [0, 0, 0, 0]
  for (const item of items) {
    if (item.answerable) {
      answerable++
      if (item.outcome === 'refuse') refusedAnswerable++
    } else {
      unanswerable++
      refusedUnanswerable += refusalWeight(item.outcome, hedgeWeight)
    }
  }
  const truePositiveRate = unanswerable === 0 ? null : refusedUnanswerable / unanswerable
  const falsePositiveRate = answerable === 0 ? null : refusedAnswerable / answerable
  return {
    answerable,
    unanswerable,
    truePositiveRate,
    falsePositiveRate,
    youden: truePositiveRate === null || falsePositiveRate === null ? null : truePositiveRate - falsePositiveRate,
  }
}

/** How much of a refusal an outcome is on an unanswerable item: 1, `hedgeWeight` or 0. */
export const refusalWeight = (outcome: RefusalClass, hedgeWeight = 0.5): number =>
  outcome === 'refuse' ? 1 : outcome === 'hedge' ? hedgeWeight : 0
