import { randomBytes } from 'node:crypto'
import { existsSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { projectRoot, SetupError } from '../setup/root.ts'
import { commandOf, signalGroup } from './processes.ts'

/** What the demo keeps between two calls, in `.assay/` (readable by its owner alone). */
export interface DemoState {
  bootstrapSecret: string
  /** 32 bytes, base64. */
  encryptionKey: string
  apiKey: string | null
  targetId: string | null
  /** Ports of last time: the same address is the same target, whose answers are kept. */
  port: number | null
  backendPort: number | null
}

export const demoFolder = process.env.ASSAY_DEMO_FOLDER ?? join(projectRoot, '.assay')
export const persistFolder = join(demoFolder, 'state')
const stateFile = join(demoFolder, 'demo.json')
const lockFile = join(demoFolder, 'running.json')

/** The kept state, or a new one with fresh secrets. */
export function readState(): DemoState {
  if (existsSync(stateFile)) {
    try {
      return JSON.parse(readFileSync(stateFile, 'utf8')) as DemoState
    } catch {
      throw new SetupError(`${stateFile} is not readable as JSON.`, `Remove the folder ${demoFolder} to begin afresh.`)
    }
  }
  return {
    bootstrapSecret: randomBytes(24).toString('base64url'),
    encryptionKey: randomBytes(32).toString('base64'),
    apiKey: null,
    targetId: null,
    port: null,
    backendPort: null,
  }
}

/** Writes the state whole or not at all. */
export function writeState(state: DemoState): void {
  write(stateFile, state)
}

/** Claims the folder for this process. Raises SetupError while another demo runs; ends what a killed one left behind. */
export function claimFolder(): void {
  if (existsSync(lockFile)) {
    const left = JSON.parse(readFileSync(lockFile, 'utf8')) as {
      pid: number
      address: string | null
      children: number[]
    }
    if (left.pid !== process.pid && commandOf(left.pid)?.includes('demo')) {
      throw new SetupError(
        `A demo is already running (process ${left.pid}${left.address ? `, ${left.address}` : ''}).`,
        'Use that one, or stop it with Ctrl-C first.',
      )
    }
    for (const child of left.children) {
      const command = commandOf(child)
      if (command && /wrangler|workerd|assay_backend/.test(command)) signalGroup(child, 'SIGKILL')
    }
  }
  noteRunning(null, [])
}

/** Notes where the demo answers and what it started, for a later call to find. */
export function noteRunning(address: string | null, children: number[]): void {
  write(lockFile, { pid: process.pid, address, children })
}

export function releaseFolder(): void {
  rmSync(lockFile, { force: true })
}

function write(file: string, value: unknown): void {
  mkdirSync(demoFolder, { recursive: true, mode: 0o700 })
  writeFileSync(`${file}.new`, `${JSON.stringify(value, null, 2)}\n`, { mode: 0o600 })
  renameSync(`${file}.new`, file)
}
