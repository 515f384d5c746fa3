import { foldOf } from '../../methods/random.ts'
import type { Clustered } from './metrics.ts'

/** Fewer rows than this in either fold, and nothing is fitted. */
export const LEAST_PER_FOLD = 20

/**
 * The calibration fold (whatever is fitted is fitted here) and the report fold; members of one cluster stay together.
 * Null when either holds fewer than 20 rows or only one class (of what `classOf` tells, where it is given).
 */
export function foldsOf<T extends Clustered>(
  rows: readonly T[],
  seed: number,
  classOf?: (row: T) => boolean,
): { calibration: T[]; report: T[] } | null {
  const calibration = rows.filter((row) => foldOf(seed, row.cluster) === 'calibration')
  const report = rows.filter((row) => foldOf(seed, row.cluster) === 'report')
  for (const fold of [calibration, report]) {
    if (fold.length < LEAST_PER_FOLD || (classOf && new Set(fold.map(classOf)).size < 2)) return null
  }
  return { calibration, report }
}
