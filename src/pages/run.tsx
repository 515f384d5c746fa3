import type { RunReport } from '../../schema/run.ts'
import { findBenchmark } from '../benchmarks/catalogue.ts'
import { type Database, openDatabase } from '../store/database.ts'
import {
  finishedRun,
  getPublishedRun,
  getRun,
  getRunBenchmarks,
  type RunRow,
  runReportView,
  runView,
} from '../store/runs.ts'
import { scoresOfItems } from '../store/worst-items.ts'
import { BenchmarkSection, HeadlineCard, type ShownBenchmark } from './benchmark-section.tsx'
import { type PageContext, tenantOf } from './context.ts'
import { Page } from './layout.tsx'
import { notFoundPage } from './message.tsx'
import { ExecutionFacts, Progress, RunMeta, refreshSeconds, StatusBadge, StopNotice } from './run-parts.tsx'

/** Worst items of one benchmark that a page shows. */
const mostWorst = 10

/** The run that this request may see: its own tenant's, or a published one. */
export async function visibleRun(context: PageContext, db: Database, runId: string): Promise<RunRow | null> {
  const tenantId = tenantOf(context)
  return (tenantId === null ? null : await getRun(db, tenantId, runId)) ?? (await getPublishedRun(db, runId))
}

export const runNotFound = (context: PageContext) =>
  notFoundPage(
    context,
    'There is no such run to see',
    tenantOf(context) === null
      ? 'It may not be published. Log in to see your own runs.'
      : 'It is neither yours nor published.',
  )

/** GET /runs/:runId: progress while it runs, then its report. */
export async function runPage(context: PageContext) {
  const db = openDatabase(context.env.DB)
  const row = await visibleRun(context, db, context.req.param('runId') ?? '')
  if (row === null) return runNotFound(context)
  const loggedIn = tenantOf(context) !== null
  const path = `/runs/${row.id}`
  if (!finishedRun(row)) {
    await context.get('services').wake(context.env, row)
    const run = await runView(db, row)
    return context.html(
      <Page title={run.target.name} path={path} loggedIn={loggedIn} refreshSeconds={refreshSeconds}>
        <RunTitle run={run} own={row.tenantId === tenantOf(context)} />
        <StopNotice run={run} />
        <Progress run={run} titleOf={(id) => findBenchmark(id)?.title ?? id} now={Date.now()} />
      </Page>,
    )
  }
  const report = await runReportView(db, row)
  const shown = await shownBenchmarks(db, row.id, report)
  return context.html(
    <Page title={`${report.run.target.name}, ${report.run.suite ?? 'run'}`} path={path} loggedIn={loggedIn}>
      <RunTitle run={report.run} own={row.tenantId === tenantOf(context)} />
      <StopNotice run={report.run} />
      {shown.length === 0 ? <p>No benchmark of this run came to a result.</p> : <Report shown={shown} runId={row.id} />}
      <section class="benchmark" id="execution" aria-labelledby="execution-title">
        <h2 id="execution-title">What it cost</h2>
        <ExecutionFacts execution={report.execution} />
      </section>
    </Page>,
  )
}

function RunTitle({ run, own }: { run: RunReport['run']; own: boolean }) {
  return (
    <div class="title">
      <p class="crumb">
        <a href={own ? '/runs' : '/'}>{own ? 'Runs' : 'Leaderboard'}</a> / <span class="mono">{run.id}</span>
      </p>
      <div class="row">
        <h1>{run.target.name}</h1>
        <StatusBadge status={run.status} />
        {run.published ? null : <span class="badge">Unpublished</span>}
      </div>
      <RunMeta run={run} />
      <p class="note">
        {finishedRun(run) ? (
          <>
            <a href={`/v1/runs/${run.id}/report`}>Report as JSON</a> · rows as{' '}
            <a href={`/v1/runs/${run.id}/rows/export?format=jsonl`}>JSONL</a> or{' '}
            <a href={`/v1/runs/${run.id}/rows/export?format=csv`}>CSV</a>
          </>
        ) : (
          <a href={`/v1/runs/${run.id}`}>This run as JSON</a>
        )}
      </p>
    </div>
  )
}

function Report({ shown, runId }: { shown: ShownBenchmark[]; runId: string }) {
  return (
    <>
      <section aria-labelledby="summary" class="stack">
        <h2 id="summary">Summary</h2>
        <ul class="cards">
          {shown.map((benchmark) => (
            <HeadlineCard shown={benchmark} />
          ))}
        </ul>
      </section>
      <nav class="anchors" aria-label="Benchmarks of this run">
        {shown.map((benchmark) => (
          <a class={`family family-${benchmark.family}`} href={`#${benchmark.anchor}`}>
            {benchmark.anchor}
          </a>
        ))}
        <a href="#execution">Cost</a>
      </nav>
      {shown.map((benchmark) => (
        <BenchmarkSection shown={benchmark} runId={runId} />
      ))}
    </>
  )
}

/** A run's results, each with what the catalogue says of it and the rows of its worst items. */
async function shownBenchmarks(db: Database, runId: string, report: RunReport): Promise<ShownBenchmark[]> {
  const stored = await getRunBenchmarks(db, runId)
  const taken = new Set<string>()
  const paired = report.benchmarks.map((result) => {
    const own = stored.find(({ id, benchmarkId }) => benchmarkId === result.benchmarkId && !taken.has(id))
    if (own) taken.add(own.id)
    return { result, own }
  })
  const rows = await scoresOfItems(
    db,
    paired.flatMap(({ result, own }) =>
      own === undefined
        ? []
        : [
            {
              runBenchmarkId: own.id,
              benchmarkId: own.benchmarkId,
              itemIds: result.report.worst.slice(0, mostWorst).map(({ itemId }) => itemId),
            },
          ],
    ),
  )
  const seen = new Map<string, number>()
  return paired.map(({ result, own }) => {
    const times = (seen.get(result.benchmarkId) ?? 0) + 1
    seen.set(result.benchmarkId, times)
    const byItem = new Map((own ? (rows.get(own.id) ?? []) : []).map((row) => [row.itemId, row]))
    const progress = report.run.benchmarks.find(({ benchmarkId }) => benchmarkId === result.benchmarkId)
    const definition = findBenchmark(result.benchmarkId)
    return {
      anchor: times === 1 ? result.benchmarkId : `${result.benchmarkId}-${times}`,
      family: definition?.family ?? progress?.family ?? 'uncertainty',
      question: definition?.question ?? '',
      result,
      worst: result.report.worst.slice(0, mostWorst).flatMap(({ itemId, why }) => {
        const row = byItem.get(itemId)
        return row ? [{ row, why }] : []
      }),
    }
  })
}
