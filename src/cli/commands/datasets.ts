import { openAsBlob } from 'node:fs'
import { basename, extname } from 'node:path'
import { defineCommand } from 'citty'
import type { Dataset } from '../../../schema/dataset.ts'
import { collect } from '../../client/client.ts'
import { clientOf, command, serverArgs, UsageError } from '../command.ts'
import { renderTable } from '../format.ts'

const line = ({ id, name, benchmarkId, itemCount }: Dataset) => `${id}  ${name}: ${itemCount} items of ${benchmarkId}`

const types: Record<string, string> = { '.csv': 'text/csv', '.tsv': 'text/tab-separated-values' }

/** The file, to be streamed. Raises UsageError. */
async function fileOf(path: string): Promise<Blob> {
  try {
    return await openAsBlob(path)
  } catch {
    throw new UsageError(`${path} cannot be read.`)
  }
}

const add = command({
  meta: { name: 'add', description: 'Upload items of your own' },
  args: {
    file: {
      type: 'positional',
      required: true,
      description: "CSV or JSON lines; the importer, or the benchmark's item shape, says of what",
    },
    benchmark: { type: 'string', required: true, description: 'The benchmark whose items these are' },
    importer: { type: 'string', description: 'A file format of the benchmark, as factor-csv' },
    name: { type: 'string', description: "What to call it (default: the file's name)" },
    ...serverArgs,
  },
  run: async ({ args }) => {
    const file = await fileOf(args.file)
    const type = types[extname(args.file).toLowerCase()] ?? 'application/x-ndjson'
    const name = args.name ?? basename(args.file)
    const query = { benchmark: args.benchmark, name, importer: args.importer }
    const made = await clientOf(args).datasets.create(query, file.stream(), type)
    console.log(args.json ? JSON.stringify(made, null, 2) : line(made))
  },
})

const list = command({
  meta: { name: 'list', description: 'List datasets' },
  args: { ...serverArgs },
  run: async ({ args }) => {
    const datasets = await collect(clientOf(args).datasets.all())
    if (args.json) return console.log(JSON.stringify(datasets, null, 2))
    if (datasets.length === 0) return console.log('No datasets yet; `assay datasets add --help` says how to add one.')
    const rows = datasets.map((one) => [one.id, one.name, one.benchmarkId, String(one.itemCount), one.createdAt])
    console.log(renderTable(['id', 'name', 'benchmark', 'items', 'made'], rows))
  },
})

const remove = command({
  meta: { name: 'remove', description: 'Remove a dataset; runs on it stay' },
  args: { dataset: { type: 'positional', required: true, description: 'Id of the dataset' }, ...serverArgs },
  run: async ({ args }) => {
    await clientOf(args).datasets.remove(args.dataset)
    console.log(args.json ? JSON.stringify({ removed: args.dataset }) : `Removed ${args.dataset}.`)
  },
})

export const datasets = defineCommand({
  meta: { name: 'datasets', description: 'Items of your own' },
  subCommands: { add, list, remove },
})
