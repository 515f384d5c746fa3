import { spawn } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { homedir } from 'node:os'
import { join } from 'node:path'
import { projectRoot } from '../setup/root.ts'
import { exportReference } from './export.ts'

/** The standard on this machine: its world exported, its variants trained and kept in the user's cache. */

/** Read anew each time: a test keeps a cache of its own. */
const cacheFolder = () => join(process.env.XDG_CACHE_HOME || join(homedir(), '.cache'), 'assay', 'reference')

/** What training measured of a variant, by enumeration. */
export interface MeasuredVariant {
  variant: string
  seed: number
  how: string
  seconds: number
  processorSeconds?: number
  bytes: number
  classes: Record<
    'known' | 'ambiguous' | 'rare' | 'unknown',
    {
      facts: number
      accuracy: number
      topProbability: number
      answers: { shares: number[]; probabilities: number[] }[]
    }
  >
}

/** The world's folder, exported anew: the benchmarks' wordings may have changed since. */
export async function exportedWorld(reduced: boolean): Promise<string> {
  const folder = join(cacheFolder(), `world-0${reduced ? '-reduced' : ''}`)
  await exportReference(folder, 0, reduced)
  return folder
}

/** Runs a module of gpu-backend's environment; its standard output. Raises with its last words. */
export function python(path: string, args: string[]): Promise<string> {
  return new Promise((resolve, reject) => {
    const child = spawn(path, ['-m', ...args], {
      cwd: join(projectRoot, 'gpu-backend'),
      stdio: ['ignore', 'pipe', 'pipe'],
    })
    let [output, told] = ['', '']
    child.stdout.on('data', (chunk) => (output += chunk))
    child.stderr.on('data', (chunk) => (told += chunk))
    child.on('error', reject)
    child.on('exit', (code) =>
      code === 0 ? resolve(output) : reject(new Error(`${args[0]} ended with ${code}:\n${told.slice(-2000)}`)),
    )
  })
}

/** A variant's folder, trained at first use. */
export async function trained(path: string, variant: string, seed: number, reduced: boolean): Promise<string> {
  const size = reduced ? ['--reduced'] : []
  const output = await python(path, ['reference.train', '--variant', variant, '--seed', String(seed), ...size])
  const folder = output.split('\n')[0] as string
  if (!existsSync(join(folder, 'measured.json'))) throw new Error(`Training of ${variant} left no model in ${folder}.`)
  return folder
}

/** What training measured of a variant. */
export const measuredOf = (folder: string): MeasuredVariant =>
  JSON.parse(readFileSync(join(folder, 'measured.json'), 'utf8'))
