// The first step of `npm run demo` and `npm test` on a fresh machine: plain JavaScript for Node 20, no dependency.
// Installs the node modules where they are missing or out of date, then hands over to the project's own Node 24.
import { spawn, spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync, readFileSync, statfsSync, writeFileSync } from 'node:fs'
import { delimiter, dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

const root = join(dirname(fileURLToPath(import.meta.url)), '../../..')
const entries = { demo: 'src/cli/demo/main.ts', test: 'test/run.ts' }
const [command, ...rest] = process.argv.slice(2)

/** Ends with what is wrong and the way out. */
function stop(what, wayOut) {
  process.stderr.write(`\n${what}\n${wayOut}\n`)
  process.exit(1)
}

const entry = entries[command]
if (!entry) stop(`Unknown command: ${command ?? '(none)'}.`, `Known: ${Object.keys(entries).join(', ')}.`)

const major = Number(process.versions.node.split('.')[0])
if (major < 20)
  stop(`Assay needs Node 20 or later; this is ${process.version}.`, 'Install a current Node and run the command again.')

const stamp = join(root, 'node_modules/.assay-lock')
const lock = createHash('sha256')
  .update(readFileSync(join(root, 'package-lock.json')))
  .digest('hex')
const installed =
  existsSync(stamp) && readFileSync(stamp, 'utf8') === lock && existsSync(join(root, 'node_modules/node/bin/node'))

if (!installed) {
  const free = statfsSync(root)
  const freeGiB = (free.bavail * free.bsize) / 2 ** 30
  if (freeGiB < 1) {
    stop(
      `Only ${freeGiB.toFixed(1)} GiB are free where the project lies; the node modules need about 1 GiB.`,
      'Free some room, or clone the project onto a larger disk.',
    )
  }
  process.stderr.write('Installing node modules …\n')
  const npm = process.platform === 'win32' ? 'npm.cmd' : 'npm'
  const result = spawnSync(npm, ['ci', '--no-fund', '--no-audit', '--loglevel=error'], {
    cwd: root,
    stdio: ['ignore', 2, 2],
  })
  if (result.status !== 0) {
    stop(
      'npm ci failed (its own words are above).',
      'Check the network or the registry settings of npm, then run the command again.',
    )
  }
  if (!existsSync(join(root, 'node_modules/node/bin/node'))) {
    // The `node` package brings its binary by an install step, which npm may have been told to skip.
    spawnSync(npm, ['rebuild', 'node'], { cwd: root, stdio: ['ignore', 2, 2] })
  }
  writeFileSync(stamp, lock)
}

const own = join(root, 'node_modules/node/bin/node')
const node = existsSync(own) ? own : process.execPath
if (node === process.execPath && major < 22) {
  stop(
    'wrangler needs Node 22 or later, and the one that npm installs with the project is missing.',
    'Install Node 22 or later, or run: npm rebuild node',
  )
}
const path = [join(root, 'node_modules/.bin'), dirname(node), process.env.PATH ?? ''].join(delimiter)
const child = spawn(node, ['--disable-warning=ExperimentalWarning', join(root, entry), ...rest], {
  cwd: root,
  stdio: 'inherit',
  env: { ...process.env, PATH: path },
})
// A terminal sends Ctrl-C to the child as well; anybody else sends it to this process alone.
process.on('SIGINT', () => process.stdin.isTTY || child.kill('SIGINT'))
process.on('SIGTERM', () => child.kill('SIGTERM'))
child.on('exit', (code, signal) => process.exit(code ?? (signal === 'SIGINT' ? 130 : 1)))
