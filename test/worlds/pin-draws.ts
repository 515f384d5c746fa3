/**
 * Writes the fingerprints that draws.test.ts compares with, under the current WORLD_VERSION: `node test/worlds/pin-draws.ts`.
 * A version that is pinned already is left alone (released data never changes under its version) unless `--force` is given.
 */
import { readFileSync, writeFileSync } from 'node:fs'
import { WORLD_VERSION } from '../../src/worlds/version.ts'
import { fingerprints } from './draws.ts'

const file = new URL('pinned-draws.json', import.meta.url)
const pinned = JSON.parse(readFileSync(file, 'utf8')) as Record<string, Record<string, string>>
if (pinned[WORLD_VERSION] && !process.argv.includes('--force')) {
  console.error(
    `version ${WORLD_VERSION} is pinned: raise WORLD_VERSION, or give --force if nobody has this version's data yet`,
  )
  process.exitCode = 1
} else {
  pinned[WORLD_VERSION] = fingerprints()
  writeFileSync(file, `${JSON.stringify(pinned, null, 2)}\n`)
}
