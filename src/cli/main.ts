#!/usr/bin/env node
import { stripVTControlCharacters } from 'node:util'
import { defineCommand, runCommand, runMain } from 'citty'
import manifest from '../../package.json' with { type: 'json' }
import { ApiProblem, ConnectionError } from '../client/client.ts'
import { Exit, exitCodes, UsageError } from './command.ts'
import { plain } from './format.ts'

const main = defineCommand({
  meta: {
    name: 'assay',
    version: manifest.version,
    description: 'Measures whether a language model can be relied on. Settings: ASSAY_URL, ASSAY_API_KEY.',
  },
  // Loaded when asked for: the catalogue's data takes a while.
  subCommands: {
    run: () => import('./commands/run.ts').then(({ run }) => run),
    report: () => import('./commands/results.ts').then(({ report }) => report),
    rows: () => import('./commands/results.ts').then(({ rows }) => rows),
    leaderboard: () => import('./commands/results.ts').then(({ leaderboard }) => leaderboard),
    cancel: () => import('./commands/results.ts').then(({ cancel }) => cancel),
    targets: () => import('./commands/targets.ts').then(({ targets }) => targets),
    benchmarks: () => import('./commands/benchmarks.ts').then(({ benchmarks }) => benchmarks),
    datasets: () => import('./commands/datasets.ts').then(({ datasets }) => datasets),
    estimates: () => import('./commands/estimates.ts').then(({ estimates }) => estimates),
    estimators: () => import('./commands/estimates.ts').then(({ estimators }) => estimators),
    catalogue: () => import('./commands/benchmarks.ts').then(({ catalogueCommand }) => catalogueCommand),
    doctor: () => import('./commands/doctor.ts').then(({ doctor }) => doctor),
  },
})

/** Says what went wrong in a few lines, without a stack, and gives the exit code for it. */
function explain(error: unknown): number {
  if (error instanceof Exit) return error.code
  const say = (text: string) => process.stderr.write(`${text}\n`)
  if (error instanceof ApiProblem) {
    const { problem } = error
    say(`${plain(problem.title)} (HTTP ${problem.status}): ${plain(problem.detail)}`)
    for (const entry of problem.errors ?? []) say(`  ${plain(entry.pointer) || '(all)'}: ${plain(entry.detail)}`)
    if (problem.requestId) say(`  request ${plain(problem.requestId)}`)
    return exitCodes.failed
  }
  if (error instanceof ConnectionError) {
    say(`${plain(error.message)}\nStart the service (\`npm run demo\`), or say where it is by --server or ASSAY_URL.`)
    return exitCodes.unreachable
  }
  const wrongUsage = error instanceof UsageError || (error instanceof Error && error.name === 'CLIError')
  if (wrongUsage) {
    say(`${stripVTControlCharacters(error.message)}\nSee \`assay --help\`.`)
    return exitCodes.usage
  }
  say(error instanceof Error ? (error.stack ?? error.message) : String(error))
  return exitCodes.failed
}

// A reader that has seen enough (`assay rows … | head`) is no failure.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code === 'EPIPE') process.exit(exitCodes.done)
  throw error
})

const rawArgs = process.argv.slice(2)
if (rawArgs.length === 0) rawArgs.push('--help')
if (rawArgs.some((argument) => ['--help', '-h', '--version', '-v'].includes(argument))) await runMain(main, { rawArgs })
else {
  try {
    await runCommand(main, { rawArgs })
  } catch (error) {
    process.exitCode = explain(error)
  }
}
