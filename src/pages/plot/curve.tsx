import type { Curve } from '../../../schema/report.ts'
import { formatNumber } from '../format.ts'
import { ScrollBox } from '../scroll-box.tsx'
import { ForestSvg } from './forest.tsx'
import { type Frame, frameOf, lineHeight, size } from './frame.ts'
import { BarMarks, LineMarks, markPath, ScatterMarks, styles } from './marks.tsx'

/** Most rows in the table of numbers behind a plot; the JSON report has all. */
const mostRows = 60

/** A curve as a figure: SVG drawn on the server, a legend where there are several series, its numbers folded away. */
export function CurveFigure({ curve, id }: { curve: Curve; id: string }) {
  const empty = curve.series.every((series) => series.points.length === 0)
  return (
    <figure class={curve.kind === 'forest' ? 'curve wide' : 'curve'} id={id}>
      <figcaption>{curve.title}</figcaption>
      {empty ? (
        <p class="null">Nothing to draw: no points.</p>
      ) : curve.kind === 'forest' ? (
        <ForestSvg curve={curve} id={id} />
      ) : (
        <CurveSvg curve={curve} id={id} />
      )}
      {curve.series.length > 1 ? <Legend curve={curve} /> : null}
      {empty ? null : <Numbers curve={curve} />}
    </figure>
  )
}

function CurveSvg({ curve, id }: { curve: Curve; id: string }) {
  const frame = frameOf(curve)
  const [titleId, descId, clipId] = [`${id}-title`, `${id}-desc`, `${id}-clip`]
  const { left, right, top, bottom } = frame.area
  return (
    <svg class="plot" viewBox={`0 0 ${size.width} ${size.height}`} role="img" aria-labelledby={`${titleId} ${descId}`}>
      <title id={titleId}>{curve.title}</title>
      <desc id={descId}>{describe(curve)}</desc>
      <clipPath id={clipId}>
        <rect x={left - 5} y={top - 5} width={right - left + 10} height={bottom - top + 10} />
      </clipPath>
      <Axes curve={curve} frame={frame} />
      <g clip-path={`url(#${clipId})`}>
        <Reference curve={curve} frame={frame} />
        {curve.series.map((series, index) =>
          curve.kind === 'bars' ? (
            <BarMarks series={series} index={index} frame={frame} of={curve.series.length} />
          ) : curve.kind === 'scatter' ? (
            <ScatterMarks series={series} index={index} frame={frame} />
          ) : (
            <LineMarks series={series} index={index} frame={frame} step={curve.kind === 'step'} />
          ),
        )}
      </g>
    </svg>
  )
}

function Axes({ curve, frame }: { curve: Curve; frame: Frame }) {
  const { left, right, top, bottom } = frame.area
  const at = (value: number) => Math.round(value * 10) / 10
  return (
    <g class="axes">
      {frame.yTicks.map((tick) => (
        <>
          <line class="grid" x1={at(left)} x2={right} y1={at(frame.y(tick))} y2={at(frame.y(tick))} />
          <text x={at(left - 6)} y={at(frame.y(tick))} dy="0.32em" text-anchor="end">
            {frame.yText(tick)}
          </text>
        </>
      ))}
      {frame.xTicks.map((tick) => {
        const x = at(frame.x(tick))
        const y = at(bottom)
        if (frame.names === null)
          return (
            <text x={x} y={y + 12} text-anchor="end" transform={`rotate(-35 ${x} ${y + 12})`}>
              {frame.xText(tick)}
            </text>
          )
        return (
          <>
            {curve.categories ? null : <line class="tick" x1={x} x2={x} y1={y} y2={y + 4} />}
            {(curve.categories ? (frame.names[tick] ?? []) : [frame.xText(tick)]).map((line, place) => (
              <text x={x} y={at(y + 16 + place * lineHeight)} text-anchor="middle">
                {line}
              </text>
            ))}
          </>
        )
      })}
      <line class="axis" x1={at(left)} x2={right} y1={at(bottom)} y2={at(bottom)} />
      <text class="axis-title" x={at((left + right) / 2)} y={size.height - 5} text-anchor="middle">
        {curve.x.title}
      </text>
      <text
        class="axis-title"
        x={11}
        y={at((top + bottom) / 2)}
        text-anchor="middle"
        transform={`rotate(-90 11 ${at((top + bottom) / 2)})`}
      >
        {curve.y.title}
      </text>
    </g>
  )
}

