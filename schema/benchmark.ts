import { z } from 'zod'
import { capabilityName } from './capabilities.ts'

export const families = ['uncertainty', 'hallucination', 'refusal', 'robustness', 'retrieval', 'likelihood'] as const
export const family = z.enum(families).meta({ id: 'Family' })
export type Family = z.infer<typeof family>

export const suiteNames = ['core', 'uncertainty', 'smoke'] as const
export const suiteName = z.enum(suiteNames).meta({ id: 'SuiteName' })
export type SuiteName = z.infer<typeof suiteName>

/** The paper a method comes from. */
export const source = z
  .object({ title: z.string(), card: z.string(), url: z.string().optional(), note: z.string().optional() })
  .meta({ id: 'Source' })
export type Source = z.infer<typeof source>

/** A benchmark as the catalogue, the API, the pages and the docs show it. */
export const benchmarkSummary = z
  .object({
    id: z.string(),
    family,
    version: z.number().int().positive(),
    title: z.string(),
    question: z.string(),
    /** What is computed, in one to three lines of plain mathematics. */
    formula: z.string(),
    source,
    needs: z.array(capabilityName),
    /** Capabilities that add metrics where the target has them. */
    wants: z.array(capabilityName),
    roles: z.array(z.string()),
    params: z.record(z.string(), z.unknown()).meta({ description: 'JSON Schema of the parameters' }),
    item: z.record(z.string(), z.unknown()).meta({ description: 'JSON Schema of an item of an uploaded dataset' }),
    callsPerItem: z.object({ typical: z.number(), most: z.number() }),
    sizes: z.object({ smoke: z.number().int(), demo: z.number().int(), full: z.number().int() }),
    builtin: z.boolean(),
    suites: z.array(suiteName),
    importers: z.array(z.string()),
  })
  .meta({ id: 'Benchmark' })
export type BenchmarkSummary = z.infer<typeof benchmarkSummary>
