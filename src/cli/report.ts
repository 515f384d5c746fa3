import type { Metric } from '../../schema/report.ts'
import type { Run, RunReport } from '../../schema/run.ts'
import { formatDuration, formatValue, plain, renderTable, unitName, wrap } from './format.ts'

type Reported = RunReport['benchmarks'][number]

/** Why a number is missing, in words. */
const reasons: Record<NonNullable<Metric['reason']>, string> = {
  capability_missing: 'the target cannot give it',
  too_few: 'too few items',
  single_class: 'only one outcome was seen',
  constant: 'all scores are equal',
  no_items: 'no items',
  no_answers: 'no answers',
  undefined: 'not defined here',
  degenerate_level: 'too easy or too hard',
  out_of_world: 'outside the built-in data',
  not_asked: 'not asked for',
}

const valueText = ({ value, unit, reason }: Metric): string =>
  value === null ? `– (${reason ? reasons[reason] : 'no value'})` : formatValue(value, unit) + unitName(unit)

const intervalText = ({ value, interval, unit }: Metric): string =>
  value === null || !interval ? '' : `[${formatValue(interval.low, unit)}, ${formatValue(interval.high, unit)}]`

const arrow = { higher: '↑', lower: '↓', neutral: ' ' } as const

/** How a run ended, in a sentence. */
export function endingOf(run: Run): string {
  const { total, done } = run.progress
  const why = run.stopReason ? ` (${plain([run.stopReason, run.stopDetail].filter(Boolean).join(': '))})` : ''
  return `${run.status}${why}, ${done} of ${total} items`
}

function lostText({ counts }: Reported): string | null {
  if (counts.error + counts.open + counts.skipped === 0) return null
  const reasons = Object.entries(counts.reasons).map(([reason, count]) => `${plain(reason)} ${count}`)
  const parts = [
    counts.error > 0 ? `${counts.error} of ${counts.total} lost` : '',
    counts.skipped > 0 ? `${counts.skipped} skipped` : '',
    counts.open > 0 ? `${counts.open} never reached` : '',
  ].filter(Boolean)
  return `${parts.join(', ')}${reasons.length > 0 ? `: ${reasons.join(', ')}` : ''}`
}

function section(reported: Reported, width: number, full: boolean): string {
  const { headline, metrics, tables, caveats } = reported.report
  const value = valueText(headline)
  const head = `${plain(reported.title)}  (${reported.benchmarkId}, version ${reported.version})`
  const interval = intervalText(headline)
  const numbers = `  ${plain(headline.title)} ${arrow[headline.direction]}  ${value}${interval && `  ${interval}`}  n = ${headline.n}`
  const parts = [head, numbers.trimEnd(), wrap(headline.reading, width, '  ')]
  if (headline.value === null && headline.note) parts.push(wrap(headline.note, width, '    ', '  ! '))
  const lost = lostText(reported)
  if (lost) parts.push(wrap(lost, width, '    ', '  ! '))
  for (const { message } of caveats) parts.push(wrap(message, width, '    ', '  ! '))
  if (full && metrics.length > 0) {
    const rows = metrics.map((metric) => [metric.title, valueText(metric), intervalText(metric), String(metric.n)])
    parts.push(indented(renderTable(['metric', 'value', 'interval', 'n'], rows)))
  }
  for (const table of full ? tables : []) {
    const rows = table.rows.map((row) =>
      row.map((cell, at) => (typeof cell === 'string' ? cell : formatValue(cell, table.columns[at]?.unit))),
    )
    const header = table.columns.map((column) => plain(column.title))
    parts.push(`  ${plain(table.title)}\n${indented(renderTable(header, rows))}`)
    if (table.note) parts.push(wrap(table.note, width, '  '))
  }
  return parts.join('\n')
}

const indented = (text: string) => text.replace(/^/gm, '  ')

function executionText({ execution }: RunReport): string {
  const { calls, reused, requests, retries, throttled, promptTokens, completionTokens, microUsd, seconds } = execution
  const notes = [retries > 0 ? `${retries} repeated` : '', throttled > 0 ? `${throttled} throttled` : ''].filter(
    Boolean,
  )
  const parts = [
    `${formatValue(calls)} answers asked, ${formatValue(reused)} reused`,
    `${formatValue(requests)} requests${notes.length > 0 ? ` (${notes.join(', ')})` : ''}`,
    `${formatValue(promptTokens + completionTokens)} tokens`,
    microUsd === null ? '' : `$${(microUsd / 1e6).toFixed(4)}`,
    seconds === null ? '' : formatDuration(seconds),
  ]
  const check = execution.determinism?.note
  return parts.filter(Boolean).join(' · ') + (check ? `\n${plain(check)}` : '')
}

/**
 * A report for the terminal: per benchmark the headline with its interval, how many items it rests on and how to read
 * it; with `full` all metrics and tables, too. Pure.
 */
export function renderReport(report: RunReport, options: { width?: number; full?: boolean } = {}): string {
  const { width = 100, full = false } = options
  const { run } = report
  const head = [
    `${run.id}  ${plain(run.target.name)} (${plain(run.target.model)})  seed ${run.seed}`,
    ...Object.entries(run.roles).map(([role, { name, model }]) => `${role}: ${plain(name)} (${plain(model)})`),
    `${endingOf(run)}`,
  ].join('\n')
  return [head, ...report.benchmarks.map((one) => section(one, width, full)), executionText(report)].join('\n\n')
}
