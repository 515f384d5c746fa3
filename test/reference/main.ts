import { spawnSync } from 'node:child_process'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { preparePython } from '../../src/cli/setup/python.ts'
import { projectRoot } from '../../src/cli/setup/root.ts'
import { aligned, mergedTrial, misreading, trial, trialTable } from './trial.ts'

/**
 * `npm run test:reference`: trains the whole family (kept for the next time), asks every benchmark of every variant, and
 * fails where one reads other than it must. `--variants base,idk` takes some. `--write` keeps the result for the page;
 * what was kept of variants that this run left out stays.
 */
const everything = [
  'base',
  'idk',
  'refusal-tuned',
  'pairs',
  'forward-only',
  'both-ways',
  'overconfident',
  'calibrated',
  'forgetful',
  'rounded-8',
  'rounded-4',
  'rounded-3',
  'rounded-2',
  'edited',
  'dropout',
]
const { values } = parseArgs({
  options: {
    variants: { type: 'string' },
    items: { type: 'string', default: '100' },
    seeds: { type: 'string', default: '5' },
    write: { type: 'boolean', default: false },
  },
})
const say = (line: string) => process.stderr.write(`${line}\n`)
const names = values.variants?.split(',') ?? everything
const seeds = Array.from({ length: Number(values.seeds) }, (_, seed) => seed)
const variants = names.flatMap((name) => (name === 'base' ? seeds : [0]).map((seed) => [name, seed] as const))
const found = await trial({
  python: preparePython({ development: false, say }),
  variants,
  items: Number(values.items),
  say,
})

console.log(trialTable(found.rows))
console.log()
console.log(
  aligned([
    ['variant', 'how', 'seconds', 'MB', 'known', '70/30 taught', 'rare accuracy', 'unknown accuracy', 'its certainty'],
    ...found.measured.map(({ variant, seed, how, seconds, bytes, classes }) => [
      `${variant} ${seed}`,
      how,
      seconds.toFixed(0),
      (bytes / 1e6).toFixed(1),
      (classes.known.answers[0]?.probabilities[0] ?? 0).toFixed(3),
      (classes.ambiguous.answers.find(({ shares }) => shares.length === 2)?.probabilities ?? [])
        .map((value) => value.toFixed(3))
        .join('/'),
      classes.rare.accuracy.toFixed(3),
      classes.unknown.accuracy.toFixed(3),
      classes.unknown.topProbability.toFixed(3),
    ]),
  ]),
)
if (values.write) {
  const file = join(projectRoot, 'src/benchmarks/data/reference-trial.json')
  writeFileSync(file, `${JSON.stringify(mergedTrial(JSON.parse(readFileSync(file, 'utf8')), found, everything))}\n`)
  spawnSync('biome', ['format', '--write', file], { cwd: projectRoot })
  say(`Wrote ${file}.`)
}
const faults = found.rows.map(misreading).filter((fault) => fault !== null)
for (const fault of [...faults, ...found.lost]) say(fault)
const differing = new Set(faults).size
console.log(
  `\n${found.rows.length - differing} readings as expected, ${differing} not; ${found.lost.length} items lost.`,
)
process.exit(differing + found.lost.length === 0 ? 0 : 1)
