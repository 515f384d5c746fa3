import { scaleLinear } from 'd3-scale'
import type { Metric } from '../../schema/report.ts'
import { formatInterval, formatValue, reasonWords, unitSuffix } from './format.ts'

type Drawable = Pick<Metric, 'value' | 'reason' | 'interval' | 'unit' | 'direction'>

/** The common scale on which values of one kind are drawn: shares from 0 to 1; else from zero, or around it where some are negative. */
export function commonDomain(metrics: readonly Drawable[]): [number, number] {
  if (metrics.every(({ unit }) => unit === 'share')) return [0, 1]
  const numbers = metrics.flatMap(({ value, interval }) =>
    [value, interval?.low, interval?.high].filter((number) => number !== null && number !== undefined),
  )
  if (numbers.length === 0) return [0, 1]
  const most = 1.15 * numbers.reduce((size, number) => Math.max(size, Math.abs(number)), 0)
  if (most === 0) return [0, 1]
  return numbers.some((number) => number < 0) ? [-most, most] : [0, most]
}

const height = 14
const margin = 4

interface WhiskerProps {
  metric: Drawable
  domain: readonly [number, number]
  /** Width in pixels where there is room. */
  length?: number | undefined
}

/** A value as a dot and its interval as a whisker over a track; decorative, as the numbers stand beside it. */
export function Whisker({ metric, domain, length: width = 120 }: WhiskerProps) {
  if (metric.value === null) return null
  const x = scaleLinear()
    .domain([...domain])
    .range([margin, width - margin])
    .clamp(true)
  const middle = height / 2
  const [low, high] = [metric.interval?.low ?? metric.value, metric.interval?.high ?? metric.value]
  const at = (value: number) => Math.round(x(value) * 10) / 10
  return (
    <svg class="whisker" viewBox={`0 0 ${width} ${height}`} width={width} height={height} aria-hidden="true">
      <line class="track" x1={margin} x2={width - margin} y1={middle} y2={middle} />
      {domain[0] < 0 && domain[1] > 0 ? <line class="zero" x1={at(0)} x2={at(0)} y1={1} y2={height - 1} /> : null}
      <line class="span" x1={at(low)} x2={at(high)} y1={middle} y2={middle} />
      <circle class="dot" cx={at(metric.value)} cy={middle} r={3.4} />
    </svg>
  )
}

/** The number with its unit, or why there is none. */
export function Value({ metric }: { metric: Drawable }) {
  if (metric.value === null) return <span class="null">{metric.reason ? reasonWords[metric.reason] : 'no value'}</span>
  const suffix = unitSuffix(metric.unit)
  return (
    <span class="value">
      {formatValue(metric.value, metric.unit)}
      {suffix === '' ? null : <span class="unit"> {suffix}</span>}
    </span>
  )
}

/** The interval in numbers. */
export function IntervalText({ metric }: { metric: Drawable }) {
  if (metric.value === null || !metric.interval) return null
  const { low, high, confidence, method } = metric.interval
  return (
    <span class="interval" title={`${Math.round(confidence * 100)}% interval, ${method}`}>
      {formatInterval(low, high, metric.unit)}
    </span>
  )
}

/** Which way is better, as an arrow with words for those who cannot see it. */
export function Direction({ direction }: { direction: Metric['direction'] }) {
  if (direction === 'neutral') return null
  const text = direction === 'higher' ? 'higher is better' : 'lower is better'
  return (
    <span class="direction" title={text}>
      <span aria-hidden="true">{direction === 'higher' ? '↑' : '↓'}</span>
      <span class="visually-hidden">{text}</span>
    </span>
  )
}
