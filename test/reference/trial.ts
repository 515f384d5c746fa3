import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { exportedWorld, type MeasuredVariant, measuredOf, python, trained } from '../../src/cli/reference/standard.ts'
import { serve } from './reading.ts'

/** Expected readings of one variant, by benchmark. */
type ExpectedVariant = Record<
  string,
  {
    exact: boolean
    asked: Record<string, number | null>
    all: Record<string, number | null>
    items: number
    of: number
  }
>
interface Expected {
  items: Record<string, string[]> | null
  unfixed: Record<string, string>
  variants: Record<string, ExpectedVariant>
}

/** One metric of one benchmark on one variant: what it must read, what it read, and what all items would give. */
export interface TrialRow {
  variant: string
  seed: number
  benchmark: string
  metric: string
  title: string
  headline: boolean
  /** The benchmark draws nothing: it must read exactly what is expected. */
  exact: boolean
  expected: number | null
  /** The exact value over all the world's items, of which the asked ones are a part. */
  truth: number | null
  read: number | null
  low: number | null
  high: number | null
  n: number
}

export interface Trial {
  items: number
  rows: TrialRow[]
  measured: MeasuredVariant[]
  /** Benchmarks whose reading truth does not fix, and why. */
  unfixed: Record<string, string>
  /** Items lost, with their reasons. */
  lost: string[]
}

export interface TrialOptions {
  python: string
  /** Variant and seed. */
  variants: readonly (readonly [variant: string, seed: number])[]
  items: number
  reduced?: boolean
  say?: (line: string) => void
}

/** Trains what is not kept yet, serves each variant, asks every benchmark, and sets the readings beside the expected ones. */
export async function trial(options: TrialOptions): Promise<Trial> {
  const { variants, items, reduced = false, say = () => {} } = options
  const world = await exportedWorld(reduced)
  const folders: string[] = []
  for (const [variant, seed] of variants) {
    say(`${variant} ${seed}: training`)
    folders.push(await trained(options.python, variant, seed, reduced))
  }
  const expected = await expectations(options.python, folders, items, reduced)
  const found: Trial = { items, rows: [], measured: folders.map(measuredOf), unfixed: expected.unfixed, lost: [] }
  for (const [place, folder] of folders.entries()) {
    const [variant, seed] = variants[place] as readonly [string, number]
    const known = expected.variants[folder.split('/').at(-1) as string] ?? {}
    const reader = await serve(options.python, folder, world)
    try {
      for (const [benchmark, { exact, asked, all }] of Object.entries(known)) {
        const { report, lost } = await reader.read(benchmark, expected.items?.[benchmark])
        found.lost.push(...lost.map((line) => `${variant} ${benchmark} ${line}`))
        for (const [metric, value] of Object.entries(asked)) {
          const headline = report.headline.id === metric
          const told = headline ? report.headline : report.metrics.find((one) => one.id === metric)
          if (!told)
            throw new Error(`${benchmark} has no metric ${metric}; it has ${report.metrics.map((one) => one.id)}.`)
          found.rows.push({
            variant,
            seed,
            benchmark,
            metric,
            title: told.title,
            headline,
            exact,
            expected: value,
            truth: all[metric] ?? null,
            read: told.value,
            low: told.interval?.low ?? null,
            high: told.interval?.high ?? null,
            n: told.n,
          })
        }
      }
    } finally {
      await reader.close()
    }
    say(`${variant} ${seed}: read`)
  }
  return found
}

async function expectations(path: string, folders: string[], items: number, reduced: boolean): Promise<Expected> {
  const scratch = mkdtempSync(join(tmpdir(), 'assay-expected-'))
  try {
    const out = join(scratch, 'expected.json')
    const size = reduced ? ['--reduced'] : []
    await python(path, ['reference.expect', ...folders, '--items', String(items), ...size, '--out', out])
    return JSON.parse(readFileSync(out, 'utf8'))
  } finally {
    rmSync(scratch, { recursive: true, force: true })
  }
}

/**
 * Areas under an order of certainties. Many certainties of these models lie within some 1e-6 of 1, where float32 decides
 * the order: the area is known to no more than this.
 */
const ranked = new Set(['ap', 'apConfidence'])

/** Why a reading is not what it must be; null where it is. */
export function misreading(row: TrialRow): string | null {
  const where = `${row.variant} ${row.benchmark} ${row.metric}`
  if (row.expected === null) return row.read === null ? null : `${where}: expected nothing, read ${row.read}`
  if (row.read === null) return `${where}: expected ${row.expected}, read nothing`
  // The server computes in float32 and shapes of its own; a share of items moves by less only where none is on a border.
  const allowed = row.exact
    ? (ranked.has(row.metric) ? 0.03 : 0.002) * Math.max(1, Math.abs(row.expected))
    : Math.max(0.02, (row.high ?? row.read) - (row.low ?? row.read))
  return Math.abs(row.read - row.expected) <= allowed ? null : `${where}: expected ${row.expected}, read ${row.read}`
}

/** Lines of a table, columns padded. */
export function aligned(rows: readonly (readonly string[])[]): string {
  const widths = (rows[0] ?? []).map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)))
  return rows
    .map((row) =>
      row
        .map((cell, column) => cell.padEnd(widths[column] as number))
        .join('  ')
        .trimEnd(),
    )
    .join('\n')
}

const shown = (value: number | null): string => (value === null ? '–' : value.toFixed(3))

/** Variants × benchmarks: expected, read, difference. */
export const trialTable = (rows: readonly TrialRow[]): string =>
  aligned([
    ['variant', 'benchmark', 'metric', 'expected', 'read', 'difference', 'interval', 'all items'],
    ...rows.map((row) => [
      `${row.variant} ${row.seed}`,
      row.benchmark,
      row.metric,
      shown(row.expected),
      shown(row.read),
      row.expected === null || row.read === null ? '–' : (row.read - row.expected).toFixed(4),
      `${shown(row.low)} … ${shown(row.high)}`,
      shown(row.truth),
    ]),
  ])
