import { spawnSync } from 'node:child_process'
import { join } from 'node:path'
import { preparePython } from '../../src/cli/setup/python.ts'
import { projectRoot, SetupError } from '../../src/cli/setup/root.ts'

/**
 * `npm run bench:gpu-backend [-- options of gpu-backend/bench/speed.py]`: the GPU backend against lm-evaluation-harness
 * and transformers, in the backend's own Python environment.
 */
const say = (line: string) => process.stderr.write(`${line}\n`)

try {
  const python = preparePython({ development: true, say })
  const script = join(projectRoot, 'gpu-backend', 'bench', 'speed.py')
  const ended = spawnSync(python, [script, ...process.argv.slice(2)], { stdio: 'inherit' })
  process.exitCode = ended.status ?? 1
} catch (error) {
  if (!(error instanceof SetupError)) throw error
  say(`${error.message} ${error.wayOut}`)
  process.exitCode = 1
}
