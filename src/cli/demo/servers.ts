import { spawnSync } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { projectRoot, SetupError } from '../setup/root.ts'
import { type Started, start, tail } from './processes.ts'
import { type DemoState, demoFolder, persistFolder } from './state.ts'

/** Run by the Node that runs this, whatever the PATH says: wrangler refuses an older one. */
const wrangler = join(projectRoot, 'node_modules/wrangler/bin/wrangler.js')
/** Without questions, and without the local traces, for which each request of a Worker would be written to disk. */
export const wranglerEnvironment = {
  WRANGLER_SEND_METRICS: 'false',
  CI: 'true',
  NO_UPDATE_NOTIFIER: '1',
  X_LOCAL_OBSERVABILITY: 'false',
}

/** Starts gpu-backend with the built-in small model; it answers 503 on /healthz until the model is loaded. */
export function startBackend(python: string, port: number, extra: string[] = []): Started {
  return start(
    'gpu-backend',
    python,
    ['-m', 'assay_backend', '--host', '127.0.0.1', '--port', String(port), ...extra],
    {
      cwd: join(projectRoot, 'gpu-backend'),
      logFile: join(demoFolder, 'gpu-backend.log'),
    },
  )
}

/** Brings the local D1 up to date. Raises SetupError with wrangler's own words. */
export function migrate(persistTo = persistFolder): void {
  const args = [wrangler, 'd1', 'migrations', 'apply', 'DB', '--local', '--persist-to', persistTo]
  const result = spawnSync(process.execPath, args, {
    cwd: projectRoot,
    encoding: 'utf8',
    env: { ...process.env, ...wranglerEnvironment },
  })
  if (result.status !== 0) {
    throw new SetupError(
      `The local database could not be migrated:\n${(result.stderr || result.stdout).trim().split('\n').slice(-8).join('\n')}`,
      `Check the disk's free space; removing ${demoFolder} begins afresh (stored results go with it).`,
    )
  }
}

/** Starts the Worker under wrangler, with the demo's secrets as local vars. */
export function startWorker(
  state: Pick<DemoState, 'bootstrapSecret' | 'encryptionKey'>,
  port: number,
  options: { persistTo?: string; folder?: string; vars?: Record<string, string>; inspectorPort?: number } = {},
): Started {
  const folder = options.folder ?? demoFolder
  const envFile = join(folder, 'worker.env')
  const vars = {
    BOOTSTRAP_SECRET: state.bootstrapSecret,
    ENCRYPTION_KEY: state.encryptionKey,
    ALLOW_PRIVATE_TARGETS: 'true',
    MAX_CONNECTIONS: '64',
    ...options.vars,
  }
  writeFileSync(
    envFile,
    Object.entries(vars)
      .map(([name, value]) => `${name}=${value}\n`)
      .join(''),
    { mode: 0o600 },
  )
  const args = [
    wrangler,
    'dev',
    '--local',
    '--ip',
    '127.0.0.1',
    '--port',
    String(port),
    '--inspector-port',
    String(options.inspectorPort ?? 0),
  ]
  args.push('--persist-to', options.persistTo ?? persistFolder, '--env-file', envFile)
  args.push('--show-interactive-dev-session=false', '--log-level', 'warn')
  return start('worker', process.execPath, args, {
    cwd: projectRoot,
    env: wranglerEnvironment,
    logFile: join(folder, 'worker.log'),
  })
}

/** Polls `url` until it answers 200. Raises SetupError when the program ends first, or after `seconds`. */
export async function untilHealthy(
  started: Started,
  url: string,
  seconds: number,
  onWait?: (secondsWaited: number) => void,
): Promise<void> {
  const begun = Date.now()
  for (;;) {
    if (started.ended !== null) {
      throw new SetupError(
        `${started.name} ended (${started.ended}) before it was ready. Its last words:\n${tail(started.logFile)}`,
        `The whole log: ${started.logFile}`,
      )
    }
    try {
      const answer = await fetch(url, { signal: AbortSignal.timeout(2000) })
      await answer.body?.cancel()
      if (answer.status === 200) return
    } catch {
      // Not listening yet.
    }
    const waited = (Date.now() - begun) / 1000
    if (waited > seconds) {
      throw new SetupError(`${started.name} was not ready within ${seconds} seconds.`, `Its log: ${started.logFile}`)
    }
    onWait?.(waited)
    await new Promise((resolve) => setTimeout(resolve, 150))
  }
}
