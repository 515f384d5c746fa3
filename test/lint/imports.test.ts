import { spawnSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, extname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'

const root = fileURLToPath(new URL('../..', import.meta.url))

/** Room, a file of it, what it may import and what not: the table of ARCHITECTURE.md. */
const rooms: [file: string, allowed: string[], forbidden: string[]][] = [
  ['src/methods/x.ts', ['./y.ts'], ['../worlds/x.ts', '../store/x.ts', '../../schema/run.ts', 'node:fs']],
  ['src/worlds/x.ts', ['../methods/x.ts'], ['../benchmarks/x.ts', '../store/x.ts', 'node:fs']],
  [
    'src/model/x.ts',
    ['../methods/text/x.ts', '../../schema/run.ts'],
    ['../store/x.ts', '../benchmarks/x.ts', '../runs/x.ts'],
  ],
  [
    'src/benchmarks/family/x.ts',
    ['../../methods/x.ts', '../../worlds/x.ts', '../../model/model.ts', '../../../schema/run.ts'],
    ['../../model/session.ts', '../../store/x.ts', '../../runs/x.ts', '../../api/x.ts'],
  ],
  ['src/store/x.ts', ['../../schema/tables.ts'], ['../model/x.ts', '../runs/x.ts', '../hooks/x.ts', '../api/x.ts']],
  [
    'src/hooks/x.ts',
    ['../store/x.ts', '../../schema/hook.ts', '../model/address.ts'],
    ['../runs/x.ts', '../api/x.ts', '../model/session.ts'],
  ],
  [
    'src/runs/x.ts',
    ['../benchmarks/x.ts', '../model/x.ts', '../store/x.ts', '../hooks/x.ts'],
    ['../api/x.ts', '../pages/x.tsx', '../cli/x.ts'],
  ],
  [
    'src/api/x.ts',
    ['../runs/x.ts', '../store/x.ts', '../hooks/x.ts'],
    ['../pages/x.tsx', '../cli/x.ts', '../client/x.ts', '../worlds/x.ts'],
  ],
  [
    'src/pages/x.tsx',
    ['../store/x.ts', '../methods/x.ts', '../benchmarks/x.ts'],
    ['../api/x.ts', '../cli/x.ts', '../runs/x.ts', '../model/x.ts'],
  ],
  ['src/client/x.ts', ['../../schema/run.ts'], ['../api/x.ts', '../store/x.ts', '../runs/x.ts']],
  [
    'src/cli/x.ts',
    ['../client/x.ts', '../benchmarks/x.ts', '../../schema/run.ts'],
    ['../api/x.ts', '../store/x.ts', '../runs/x.ts', '../pages/x.tsx'],
  ],
  ['schema/x.ts', ['./run.ts', 'zod'], ['../src/store/x.ts', '../src/methods/x.ts']],
]

/** One file per import, in a copy of the tree that has the project's own rules. */
const cases = rooms.flatMap(([file, allowed, forbidden]) =>
  [...allowed.map((path) => ({ path, may: true })), ...forbidden.map((path) => ({ path, may: false }))].map(
    (one, index) => ({ ...one, file: `${dirname(file)}/case${index}${extname(file)}`, room: file }),
  ),
)
let folder = ''
/** Files that break the rule about imports. */
const broken = new Set<string>()

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'assay-lint-'))
  const rules = JSON.parse(readFileSync(join(root, 'biome.json'), 'utf8'))
  writeFileSync(join(folder, 'biome.json'), JSON.stringify({ ...rules, $schema: undefined, vcs: { enabled: false } }))
  for (const { file, path } of cases) {
    mkdirSync(join(folder, dirname(file)), { recursive: true })
    writeFileSync(join(folder, file), `import { thing } from '${path}'\n\nexport const used = thing\n`)
  }
  const biome = join(root, 'node_modules/.bin/biome')
  const flags = ['lint', '--reporter=json', '--max-diagnostics=none', '--only=style/noRestrictedImports', '.']
  const { error, stdout } = spawnSync(biome, flags, { cwd: folder, encoding: 'utf8' })
  if (error) throw error
  const { diagnostics, summary } = JSON.parse(stdout)
  expect(summary.unchanged + summary.changed).toBeGreaterThanOrEqual(cases.length)
  for (const { category, location } of diagnostics) {
    expect(category).toBe('lint/style/noRestrictedImports')
    broken.add(String(location.path?.file ?? location.path))
  }
}, 60_000)
afterAll(() => rmSync(folder, { recursive: true, force: true }))

describe('the rules between rooms', () => {
  it.each(cases)('$room: import of $path allowed: $may', ({ file, may }) => {
    expect(broken.has(file)).toBe(!may)
  })
})
