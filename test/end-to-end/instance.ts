import { randomBytes } from 'node:crypto'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { freePort } from '../../src/cli/demo/ports.ts'
import { type Started, signalGroup, stop } from '../../src/cli/demo/processes.ts'
import { migrate, startWorker, untilHealthy } from '../../src/cli/demo/servers.ts'

/** A whole Assay on this machine, with a database of its own in a temporary folder. */
export interface Instance {
  url: string
  folder: string
  worker: Started
  apiKey: string
  /** Calls the API; raises with the problem's own words where the answer is not 2xx. */
  call<T>(method: string, path: string, body?: unknown): Promise<T>
  /** Ends the Worker and all it started at once, as a power cut would. */
  kill(): Promise<void>
  /** Starts it again on the same database. */
  restart(): Promise<void>
  close(): Promise<void>
}

/** Starts a Worker under wrangler with a fresh local database, and makes the first API key. */
export async function startInstance(
  options: { vars?: Record<string, string>; port?: number; inspectorPort?: number } = {},
): Promise<Instance> {
  const folder = mkdtempSync(join(tmpdir(), 'assay-instance-'))
  const persistTo = join(folder, 'state')
  const secrets = {
    bootstrapSecret: randomBytes(24).toString('base64url'),
    encryptionKey: randomBytes(32).toString('base64'),
  }
  migrate(persistTo)
  const port = await freePort(options.port ?? 21_000 + Math.floor(Math.random() * 9000))
  const url = `http://127.0.0.1:${port}`
  const begin = async () => {
    const { vars, inspectorPort } = options
    const worker = startWorker(secrets, port, {
      persistTo,
      folder,
      ...(vars ? { vars } : {}),
      ...(inspectorPort ? { inspectorPort } : {}),
    })
    await untilHealthy(worker, `${url}/healthz`, 60)
    return worker
  }
  const instance: Instance = {
    url,
    folder,
    worker: await begin(),
    apiKey: '',
    async call<T>(method: string, path: string, body?: unknown): Promise<T> {
      const response = await fetch(`${url}${path}`, {
        method,
        headers: {
          authorization: `Bearer ${instance.apiKey || secrets.bootstrapSecret}`,
          ...(body === undefined ? {} : { 'content-type': 'application/json' }),
        },
        ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      })
      const text = await response.text()
      if (!response.ok) throw new Error(`${method} ${path}: ${response.status} ${text.slice(0, 2000)}`)
      return (text === '' ? undefined : JSON.parse(text)) as T
    },
    async kill() {
      const gone = new Promise<void>((resolve) => instance.worker.child.once('exit', () => resolve()))
      signalGroup(instance.worker.child.pid as number, 'SIGKILL')
      await gone
    },
    async restart() {
      instance.worker = await begin()
    },
    async close() {
      await stop(instance.worker)
      rmSync(folder, { recursive: true, force: true })
    },
  }
  const { key } = await instance.call<{ key: string }>('POST', '/v1/keys', { name: 'test', tenant: 'test' })
  instance.apiKey = key
  return instance
}

const finished = ['done', 'degraded', 'cancelled', 'failed']

/** Polls a run until it has ended; raises after `seconds`. */
export async function untilFinished(instance: Instance, runId: string, seconds: number, everyMs = 200): Promise<Run> {
  const end = Date.now() + seconds * 1000
  for (;;) {
    const run = await instance.call<Run>('GET', `/v1/runs/${runId}`)
    if (finished.includes(run.status)) return run
    if (Date.now() > end)
      throw new Error(`run ${runId} is still ${run.status} after ${seconds} s: ${JSON.stringify(run.progress)}`)
    await new Promise((resolve) => setTimeout(resolve, everyMs))
  }
}

type Run = import('../../schema/run.ts').Run
