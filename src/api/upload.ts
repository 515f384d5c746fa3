import { createHash } from 'node:crypto'
import { type DatasetQuery, datasetLimits } from '../../schema/dataset.ts'
import type { ProblemEntry } from '../../schema/problem.ts'
import { findBenchmark } from '../benchmarks/catalogue.ts'
import type { AnyBenchmark, Importer, ItemBase } from '../benchmarks/define.ts'
import { pointerTo } from '../runs/plan-error.ts'
import { type Database, newId } from '../store/database.ts'
import { completeUpload, type DatasetRow, dropUpload, insertItems, openUpload } from '../store/datasets.ts'
import { issuesOf, ProblemError } from './problem.ts'
import { type FileFormat, type FileRecord, readRecords, unsafeValue } from './records.ts'

/** Items per insert, and their characters: an insert carries at most 1 MB. */
const batchItems = 500
const batchCharacters = 400_000

/** The benchmark and importer that a query names. Raises problems that list what there is. */
export function fileReader(query: DatasetQuery): { benchmark: AnyBenchmark; importer: Importer<ItemBase> | null } {
  const benchmark = findBenchmark(query.benchmark)
  if (!benchmark) {
    const detail = `There is no benchmark “${query.benchmark}”; GET /v1/benchmarks lists them.`
    throw new ProblemError('invalid-request', detail, [{ pointer: '/benchmark', detail }])
  }
  if (query.importer === undefined) return { benchmark, importer: null }
  const importers: Record<string, Importer<ItemBase>> = benchmark.importers ?? {}
  const importer = Object.hasOwn(importers, query.importer) ? importers[query.importer] : undefined
  if (!importer) {
    const known = Object.keys(importers).join(', ') || 'none'
    const detail = `${benchmark.id} has no importer “${query.importer}”; it has: ${known}. Leave it out for JSON lines.`
    throw new ProblemError('invalid-request', detail, [{ pointer: '/importer', detail }])
  }
  return { benchmark, importer }
}

/** Turns a record into an item, or says what is wrong with it. */
function toItem(
  benchmark: AnyBenchmark,
  importer: Importer<ItemBase> | null,
  record: FileRecord,
  index: number,
): { item: ItemBase } | { problems: ProblemEntry[] } {
  const wrong = (detail: string, path: PropertyKey[] = []) => ({
    pointer: pointerTo(record.line, ...path),
    detail: `${importer?.format === 'csv' || importer?.format === 'tsv' ? 'Row' : 'Line'} ${record.line}: ${detail}`,
  })
  if (record.problem !== undefined) return { problems: [wrong(record.problem)] }
  const unsafe = unsafeValue(record.value)
  if (unsafe !== null) return { problems: [wrong(unsafe)] }
  let value = record.value
  if (importer) {
    if (typeof value !== 'object' || value === null || Array.isArray(value)) {
      return { problems: [wrong('It must be an object of fields.')] }
    }
    const fields = value as Record<string, unknown>
    const missing = importer.required.filter((name) => !Object.hasOwn(fields, name))
    if (missing.length > 0) return { problems: [wrong(`These fields are missing: ${missing.join(', ')}.`)] }
    try {
      value = importer.toItem(fields, index)
    } catch (error) {
      return { problems: [wrong(error instanceof Error ? error.message : 'It cannot be read.')] }
    }
  }
  const parsed = benchmark.item.safeParse(value)
  if (!parsed.success) {
    const issues = issuesOf(parsed.error)
    return {
      problems: issues.map(({ pointer, detail }) => ({
        pointer: `/${record.line}${pointer}`,
        detail: wrong(`${pointer === '' ? 'the item' : pointer}: ${detail}`).detail,
      })),
    }
  }
  const item = parsed.data as ItemBase
  if (typeof item.id !== 'string' || item.id === '' || item.id.length > 200) {
    return { problems: [wrong('An item needs an id of 1 to 200 characters.', ['id'])] }
  }
  return { item }
}

/** The file as given, to be read as `format`. */
export interface Upload {
  body: ReadableStream<Uint8Array>
  format: FileFormat
}

/**
 * Reads a file into a new dataset as it streams in. All or nothing: where any record has a problem, the first twenty
 * are named and nothing stays. Raises problems.
 */
export async function storeUpload(
  db: Database,
  tenantId: string,
  query: DatasetQuery,
  upload: Upload,
  now: number,
): Promise<DatasetRow> {
  const { benchmark, importer } = fileReader(query)
  const id = newId('ds')
  const head = {
    id,
    tenantId,
    name: query.name,
    benchmarkId: benchmark.id,
    importer: query.importer ?? null,
    createdAt: now,
  }
  await openUpload(db, head)
  try {
    const found = await storeItems(db, head, readRecords(upload.body, upload.format), (record, index) =>
      toItem(benchmark, importer, record, index),
    )
    await completeUpload(db, id, found)
    return { ...head, ...found, deletedAt: null }
  } catch (error) {
    await dropUpload(db, id)
    throw error
  }
}

async function storeItems(
  db: Database,
  { id, tenantId }: { id: string; tenantId: string },
  records: AsyncIterable<FileRecord>,
  itemOf: (record: FileRecord, index: number) => ReturnType<typeof toItem>,
): Promise<{ itemCount: number; sha256: string }> {
  const hash = createHash('sha256')
  const firstLine = new Map<string, number>()
  const problems: ProblemEntry[] = []
  let batch: Parameters<typeof insertItems>[1] = []
  let characters = 0
  let count = 0
  for await (const record of records) {
    const made = itemOf(record, count)
    if ('problems' in made) problems.push(...made.problems)
    else {
      const { item } = made
      const before = firstLine.get(item.id)
      if (before !== undefined) {
        const detail = `Line ${record.line}: the id “${item.id}” is there already, in line ${before}.`
        problems.push({ pointer: `/${record.line}/id`, detail })
      } else firstLine.set(item.id, record.line)
      const body = JSON.stringify(item)
      hash.update(`${body}\n`)
      batch.push({ tenantId, datasetId: id, index: count, itemId: item.id, body })
      characters += body.length
      count += 1
    }
    if (count > datasetLimits.items) {
      throw new ProblemError('too-large', `The file has more than ${datasetLimits.items} items; split it.`)
    }
    if (problems.length >= datasetLimits.problemsShown) break
    if (problems.length === 0 && (batch.length >= batchItems || characters >= batchCharacters)) {
      await insertItems(db, batch)
      batch = []
      characters = 0
    } else if (problems.length > 0) batch = []
  }
  if (problems.length > 0) {
    const shown = problems.slice(0, datasetLimits.problemsShown)
    const more = problems.length >= datasetLimits.problemsShown ? 'The first are named; there may be more. ' : ''
    throw new ProblemError('invalid-file', `${more}Nothing was stored. ${shown[0]?.detail}`, shown)
  }
  if (count === 0) throw new ProblemError('invalid-file', 'The file has no items.')
  await insertItems(db, batch)
  return { itemCount: count, sha256: hash.digest('hex') }
}
