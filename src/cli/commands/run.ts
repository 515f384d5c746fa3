import { randomUUID } from 'node:crypto'
import type { ArgsDef } from 'citty'
import { suiteNames } from '../../../schema/benchmark.ts'
import type { Run, RunRequestInput } from '../../../schema/run.ts'
import type { Client } from '../../client/client.ts'
import { clientOf, command, Exit, exitCodes, serverArgs, UsageError, wholeNumber } from '../command.ts'
import { findTarget } from '../find-target.ts'
import { createProgress, type ProgressStream } from '../progress.ts'
import { endingOf, renderReport } from '../report.ts'

const mostCount = Number.MAX_SAFE_INTEGER

const args = {
  target: { type: 'string', required: true, description: 'Id or name of the target' },
  suite: { type: 'enum', options: [...suiteNames], description: 'A list of benchmarks with sizes' },
  benchmark: { type: 'string', description: 'One or more benchmarks instead, with commas between' },
  params: { type: 'string', description: 'Parameters of the one benchmark, as JSON' },
  dataset: { type: 'string', description: 'Items of your own for the one benchmark' },
  size: { type: 'string', description: 'smoke, demo, full, or items per benchmark' },
  seed: { type: 'string', description: 'Decides every draw (default 0)' },
  'budget-calls': { type: 'string', description: 'Most answers asked of the target' },
  'budget-tokens': { type: 'string', description: 'Most tokens, prompts and answers together' },
  'budget-usd': { type: 'string', description: 'Most money, in US dollars; the target needs a price' },
  role: { type: 'string', description: 'Other targets that its benchmarks can use: baseline=ID-or-name,second=…' },
  fresh: { type: 'boolean', description: 'Ask anew instead of reusing stored answers' },
  publish: { type: 'boolean', description: 'Show the run and its place on the leaderboard to everybody' },
  follow: {
    type: 'boolean',
    default: true,
    description: 'Wait for the end, showing progress',
    negativeDescription: 'Print the run and leave it to work',
  },
  full: { type: 'boolean', description: 'Print all metrics and tables, not only headlines' },
  ...serverArgs,
} satisfies ArgsDef

interface RunFlags {
  suite?: string | undefined
  benchmark?: string | undefined
  params?: string | undefined
  dataset?: string | undefined
  size?: string | undefined
  seed?: string | undefined
  'budget-calls'?: string | undefined
  'budget-tokens'?: string | undefined
  'budget-usd'?: string | undefined
  fresh?: boolean | undefined
  publish?: boolean | undefined
}

function paramsOf(text: string | undefined): Record<string, unknown> | undefined {
  if (text === undefined) return undefined
  try {
    const value: unknown = JSON.parse(text)
    if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value as Record<string, unknown>
  } catch {
    // Falls through to the one error below.
  }
  throw new UsageError(`--params must be a JSON object, as '{"samples": 5}'.`)
}

function sizeOf(text: string | undefined): RunRequestInput['size'] {
  if (text === undefined || text === 'smoke' || text === 'demo' || text === 'full') return text
  return wholeNumber('size', text, 1, 100_000)
}

/** The targets that `--role` names, by role. Raises UsageError. */
export function rolesOf(text: string | undefined): [role: string, target: string][] {
  return (text ?? '')
    .split(',')
    .filter((pair) => pair.trim() !== '')
    .map((pair) => {
      const [, role, target] = /^\s*([^=\s]+)\s*=\s*(.*\S)\s*$/.exec(pair) ?? []
      if (!role || !target) throw new UsageError(`--role takes role=target pairs with commas between, not “${pair}”.`)
      return [role, target]
    })
}

