import { pipeline } from 'node:stream/promises'
import { families, suiteNames } from '../../../schema/benchmark.ts'
import type { Leaderboard } from '../../../schema/leaderboard.ts'
import { scoreStatuses } from '../../../schema/states.ts'
import { ApiProblem } from '../../client/client.ts'
import { clientOf, command, Exit, exitCodes, serverArgs, UsageError, wholeNumber } from '../command.ts'
import { formatValue, renderTable } from '../format.ts'
import { endingOf, renderReport } from '../report.ts'

const runArg = { type: 'positional', required: true, description: 'Id of the run' } as const

export const report = command({
  meta: { name: 'report', description: "A run's report: headline, interval, n, how to read it" },
  args: { run: runArg, full: { type: 'boolean', description: 'All metrics and tables' }, ...serverArgs },
  run: async ({ args }) => {
    const found = await clientOf(args)
      .runs.report(args.run)
      .catch((error) => {
        if (!(error instanceof ApiProblem) || error.code !== 'conflict') throw error
        process.stderr.write(`The run has not ended yet. \`assay follow ${args.run}\` waits for its end.\n`)
        throw new Exit(exitCodes.failed)
      })
    console.log(args.json ? JSON.stringify(found, null, 2) : renderReport(found, { full: args.full === true }))
    if (found.run.status !== 'done') throw new Exit(exitCodes.failed)
  },
})

export const rows = command({
  meta: { name: 'rows', description: "A run's scored items" },
  args: {
    run: runArg,
    benchmark: { type: 'string', description: 'Only of this benchmark' },
    status: { type: 'enum', options: [...scoreStatuses], description: 'Only of this status' },
    format: {
      type: 'enum',
      options: ['table', 'jsonl', 'csv'],
      default: 'table',
      description: 'jsonl and csv hold every row',
    },
    limit: { type: 'string', default: '50', description: 'Rows of the table' },
    ...serverArgs,
  },
  run: async ({ args }) => {
    const client = clientOf(args)
    const status = args.status as (typeof scoreStatuses)[number] | undefined
    const filter = { benchmarkId: args.benchmark, status }
    const format = args.json ? 'jsonl' : args.format
    if (format === 'jsonl' || format === 'csv') {
      const { body } = await client.runs.exportRows(args.run, { ...filter, format })
      if (body) await pipeline(body as unknown as AsyncIterable<Uint8Array>, process.stdout, { end: false })
      return
    }
    const limit = wholeNumber('limit', args.limit, 1, 10_000) ?? 50
    const table: string[][] = []
    let more = false
    for await (const row of client.runs.allRows(args.run, filter)) {
      more = table.length === limit
      if (more) break
      table.push([row.benchmarkId, String(row.index), row.itemId, row.status, formatValue(row.score), row.reason ?? ''])
    }
    console.log(renderTable(['benchmark', 'index', 'item', 'status', 'score', 'reason'], table))
    if (more) console.log(`The first ${limit}; --limit shows more, --format jsonl or csv all.`)
  },
})

export const cancel = command({
  meta: { name: 'cancel', description: 'End a run; what was scored is reported' },
  args: { run: runArg, ...serverArgs },
  run: async ({ args }) => {
    const run = await clientOf(args).runs.cancel(args.run)
    console.log(args.json ? JSON.stringify(run, null, 2) : `${run.id}: ${endingOf(run)}`)
  },
})

/** Models × benchmarks, each cell the headline with its interval. */
export function renderLeaderboard(board: Leaderboard): string {
  const rows = board.models.map((model) => [
    model.name,
    ...board.benchmarks.map(({ id }) => {
      const entry = model.entries.find(({ benchmarkId }) => benchmarkId === id)
      if (!entry) return ''
      const { value, interval, unit } = entry.headline
      const range =
        interval && value !== null ? ` [${formatValue(interval.low, unit)}, ${formatValue(interval.high, unit)}]` : ''
      return `${formatValue(value, unit)}${range}${entry.comparable ? '' : ' *'}`
    }),
  ])
  const table = renderTable(['model', ...board.benchmarks.map(({ id }) => id)], rows)
  const starred = board.models.some(({ entries }) => entries.some(({ comparable }) => !comparable))
  return starred ? `${table}\n* measured differently from the rest of its column` : table
}

export const leaderboard = command({
  meta: { name: 'leaderboard', description: 'Models by benchmarks' },
  args: {
    suite: { type: 'enum', options: [...suiteNames], description: "Only this suite's benchmarks" },
    family: { type: 'enum', options: [...families], description: 'Only benchmarks of this family' },
    sort: { type: 'string', description: 'rank, model, finishedAt or a benchmark' },
    ...serverArgs,
  },
  run: async ({ args }) => {
    const board = await clientOf(args).leaderboard({
      suite: args.suite as (typeof suiteNames)[number] | undefined,
      family: args.family as (typeof families)[number] | undefined,
      ...(args.sort === undefined ? {} : { sort: args.sort }),
    })
    const orders = ['rank', 'model', 'finishedAt', ...board.benchmarks.map(({ id }) => id)]
    if (args.sort !== undefined && board.models.length > 0 && !orders.includes(args.sort))
      throw new UsageError(`--sort takes one of: ${orders.join(', ')}.`)
    if (args.json) return console.log(JSON.stringify(board, null, 2))
    console.log(
      board.models.length === 0
        ? 'Nothing is published yet; `assay run --publish` shows a run here.'
        : renderLeaderboard(board),
    )
  },
})
