import { defineCommand } from 'citty'
import type { BenchmarkSummary } from '../../../schema/benchmark.ts'
import { catalogue, findBenchmark, summarize } from '../../benchmarks/catalogue.ts'
import { command, UsageError } from '../command.ts'
import { renderTable, wrap } from '../format.ts'

const json = { json: { type: 'boolean', description: 'Print JSON on standard output' } } as const

/** The catalogue as a table: what each asks and needs. */
export function renderCatalogue(benchmarks: readonly BenchmarkSummary[]): string {
  const rows = benchmarks.map(({ id, family, version, title, needs, suites, callsPerItem }) => [
    id,
    family,
    String(version),
    title,
    needs.join(' '),
    String(callsPerItem.typical),
    suites.join(' '),
  ])
  return renderTable(['id', 'family', 'version', 'title', 'needs', 'calls per item', 'suites'], rows)
}

interface ParamSchema {
  type?: string
  enum?: unknown[]
  default?: unknown
  description?: string
}

function describe(benchmark: BenchmarkSummary): string {
  const { source, sizes } = benchmark
  const params = Object.entries((benchmark.params.properties ?? {}) as Record<string, ParamSchema>).map(
    ([name, { type, enum: options, default: preset, description }]) => [
      name,
      options ? options.join(' | ') : (type ?? ''),
      preset === undefined ? '' : JSON.stringify(preset),
      description ?? '',
    ],
  )
  return [
    `${benchmark.title}  (${benchmark.id}, ${benchmark.family}, version ${benchmark.version})`,
    wrap(benchmark.question, 100),
    benchmark.formula.replace(/^/gm, '  '),
    `Source: ${source.title}${source.url ? ` ${source.url}` : ''}`,
    `Needs: ${benchmark.needs.join(', ')}${benchmark.wants.length > 0 ? `; more with: ${benchmark.wants.join(', ')}` : ''}`,
    `Items: smoke ${sizes.smoke}, demo ${sizes.demo}, full ${sizes.full}; ${benchmark.callsPerItem.typical} calls each, at most ${benchmark.callsPerItem.most}`,
    ...(benchmark.importers.length > 0 ? [`Importers: ${benchmark.importers.join(', ')}`] : []),
    ...(params.length > 0 ? [renderTable(['parameter', 'type', 'default', 'meaning'], params, 60)] : []),
  ].join('\n\n')
}

function printCatalogue(asJson: boolean): void {
  const all = catalogue.map(summarize)
  console.log(asJson ? JSON.stringify(all, null, 2) : renderCatalogue(all))
}

/** `assay catalogue` and `assay benchmarks list`: every benchmark, without a server. */
export const catalogueCommand = command({
  meta: { name: 'catalogue', description: 'Every benchmark there is; needs no server' },
  args: { ...json },
  run: ({ args }) => printCatalogue(args.json === true),
})

const show = command({
  meta: { name: 'show', description: 'What a benchmark asks, its formula, source and parameters' },
  args: { benchmark: { type: 'positional', required: true, description: 'Id of the benchmark' }, ...json },
  run: ({ args }) => {
    const benchmark = findBenchmark(args.benchmark)
    if (!benchmark)
      throw new UsageError(`There is no benchmark “${args.benchmark}”; \`assay benchmarks list\` shows all.`)
    const summary = summarize(benchmark)
    console.log(args.json ? JSON.stringify(summary, null, 2) : describe(summary))
  },
})

export const benchmarks = defineCommand({
  meta: { name: 'benchmarks', description: 'The catalogue; needs no server' },
  subCommands: { list: catalogueCommand, show },
})
