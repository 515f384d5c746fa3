#!/usr/bin/env node
import { stripVTControlCharacters } from 'node:util'
import { type CommandDef, defineCommand, runCommand, runMain } from 'citty'
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
    follow: () => import('./commands/run.ts').then(({ follow }) => follow),
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

/** The command that was meant as far as it is known, and what may follow it where that is another command. */
async function meant(words: readonly string[]): Promise<{ path: string; choices: string[] }> {
  let [node, path] = [main as CommandDef, 'assay']
  for (const word of words) {
    const commands: Record<string, unknown> = { ...(node.subCommands as object | undefined) }
    if (!Object.hasOwn(commands, word)) break
    const next = commands[word]
    node = (await (typeof next === 'function' ? next() : next)) as CommandDef
    path = `${path} ${word}`
  }
  return { path, choices: Object.keys((node.subCommands as object | undefined) ?? {}) }
}

/** Says what went wrong in a few lines, without a stack, and gives the exit code for it. */
async function explain(error: unknown, words: readonly string[]): Promise<number> {
  if (error instanceof Exit) return error.code
  const say = (text: string) => process.stderr.write(`${text}\n`)
  if (error instanceof ApiProblem) {
    const { problem } = error
    const detail = plain(problem.detail)
    say(`${plain(problem.title)} (HTTP ${problem.status}): ${detail}`)
    for (const entry of problem.errors ?? []) {
      const told = problem.errors?.length === 1 && detail.includes(plain(entry.detail))
      if (!told || !detail.includes(plain(entry.pointer)))
        say(`  ${plain(entry.pointer) || '(all)'}${told ? '' : `: ${plain(entry.detail)}`}`)
    }
    if (problem.type === 'about:blank') say('Is this the address of an Assay? Say it by --server or ASSAY_URL.')
    if (problem.requestId) say(`  request ${plain(problem.requestId)}`)
    return exitCodes.failed
  }
  if (error instanceof ConnectionError) {
    say(`${plain(error.message)}\nStart the service (\`npm run demo\`), or say where it is by --server or ASSAY_URL.`)
    return exitCodes.unreachable
  }
  const wrongUsage = error instanceof UsageError || (error instanceof Error && error.name === 'CLIError')
  if (wrongUsage) {
    const { path, choices } = await meant(words)
    say(stripVTControlCharacters(error.message))
    if (choices.length > 0) say(`There ${choices.length === 1 ? 'is' : 'are'}: ${choices.join(', ')}.`)
    say(`See \`${path} --help\`.`)
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
    process.exitCode = await explain(error, rawArgs)
  }
}
