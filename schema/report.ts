import { z } from 'zod'

/** Why a number is null. A report never holds NaN, and never 0 for "unknown". */
export const nullReasons = [
  'capability_missing',
  'too_few',
  'single_class',
  'constant',
  'no_items',
  'no_answers',
  'undefined',
  'degenerate_level',
  'out_of_world',
  'not_asked',
] as const
export const nullReason = z.enum(nullReasons).meta({ id: 'NullReason' })
export type NullReason = z.infer<typeof nullReason>

export const interval = z
  .object({
    low: z.number(),
    high: z.number(),
    confidence: z.number().min(0).max(1),
    method: z.enum(['wilson', 'clopper-pearson', 'bootstrap', 'cluster-bootstrap', 'clustered', 'exact']),
  })
  .meta({ id: 'Interval' })
export type Interval = z.infer<typeof interval>

export const metric = z
  .object({
    /** Stable within the benchmark: `idkRecall`, `rocAuc`. Substitutes carry their own (`IDKMass:empirical`). */
    id: z.string(),
    title: z.string(),
    value: z.number().nullable(),
    /** Present where the value is null. */
    reason: nullReason.optional(),
    interval: interval.nullable().optional(),
    /** How many items the value rests on. */
    n: z.number().int().min(0),
    unit: z.enum(['share', 'points', 'nats', 'bits', 'bits/byte', 'count', 'ratio', 'tokens', 'none']),
    direction: z.enum(['higher', 'lower', 'neutral']),
    note: z.string().optional(),
  })
  .meta({ id: 'Metric' })
export type Metric = z.infer<typeof metric>

export const curve = z
  .object({
    id: z.string(),
    title: z.string(),
    x: z.object({ title: z.string(), domain: z.tuple([z.number(), z.number()]).optional() }),
    y: z.object({ title: z.string(), domain: z.tuple([z.number(), z.number()]).optional() }),
    /** `forest`: one line for each category (y is its place, from the top), with x and the interval of x. */
    kind: z.enum(['line', 'step', 'scatter', 'bars', 'forest']),
    series: z.array(
      z.object({
        name: z.string(),
        /** x, y and, where known, the interval of y (of x in a forest). */
        points: z.array(z.tuple([z.number(), z.number()])),
        band: z.array(z.tuple([z.number(), z.number()])).optional(),
      }),
    ),
    /** Names for x positions of bars, for the lines of a forest. */
    categories: z.array(z.string()).optional(),
    /** A line of comparison: `diagonal` for calibration, a number for a constant. */
    reference: z.union([z.literal('diagonal'), z.number()]).optional(),
  })
  .meta({ id: 'Curve' })
export type Curve = z.infer<typeof curve>

export const table = z
  .object({
    id: z.string(),
    title: z.string(),
    columns: z.array(z.object({ title: z.string(), unit: metric.shape.unit.optional() })),
    rows: z.array(z.array(z.union([z.string(), z.number(), z.null()]))),
    note: z.string().optional(),
  })
  .meta({ id: 'Table' })
export type Table = z.infer<typeof table>

/** What a benchmark says of its rows: a pure function of them, so it can be made again at any time without a model. */
export const benchmarkReport = z
  .object({
    headline: metric.extend({ /** One line on how to read it. */ reading: z.string() }),
    metrics: z.array(metric),
    curves: z.array(curve),
    tables: z.array(table),
    caveats: z.array(z.object({ code: z.string(), message: z.string() })),
    /** Item ids that a reader should look at first, worst first, each with why. */
    worst: z.array(z.object({ itemId: z.string(), why: z.string() })),
  })
  .meta({ id: 'BenchmarkReport' })
export type BenchmarkReport = z.infer<typeof benchmarkReport>

/** How many rows of each status a report rests on, and why items were lost. */
export const itemCounts = z
  .object({
    total: z.number().int(),
    scored: z.number().int(),
    refused: z.number().int(),
    error: z.number().int(),
    skipped: z.number().int(),
    /** Items never reached: cancelled, or the budget ended. */
    open: z.number().int(),
    reasons: z.record(z.string(), z.number().int()),
  })
  .meta({ id: 'ItemCounts' })
export type ItemCounts = z.infer<typeof itemCounts>
