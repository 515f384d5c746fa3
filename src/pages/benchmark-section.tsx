import type { Family } from '../../schema/benchmark.ts'
import type { BenchmarkReport, Metric } from '../../schema/report.ts'
import type { RunReport, ScoreRow } from '../../schema/run.ts'
import { formatNumber, words } from './format.ts'
import { commonDomain, Direction, IntervalText, Value, Whisker } from './interval.tsx'
import { CurveFigure } from './plot/curve.tsx'
import { Counts, StatusBadge } from './run-parts.tsx'
import { MetricsTable, ReportTable } from './tables.tsx'
import { Detail, Fields } from './words.tsx'

/** A benchmark of a run with all that the page shows of it. */
export interface ShownBenchmark {
  /** Unique within the page: the benchmark's id, numbered where a run has it twice. */
  anchor: string
  family: Family
  question: string
  result: RunReport['benchmarks'][number]
  worst: { row: ScoreRow; why: string }[]
}

/** Worst items shown in full; the others are folded. */
const openItems = 3

/** A headline on a card that leads to its section. */
export function HeadlineCard({ shown }: { shown: ShownBenchmark }) {
  const { headline, caveats } = shown.result.report
  return (
    <li class={`card family-${shown.family}`}>
      <span class={`family family-${shown.family}`}>{words(shown.family)}</span>
      <h3>
        <a href={`#${shown.anchor}`}>{shown.result.title}</a>
      </h3>
      <p class="figure">
        <Value metric={headline} />
        <IntervalText metric={headline} />
      </p>
      <Whisker metric={headline} domain={commonDomain([headline])} length={240} />
      <p class="reading">
        {headline.title} <Direction direction={headline.direction} />
      </p>
      {headline.value === null && headline.note ? <p class="reading">{headline.note}</p> : null}
      {headline.value === null ? <Instead metrics={shown.result.report.metrics} /> : null}
      <p class="basis">
        n = {formatNumber(headline.n)}
        {caveats.length === 0 ? null : `, ${caveats.length} ${caveats.length === 1 ? 'caveat' : 'caveats'}`}
      </p>
    </li>
  )
}

/** What else was measured, on the card of a headline that could not be. */
function Instead({ metrics }: { metrics: readonly Metric[] }) {
  const measured = metrics.filter(({ value, unit }) => value !== null && unit !== 'count' && unit !== 'tokens')
  if (measured.length === 0) return null
  return (
    <ul class="meta">
      {measured.slice(0, 2).map((metric) => (
        <li>
          <Value metric={metric} /> {metric.title}
        </li>
      ))}
    </ul>
  )
}

/** All of one benchmark's report. */
export function BenchmarkSection({ shown, runId }: { shown: ShownBenchmark; runId: string }) {
  const { anchor, family, result } = shown
  const { report } = result
  return (
    <section class={`benchmark family-${family}`} id={anchor} aria-labelledby={`${anchor}-title`}>
      <div class="stack">
        <div class="section-title">
          <h2 id={`${anchor}-title`}>{result.title}</h2>
          <span class={`family family-${family}`}>{words(family)}</span>
        </div>
        <p class="lead">{shown.question}</p>
        <p class="note">
          <a href={`/benchmarks/${result.benchmarkId}`}>What is asked and how it is scored</a> · version{' '}
          {result.version} · rows as{' '}
          <a href={`/v1/runs/${runId}/rows/export?format=jsonl&benchmarkId=${result.benchmarkId}`}>JSONL</a> or{' '}
          <a href={`/v1/runs/${runId}/rows/export?format=csv&benchmarkId=${result.benchmarkId}`}>CSV</a>
        </p>
      </div>
      <Headline headline={report.headline} />
      <p class="note">
        <a href={`/trust#${result.benchmarkId}`}>How far to trust this number</a>
      </p>
      {report.caveats.length === 0 ? null : (
        <ul class="notices" aria-label="Caveats">
          {report.caveats.map((caveat) => (
            <li class="notice">{caveat.message}</li>
          ))}
        </ul>
      )}
      <Counts counts={result.counts} />
      {report.metrics.length === 0 ? null : (
        <div class="stack">
          <h3>Metrics</h3>
          <MetricsTable metrics={report.metrics} label={`Metrics of ${result.title}`} />
        </div>
      )}
      {report.curves.length === 0 ? null : (
        <div class="stack">
          <h3>Curves</h3>
          <div class="curves">
            {report.curves.map((curve) => (
              <CurveFigure curve={curve} id={`${anchor}-${curve.id}`} />
            ))}
          </div>
        </div>
      )}
      {report.tables.length === 0 ? null : (
        <div class="stack">
          <h3>Tables</h3>
          {report.tables.map((table) => (
            <ReportTable table={table} id={`${anchor}-table-${table.id}`} />
          ))}
        </div>
      )}
      <WorstItems shown={shown} runId={runId} />
      {Object.keys(result.params).length === 0 ? null : (
        <details>
          <summary>Parameters of this run</summary>
          <Fields value={result.params} />
        </details>
      )}
    </section>
  )
}

function Headline({ headline }: { headline: BenchmarkReport['headline'] }) {
  return (
    <div class="headline">
      <p>
        {headline.title} <Direction direction={headline.direction} />
      </p>
      <p class="figure">
        <Value metric={headline} />
        <IntervalText metric={headline} />
        <span class="note">n = {formatNumber(headline.n)}</span>
      </p>
      <Whisker metric={headline} domain={commonDomain([headline])} length={340} />
      <p>{headline.reading}</p>
      {headline.note ? <p class="note">{headline.note}</p> : null}
    </div>
  )
}

function WorstItems({ shown, runId }: { shown: ShownBenchmark; runId: string }) {
  if (shown.worst.length === 0) return null
  const cards = shown.worst.map(({ row, why }) => (
    <article class="item">
      <header>
        <h4 class="mono">{row.itemId}</h4>
        {row.status === 'scored' ? null : <StatusBadge status={row.status} />}
        {row.score === null ? null : <span class="note">score {formatNumber(row.score)}</span>}
        <a class="note" href={`/runs/${runId}/items/${row.benchmarkId}/${row.index}`}>
          Everything asked and answered
        </a>
      </header>
      <p class="why">{why}</p>
      <Detail detail={row.detail} />
    </article>
  ))
  return (
    <div class="stack">
      <h3>Look at these first</h3>
      <div class="items">{cards.slice(0, openItems)}</div>
      {cards.length <= openItems ? null : (
        <details>
          <summary>{cards.length - openItems} more</summary>
          <div class="items">{cards.slice(openItems)}</div>
        </details>
      )}
    </div>
  )
}
