import { spawn } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { Run, RunReport } from '../../schema/run.ts'
import { freePort } from '../../src/cli/demo/ports.ts'
import { type Started, signalGroup, stop } from '../../src/cli/demo/processes.ts'
import { startBackend, untilHealthy } from '../../src/cli/demo/servers.ts'
import { preparePython } from '../../src/cli/setup/python.ts'
import { projectRoot } from '../../src/cli/setup/root.ts'
import { type Instance, startInstance, untilFinished } from './instance.ts'

/** The real small model through gpu-backend, the Worker and the demo, as a user runs them. */
const folder = mkdtempSync(join(tmpdir(), 'assay-demo-'))
const python = preparePython({ development: true, say: (line) => console.log(line) })
afterAll(() => rmSync(folder, { recursive: true, force: true }))

async function demo(...flags: string[]): Promise<{ code: number | null; report: RunReport; told: string }> {
  const port = await freePort(21_000 + Math.floor(Math.random() * 9000))
  const backendPort = await freePort(port + 1)
  const ports = flags.includes('--keep-ports') ? [] : ['--port', String(port), '--backend-port', String(backendPort)]
  const child = spawn(
    process.execPath,
    [
      'src/cli/demo/main.ts',
      '--once',
      '--json',
      '--suite',
      'smoke',
      ...ports,
      ...flags.filter((flag) => flag !== '--keep-ports'),
    ],
    { cwd: projectRoot, env: { ...process.env, ASSAY_DEMO_FOLDER: folder } },
  )
  let output = ''
  let told = ''
  child.stdout.on('data', (chunk) => (output += chunk))
  child.stderr.on('data', (chunk) => (told += chunk))
  const code = await new Promise<number | null>((resolve) => child.on('exit', resolve))
  if (output === '') throw new Error(`the demo printed no report (exit ${code}):\n${told}`)
  return { code, report: JSON.parse(output) as RunReport, told }
}

test('the demo measures the model, and a second one asks it nothing', async () => {
  const first = await demo()
  expect(first.told).toContain('Leaderboard')
  expect(first.report.run.status).toBe('done')
  expect(first.code).toBe(0)
  expect(first.report.execution.calls).toBeGreaterThan(20)
  for (const { counts } of first.report.benchmarks) expect(counts.error).toBe(0)
  const bits = first.report.benchmarks.find(({ benchmarkId }) => benchmarkId === 'perplexity-suite')?.report.headline
  // Far from it, and the log-probabilities would not be those of a language model.
  expect(bits?.value).toBeGreaterThan(0.5)
  expect(bits?.value).toBeLessThan(3)

  const second = await demo('--keep-ports')
  expect(second.code).toBe(0)
  expect(second.report.execution.reused).toBeGreaterThanOrEqual(first.report.execution.calls - 4)
  expect(second.report.execution.calls).toBe(0)
  expect(JSON.stringify(second.report.benchmarks)).toBe(JSON.stringify(first.report.benchmarks))
})

let instance: Instance
let backend: Started
let backendPort: number
beforeAll(async () => {
  instance = await startInstance()
  backendPort = await freePort(31_000 + Math.floor(Math.random() * 9000))
})
afterAll(async () => {
  await instance.close()
  if (backend) await stop(backend)
})

async function begin(): Promise<Started> {
  const started = startBackend(python, backendPort)
  await untilHealthy(started, `http://127.0.0.1:${backendPort}/healthz`, 300)
  return started
}

test('a run survives kill -9 of gpu-backend in its middle', async () => {
  backend = await begin()
  const target = await instance.call<{ id: string }>('POST', '/v1/targets', {
    name: 'small model',
    baseUrl: `http://127.0.0.1:${backendPort}/v1`,
    model: 'smollm2-135m-instruct',
    dialect: 'assay',
  })
  const run = await instance.call<Run>('POST', '/v1/runs', { targetId: target.id, suite: 'smoke', seed: 3 })
  for (;;) {
    const { progress } = await instance.call<Run>('GET', `/v1/runs/${run.id}`)
    if (progress.done >= 2) break
    await new Promise((resolve) => setTimeout(resolve, 100))
  }
  const gone = new Promise((resolve) => backend.child.once('exit', resolve))
  signalGroup(backend.child.pid as number, 'SIGKILL')
  await gone
  backend = await begin()
  const end = await untilFinished(instance, run.id, 300)
  expect(end.status).toBe('done')
  expect(end.benchmarks.map(({ counts }) => counts.error)).toEqual(end.benchmarks.map(() => 0))
})
