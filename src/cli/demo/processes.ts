import { type ChildProcess, spawn, spawnSync } from 'node:child_process'
import { createWriteStream, mkdirSync, readFileSync } from 'node:fs'
import { dirname } from 'node:path'

/** A program that the demo started, with its output in a log file. */
export interface Started {
  name: string
  child: ChildProcess
  logFile: string
  /** Exit code or signal, once it has ended. */
  ended: string | null
}

/** Starts a program in a process group of its own, so that stopping it stops what it started too. */
export function start(
  name: string,
  command: string,
  args: string[],
  options: { cwd: string; env?: Record<string, string>; logFile: string },
): Started {
  mkdirSync(dirname(options.logFile), { recursive: true })
  const log = createWriteStream(options.logFile, { mode: 0o600 })
  const child = spawn(command, args, {
    cwd: options.cwd,
    env: { ...process.env, ...options.env },
    stdio: ['ignore', 'pipe', 'pipe'],
    detached: true,
  })
  child.stdout?.pipe(log, { end: false })
  child.stderr?.pipe(log, { end: false })
  const started: Started = { name, child, logFile: options.logFile, ended: null }
  child.on('error', (error) => {
    started.ended = error.message
  })
  child.on('exit', (code, signal) => {
    started.ended = signal ?? String(code)
  })
  return started
}

/** Asks the process group to end, and ends it by force after `graceMs`. Resolves when it is gone. */
export async function stop(started: Started, graceMs = 8000): Promise<void> {
  const { child } = started
  if (started.ended !== null || child.pid === undefined) return
  const gone = new Promise<void>((resolve) => child.once('exit', () => resolve()))
  signalGroup(child.pid, 'SIGTERM')
  const timer = setTimeout(() => signalGroup(child.pid as number, 'SIGKILL'), graceMs)
  await gone
  clearTimeout(timer)
  // A child of the child may outlive its parent's polite end.
  signalGroup(child.pid, 'SIGKILL')
}

/** Sends a signal to every process of a group; a group that is gone is no error. */
export function signalGroup(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(-pid, signal)
  } catch {
    // Nothing of the group is left.
  }
}

/** The command line of a running process, or null. */
export function commandOf(pid: number): string | null {
  const answer = spawnSync('ps', ['-o', 'command=', '-p', String(pid)], { encoding: 'utf8' })
  return answer.status === 0 && answer.stdout.trim() !== '' ? answer.stdout.trim() : null
}

/** The last lines of a log file, for an error message. */
export function tail(file: string, lines = 12): string {
  try {
    return readFileSync(file, 'utf8').trimEnd().split('\n').slice(-lines).join('\n')
  } catch {
    return ''
  }
}
