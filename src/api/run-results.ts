import { createRoute, z } from '@hono/zod-openapi'
import Papa from 'papaparse'
import { itemExchanges } from '../../schema/evidence.ts'
import { pageOf, pageQuery } from '../../schema/pagination.ts'
import { runReport, type ScoreRow, scoreRow } from '../../schema/run.ts'
import { finishedStatuses, scoreStatus } from '../../schema/states.ts'
import { itemEvidence } from '../runs/evidence.ts'
import { rescoreRun } from '../runs/rescore.ts'
import { type Database, openDatabase } from '../store/database.ts'
import { type RunRow, runReportView } from '../store/runs.ts'
import { pageScores } from '../store/scores.ts'
import { type Api, openWhenPublished } from './environment.ts'
import { ProblemError, problemAnswers } from './problem.ts'
import { ownRun, readableRun, runParams } from './runs.ts'

const tags = ['Runs']
const filters = { benchmarkId: z.string().max(100).optional(), status: scoreStatus.optional() }

const report = createRoute({
  method: 'get',
  path: '/v1/runs/{runId}/report',
  tags,
  summary: "A run's report",
  description:
    'Per benchmark a headline with its interval, more metrics, curves, tables and caveats; and what the run cost.',
  security: openWhenPublished,
  request: { params: runParams },
  responses: {
    200: { description: 'The report', content: { 'application/json': { schema: runReport } } },
    ...problemAnswers(401, 404, 409),
  },
})

const rows = createRoute({
  method: 'get',
  path: '/v1/runs/{runId}/rows',
  tags,
  summary: "A run's scored items, page by page",
  security: openWhenPublished,
  request: { params: runParams, query: pageQuery.extend(filters) },
  responses: {
    200: {
      description: 'In order of benchmark and item',
      content: { 'application/json': { schema: pageOf(scoreRow, 'ScoreRowPage') } },
    },
    ...problemAnswers(401, 404, 422),
  },
})

const download = createRoute({
  method: 'get',
  path: '/v1/runs/{runId}/rows/export',
  tags,
  summary: 'All scored items as one file',
  description:
    'Streamed. In CSV `detail` is JSON text, and text that a spreadsheet would take for a formula has a leading apostrophe.',
  security: openWhenPublished,
  request: {
    params: runParams,
    query: z.object({ format: z.enum(['jsonl', 'csv']).default('jsonl'), ...filters }),
  },
  responses: {
    200: {
      description: 'The rows',
      content: { 'application/x-ndjson': { schema: z.string() }, 'text/csv': { schema: z.string() } },
    },
    ...problemAnswers(401, 404, 422),
  },
})

const evidence = createRoute({
  method: 'get',
  path: '/v1/runs/{runId}/benchmarks/{benchmarkId}/items/{index}/evidence',
  tags,
  summary: 'What the model was asked about an item and what it answered',
  security: openWhenPublished,
  request: {
    params: runParams.extend({ benchmarkId: z.string(), index: z.coerce.number().int().min(0).max(10_000_000) }),
  },
  responses: {
    200: { description: 'Questions and answers', content: { 'application/json': { schema: itemExchanges } } },
    ...problemAnswers(401, 404, 422),
  },
})

const rescore = createRoute({
  method: 'post',
  path: '/v1/runs/{runId}/rescore',
  tags,
  summary: 'Make the report again, without asking the model',
  request: { params: runParams },
  responses: {
    200: { description: 'The report as it is now', content: { 'application/json': { schema: runReport } } },
    ...problemAnswers(401, 404, 409),
  },
})

function refuseOpen(row: RunRow): void {
  if (finishedStatuses.includes(row.status)) return
  throw new ProblemError('conflict', `The run is ${row.status}; follow it at /v1/runs/${row.id}/events until it ends.`)
}

const columns = ['benchmarkId', 'index', 'itemId', 'cluster', 'status', 'score', 'reason', 'detail'] as const

/** Rows as CSV lines; text that a spreadsheet would take for a formula gets an apostrophe before it. */
const csvLines = (rows: readonly ScoreRow[]): string =>
  rows.length === 0
    ? ''
    : `${Papa.unparse(
        rows.map((row) =>
          columns.map((name) => (name === 'detail' && row.detail !== null ? JSON.stringify(row.detail) : row[name])),
        ),
        { escapeFormulae: true, newline: '\r\n' },
      )}\r\n`

const jsonLines = (rows: readonly ScoreRow[]): string => rows.map((row) => `${JSON.stringify(row)}\n`).join('')

/** All rows as a stream of text, a page at a time as the reader takes them. */
function rowStream(
  db: Database,
  runId: string,
  query: { format: 'jsonl' | 'csv'; benchmarkId?: string | undefined; status?: ScoreRow['status'] | undefined },
): ReadableStream<Uint8Array> {
  const encoder = new TextEncoder()
  const lines = query.format === 'csv' ? csvLines : jsonLines
  let cursor: string | undefined
  let head = query.format === 'csv' ? `${columns.join(',')}\r\n` : ''
  return new ReadableStream({
    async pull(controller) {
      const page = await pageScores(db, runId, { ...query, cursor, limit: 500 })
      const text = head + lines(page.rows)
      head = ''
      if (text !== '') controller.enqueue(encoder.encode(text))
      if (page.next === null) controller.close()
      else cursor = page.next
    },
  })
}

export function addRunResults(api: Api): void {
  api.openapi(report, async (context) => {
    const row = await readableRun(context, context.req.valid('param').runId)
    refuseOpen(row)
    return context.json(await runReportView(openDatabase(context.env.DB), row), 200)
  })

  api.openapi(rows, async (context) => {
    const row = await readableRun(context, context.req.valid('param').runId)
    const page = await pageScores(openDatabase(context.env.DB), row.id, context.req.valid('query'))
    return context.json({ items: page.rows, next: page.next }, 200)
  })

  api.openapi(download, async (context) => {
    const row = await readableRun(context, context.req.valid('param').runId)
    const query = context.req.valid('query')
    const type = query.format === 'csv' ? 'text/csv; charset=utf-8' : 'application/x-ndjson; charset=utf-8'
    return context.body(rowStream(openDatabase(context.env.DB), row.id, query), 200, {
      'content-type': type,
      'content-disposition': `attachment; filename="${row.id}.${query.format}"`,
      'x-content-type-options': 'nosniff',
    })
  })

  api.openapi(evidence, async (context) => {
    const { runId, benchmarkId, index } = context.req.valid('param')
    const row = await readableRun(context, runId)
    const found = await itemEvidence(context.env, row.tenantId, row.id, benchmarkId, index)
    const exchanges = found.map(({ role, asked, answered }) => ({ role, asked, answered }))
    return context.json({ benchmarkId, index, exchanges }, 200)
  })

  api.openapi(rescore, async (context) => {
    const row = await ownRun(context, context.req.valid('param').runId)
    refuseOpen(row)
    await rescoreRun(context.env, row.tenantId, row.id)
    const after = await ownRun(context, row.id)
    return context.json(await runReportView(openDatabase(context.env.DB), after), 200)
  })
}
