/**
 * `npm test`: every check of the project, TypeScript and Python, in one go. Each check runs even where an earlier one
 * failed; the closing line counts them all. `npm test -- --only types,edge` runs some.
 */
import { spawnSync } from 'node:child_process'
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { preparePython } from '../src/cli/setup/python.ts'
import { projectRoot } from '../src/cli/setup/root.ts'
import '../src/cli/setup/assets.mjs'

interface Result {
  passed: number
  failed: number
  skipped?: number
}
interface Check {
  name: string
  what: string
  run: () => Result
}

const scratch = mkdtempSync(join(tmpdir(), 'assay-test-'))
const freeBundleBytes = 3 * 2 ** 20
const onlyAt = process.argv.indexOf('--only')
const only = onlyAt > 0 ? (process.argv[onlyAt + 1] ?? '').split(',') : null

function program(command: string, args: string[], cwd = projectRoot): boolean {
  const result = spawnSync(command, args, { cwd, stdio: ['ignore', 'inherit', 'inherit'] })
  if (result.error) console.error(result.error.message)
  return result.status === 0
}
const one = (passed: boolean): Result => (passed ? { passed: 1, failed: 0 } : { passed: 0, failed: 1 })

/** Runs vitest projects and reads the counts from its JSON report; a run that dies without one counts as failed. */
function vitest(...projects: string[]): Result {
  const report = join(scratch, `${projects.join('-')}.json`)
  const selected = projects.flatMap((project) => ['--project', project])
  const ended = program('vitest', [
    'run',
    ...selected,
    '--reporter=default',
    '--reporter=json',
    `--outputFile.json=${report}`,
  ])
  try {
    const counts = JSON.parse(readFileSync(report, 'utf8')) as Record<string, number>
    const failed = (counts.numFailedTests ?? 0) + (ended || (counts.numFailedTests ?? 0) > 0 ? 0 : 1)
    return { passed: counts.numPassedTests ?? 0, failed, skipped: counts.numPendingTests ?? 0 }
  } catch {
    return one(false)
  }
}

/** Builds the Worker as a deployment would and holds its size below the free plan's limit. */
function bundle(): Result {
  const folder = join(scratch, 'bundle')
  if (!program('wrangler', ['deploy', '--dry-run', '--outdir', folder])) return one(false)
  const files = readdirSync(folder).filter((file) => /\.(js|mjs|wasm)$/.test(file))
  const bytes = files.reduce((sum, file) => sum + gzipSync(readFileSync(join(folder, file))).length, 0)
  const raw = files.reduce((sum, file) => sum + statSync(join(folder, file)).size, 0)
  console.log(
    `Worker bundle: ${(bytes / 1024).toFixed(0)} kB gzipped (${(raw / 1024).toFixed(0)} kB raw); limit ${freeBundleBytes / 1024} kB`,
  )
  return one(bytes < freeBundleBytes)
}

function pytest(): Result {
  const python = preparePython({ development: true, say: (line) => console.log(line) })
  const backend = join(projectRoot, 'gpu-backend')
  const report = join(scratch, 'pytest.xml')
  const lint = program(python, ['-m', 'ruff', 'check', '.'], backend)
  const ended = program(python, ['-m', 'pytest', '-q', `--junitxml=${report}`], backend)
  try {
    const head = readFileSync(report, 'utf8').match(/<testsuite [^>]*>/)?.[0] ?? ''
    const count = (name: string) => Number(head.match(new RegExp(`${name}="(\\d+)"`))?.[1] ?? 0)
    const failed = count('failures') + count('errors')
    const passed = count('tests') - failed - count('skipped')
    return {
      passed: passed + (lint ? 1 : 0),
      failed: failed + (lint ? 0 : 1) + (ended || failed > 0 ? 0 : 1),
      skipped: count('skipped'),
    }
  } catch {
    return one(false)
  }
}

const checks: Check[] = [
  { name: 'types', what: 'TypeScript', run: () => one(program('tsc', ['--noEmit', '-p', '.'])) },
  {
    name: 'lint',
    what: 'lint, format and import directions',
    run: () => one(program('biome', ['check', '--error-on-warnings', '.'])),
  },
  {
    name: 'migrations',
    what: 'migrations follow the schema and rebuild no table',
    run: () => one(program('node', ['test/check-migrations.ts'])),
  },
  {
    name: 'openapi',
    what: 'docs/openapi.json is what the API serves',
    run: () => one(program('node', ['test/openapi.ts', '--check'])),
  },
  { name: 'node', what: 'methods, worlds, benchmarks, model port, CLI', run: () => vitest('node') },
  { name: 'edge', what: 'API, pages, runs and store in workerd', run: () => vitest('edge') },
  { name: 'browser', what: 'pages in a headless browser', run: () => vitest('browser') },
  { name: 'bundle', what: 'the Worker as it would be deployed', run: bundle },
  { name: 'python', what: 'gpu-backend', run: pytest },
  { name: 'end-to-end', what: 'Worker, gpu-backend and the real small model', run: () => vitest('end-to-end') },
]

const unknown = only?.filter((name) => !checks.some((check) => check.name === name)) ?? []
if (unknown.length > 0) {
  console.error(`Unknown: ${unknown.join(', ')}. Known: ${checks.map((check) => check.name).join(', ')}.`)
  process.exit(2)
}

const lines: string[] = []
const total = { passed: 0, failed: 0, skipped: 0 }
for (const check of checks) {
  if (only && !only.includes(check.name)) continue
  console.log(`\n── ${check.name}: ${check.what}`)
  const begun = Date.now()
  let result: Result
  try {
    result = check.run()
  } catch (error) {
    console.error(error instanceof Error ? error.message : error)
    result = one(false)
  }
  total.passed += result.passed
  total.failed += result.failed
  total.skipped += result.skipped ?? 0
  const seconds = ((Date.now() - begun) / 1000).toFixed(0)
  const mark = result.failed === 0 ? 'ok  ' : 'FAIL'
  lines.push(
    `${mark} ${check.name.padEnd(11)} ${result.passed} passed, ${result.failed} failed${result.skipped ? `, ${result.skipped} skipped` : ''} (${seconds} s)`,
  )
}
rmSync(scratch, { recursive: true, force: true })
console.log(`\n${lines.join('\n')}\n`)
console.log(`${total.passed} passed, ${total.failed} failed${total.skipped > 0 ? `, ${total.skipped} skipped` : ''}`)
process.exit(total.failed === 0 && total.passed > 0 ? 0 : 1)
