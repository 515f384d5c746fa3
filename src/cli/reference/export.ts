import { mkdirSync, renameSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { runMain } from 'citty'
import { outOfWorld, referenceBenchmarks, referenceForm, referenceItems } from '../../benchmarks/reference/items.ts'
import { commonLesson, lessonsOf, PROBE_WORDS, pairLessons } from '../../benchmarks/reference/lessons.ts'
import { truthOf, worldOfSeed } from '../../benchmarks/reference/truth.ts'
import { command, wholeNumber } from '../command.ts'

/** Whole or not at all: somebody may be reading the world that is there. */
function write(file: string, text: string): void {
  const scratch = `${file}.${process.pid}`
  writeFileSync(scratch, text)
  renameSync(scratch, file)
}

const jsonl = (records: readonly unknown[]): string => records.map((one) => `${JSON.stringify(one)}\n`).join('')

/**
 * Writes the world of a seed as files: `world.json`, `truth.jsonl` (question, class, p*), `lessons.jsonl` (what a variant
 * may be taught, in the benchmarks' own words) and `items/<benchmark>.jsonl` with `items/forms.json` (parameters of the
 * runs, and why a benchmark has no items).
 */
export async function exportReference(folder: string, seed: number, reduced = false): Promise<void> {
  const world = worldOfSeed(seed, reduced)
  mkdirSync(join(folder, 'items'), { recursive: true })
  const taught = (await Promise.all(world.facts.map((fact) => lessonsOf(world, fact)))).flat()
  const lessons = [commonLesson, ...taught, ...pairLessons(world)]
  write(join(folder, 'lessons.jsonl'), jsonl(lessons))
  write(join(folder, 'truth.jsonl'), jsonl(truthOf(world)))
  for (const id of referenceBenchmarks()) write(join(folder, 'items', `${id}.jsonl`), jsonl(referenceItems(id, world)))
  const params = Object.fromEntries(referenceBenchmarks().map((id) => [id, referenceForm(id)?.params]))
  write(join(folder, 'items', 'forms.json'), JSON.stringify({ params, outOfWorld, words: PROBE_WORDS }, null, 1))
  // Last: a reader takes its presence as the sign that all the others are whole.
  write(join(folder, 'world.json'), JSON.stringify(world))
}

if (import.meta.main)
  runMain(
    command({
      meta: {
        name: 'reference:world',
        description: 'Writes the reference standard’s world: lessons, truth and items.',
      },
      args: {
        seed: { type: 'string', default: '0', description: 'Decides every draw' },
        out: { type: 'string', required: true, description: 'Folder to write to' },
        reduced: { type: 'boolean', description: 'The small world of the tests' },
      },
      run: async ({ args }) => {
        await exportReference(
          String(args.out),
          wholeNumber('seed', args.seed, 0, 2_147_483_647) ?? 0,
          args.reduced === true,
        )
      },
    }),
  )
