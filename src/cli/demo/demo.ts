import type { SuiteName } from '../../../schema/benchmark.ts'
import type { Run } from '../../../schema/run.ts'
import type { Client } from '../../client/client.ts'
import { ApiProblem, createClient } from '../../client/client.ts'
import { createProgress } from '../progress.ts'
import { renderReport } from '../report.ts'
import { preparePython } from '../setup/python.ts'
import { SetupError } from '../setup/root.ts'
import { freePort } from './ports.ts'
import { type Started, stop, tail } from './processes.ts'
import { measureFamily } from './reference.ts'
import { migrate, startBackend, startWorker, untilHealthy } from './servers.ts'
import { claimFolder, type DemoState, noteRunning, readState, releaseFolder, writeState } from './state.ts'

export interface DemoOptions {
  once: boolean
  suite: SuiteName
  size: 'smoke' | 'demo' | 'full' | number | undefined
  seed: number
  fresh: boolean
  port: number | null
  backendPort: number | null
  json: boolean
  /** Also measures the reference standard's family, beside the real model. */
  reference?: boolean
}

/** What gpu-backend calls the small model that comes with it. */
const builtinModel = 'smollm2-135m-instruct'
const modelLoadSeconds = 600
/** Two cores answer a list of 16 within seconds: progress is seen, and a stop loses little. */
const demoLimits = { maxConnections: 4, maxBatch: 16, requestTimeoutSeconds: 300 }

const say = (line: string) => process.stderr.write(`${line}\n`)

/**
 * Measures the built-in small model from nothing: installs, starts, probes, runs, reports. Returns the exit code:
 * 0 where the run finished. Everything it started is stopped before it returns.
 */
export async function demo(options: DemoOptions): Promise<number> {
  claimFolder()
  const started: Started[] = []
  const interrupted = new Promise<'interrupted'>((resolve) => {
    process.once('SIGINT', () => resolve('interrupted'))
    process.once('SIGTERM', () => resolve('interrupted'))
  })
  try {
    const outcome = await Promise.race([measure(options, started), interrupted])
    if (outcome === 'interrupted') {
      say('\nStopping …')
      return 130
    }
    if (!options.once) {
      say('\nCtrl-C stops everything.')
      await interrupted
      say('\nStopping …')
      return 0
    }
    return outcome.status === 'done' ? 0 : 1
  } finally {
    await Promise.all(started.map((one) => stop(one)))
    releaseFolder()
  }
}

async function measure(options: DemoOptions, started: Started[]): Promise<Run> {
  const python = preparePython({ development: false, say })
  const state = readState()
  const port = await choosePort('the Worker', options.port ?? state.port ?? 8787)
  const backendPort = await choosePort('gpu-backend', options.backendPort ?? state.backendPort ?? 8000, [port])
  const address = `http://127.0.0.1:${port}`
  const backendUrl = `http://127.0.0.1:${backendPort}`
  writeState(Object.assign(state, { port, backendPort }))

  const backend = startBackend(python, backendPort)
  started.push(backend)
  migrate()
  const worker = startWorker(state, port)
  started.push(worker)
  noteRunning(
    address,
    started.flatMap(({ child }) => child.pid ?? []),
  )
  await untilHealthy(worker, `${address}/healthz`, 60)

  const client = await openClient(address, state)
  const targetId = await ensureTarget(client, state, backend, backendUrl)
  const run = await client.runs.create({
    targetId,
    suite: options.suite,
    ...(options.size === undefined ? {} : { size: options.size }),
    seed: options.seed,
    fresh: options.fresh,
    published: true,
  })
  say(`\nRun ${run.id}: suite ${options.suite}, ${run.progress.total} items, seed ${options.seed}`)
  const progress = createProgress(process.stderr)
  let last = run
  for await (const seen of client.runs.follow(run.id)) {
    last = seen
    progress.show(seen)
    if (backend.ended !== null) say(`gpu-backend ended (${backend.ended}); its last words:\n${tail(backend.logFile)}`)
  }
  const report = await client.runs.report(run.id)
  if (options.json) process.stdout.write(`${JSON.stringify(report)}\n`)
  else process.stdout.write(`\n${renderReport(report, { width: Math.min(process.stdout.columns ?? 100, 120) })}\n`)
  const { calls, reused } = report.execution
  say(`\nThe model was asked for ${calls} answers; ${reused} came from earlier ones.`)
  if (options.reference && !(await measureFamily({ client, python, seed: options.seed, say, real: targetId, address })))
    say('Not every run of the reference family finished: see its pages.')
  say(`Leaderboard  ${address}/`)
  say(`This run     ${address}/runs/${run.id}`)
  if (options.reference) say(`How far to trust it  ${address}/trust`)
  say(`Reference    ${address}/docs   (API key: apiKey in .assay/demo.json)`)
  return last
}

/** A free port at or after the wanted one; says so where it is another. */
async function choosePort(who: string, wanted: number, taken: readonly number[] = []): Promise<number> {
  const port = await freePort(wanted, taken)
  if (port !== wanted) say(`Port ${wanted} is taken; ${who} listens on ${port}.`)
  return port
}

/** A client with the kept API key, or with a new one where that is not valid on this database. */
async function openClient(address: string, state: DemoState): Promise<Client> {
  if (state.apiKey) {
    const client = createClient({ baseUrl: address, apiKey: state.apiKey })
    try {
      await client.targets.list({ limit: 1 })
      return client
    } catch (error) {
      if (!(error instanceof ApiProblem) || error.problem.status !== 401) throw error
    }
  }
  const bootstrap = createClient({ baseUrl: address, apiKey: state.bootstrapSecret })
  const { key } = await bootstrap.keys.create({ name: 'demo', tenant: 'demo' })
  writeState(Object.assign(state, { apiKey: key, targetId: null }))
  return createClient({ baseUrl: address, apiKey: key })
}

/** The demo's target: the kept one while it has the same address (no need to wait for the model), else a new one. */
async function ensureTarget(client: Client, state: DemoState, backend: Started, backendUrl: string): Promise<string> {
  const baseUrl = `${backendUrl}/v1`
  if (state.targetId) {
    const kept = await client.targets.get(state.targetId).catch(() => null)
    if (kept?.baseUrl === baseUrl && kept.capabilities) return kept.id
  }
  await untilLoaded(backend, backendUrl)
  const target = await client.targets.create({
    name: 'SmolLM2-135M-Instruct',
    baseUrl,
    model: builtinModel,
    dialect: 'assay',
    limits: demoLimits,
  })
  const has = target.capabilities
  if (!has) throw new SetupError(`The probe of gpu-backend failed: ${target.probeError}`, `Its log: ${backend.logFile}`)
  say(
    `Probed: ${(['text', 'logprobs', 'prompt_logprobs', 'full'] as const).map((name) => `${name} ${has[name] ? 'yes' : 'no'}`).join(', ')}`,
  )
  writeState(Object.assign(state, { targetId: target.id }))
  return target.id
}

async function untilLoaded(backend: Started, url: string): Promise<void> {
  let told = -10
  await untilHealthy(backend, `${url}/healthz`, modelLoadSeconds, (seconds) => {
    if (seconds - told < 10) return
    told = seconds
    say(`Loading the model … ${seconds.toFixed(0)} s`)
  })
}
