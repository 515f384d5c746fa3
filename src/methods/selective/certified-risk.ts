import type { Label } from '../statistics/binary-classification.ts'
import { binomialTest } from '../statistics/binomial-test.ts'
import { ascendingOrder, sameLength } from '../statistics/summary.ts'

/** A threshold on confidence: answer when the confidence is at least `threshold`. */
export interface CertifiedThreshold {
  threshold: number
  /** Share of the calibration items answered. */
  coverage: number
  answered: number
  wrong: number
}

/** For each distinct confidence, highest first: how many items have at least it, and how many of them are wrong. */
function acceptances(confidences: ArrayLike<number>, correct: ArrayLike<Label>): CertifiedThreshold[] {
  const order = ascendingOrder(confidences).reverse()
  const list: CertifiedThreshold[] = []
  let wrong = 0
  order.forEach((item, i) => {
    if (!correct[item]) wrong++
    const threshold = confidences[item] as number
    // The threshold of a tie is at its end: half a tie cannot be answered.
    if (i + 1 < order.length && confidences[order[i + 1] as number] === threshold) return
    list.push({ threshold, coverage: (i + 1) / order.length, answered: i + 1, wrong })
  })
  return list
}

/**
 * The loosest threshold, among those at coverage 5, 10, … 100 %, for which "at most the share α of the answered is
 * wrong" holds with probability at least 1 − δ over calibration sets; null when none is certified. Thresholds are tried
 * from the strictest on, at full δ, and the first that fails ends the search; those with too few items to ever succeed
 * are passed over.
 * A. N. Angelopoulos et al., Learn then test: calibrating predictive algorithms to achieve risk control, 2021.
 */
export function certifiedThreshold(
  confidences: ArrayLike<number>,
  correct: ArrayLike<Label>,
  { alpha = 0.1, delta = 0.1 }: { alpha?: number; delta?: number } = {},
): CertifiedThreshold | null {
  sameLength('certifiedThreshold', confidences, correct)
  const all = acceptances(confidences, correct)
  const least = Math.log(delta) / Math.log1p(-alpha)
  let certified: CertifiedThreshold | null = null
  let last: CertifiedThreshold | undefined
  for (let step = 1; step <= 20; step++) {
    const candidate = all.find(({ answered }) => answered >= Math.round((step / 20) * confidences.length))
    if (!candidate || candidate === last || candidate.answered < least) continue
    last = candidate
    if (binomialTest(candidate.wrong, candidate.answered, alpha, 'less').pValue > delta) return certified
    certified = candidate
  }
  return certified
}

/**
 * The lowest threshold for which the expected share of items that are answered and wrong is at most α (conformal risk
 * control); null when only answering nothing is safe.
 * A. N. Angelopoulos et al., Conformal risk control, ICLR 2024.
 */
export function conformalThreshold(
  confidences: ArrayLike<number>,
  correct: ArrayLike<Label>,
  alpha = 0.1,
): CertifiedThreshold | null {
  sameLength('conformalThreshold', confidences, correct)
  const count = confidences.length
  return acceptances(confidences, correct).findLast(({ wrong }) => (wrong + 1) / (count + 1) <= alpha) ?? null
}
