import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { BenchmarkReport } from '../../schema/report.ts'
import { exportedWorld, type MeasuredVariant, measuredOf, python, trained } from '../../src/cli/reference/standard.ts'
import { type Reader, serve } from './reading.ts'

/** Expected readings of one variant, by benchmark. */
type ExpectedVariant = Record<
  string,
  {
    drawn: string[]
    asked: Record<string, number | null>
    reach: Record<string, [number, number]>
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
  /** The metric rests on no draw: it must read exactly what is expected. */
  exact: boolean
  expected: number | null
  /** From where to where rounding in float32 alone may carry it: an order is no surer than its scores. */
  reach: [number, number] | null
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
  const ensemble = ensembleOf(variants, folders)
  const expected = await expectations(options.python, folders, ensemble, items, reduced)
  const found: Trial = { items, rows: [], measured: folders.map(measuredOf), unfixed: expected.unfixed, lost: [] }
  const readAll = async (reader: Reader, variant: string, seed: number, name: string, members: Reader[] = []) => {
    for (const [benchmark, fixed] of Object.entries(expected.variants[name] ?? {})) {
      const { report, lost } = await reader.read(benchmark, expected.items?.[benchmark], { members })
      found.lost.push(...lost.map((line) => `${variant} ${benchmark} ${line}`))
      found.rows.push(...rowsOf(report, fixed).map((row) => ({ variant, seed, benchmark, ...row })))
    }
    say(`${variant} ${seed}: read`)
  }
  for (const [place, folder] of folders.entries()) {
    const [variant, seed] = variants[place] as readonly [string, number]
    const reader = await serve(options.python, folder, world)
    try {
      await readAll(reader, variant, seed, nameOf(folder))
    } finally {
      await reader.close()
    }
  }
  const readers: Reader[] = []
  try {
    for (const folder of ensemble) readers.push(await serve(options.python, folder, world))
    const [first, ...members] = readers
    if (first) await readAll(first, 'ensemble', 0, 'ensemble', members)
  } finally {
    for (const reader of readers) await reader.close()
  }
  return found
}

const nameOf = (folder: string): string => folder.split('/').at(-1) as string

/** Folders of the bases that differ in their seed alone, up to five; none where there is only one. */
function ensembleOf(variants: TrialOptions['variants'], folders: readonly string[]): string[] {
  const bases = folders.filter((_, place) => variants[place]?.[0] === 'base').slice(0, 5)
  return bases.length > 1 ? bases : []
}

/** Every metric that truth fixes, as the report has it. */
function rowsOf(report: BenchmarkReport, fixed: ExpectedVariant[string]) {
  return Object.entries(fixed.asked).map(([metric, expected]) => {
    const headline = report.headline.id === metric
    const told = headline
      ? report.headline
      : (report.metrics.find((one) => one.id === metric) ?? lineOf(report, metric))
    if (!told)
      throw new Error(`${report.headline.id}: no metric ${metric}; there are ${report.metrics.map((one) => one.id)}.`)
    return {
      metric,
      title: told.title,
      headline,
      exact: !fixed.drawn.includes(metric),
      expected,
      reach: fixed.reach[metric] ?? null,
      truth: fixed.all[metric] ?? null,
      read: told.value,
      low: told.interval?.low ?? null,
      high: told.interval?.high ?? null,
      n: told.n,
    }
  })
}

/** A rejection ratio out of the table of estimators, which are too many to be metrics. */
function lineOf(report: BenchmarkReport, metric: string) {
  const name = /^prr\.(.+)$/.exec(metric)?.[1]
  const line = report.tables.find(({ id }) => id === 'estimators')?.rows.find((row) => row[1] === name)
  if (!name || !line) return undefined
  const [value, low, high] = line.slice(2, 5) as (number | null)[]
  const interval = low === null || high === null ? null : { low: low as number, high: high as number }
  return { title: `PRR of ${name}`, value: value ?? null, interval, n: line[8] as number }
}

async function expectations(
  path: string,
  folders: string[],
  ensemble: string[],
  items: number,
  reduced: boolean,
): Promise<Expected> {
  const scratch = mkdtempSync(join(tmpdir(), 'assay-expected-'))
  try {
    const out = join(scratch, 'expected.json')
    const size = [...(reduced ? ['--reduced'] : []), ...(ensemble.length > 0 ? ['--ensemble', ensemble.join(',')] : [])]
    await python(path, ['reference.expect', ...folders, '--items', String(items), ...size, '--out', out])
    return JSON.parse(readFileSync(out, 'utf8'))
  } finally {
    rmSync(scratch, { recursive: true, force: true })
  }
}

/** What a server that computes in float32 and in shapes of its own may be off by, of a number that nothing orders. */
const ROUNDING = 0.002

/** Why a reading is not what it must be; null where it is. */
export function misreading(row: TrialRow): string | null {
  const where = `${row.variant} ${row.seed} ${row.benchmark} ${row.metric}`
  if (row.expected === null) return row.read === null ? null : `${where}: expected nothing, read ${row.read}`
  if (row.read === null) return `${where}: expected ${row.expected}, read nothing`
  const allowed = row.exact
    ? ROUNDING * Math.max(1, Math.abs(row.expected))
    : Math.max(0.02, (row.high ?? row.read) - (row.low ?? row.read))
  const [low, high] = row.reach ?? [row.expected, row.expected]
  return row.read >= low - allowed && row.read <= high + allowed
    ? null
    : `${where}: expected ${row.expected}${row.reach ? ` (${low} to ${high})` : ''}, read ${row.read}`
}

/** The kept trial with the rows of a new one in the place of its own; variants in that order, the ensemble after the bases. */
export function mergedTrial(kept: Trial, found: Trial, order: readonly string[]): Trial {
  if (kept.items !== found.items) return found
  const place = ({ variant }: { variant: string }) => (variant === 'ensemble' ? 0.5 : order.indexOf(variant))
  const both = <T extends { variant: string; seed: number }>(old: readonly T[], now: readonly T[]): T[] => {
    const again = new Set(now.map(({ variant, seed }) => `${variant} ${seed}`))
    return [...old.filter(({ variant, seed }) => !again.has(`${variant} ${seed}`)), ...now].sort(
      (one, other) => place(one) - place(other) || one.seed - other.seed,
    )
  }
  return { ...found, rows: both(kept.rows, found.rows), measured: both(kept.measured ?? [], found.measured) }
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
