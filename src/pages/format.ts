import type { Metric } from '../../schema/report.ts'

/** How numbers, times and money are written on pages: English, UTC, a true minus sign. */

type Unit = Metric['unit']

const suffixes: Partial<Record<Unit, string>> = {
  points: 'pts',
  nats: 'nats',
  bits: 'bits',
  'bits/byte': 'bits/byte',
  tokens: 'tokens',
}

/** The unit's name behind a number, '' where it has none or is written into the number. */
export const unitSuffix = (unit: Unit): string => suffixes[unit] ?? ''

/** Three significant digits; whole numbers whole, thousands grouped, very large and small ones as powers of ten. */
export function formatNumber(value: number): string {
  const size = Math.abs(value)
  if (value === 0) return '0'
  if (Number.isInteger(value) && size < 1e9) return grouped(value, 0)
  if (size >= 1e6 || size < 1e-3) return minus(value.toExponential(1).replace('e+', 'e'))
  if (size >= 1000) return grouped(value, 0)
  return grouped(value, size >= 100 ? 1 : size >= 10 ? 2 : 3)
}

/** A number in its unit without the unit's name: shares as percent, measured numbers with all their decimals. */
export function formatValue(value: number, unit: Unit): string {
  if (unit === 'share') return `${percent(value)}%`
  if (unit === 'points') return grouped(value, 1, 1)
  const size = Math.abs(value)
  if (unit === 'count' || unit === 'tokens' || size >= 100 || (size < 1e-3 && value !== 0)) return formatNumber(value)
  return size >= 10 ? grouped(value, 2, 2) : grouped(value, 3, 3)
}

const percent = (share: number) => grouped(share * 100, 1, 1)

/** `[low, high]` in words of its unit. */
export const formatInterval = (low: number, high: number, unit: Unit): string =>
  unit === 'share'
    ? `${percent(low)} – ${formatValue(high, unit)}`
    : `${formatValue(low, unit)} – ${formatValue(high, unit)}`

/** Why there is no number, in words. */
export const reasonWords: Record<NonNullable<Metric['reason']>, string> = {
  capability_missing: 'the target cannot give it',
  too_few: 'too few items',
  single_class: 'only one outcome seen',
  constant: 'all scores equal',
  no_items: 'no items',
  no_answers: 'no answers',
  undefined: 'not defined here',
  degenerate_level: 'too easy or too hard',
  out_of_world: 'outside the built-in data',
  not_asked: 'not asked for',
}

/** 4 s, 2 min 5 s, 1 h 12 min. */
export function formatDuration(seconds: number): string {
  if (seconds < 10) return `${grouped(seconds, 1)} s`
  const whole = Math.round(seconds)
  if (whole < 60) return `${whole} s`
  if (whole < 3600) return `${Math.floor(whole / 60)} min ${whole % 60} s`
  return `${Math.floor(whole / 3600)} h ${Math.floor((whole % 3600) / 60)} min`
}

/** Micro-USD as dollars. */
export function formatMoney(microUsd: number): string {
  const dollars = microUsd / 1e6
  return `$${dollars > 0 && dollars < 0.01 ? dollars.toPrecision(2) : grouped(dollars, 2, 2)}`
}

/** 23 Nov 2026, 20:49 UTC. */
export const formatTime = (iso: string): string =>
  `${new Intl.DateTimeFormat('en-GB', { day: 'numeric', month: 'short', year: 'numeric', hour: '2-digit', minute: '2-digit', timeZone: 'UTC' }).format(new Date(iso))} UTC`

/** 23 Nov 2026. */
export const formatDate = (iso: string): string =>
  new Intl.DateTimeFormat('en-GB', { day: 'numeric', month: 'short', year: 'numeric', timeZone: 'UTC' }).format(
    new Date(iso),
  )

/** First characters of a hash or commit. */
export const shortHash = (hash: string): string => hash.slice(0, 8)

/** `closedBookAccuracy` or `closed_book` as words. */
export const words = (name: string): string => {
  const spaced = name
    .replace(/([a-z0-9])([A-Z])/g, '$1 $2')
    .replace(/[_-]+/g, ' ')
    .toLowerCase()
  return spaced.charAt(0).toUpperCase() + spaced.slice(1)
}

/** 1 item, 2 items. */
export const counted = (count: number, noun: string): string => `${grouped(count, 0)} ${noun}${count === 1 ? '' : 's'}`

function grouped(value: number, most: number, least = 0): string {
  const text = new Intl.NumberFormat('en-US', { maximumFractionDigits: most, minimumFractionDigits: least }).format(
    value,
  )
  return minus(text === '-0' ? '0' : text)
}

const minus = (text: string) => text.replace('-', '−')
