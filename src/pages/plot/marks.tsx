import {
  area,
  curveStepAfter,
  line,
  symbol,
  symbolCircle,
  symbolCross,
  symbolDiamond,
  symbolSquare,
  symbolStar,
  symbolTriangle,
} from 'd3-shape'
import type { Curve } from '../../../schema/report.ts'
import type { Frame } from './frame.ts'

type Series = Curve['series'][number]

/** Number of styles before they repeat: each has its own colour, dash and mark, so that colour is never alone. */
export const styles = 6
const symbols = [symbolCircle, symbolSquare, symbolTriangle, symbolDiamond, symbolCross, symbolStar]

/** A series' mark, `area` in square units. */
export const markPath = (index: number, area: number): string =>
  symbol(symbols[index % styles] ?? symbolCircle, area)() ?? ''

const rounded = (value: number) => Math.round(value * 10) / 10

/** Lines through the points, with the interval of y as a band behind. */
export function LineMarks({ series, index, frame, step }: MarkProps & { step: boolean }) {
  const { x, y } = frame
  const stroke = line<[number, number]>(
    ([px]) => x(px),
    ([, py]) => y(py),
  ).digits(1)
  if (step) stroke.curve(curveStepAfter)
  const few = series.points.length <= 24
  return (
    <g class={`series-${index % styles}`}>
      <Band series={series} frame={frame} step={step} />
      <path class="stroke" d={stroke(series.points) ?? ''} />
      {few && !step ? series.points.map((point) => <Mark point={point} index={index} frame={frame} area={22} />) : null}
    </g>
  )
}

function Band({ series, frame, step }: { series: Series; frame: Frame; step: boolean }) {
  const { band } = series
  if (band === undefined || band.length !== series.points.length || band.length < 2) return null
  const shape = area<[number, number]>()
    .x((point) => frame.x(point[0]))
    .y0((_, place) => frame.y(band[place]?.[0] ?? 0))
    .y1((_, place) => frame.y(band[place]?.[1] ?? 0))
    .digits(1)
  if (step) shape.curve(curveStepAfter)
  return <path class="band" d={shape(series.points) ?? ''} />
}

/** One mark per point; where y has an interval, a whisker too. */
export function ScatterMarks({ series, index, frame }: MarkProps) {
  return (
    <g class={`series-${index % styles}`}>
      {series.points.map((point, place) => (
        <>
          <ErrorBar at={frame.x(point[0])} interval={series.band?.[place]} frame={frame} />
          <Mark point={point} index={index} frame={frame} area={series.points.length > 60 ? 18 : 38} />
        </>
      ))}
    </g>
  )
}

/** Bars from zero, the series of one x position side by side; intervals as whiskers. */
export function BarMarks({ series, index, frame, of }: MarkProps & { of: number }) {
  const { x, y, slot } = frame
  const [lowest = 0, highest = 0] = y.domain()
  const base = y(Math.min(Math.max(0, lowest), highest))
  const width = Math.max(1, (slot * (of > 1 ? 0.8 : 0.84)) / of)
  const offset = (index - (of - 1) / 2) * width
  return (
    <g class={`series-${index % styles}`}>
      {series.points.map(([px, py], place) => {
        const middle = x(px) + offset
        const top = y(py)
        return (
          <>
            <rect
              class="bar"
              x={rounded(middle - width / 2)}
              y={rounded(Math.min(top, base))}
              width={rounded(Math.max(1, width - (of > 1 ? 1 : 0)))}
              height={rounded(Math.abs(base - top))}
            />
            <ErrorBar at={middle} interval={series.band?.[place]} frame={frame} />
          </>
        )
      })}
    </g>
  )
}

interface MarkProps {
  series: Series
  index: number
  frame: Frame
}

function Mark({ point, index, frame, area }: { point: [number, number]; index: number; frame: Frame; area: number }) {
  return (
    <path
      class="mark-fill"
      d={markPath(index, area)}
      transform={`translate(${rounded(frame.x(point[0]))},${rounded(frame.y(point[1]))})`}
    />
  )
}

function ErrorBar({ at, interval, frame }: { at: number; interval: [number, number] | undefined; frame: Frame }) {
  if (interval === undefined) return null
  const [low, high] = [rounded(frame.y(interval[0])), rounded(frame.y(interval[1]))]
  const x = rounded(at)
  return <path class="error-bar" d={`M${x} ${low}V${high}M${x - 3} ${low}h6M${x - 3} ${high}h6`} />
}
