import { z } from 'zod'
import { family, suiteName } from './benchmark.ts'
import { metric } from './report.ts'

/** What a leaderboard may be asked for: GET /v1/leaderboard and the page take the same words. */
export const leaderboardQuery = z
  .object({
    suite: suiteName.optional().meta({ description: "Only this suite's benchmarks" }),
    family: family.optional().meta({ description: 'Only benchmarks of this family' }),
    benchmark: z.string().optional().meta({ description: 'Only this benchmark' }),
    datasetId: z
      .string()
      .optional()
      .meta({ description: "Results on these uploaded items instead of the benchmarks' own" }),
    revisions: z
      .enum(['latest', 'all'])
      .default('latest')
      .meta({ description: "`latest`: each target's newest revision; `all`: every deployment that was measured" }),
    sort: z
      .string()
      .default('rank')
      .meta({ description: '`rank` (mean rank), `model`, `finishedAt` or the id of a benchmark' }),
    order: z
      .enum(['best', 'worst'])
      .default('best')
      .meta({ description: '`best` first respects the direction of the metric; nulls are always last' }),
  })
  .meta({ id: 'LeaderboardQuery' })
export type LeaderboardQuery = z.infer<typeof leaderboardQuery>

/** One model's standing on one benchmark: the headline of its latest finished run. */
export const leaderboardEntry = z
  .object({
    benchmarkId: z.string(),
    runId: z.string(),
    version: z.number().int(),
    headline: metric,
    /**
     * Places that the intervals leave open among entries measured alike, 1 is best: an entry is surely behind another
     * only where their intervals do not overlap. Null where there is no value, no direction, or nothing alike.
     */
    rank: z.object({ best: z.number().int(), worst: z.number().int(), of: z.number().int() }).nullable(),
    /** False where version, metric, parameters or items differ from what most of the column was measured with. */
    comparable: z.boolean(),
    /** What differs, where it is not comparable. */
    differs: z.string().nullable(),
    items: z.number().int().meta({ description: 'Items asked' }),
    lost: z.number().int().meta({ description: 'Items that ended in an error' }),
    status: z.enum(['done', 'degraded']),
    published: z.boolean(),
    finishedAt: z.iso.datetime(),
  })
  .meta({ id: 'LeaderboardEntry' })
export type LeaderboardEntry = z.infer<typeof leaderboardEntry>

/** One row: a target as it was at one revision. */
export const leaderboardModel = z
  .object({
    targetId: z.string(),
    name: z.string(),
    model: z.string(),
    dialect: z.string(),
    revision: z.string(),
    deploymentId: z.string().nullable(),
    /** Mean over the ranked benchmarks of the middle of the rank range; null where nothing is ranked. */
    meanRank: z.number().nullable(),
    ranked: z.number().int().meta({ description: 'Benchmarks that the mean rank rests on' }),
    finishedAt: z.iso.datetime(),
    entries: z.array(leaderboardEntry),
  })
  .meta({ id: 'LeaderboardModel' })
export type LeaderboardModel = z.infer<typeof leaderboardModel>

/** GET /v1/leaderboard: models × benchmarks. */
export const leaderboard = z
  .object({
    /** The columns, in the catalogue's order. */
    benchmarks: z.array(z.object({ id: z.string(), title: z.string(), family })),
    models: z.array(leaderboardModel),
    /** True where there were more models than are listed. */
    truncated: z.boolean(),
  })
  .meta({ id: 'Leaderboard' })
export type Leaderboard = z.infer<typeof leaderboard>
