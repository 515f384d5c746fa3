import Papa from 'papaparse'
import { datasetLimits } from '../../schema/dataset.ts'
import { ProblemError } from './problem.ts'

/** One record of an uploaded file; `problem` where it cannot be read. `line` counts from 1 (CSV: rows, the header is 1). */
export interface FileRecord {
  line: number
  value?: unknown
  problem?: string
}

export type FileFormat = 'csv' | 'tsv' | 'jsonl' | 'json'

/** The file's text in pieces. Raises a problem past `mostBytes`, and for bytes that are no UTF-8. */
async function* readText(body: ReadableStream<Uint8Array>, mostBytes: number): AsyncGenerator<string> {
  const decoder = new TextDecoder('utf-8', { fatal: true })
  const reader = body.getReader()
  let bytes = 0
  const decode = (chunk?: Uint8Array) => {
    try {
      return chunk ? decoder.decode(chunk, { stream: true }) : decoder.decode()
    } catch {
      throw new ProblemError('invalid-file', 'The file is not UTF-8 text; convert it first.')
    }
  }
  try {
    for (;;) {
      const { done, value } = await reader.read()
      if (done) break
      bytes += value.byteLength
      if (bytes > mostBytes)
        throw new ProblemError('too-large', `The file is larger than ${mostBytes} bytes; split it.`)
      yield decode(value)
    }
    yield decode()
  } finally {
    await reader.cancel().catch(() => {})
  }
}

const tooLong = (unit: string) => `This ${unit} is longer than ${datasetLimits.lineBytes} bytes.`

async function* readLines(text: AsyncIterable<string>): AsyncGenerator<FileRecord> {
  let rest = ''
  let line = 0
  const record = (source: string): FileRecord | null => {
    line += 1
    if (source.trim() === '') return null
    try {
      return { line, value: JSON.parse(source) }
    } catch {
      return { line, problem: 'This line is no JSON.' }
    }
  }
  for await (const chunk of text) {
    const lines = (rest + chunk).split('\n')
    rest = lines.pop() ?? ''
    for (const source of lines) {
      const found = record(source)
      if (found) yield found
    }
    if (rest.length > datasetLimits.lineBytes) {
      yield { line: line + 1, problem: tooLong('line') }
      return
    }
  }
  const last = record(rest)
  if (last) yield last
}

async function* readRows(text: AsyncIterable<string>, delimiter: ',' | '\t'): AsyncGenerator<FileRecord> {
  let rest = ''
  let row = 0
  let header: string[] | null = null
  let parser: Papa.Parser | null = null

  function* take(last: boolean): Generator<FileRecord> {
    parser ??= new Papa.Parser({ delimiter, newline: /\r\n/.test(rest) ? '\r\n' : '\n' })
    const parsed: Papa.ParseResult<string[]> = parser.parse(rest, 0, !last)
    const broken = new Map(parsed.errors.map((error) => [error.row, error.message]))
    for (const [place, fields] of parsed.data.entries()) {
      row += 1
      const problem = broken.get(place)
      if (problem !== undefined) yield { line: row, problem: `${problem}.` }
      else if (fields.length === 1 && fields[0]?.trim() === '') continue
      else if (header === null) {
        header = fields.map((name) => name.trim())
        const twice = header.find((name, at) => header?.indexOf(name) !== at)
        if (twice !== undefined) yield { line: row, problem: `The header names the column “${twice}” twice.` }
      } else if (fields.length !== header.length) {
        yield { line: row, problem: `${fields.length} fields under a header of ${header.length} columns.` }
      } else yield { line: row, value: Object.fromEntries(header.map((name, at) => [name, fields[at]])) }
    }
    rest = last ? '' : rest.slice(parsed.meta.cursor)
  }

  // Few, large pieces: each is read again from the start of its last, unfinished row.
  let pending = ''
  for await (const chunk of text) {
    pending += chunk
    if (pending.length < 256 * 1024) continue
    rest += pending
    pending = ''
    yield* take(false)
    if (rest.length > datasetLimits.lineBytes) {
      yield { line: row + 1, problem: `${tooLong('row')} Is a quote left open?` }
      return
    }
  }
  rest += pending
  if (rest !== '') yield* take(true)
}

async function* readArray(text: AsyncIterable<string>): AsyncGenerator<FileRecord> {
  let whole = ''
  for await (const chunk of text) whole += chunk
  let value: unknown
  try {
    value = JSON.parse(whole)
  } catch {
    yield { line: 1, problem: 'The file is no JSON.' }
    return
  }
  if (!Array.isArray(value)) {
    yield { line: 1, problem: 'The file must hold a JSON array of records.' }
    return
  }
  for (const [index, record] of value.entries()) yield { line: index + 1, value: record }
}

/**
 * The records of a file as it streams in: rows of CSV and TSV as objects by the header's names, JSON lines, or the members of a
 * JSON array (which is read as a whole and so must be small). Raises problems for files too large or not UTF-8.
 */
export function readRecords(body: ReadableStream<Uint8Array>, format: FileFormat): AsyncGenerator<FileRecord> {
  if (format === 'csv') return readRows(readText(body, datasetLimits.bytes), ',')
  if (format === 'tsv') return readRows(readText(body, datasetLimits.bytes), '\t')
  if (format === 'jsonl') return readLines(readText(body, datasetLimits.bytes))
  return readArray(readText(body, datasetLimits.multipartBytes))
}

/** Why a parsed value is not fit to be stored, or null: nesting, NUL, lone surrogates, keys that touch prototypes. */
export function unsafeValue(value: unknown): string | null {
  const open: { value: unknown; depth: number }[] = [{ value, depth: 0 }]
  for (let next = open.pop(); next; next = open.pop()) {
    const { value, depth } = next
    if (typeof value === 'string') {
      if (value.includes('\u0000')) return 'It holds a NUL character.'
      if (!value.isWellFormed()) return 'It holds half a surrogate pair, which is no character.'
    } else if (typeof value === 'object' && value !== null) {
      if (depth >= datasetLimits.depth) return `It is nested deeper than ${datasetLimits.depth} levels.`
      for (const [key, member] of Object.entries(value)) {
        if (key === '__proto__') return 'It has the key __proto__.'
        open.push({ value: key, depth }, { value: member, depth: depth + 1 })
      }
    }
  }
  return null
}
