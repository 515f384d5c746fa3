import type { Metric, Table } from '../../schema/report.ts'
import { formatNumber, formatValue, unitSuffix } from './format.ts'
import { commonDomain, Direction, IntervalText, Value, Whisker } from './interval.tsx'
import { ScrollBox } from './scroll-box.tsx'

/** Every metric with its interval in numbers and drawn, one scale for each unit. */
export function MetricsTable({ metrics, label }: { metrics: readonly Metric[]; label: string }) {
  const domains = new Map(
    [...Map.groupBy(metrics, (metric) => metric.unit)].map(([unit, group]) => [unit, commonDomain(group)]),
  )
  return (
    <ScrollBox label={label}>
      <table class="metrics">
        <thead>
          <tr>
            <th scope="col">Metric</th>
            <th scope="col" class="number">
              Value
            </th>
            <th scope="col" class="number">
              Interval
            </th>
            <th scope="col">
              <span class="visually-hidden">Drawn</span>
            </th>
            <th scope="col" class="number">
              n
            </th>
          </tr>
        </thead>
        <tbody>
          {metrics.map((metric) => (
            <tr id={undefined}>
              <th scope="row">
                {metric.title} <Direction direction={metric.direction} />
                {metric.note ? <small>{metric.note}</small> : null}
              </th>
              <td class="number">
                <Value metric={metric} />
              </td>
              <td class="number">
                <IntervalText metric={metric} />
              </td>
              <td class="whisker-cell">
                {metric.unit === 'count' || metric.unit === 'tokens' ? null : (
                  <Whisker metric={metric} domain={domains.get(metric.unit) ?? [0, 1]} />
                )}
              </td>
              <td class="number">{formatNumber(metric.n)}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </ScrollBox>
  )
}

/** A report's table; a column of numbers is set right. */
export function ReportTable({ table, id }: { table: Table; id: string }) {
  const numeric = table.columns.map(
    (_, place) => table.rows.length > 0 && table.rows.every((row) => typeof row[place] !== 'string'),
  )
  return (
    <div class="stack">
      <h4 id={id}>{table.title}</h4>
      <ScrollBox label={table.title} fitted>
        <table class="report-table">
          <thead>
            <tr>
              {table.columns.map((column, place) => (
                <th scope="col" class={numeric[place] ? 'number' : undefined}>
                  {column.title}
                  {column.unit && unitSuffix(column.unit) ? <span class="unit"> {unitSuffix(column.unit)}</span> : null}
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {table.rows.map((row) => (
              <tr>
                {row.map((cell, place) => {
                  const text = cellText(cell, table.columns[place]?.unit)
                  return place === 0 && !numeric[0] ? (
                    <th scope="row">{text}</th>
                  ) : (
                    <td class={numeric[place] ? 'number' : undefined}>{text}</td>
                  )
                })}
              </tr>
            ))}
          </tbody>
        </table>
      </ScrollBox>
      {table.note ? <p class="note">{table.note}</p> : null}
    </div>
  )
}

function cellText(cell: string | number | null, unit: Metric['unit'] | undefined): string {
  if (cell === null) return '—'
  if (typeof cell === 'string') return cell
  return unit ? formatValue(cell, unit) : formatNumber(cell)
}
