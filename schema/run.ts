import { z } from 'zod'
import { family, suiteName } from './benchmark.ts'
import { capabilities } from './capabilities.ts'
import { benchmarkReport, itemCounts } from './report.ts'
import { budget, price, runStatus, scoreStatus, stopReason } from './states.ts'

/** One benchmark of a run, as a request states it. */
export const benchmarkRequest = z
  .object({
    id: z.string().meta({ description: 'A benchmark of the catalogue' }),
    params: z.record(z.string(), z.unknown()).default({}),
    size: z
      .number()
      .int()
      .min(1)
      .max(100_000)
      .optional()
      .meta({ description: 'Items; left out: the preset of `size`' }),
    datasetId: z.string().optional().meta({ description: "Uploaded items instead of the benchmark's own" }),
  })
  .strict()
  .meta({ id: 'BenchmarkRequest' })
export type BenchmarkRequest = z.infer<typeof benchmarkRequest>

/** The body of POST /v1/runs: a target and either a suite or benchmarks. */
export const runRequest = z
  .object({
    targetId: z.string(),
    roles: z
      .record(z.string().regex(/^[a-z][a-zA-Z0-9]{0,39}$/), z.string())
      .default({})
      .meta({ description: 'Other targets that its benchmarks can use, by role: {"baseline": "tgt_…"}' }),
    suite: suiteName.optional(),
    benchmarks: z.array(benchmarkRequest).min(1).max(100).optional(),
    size: z
      .union([z.enum(['smoke', 'demo', 'full']), z.number().int().min(1).max(100_000)])
      .optional()
      .meta({
        description: 'A preset or a number of items for each benchmark (default: demo for a suite, full otherwise)',
      }),
    seed: z.number().int().min(0).max(2_147_483_647).default(0),
    budget: budget.default({}),
    fresh: z.boolean().default(false).meta({ description: 'Ask anew instead of reusing stored answers' }),
    published: z
      .boolean()
      .default(false)
      .meta({ description: 'Show the run and its place on the leaderboard to everybody' }),
  })
  .strict()
  .meta({ id: 'RunRequest' })
export type RunRequest = z.infer<typeof runRequest>
/** As a caller may write it, defaults left out. */
export type RunRequestInput = z.input<typeof runRequest>

/** How far one benchmark of a run is. */
export const benchmarkProgress = z
  .object({
    benchmarkId: z.string(),
    family,
    version: z.number().int(),
    position: z.number().int(),
    size: z.number().int(),
    params: z.record(z.string(), z.unknown()),
    datasetId: z.string().nullable(),
    counts: itemCounts,
  })
  .meta({ id: 'BenchmarkProgress' })
export type BenchmarkProgress = z.infer<typeof benchmarkProgress>

/** One answer of the determinism check: its text and the log-probabilities of its tokens, or why there is none. */
export const checkAnswer = z.object({
  text: z.string().nullable(),
  logprobs: z.array(z.number()).nullable(),
  error: z.string().nullable(),
})

export type CheckAnswer = z.infer<typeof checkAnswer>

/** The item of which each run asks a question twice, apart, and both answers. */
export const determinism = z.object({
  benchmarkId: z.string(),
  itemId: z.string(),
  first: checkAnswer,
  second: checkAnswer,
})
export type Determinism = z.infer<typeof determinism>

/** What a run has cost: apart from the report, which is a function of the rows alone. */
export const execution = z
  .object({
    calls: z.number().int(),
    requests: z.number().int(),
    retries: z.number().int(),
    throttled: z.number().int().meta({ description: 'Requests that the target refused for load (429, 503)' }),
    reused: z.number().int().meta({ description: 'Answers taken from stored evidence' }),
    promptTokens: z.number().int(),
    completionTokens: z.number().int(),
    microUsd: z.number().int().nullable(),
    seconds: z.number().nullable(),
    itemsPerSecond: z.number().nullable(),
    determinism: z
      .object({
        benchmarkId: z.string(),
        itemId: z.string().meta({ description: 'The item of which a question was asked twice' }),
        equalText: z.boolean().nullable(),
        /** Largest difference of a log-probability between the two askings, nats. */
        largestLogprobDifference: z.number().nullable(),
        note: z.string(),
      })
      .nullable(),
  })
  .meta({ id: 'Execution' })
export type Execution = z.infer<typeof execution>

/** How one worker asks its run's targets, as it tells with its commits. */
export interface WorkerLoad {
  /** Milliseconds since 1970. */
  at: number
  open: number
  allowed: number
  most: number
  requestsPerMinute: number
}

/** How fast a run asks its targets now: the rate is found from their answers. */
export const traffic = z
  .object({
    connections: z
      .object({
        open: z.number().int(),
        allowed: z.number().int().meta({ description: 'How many may be open by now: halved at a refusal for load' }),
        most: z.number().int(),
      })
      .nullable()
      .meta({ description: 'Of all workers that are at it; null while none is' }),
    requestsPerMinute: z.number().int().nullable(),
    throttled: z.number().int().meta({ description: 'Requests so far that a target refused for load (429, 503)' }),
    lastThrottledAt: z.iso.datetime().nullable(),
  })
  .meta({ id: 'Traffic' })
export type Traffic = z.infer<typeof traffic>

export const run = z
  .object({
    id: z.string(),
    status: runStatus,
    stopReason: stopReason.nullable(),
    stopDetail: z.string().nullable(),
    target: z.object({
      id: z.string(),
      name: z.string(),
      model: z.string(),
      dialect: z.string(),
      revision: z.string(),
      deploymentId: z.string().nullable(),
      capabilities,
      price: price.nullable(),
    }),
    roles: z
      .record(z.string(), z.object({ id: z.string(), name: z.string(), model: z.string(), revision: z.string() }))
      .meta({ description: 'The other targets that its benchmarks used' }),
    suite: z.string().nullable(),
    seed: z.number().int(),
    budget,
    fresh: z.boolean(),
    published: z.boolean(),
    source: z.enum(['api', 'hook']),
    progress: z.object({ total: z.number().int(), done: z.number().int() }),
    traffic: traffic.nullable().meta({ description: 'Null before the run has begun and once it has ended' }),
    benchmarks: z.array(benchmarkProgress),
    createdAt: z.iso.datetime(),
    startedAt: z.iso.datetime().nullable(),
    finishedAt: z.iso.datetime().nullable(),
  })
  .meta({ id: 'Run' })
export type Run = z.infer<typeof run>

/** GET /v1/runs/{id}/report */
export const runReport = z
  .object({
    run,
    benchmarks: z.array(
      z.object({
        benchmarkId: z.string(),
        version: z.number().int(),
        title: z.string(),
        params: z.record(z.string(), z.unknown()),
        size: z.number().int(),
        counts: itemCounts,
        report: benchmarkReport,
      }),
    ),
    execution,
  })
  .meta({ id: 'RunReport' })
export type RunReport = z.infer<typeof runReport>

/** One scored item. */
export const scoreRow = z
  .object({
    benchmarkId: z.string(),
    index: z.number().int(),
    itemId: z.string(),
    cluster: z.string().nullable(),
    status: scoreStatus,
    score: z.number().nullable(),
    reason: z.string().nullable(),
    detail: z.unknown(),
  })
  .meta({ id: 'ScoreRow' })
export type ScoreRow = z.infer<typeof scoreRow>
