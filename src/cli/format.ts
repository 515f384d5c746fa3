import type { Metric } from '../../schema/report.ts'

/** Whatever came over the network as one line of text: no control characters, so that nothing moves the cursor. */
export const plain = (text: string): string => text.replace(/[\p{Cc}\p{Cf}\u2028\u2029]+/gu, ' ')

/** Three significant digits, shares in percent; `null` where there is no number. */
export function formatValue(value: number | null, unit: Metric['unit'] = 'none'): string {
  if (value === null) return '–'
  if (unit === 'share') return `${(value * 100).toFixed(1)} %`
  if (Number.isInteger(value)) return value.toLocaleString('en-US')
  const size = Math.abs(value)
  if (size >= 1000) return Math.round(value).toLocaleString('en-US')
  return size < 0.001 ? value.toExponential(1) : value.toPrecision(3)
}

/** A unit's name behind a number, where it is not written into it. */
export const unitName = (unit: Metric['unit']): string =>
  unit === 'share' || unit === 'none' || unit === 'count' || unit === 'ratio' ? '' : ` ${unit}`

/** `4 s`, `2 min 05 s`, `1 h 12 min`. */
export function formatDuration(seconds: number): string {
  const whole = Math.max(0, Math.round(seconds))
  if (whole < 60) return `${whole} s`
  if (whole < 3600) return `${Math.floor(whole / 60)} min ${String(whole % 60).padStart(2, '0')} s`
  return `${Math.floor(whole / 3600)} h ${String(Math.floor((whole % 3600) / 60)).padStart(2, '0')} min`
}

const numeric = /^[-–\d]/

/** Rows under a header, columns aligned (numbers to the right), long cells cut. */
export function renderTable(header: readonly string[], rows: readonly (readonly string[])[], mostWidth = 48): string {
  const cut = (text: string) => (text.length > mostWidth ? `${text.slice(0, mostWidth - 1)}…` : text)
  const cells = rows.map((row) => row.map((cell) => cut(plain(cell))))
  const widths = header.map((name, at) => Math.max(name.length, ...cells.map((row) => row[at]?.length ?? 0)))
  const right = header.map((_, at) => cells.length > 0 && cells.every((row) => numeric.test(row[at] ?? '')))
  const line = (row: readonly string[]) =>
    row
      .map((cell, at) => (right[at] ? cell.padStart(widths[at] ?? 0) : cell.padEnd(widths[at] ?? 0)))
      .join('  ')
      .trimEnd()
  return [line(header), widths.map((width) => '─'.repeat(width)).join('  '), ...cells.map(line)].join('\n')
}

/** Text broken into lines of at most `width` characters behind `indent`, the first behind `mark` and so much less of it. */
export function wrap(text: string, width: number, indent = '', mark = ''): string {
  const lines: string[] = []
  let line = ''
  for (const word of plain(text).split(/\s+/)) {
    if (line !== '' && indent.length + line.length + 1 + word.length > width) {
      lines.push(indent + line)
      line = word
    } else line = line === '' ? word : `${line} ${word}`
  }
  if (line !== '') lines.push(indent + line)
  return mark + lines.join('\n').slice(mark.length)
}
