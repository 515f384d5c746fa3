import { type ScaleLinear, scaleLinear } from 'd3-scale'
import type { Curve } from '../../../schema/report.ts'
import { formatNumber } from '../format.ts'

/** The size of a plot in its own units; the page scales it to the width there is. */
export const size = { width: 380, height: 262 }

export interface Frame {
  x: ScaleLinear<number, number>
  y: ScaleLinear<number, number>
  xTicks: number[]
  yTicks: number[]
  xText: (value: number) => string
  yText: (value: number) => string
  /** The drawing area within the axes. */
  area: { left: number; right: number; top: number; bottom: number }
  /** Bars only: room of one x position. */
  slot: number
  /** Category names as lines of words; null where they are written aslant, each on one line. */
  names: string[][] | null
}

const letterWidth = 6.2
export const lineHeight = 12.5
/** Most lines of one category's name. */
const mostLines = 3

/** Scales, ticks and margins for a curve: domains from the curve, else from its points, bands and reference. */
export function frameOf(curve: Curve): Frame {
  const bars = curve.kind === 'bars'
  const points = curve.series.flatMap((series) => series.points)
  const xs = points.map(([x]) => x)
  const bands = curve.series.flatMap((series) => series.band?.flat() ?? [])
  const constant = typeof curve.reference === 'number' ? [curve.reference] : []
  const ys = [...points.map(([, y]) => y), ...bands, ...constant, ...(bars ? [0] : [])]
  const categories = curve.categories ?? []
  const step = bars ? barRoom(xs, curve.x.domain) : 0
  const xDomain = curve.categories
    ? ([-0.5, categories.length - 0.5] as [number, number])
    : bars
      ? spanOf([...xs.flatMap((x) => [x - step / 2, x + step / 2]), ...(curve.x.domain ?? [])], 0)
      : (curve.x.domain ?? spanOf(xs, 0))
  const yDomain = curve.y.domain ?? spanOf(ys, 0)

  const y = scaleLinear().domain(yDomain)
  if (!curve.y.domain) y.nice(5)
  const yTicks = y.ticks(5)
  const yText = axisText(yTicks)
  const left = 24 + Math.max(2, ...yTicks.map((tick) => yText(tick).length)) * letterWidth
  const width = size.width - left - 12

  const room = categories.length === 0 ? Number.POSITIVE_INFINITY : width / categories.length
  const names = wrapped(categories, Math.floor((room - 4) / letterWidth))
  const lines = names === null ? 0 : Math.max(1, ...names.map((name) => name.length))
  const longest = Math.max(0, ...categories.map((name) => shorten(name).length)) * letterWidth
  const bottom = size.height - 40 - (names === null ? longest * 0.57 : (lines - 1) * lineHeight)
  const area = { left, right: size.width - 12, top: 10, bottom }

  const x = scaleLinear().domain(xDomain).range([area.left, area.right])
  if (!curve.categories && !curve.x.domain && !bars) x.nice(6)
  const xTicks = curve.categories ? categories.map((_, index) => index) : x.ticks(6)
  const plainText = axisText(xTicks)
  return {
    x,
    y: y.range([area.bottom, area.top]),
    xTicks,
    yTicks,
    xText: curve.categories ? (index) => shorten(categories[index] ?? '') : plainText,
    yText,
    area,
    slot: bars ? Math.abs(x(curve.categories ? 1 : step) - x(0)) : 0,
    names,
  }
}

/** Names longer than this lose their tail in the plot; the table of its numbers has them whole. */
export const shorten = (name: string): string => (name.length > 18 ? `${name.slice(0, 17)}…` : name)

/** Names broken between words into lines of at most `most` letters; null where one does not fit. */
function wrapped(names: readonly string[], most: number): string[][] | null {
  const broken = names.map((name) => {
    const lines: string[] = []
    for (const word of name.split(' ')) {
      const last = lines.at(-1)
      if (last !== undefined && last.length + 1 + word.length <= most) lines[lines.length - 1] = `${last} ${word}`
      else lines.push(word)
    }
    return lines
  })
  return broken.every((lines) => lines.length <= mostLines && lines.every((line) => line.length <= most))
    ? broken
    : null
}

function spanOf(values: readonly number[], pad: number): [number, number] {
  if (values.length === 0) return [0, 1]
  const low = values.reduce((a, b) => Math.min(a, b)) - pad
  const high = values.reduce((a, b) => Math.max(a, b)) + pad
  if (low < high) return [low, high]
  return low === 0 ? [0, 1] : [low - Math.abs(low) / 2, high + Math.abs(high) / 2]
}

/**
 * Room of one bar in units of x: the smallest distance of two, yet at most an eighth of the axis, because bins without
 * items may be left out.
 */
function barRoom(xs: readonly number[], domain: readonly [number, number] | undefined): number {
  const sorted = [...new Set(xs)].sort((a, b) => a - b)
  const gaps = sorted.slice(1).map((x, index) => x - (sorted[index] ?? x))
  const [low, high] = domain ?? spanOf(xs, 0)
  return Math.min((high - low) / 8, ...gaps)
}

/** Ticks with as many decimals as tell neighbours apart. */
function axisText(ticks: readonly number[]): (value: number) => string {
  const step = Math.abs((ticks[1] ?? 1) - (ticks[0] ?? 0))
  const decimals = step === 0 ? 0 : Math.max(0, Math.ceil(-Math.log10(step) - 1e-9))
  return (value) =>
    decimals > 6 || Math.abs(value) >= 1e6
      ? formatNumber(value)
      : new Intl.NumberFormat('en-US', { minimumFractionDigits: decimals, maximumFractionDigits: decimals })
          .format(value)
          .replace('-', '−')
}