/** The line of comparison: y = x, or a constant. */
function Reference({ curve, frame }: { curve: Curve; frame: Frame }) {
  const { reference } = curve
  if (reference === undefined) return null
  const [x1 = 0, x2 = 0] = frame.x.domain()
  const [from, to] = reference === 'diagonal' ? [x1, x2] : [reference, reference]
  return <line class="reference" x1={frame.x(x1)} x2={frame.x(x2)} y1={frame.y(from)} y2={frame.y(to)} />
}

function Legend({ curve }: { curve: Curve }) {
  return (
    <ul class="legend">
      {curve.series.map((series, index) => (
        <li>
          <svg class={`series-${index % styles}`} viewBox="0 0 24 12" width="24" height="12" aria-hidden="true">
            {curve.kind === 'bars' ? (
              <rect class="bar" x="6" y="1" width="12" height="10" />
            ) : (
              <>
                {curve.kind === 'scatter' ? null : <path class="stroke" d="M0 6H24" />}
                <path class="mark-fill" d={markPath(index, 30)} transform="translate(12,6)" />
              </>
            )}
          </svg>
          {series.name}
        </li>
      ))}
    </ul>
  )
}

/** The drawn numbers as a table, for those who cannot see the plot or want to copy them. */
function Numbers({ curve }: { curve: Curve }) {
  const rows = curve.series.flatMap((series) =>
    series.points.map(([x, y], place) => ({ name: series.name, x, y, band: series.band?.[place] })),
  )
  const several = curve.series.length > 1
  const forest = curve.kind === 'forest'
  const banded = rows.some((row) => row.band !== undefined)
  return (
    <details class="numbers">
      <summary>Numbers</summary>
      <ScrollBox label={`${curve.title}: numbers`}>
        <table>
          <thead>
            <tr>
              {several ? <th scope="col">Series</th> : null}
              <th scope="col" class={curve.categories && !forest ? '' : 'number'}>
                {curve.x.title}
              </th>
              <th scope="col" class={forest ? '' : 'number'}>
                {curve.y.title}
              </th>
              {banded ? (
                <th scope="col" class="number">
                  Interval
                </th>
              ) : null}
            </tr>
          </thead>
          <tbody>
            {rows.slice(0, mostRows).map((row) => (
              <tr>
                {several ? <td>{row.name}</td> : null}
                {forest ? (
                  <>
                    <td class="number">{formatNumber(row.x)}</td>
                    <td>{curve.categories?.[row.y] ?? formatNumber(row.y)}</td>
                  </>
                ) : (
                  <>
                    <td class={curve.categories ? '' : 'number'}>{curve.categories?.[row.x] ?? formatNumber(row.x)}</td>
                    <td class="number">{formatNumber(row.y)}</td>
                  </>
                )}
                {banded ? (
                  <td class="number">
                    {row.band ? `${formatNumber(row.band[0])} – ${formatNumber(row.band[1])}` : '—'}
                  </td>
                ) : null}
              </tr>
            ))}
          </tbody>
        </table>
      </ScrollBox>
      {rows.length > mostRows ? (
        <p class="note">
          The first {mostRows} of {rows.length}; the JSON report has all.
        </p>
      ) : null}
    </details>
  )
}

/** What the plot shows, in words. */
function describe(curve: Curve): string {
  const parts = curve.series.map((series) => {
    const ys = series.points.map(([, y]) => y)
    if (ys.length === 0) return `${series.name}: no points`
    const [low, high] = [ys.reduce((a, b) => Math.min(a, b)), ys.reduce((a, b) => Math.max(a, b))]
    return `${series.name}: ${ys.length} points, ${formatNumber(low)} to ${formatNumber(high)}`
  })
  return `${curve.y.title} against ${curve.x.title}. ${parts.join('. ')}.`
}
