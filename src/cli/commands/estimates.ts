import { readFile } from 'node:fs/promises'
import { createInterface } from 'node:readline'
import { type EstimateItem, estimateLimits } from '../../../schema/estimate.ts'
import type { Client } from '../../client/client.ts'
import { clientOf, command, serverArgs, UsageError } from '../command.ts'
import { renderTable } from '../format.ts'

/** Characters of the items of one request; the rest of its bytes is for fit sets and multi-byte characters. */
const batchCharacters = estimateLimits.bytes / 4

/** Lines of a file in groups that one request can hold, each with the number of its first line. Raises UsageError. */
async function* batches(lines: AsyncIterable<string>): AsyncGenerator<EstimateItem[]> {
  let [batch, characters, number] = [[] as EstimateItem[], 0, 0]
  for await (const line of lines) {
    number++
    if (line.trim() === '') continue
    let item: unknown
    try {
      item = JSON.parse(line)
    } catch {
      throw new UsageError(`Line ${number} is no JSON.`)
    }
    if (typeof item !== 'object' || item === null || Array.isArray(item))
      throw new UsageError(`Line ${number} must be an object with what is known of one answer.`)
    if (batch.length === estimateLimits.items || (batch.length > 0 && characters + line.length > batchCharacters)) {
      yield batch
      ;[batch, characters] = [[], 0]
    }
    batch.push({ ...item, id: 'id' in item ? String(item.id) : String(number) })
    characters += line.length
  }
  if (batch.length > 0) yield batch
}

/** Rows of numbers from a JSON file, or undefined where none is named. */
async function rowsOf(path: string | undefined): Promise<number[][] | undefined> {
  if (path === undefined) return undefined
  try {
    return JSON.parse(await readFile(path, 'utf8')) as number[][]
  } catch {
    throw new UsageError(`${path} cannot be read as JSON.`)
  }
}

/** Scores JSON lines by a server, in groups and in order, and writes one line for each. */
export async function estimateLines(
  client: Pick<Client, 'estimators'>,
  lines: AsyncIterable<string>,
  settings: Omit<Parameters<Client['estimators']['estimate']>[0], 'items'>,
  write: (line: string) => void,
): Promise<number> {
  let count = 0
  for await (const items of batches(lines)) {
    const answer = await client.estimators.estimate({ ...settings, items })
    for (const { id, estimates, reasons } of answer.items) write(JSON.stringify({ id, estimates, reasons }))
    count += answer.items.length
  }
  return count
}

export const estimates = command({
  meta: {
    name: 'estimates',
    description: 'Uncertainty of answers of your own: JSON lines in, JSON lines out (assay estimates < in > out)',
  },
  args: {
    estimators: {
      type: 'string',
      description: 'Names with commas between (default: all); `assay estimators` lists them',
    },
    raw: { type: 'boolean', description: 'Each value in its own direction; else higher is always less certain' },
    fit: { type: 'string', description: 'JSON file with hidden states (rows of numbers) of answers to trust' },
    background: { type: 'string', description: 'JSON file with hidden states of answers of all kinds' },
    ...serverArgs,
  },
  run: async ({ args }) => {
    if (process.stdin.isTTY) throw new UsageError('Give JSON lines on standard input: assay estimates < answers.jsonl')
    const [fitEmbeddings, backgroundEmbeddings] = await Promise.all([rowsOf(args.fit), rowsOf(args.background)])
    const settings = {
      raw: args.raw === true,
      ...(args.estimators ? { estimators: args.estimators.split(',').map((name) => name.trim()) } : {}),
      ...(fitEmbeddings ? { fitEmbeddings } : {}),
      ...(backgroundEmbeddings ? { backgroundEmbeddings } : {}),
    }
    const lines = createInterface({ input: process.stdin, crlfDelay: Number.POSITIVE_INFINITY })
    const count = await estimateLines(clientOf(args), lines, settings, (line) => console.log(line))
    if (count === 0) throw new UsageError('There was no line with an answer.')
  },
})

export const estimators = command({
  meta: { name: 'estimators', description: 'List the uncertainty estimators and what each needs' },
  args: { ...serverArgs },
  run: async ({ args }) => {
    const { items } = await clientOf(args).estimators.list()
    if (args.json) return console.log(JSON.stringify(items, null, 2))
    const rows = items.map(({ name, formula, needs }) => [name, needs.join(', '), formula])
    console.log(renderTable(['estimator', 'needs', 'formula'], rows))
  },
})