/** The request that the flags state. Raises UsageError. */
export function requestOf(targetId: string, flags: RunFlags): RunRequestInput {
  const ids =
    flags.benchmark
      ?.split(',')
      .map((id) => id.trim())
      .filter(Boolean) ?? []
  if ((flags.suite === undefined) === (ids.length === 0)) throw new UsageError('Give either --suite or --benchmark.')
  const params = paramsOf(flags.params)
  if ((params || flags.dataset) && ids.length !== 1) {
    throw new UsageError('--params and --dataset go with one --benchmark; use the API for more.')
  }
  const dollars = flags['budget-usd'] === undefined ? undefined : Number(flags['budget-usd'])
  if (dollars !== undefined && !(dollars > 0 && Number.isFinite(dollars))) {
    throw new UsageError(`--budget-usd is an amount in US dollars, not “${flags['budget-usd']}”.`)
  }
  return {
    targetId,
    ...(ids.length > 0
      ? {
          benchmarks: ids.map((id) => ({
            id,
            ...(params ? { params } : {}),
            ...(flags.dataset ? { datasetId: flags.dataset } : {}),
          })),
        }
      : { suite: flags.suite as RunRequestInput['suite'] }),
    size: sizeOf(flags.size),
    seed: wholeNumber('seed', flags.seed, 0, 2_147_483_647) ?? 0,
    budget: {
      calls: wholeNumber('budget-calls', flags['budget-calls'], 1, mostCount),
      tokens: wholeNumber('budget-tokens', flags['budget-tokens'], 1, mostCount),
      microUsd: dollars === undefined ? undefined : Math.max(1, Math.round(dollars * 1e6)),
    },
    fresh: flags.fresh === true,
    published: flags.publish === true,
  }
}

/** Follows a run to its end with a progress display; gives back its last state. */
export async function followToEnd(
  client: Client,
  run: Run,
  stream: ProgressStream,
  signal?: AbortSignal,
): Promise<Run> {
  const progress = createProgress(stream)
  progress.show(run)
  let last = run
  const onReconnect = (error: unknown) =>
    progress.note(`The stream was lost (${(error as Error).message}); trying again.`)
  for await (const state of client.runs.follow(run.id, { onReconnect, ...(signal ? { signal } : {}) })) {
    last = state
    progress.show(state)
  }
  return last
}

/** Follows a run to its end and prints its report. Raises Exit where it did not end as `done`. */
async function showToEnd(client: Client, run: Run, args: { json?: boolean; full?: boolean }): Promise<void> {
  const stop = new AbortController()
  const onInterrupt = () => {
    process.stderr.write(
      `\nThe run goes on. \`assay follow ${run.id}\` shows it again, \`assay cancel ${run.id}\` ends it.\n`,
    )
    stop.abort(new Exit(130))
  }
  process.once('SIGINT', onInterrupt)
  const ended = await followToEnd(client, run, process.stderr, stop.signal).finally(() =>
    process.off('SIGINT', onInterrupt),
  )
  const report = await client.runs.report(ended.id)
  console.log(args.json ? JSON.stringify(report, null, 2) : `\n${renderReport(report, { full: args.full === true })}`)
  if (ended.status !== 'done') {
    process.stderr.write(`\nThe run is ${endingOf(ended)}.\n`)
    throw new Exit(exitCodes.failed)
  }
}

export const follow = command({
  meta: { name: 'follow', description: 'Wait for the end of a run, showing progress, and print its report' },
  args: {
    run: { type: 'positional', required: true, description: 'Id of the run' },
    full: { type: 'boolean', description: 'Print all metrics and tables, not only headlines' },
    ...serverArgs,
  },
  run: async ({ args }) => {
    const client = clientOf(args)
    await showToEnd(client, await client.runs.get(args.run), args)
  },
})

export const run = command({
  meta: { name: 'run', description: 'Measure a target and print the report' },
  args,
  run: async ({ args }) => {
    const client = clientOf(args)
    const request = requestOf('', args)
    const target = await findTarget(client, args.target)
    const roles: Record<string, string> = {}
    for (const [role, name] of rolesOf(args.role)) roles[role] = (await findTarget(client, name)).id
    const whole = { ...request, targetId: target.id, roles }
    const started = await client.runs.create(whole, { idempotencyKey: randomUUID() })
    if (!args.follow) return console.log(args.json ? JSON.stringify(started, null, 2) : started.id)
    await showToEnd(client, started, args)
  },
})
