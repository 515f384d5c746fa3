import type { Label } from './binary-classification.ts'
import type { Calibrator } from './isotonic-calibration.ts'
import { logisticRegression } from './logistic-regression.ts'
import { sameLength } from './summary.ts'

/**
 * Fits p = σ(a·score + b) by maximum likelihood, without penalty and without smoothing the targets.
 * Null when only one class is there, the score is constant, or it separates the classes (no finite fit exists then).
 * J. Platt, Probabilistic outputs for support vector machines, Advances in Large Margin Classifiers (1999).
 */
export function plattScaling(scores: ArrayLike<number>, labels: ArrayLike<Label>): Calibrator | null {
  sameLength('plattScaling', scores, labels)
  const ends = [Infinity, -Infinity, Infinity, -Infinity] as [number, number, number, number]
  for (let i = 0; i < scores.length; i++) {
    const score = scores[i] as number
    const at = labels[i] ? 2 : 0
    ends[at] = Math.min(ends[at] as number, score)
    ends[at + 1] = Math.max(ends[at + 1] as number, score)
  }
  const [lowNegative, highNegative, lowPositive, highPositive] = ends
  if (highNegative <= lowPositive || highPositive <= lowNegative) return null
  const rows = Array.from(scores, (score) => [score])
  const model = logisticRegression(rows, labels)
  return model && ((score) => model.predict([score]))
}
