import type { Metric } from '../../../schema/report.ts'
import type { MetricText } from './metrics.ts'

/** What a metric of one report is called; without a unit it is a plain number. */
export type TextOf = (id: string, title: string, direction: Metric['direction'], unit?: Metric['unit']) => MetricText

/** Texts whose ids end in `suffix` (`:votes`), so that figures gathered in another way never bear the same name. */
export const textsWith =
  (suffix: string): TextOf =>
  (id, title, direction, unit = 'none') => ({ id: `${id}${suffix}`, title, direction, unit })
