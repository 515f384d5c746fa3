import type { Metric, Table } from '../../../schema/report.ts'
import { chiSquareUpperTail } from '../../methods/statistics/distributions/gamma.ts'
import { missingMetric } from '../report/metrics.ts'
import type { AnswerRow } from './self-evaluation.ways.ts'

/** How often each position was chosen, and how often chance would choose it given how many options were shown. */
function positionCounts(choosing: AnswerRow[]): { chosen: number[]; expected: number[] } {
  const [chosen, expected]: [number[], number[]] = [[], []]
  for (const { detail } of choosing) {
    const options = detail.candidates.length
    for (const position of detail.chosenPositions) {
      for (let place = 0; place < options; place++) expected[place] = (expected[place] ?? 0) + 1 / options
      chosen[position] = (chosen[position] ?? 0) + 1
    }
  }
  return { chosen: expected.map((_, place) => chosen[place] ?? 0), expected }
}

/** Chi-square of the chosen positions against chance; null below two positions or five choices. */
export function positionMetric(choosing: AnswerRow[]): Metric {
  const { chosen, expected } = positionCounts(choosing)
  const text = {
    id: 'positionBias',
    title: 'Chi-square of chosen positions against chance',
    direction: 'lower' as const,
    unit: 'none' as const,
  }
  const asked = chosen.reduce((sum, count) => sum + count, 0)
  if (expected.length < 2 || asked < 5) return missingMetric(text, asked === 0 ? 'no_items' : 'too_few', asked)
  const statistic = expected.reduce((sum, wanted, place) => sum + ((chosen[place] as number) - wanted) ** 2 / wanted, 0)
  const pValue = chiSquareUpperTail(statistic, expected.length - 1)
  return {
    id: text.id,
    title: text.title,
    value: statistic,
    n: asked,
    unit: 'none',
    direction: 'lower',
    note: `p = ${pValue.toPrecision(2)} with ${expected.length - 1} degrees of freedom.`,
  }
}

/** How often each letter was chosen, beside chance. */
export function positionTable(choosing: AnswerRow[]): Table {
  const { chosen, expected } = positionCounts(choosing)
  return {
    id: 'positions',
    title: 'Chosen letters',
    columns: [{ title: 'Position' }, { title: 'Chosen', unit: 'count' }, { title: 'By chance', unit: 'count' }],
    rows: expected.map((wanted, place) => [String.fromCharCode(65 + place), chosen[place] as number, wanted]),
  }
}
