import type { Curve } from '../../../schema/report.ts'
import { reliabilityBins } from '../../methods/statistics/calibration-error.ts'

/** Reliability diagram over ten equal bins: mean confidence against share right; empty bins are left out. */
export function reliabilityCurve(
  id: string,
  title: string,
  answers: readonly { confidence: number; correct: boolean }[],
): Curve {
  const bins = reliabilityBins(
    answers.map((answer) => answer.confidence),
    answers.map((answer) => answer.correct),
  )
  return {
    id,
    title,
    x: { title: 'Stated certainty', domain: [0, 1] },
    y: { title: 'Share right', domain: [0, 1] },
    kind: 'scatter',
    series: [
      {
        name: 'answers',
        points: bins.flatMap(({ meanConfidence, meanCorrect }): [number, number][] =>
          meanConfidence === null || meanCorrect === null ? [] : [[meanConfidence, meanCorrect]],
        ),
      },
    ],
    reference: 'diagonal',
  }
}
