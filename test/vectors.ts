/**
 * Runs golden vectors against the methods: `npm run test:vectors`, folder from ASSAY_VECTORS (default test/vectors).
 * Prints a table; exits 1 when a case fails, and when a file names a method that there is not.
 */
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { vectorAdapters } from './vector-adapters.ts'

export interface VectorCase {
  name: string
  input: Record<string, unknown>
  expected: unknown
  tolerance?: number
}

export interface VectorMethod {
  method: string
  source: string
  cases: VectorCase[]
}

/** All methods of the `*.json` files of a folder. */
export const readVectors = (folder: string): VectorMethod[] =>
  readdirSync(folder)
    .filter((file) => file.endsWith('.json'))
    .sort()
    .flatMap((file) => JSON.parse(readFileSync(join(folder, file), 'utf8')) as VectorMethod[])

/** Where two values differ by more than the tolerance (relative to 1 or the expected size), or null where nowhere. */
export function difference(actual: unknown, expected: unknown, tolerance: number, at = ''): string | null {
  if (typeof expected === 'number') {
    const close =
      typeof actual === 'number' && Math.abs(actual - expected) <= tolerance * Math.max(1, Math.abs(expected))
    return close ? null : `${at || '/'}: expected ${expected}, got ${JSON.stringify(actual)}`
  }
  if (expected === null || typeof expected !== 'object')
    return Object.is(actual, expected) ? null : `${at || '/'}: expected ${expected}, got ${JSON.stringify(actual)}`
  if (actual === null || typeof actual !== 'object' || Array.isArray(actual) !== Array.isArray(expected))
    return `${at || '/'}: expected ${JSON.stringify(expected).slice(0, 80)}, got ${JSON.stringify(actual)?.slice(0, 80)}`
  if (Array.isArray(expected) && (actual as unknown[]).length !== expected.length)
    return `${at || '/'}: expected ${expected.length} members, got ${(actual as unknown[]).length}`
  for (const [key, value] of Object.entries(expected)) {
    const found = difference((actual as Record<string, unknown>)[key], value, tolerance, `${at}/${key}`)
    if (found) return found
  }
  return null
}

/** What is wrong with a case, or null when it passes; undefined when the method has no implementation. */
export function runCase(method: string, { input, expected, tolerance = 1e-6 }: VectorCase): string | null | undefined {
  const adapter = Object.hasOwn(vectorAdapters, method) ? vectorAdapters[method] : undefined
  if (!adapter) return undefined
  try {
    return difference(adapter(input), expected, tolerance)
  } catch (error) {
    return `raised ${error instanceof Error ? error.message : String(error)}`
  }
}

function main(): void {
  const folder = process.env.ASSAY_VECTORS ?? 'test/vectors'
  const without: string[] = []
  const failures: string[] = []
  let passed = 0
  const methods = readVectors(folder)
  const width = Math.max(6, ...methods.map(({ method }) => method.length))
  console.log(`${'method'.padEnd(width)}  passed  failed`)
  for (const { method, cases } of methods) {
    const results = cases.map((one) => runCase(method, one))
    if (results.includes(undefined)) {
      without.push(method)
      continue
    }
    results.forEach((result, i) => {
      if (result) failures.push(`${method} [${cases[i]?.name}] ${result}`)
    })
    const good = results.filter((result) => result === null).length
    passed += good
    console.log(`${method.padEnd(width)}  ${String(good).padStart(6)}  ${String(cases.length - good).padStart(6)}`)
  }
  for (const failure of failures) console.log(`failed: ${failure}`)
  for (const method of without) console.log(`unknown method: ${method}`)
  if (methods.length === 0) console.log(`no vectors in ${folder}`)
  console.log(`${passed} passed, ${failures.length} failed, ${without.length} unknown methods`)
  process.exitCode = failures.length > 0 || without.length > 0 || methods.length === 0 ? 1 : 0
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) main()
