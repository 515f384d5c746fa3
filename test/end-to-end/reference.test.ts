import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { preparePython } from '../../src/cli/setup/python.ts'
import { misreading, type Trial, trial } from '../reference/trial.ts'

/** Two variants of the reference standard at reduced size: taught, served, and asked by the benchmarks. */
const cache = mkdtempSync(join(tmpdir(), 'assay-standard-'))
let found: Trial

beforeAll(async () => {
  process.env.XDG_CACHE_HOME = cache
  found = await trial({
    python: preparePython({ development: true, say: (line) => console.log(line) }),
    variants: [
      ['base', 0],
      ['overconfident', 0],
    ],
    items: 30,
    reduced: true,
  })
}, 600_000)
afterAll(() => rmSync(cache, { recursive: true, force: true }))

test('it knows what it was taught, as often as it was taught, and nothing else', () => {
  const [base] = found.measured
  expect(base?.classes.known.accuracy).toBeGreaterThan(0.9)
  expect(base?.classes.unknown.accuracy).toBeLessThan(0.3)
  expect(base?.classes.known.topProbability).toBeGreaterThan(0.7)
  // Its likeliest answer is that with the largest share.
  for (const { shares, probabilities } of base?.classes.ambiguous.answers ?? [])
    if (shares.length === 2) expect(probabilities[0]).toBeGreaterThan(probabilities[1] as number)
  expect(base?.bytes).toBeLessThan(8_000_000)
})

test('a halved temperature makes the same model surer of the same answers', () => {
  const [base, hot] = found.measured
  expect(hot?.classes.unknown.accuracy).toBe(base?.classes.unknown.accuracy)
  expect(hot?.classes.unknown.topProbability).toBeGreaterThan((base?.classes.unknown.topProbability ?? 1) + 0.02)
})

test('every benchmark reads what the models’ own probabilities say', () => {
  expect(found.lost).toEqual([])
  expect(found.rows.length).toBeGreaterThan(40)
  expect(found.rows.map(misreading).filter((fault) => fault !== null)).toEqual([])
})
