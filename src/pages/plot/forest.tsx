import { scaleLinear } from 'd3-scale'
import type { Curve } from '../../../schema/report.ts'
import { formatNumber } from '../format.ts'

const width = 720
const rowHeight = 17
const [top, bottom, right] = [8, 40, 14]
const letterWidth = 6.3
const mostLetters = 44

const at = (value: number): number => Math.round(value * 10) / 10
const clippedName = (name: string): string => (name.length > mostLetters ? `${name.slice(0, mostLetters - 1)}…` : name)

/** One line for each category, best first from the top: its value as a dot, its interval as a bar, a line of comparison. */
export function ForestSvg({ curve, id }: { curve: Curve; id: string }) {
  const names = curve.categories ?? []
  const [series] = curve.series
  const points = series?.points ?? []
  const reference = typeof curve.reference === 'number' ? [curve.reference] : []
  const values = [...points.map(([value]) => value), ...(series?.band?.flat() ?? []), ...reference]
  const left = 12 + Math.max(6, ...names.map((name) => clippedName(name).length)) * letterWidth
  const height = top + bottom + names.length * rowHeight
  const x = scaleLinear()
    .domain(curve.x.domain ?? [Math.min(...values), Math.max(...values)])
    .range([left, width - right])
  if (!curve.x.domain) x.nice(6)
  const rowAt = (place: number): number => top + (place + 0.5) * rowHeight
  const end = height - bottom
  const [titleId, descId] = [`${id}-title`, `${id}-desc`]
  return (
    <svg class="plot forest" viewBox={`0 0 ${width} ${height}`} role="img" aria-labelledby={`${titleId} ${descId}`}>
      <title id={titleId}>{curve.title}</title>
      <desc id={descId}>
        {`${curve.x.title} of ${names.length} lines. ${points
          .slice(0, 5)
          .map(([value, place]) => `${names[place] ?? ''}: ${formatNumber(value)}`)
          .join('. ')}.`}
      </desc>
      {x.ticks(6).map((tick) => (
        <>
          <line class="grid" x1={at(x(tick))} x2={at(x(tick))} y1={top} y2={end} />
          <text x={at(x(tick))} y={end + 15} text-anchor="middle">
            {formatNumber(tick)}
          </text>
        </>
      ))}
      {reference.map((value) => (
        <line class="reference" x1={at(x(value))} x2={at(x(value))} y1={top} y2={end} />
      ))}
      <g class="series-0">
        {points.map(([value, place], index) => {
          const y = at(rowAt(place))
          const ends = series?.band?.[index]
          return (
            <>
              <text x={at(left - 8)} y={y} dy="0.32em" text-anchor="end">
                {clippedName(names[place] ?? '')}
              </text>
              {ends ? (
                <path
                  class="error-bar"
                  d={`M${at(x(ends[0]))} ${y}H${at(x(ends[1]))}M${at(x(ends[0]))} ${y - 3}v6M${at(x(ends[1]))} ${y - 3}v6`}
                />
              ) : null}
              <circle class="mark-fill" cx={at(x(value))} cy={y} r="3.4" />
            </>
          )
        })}
      </g>
      <line class="axis" x1={left} x2={width - right} y1={end} y2={end} />
      <text class="axis-title" x={at((left + width - right) / 2)} y={height - 6} text-anchor="middle">
        {curve.x.title}
      </text>
    </svg>
  )
}
