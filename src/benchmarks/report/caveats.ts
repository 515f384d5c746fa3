import type { Metric } from '../../../schema/report.ts'
import type { Row } from '../define.ts'
import { type Clustered, isClustered } from './metrics.ts'

export interface Caveat {
  code: string
  message: string
}

/** Accuracies outside this range say little: the built-in levels do not fit the model. */
export const LEVEL: readonly [number, number] = [0.05, 0.95]
/** Fewer clusters than this are flagged, because intervals over them are wide and rough. */
const ENOUGH_CLUSTERS = 20

const percent = (share: number): string => `${(100 * share).toFixed(1)} %`

/** Warns where the base accuracy is so low or so high that differences have no room. */
export function degenerateLevel(accuracy: number | null): Caveat[] {
  if (accuracy === null || (accuracy >= LEVEL[0] && accuracy <= LEVEL[1])) return []
  const end = accuracy < LEVEL[0] ? 'too hard' : 'too easy'
  return [
    {
      code: 'degenerate_level',
      message: `Base accuracy is ${percent(accuracy)}: these items are ${end} for this model, so what is built on right and wrong answers says little.`,
    },
  ]
}

/** Tells how many items were lost and, for a share, between which values it would lie had they all been wrong or right. */
export function lostItems<Detail>(rows: readonly Row<Detail>[], headline: Metric | null): Caveat[] {
  const lost = rows.filter((row) => row.status === 'error' || row.status === 'skipped')
  if (lost.length === 0) return []
  const reasons = new Map<string, number>()
  for (const row of lost) reasons.set(row.reason ?? 'unknown', (reasons.get(row.reason ?? 'unknown') ?? 0) + 1)
  const listed = [...reasons]
    .sort(([first], [second]) => (first < second ? -1 : 1))
    .map(([reason, count]) => `${reason} ${count}`)
    .join(', ')
  let bounds = ''
  if (headline && headline.value !== null && headline.unit === 'share' && headline.n > 0) {
    const right = headline.value * headline.n
    const total = headline.n + lost.length
    bounds = ` Counting them all as 0 or all as 1 would put the headline between ${percent(right / total)} and ${percent((right + lost.length) / total)}.`
  }
  return [
    { code: 'lost_items', message: `${lost.length} of ${rows.length} items have no result (${listed}).${bounds}` },
  ]
}

/** Warns where rows share so few clusters that intervals are rough. */
export function fewClusters(rows: readonly Clustered[]): Caveat[] {
  const count = new Set(rows.map((row) => row.cluster)).size
  if (!isClustered(rows) || count >= ENOUGH_CLUSTERS) return []
  return [{ code: 'few_clusters', message: `The rows come from only ${count} clusters: intervals are rough.` }]
}
