import { sql } from 'drizzle-orm'
import type { BenchmarkSummary } from '../../schema/benchmark.ts'
import type { Leaderboard, LeaderboardEntry, LeaderboardModel, LeaderboardQuery } from '../../schema/leaderboard.ts'
import type { Metric } from '../../schema/report.ts'
import type { Database } from './database.ts'

/** Most models on one board; the freshest are kept. */
export const mostModels = 200

interface BoardRow {
  runId: string
  targetId: string
  revision: string
  deploymentId: string | null
  target: string
  status: 'done' | 'degraded'
  published: number
  finishedAt: number
  benchmarkId: string
  version: number
  params: string
  size: number
  place: number
  headline: string
  lost: number
}

type Measured = LeaderboardEntry & { params: string }

/**
 * The models × benchmarks board: for each target revision and benchmark the headline of its latest finished run.
 * Shows published runs, and with `tenantId` also that tenant's own. `summaries` is the catalogue: its order is the
 * order of the columns.
 */
export async function readLeaderboard(
  db: Database,
  summaries: readonly BenchmarkSummary[],
  query: LeaderboardQuery,
  tenantId: string | null,
): Promise<Leaderboard> {
  const columns = summaries.filter(
    (summary) =>
      (query.suite === undefined || summary.suites.includes(query.suite)) &&
      (query.family === undefined || summary.family === query.family) &&
      (query.benchmark === undefined || summary.id === query.benchmark),
  )
  const rows = await boardRows(db, columns, query, tenantId)
  const { entries, identities } = entriesOf(rows.filter((row) => row.place <= mostModels))
  const byBenchmark = Map.groupBy([...entries.values()].flat(), (entry) => entry.benchmarkId)
  for (const column of byBenchmark.values()) rankColumn(column)
  const position = new Map(columns.map((column, index) => [column.id, index]))
  const models = [...identities].map(([key, identity]): LeaderboardModel => {
    const own = (entries.get(key) ?? []).toSorted(
      (a, b) => (position.get(a.benchmarkId) ?? 0) - (position.get(b.benchmarkId) ?? 0),
    )
    const ranks = own.flatMap((entry) => (entry.rank === null ? [] : [(entry.rank.best + entry.rank.worst) / 2]))
    return {
      ...identity,
      meanRank: ranks.length === 0 ? null : ranks.reduce((sum, rank) => sum + rank, 0) / ranks.length,
      ranked: ranks.length,
      finishedAt: own.map((entry) => entry.finishedAt).reduce((a, b) => (a > b ? a : b)),
      entries: own.map(({ params: _, ...entry }) => entry),
    }
  })
  return {
    benchmarks: columns
      .filter((column) => byBenchmark.has(column.id))
      .map(({ id, title, family }) => ({ id, title, family })),
    models: sortModels(models, query.sort, query.order),
    truncated: rows.some((row) => row.place > mostModels),
  }
}

/** One statement: windows pick the latest run of each cell, each target's newest revision, and the freshest models. */
function boardRows(
  db: Database,
  columns: readonly BenchmarkSummary[],
  query: Pick<LeaderboardQuery, 'datasetId' | 'revisions'>,
  tenantId: string | null,
): Promise<BoardRow[]> {
  const visible = tenantId === null ? sql`r.published = 1` : sql`(r.published = 1 or r.tenant_id = ${tenantId})`
  const onlyNewest = query.revisions === 'latest' ? sql`and revision = newest` : sql``
  return db.all<BoardRow>(sql`
    with measured as (
      select r.id as runId, r.target_id as targetId, r.target_revision as revision, r.deployment_id as deploymentId,
        r.target, r.status, r.published, r.finished_at as finishedAt,
        b.id as runBenchmarkId, b.benchmark_id as benchmarkId, b.benchmark_version as version, b.params, b.size,
        row_number() over (
          partition by r.target_id, r.target_revision, b.benchmark_id order by r.finished_at desc, r.id desc
        ) as age,
        first_value(r.target_revision) over (partition by r.target_id order by r.finished_at desc, r.id desc) as newest,
        max(r.finished_at) over (partition by r.target_id, r.target_revision) as freshest
      from runs r
      join run_benchmarks b on b.run_id = r.id
      where r.status in ('done', 'degraded') and r.finished_at is not null and ${visible}
        and b.dataset_id is ${query.datasetId ?? null}
        and b.benchmark_id in (select value from json_each(${JSON.stringify(columns.map((column) => column.id))}))
        and exists (select 1 from reports where run_benchmark_id = b.id)
    ),
    placed as (
      select *, dense_rank() over (order by freshest desc, targetId, revision) as place
      from measured where age = 1 ${onlyNewest}
    )
    select placed.*, json_extract(reports.report, '$.headline') as headline,
      json_extract(reports.counts, '$.error') as lost
    from placed join reports on reports.run_benchmark_id = placed.runBenchmarkId
    where place <= ${mostModels + 1}
    order by place, benchmarkId`)
}

type Identity = Pick<LeaderboardModel, 'targetId' | 'name' | 'model' | 'dialect' | 'revision' | 'deploymentId'>

function entriesOf(rows: readonly BoardRow[]) {
  const entries = new Map<string, Measured[]>()
  const identities = new Map<string, Identity>()
  for (const row of rows) {
    const key = `${row.targetId} ${row.revision}`
    const target = JSON.parse(row.target) as Pick<Identity, 'name' | 'model' | 'dialect'>
    identities.set(key, {
      targetId: row.targetId,
      name: target.name,
      model: target.model,
      dialect: target.dialect,
      revision: row.revision,
      deploymentId: row.deploymentId,
    })
    const { reading: _, ...headline } = JSON.parse(row.headline) as Metric & { reading?: string }
    const own = entries.get(key) ?? []
    entries.set(key, own)
    own.push({
      benchmarkId: row.benchmarkId,
      runId: row.runId,
      version: row.version,
      headline,
      rank: null,
      comparable: true,
      differs: null,
      items: row.size,
      lost: row.lost,
      status: row.status,
      published: row.published === 1,
      finishedAt: new Date(row.finishedAt).toISOString(),
      params: row.params,
    })
  }
  return { entries, identities }
}

/**
 * Marks what was measured unlike the rest of its column, and ranks what was measured alike. A place is as good as
 * 1 + the number of entries surely better, and as bad as the number not surely worse; sure means that intervals do
 * not overlap (an entry without interval counts as its bare value).
 */
function rankColumn(column: Measured[]): void {
  const likeness = (entry: Measured) => JSON.stringify([entry.version, entry.headline.id, entry.params])
  const groups = [...Map.groupBy(column, likeness).values()]
  const [main = []] = groups.toSorted(
    ([a], [b]) => (b?.version ?? 0) - (a?.version ?? 0) || groupSize(groups, b) - groupSize(groups, a),
  )
  const [pattern] = main
  for (const entry of column) {
    if (pattern === undefined || main.includes(entry)) continue
    entry.comparable = false
    entry.differs =
      entry.version !== pattern.version
        ? `version ${entry.version} of the benchmark, not ${pattern.version}`
        : entry.headline.id !== pattern.headline.id
          ? `another metric: ${entry.headline.title}`
          : 'other parameters'
  }
  const ranked = main.filter((entry) => entry.headline.value !== null && entry.headline.direction !== 'neutral')
  for (const entry of ranked) {
    const own = range(entry.headline)
    const others = ranked.filter((other) => other !== entry).map((other) => range(other.headline))
    entry.rank = {
      best: 1 + others.filter((other) => other.low > own.high).length,
      worst: ranked.length - others.filter((other) => other.high < own.low).length,
      of: ranked.length,
    }
  }
}

const groupSize = (groups: Measured[][], member: Measured | undefined) =>
  groups.find(([first]) => first === member)?.length ?? 0

/** The headline's interval turned so that higher is better. */
function range({ value, interval, direction }: Metric): { low: number; high: number } {
  const low = interval?.low ?? value ?? 0
  const high = interval?.high ?? value ?? 0
  return direction === 'lower' ? { low: -high, high: -low } : { low, high }
}

/**
 * Models in order of a column. `rank` is the smaller mean rank, of models ranked on at least half as many benchmarks as
 * the most ranked one: a mean over fewer says too little. A benchmark's id sorts by its headline in its direction. What
 * has no value is last in either order.
 */
export function sortModels(
  models: readonly LeaderboardModel[],
  sort: string,
  order: LeaderboardQuery['order'],
): LeaderboardModel[] {
  const sign = order === 'best' ? 1 : -1
  const byName = (a: LeaderboardModel, b: LeaderboardModel) =>
    a.name.localeCompare(b.name) || b.finishedAt.localeCompare(a.finishedAt)
  if (sort === 'model') return models.toSorted((a, b) => sign * byName(a, b))
  if (sort === 'finishedAt') return models.toSorted((a, b) => sign * b.finishedAt.localeCompare(a.finishedAt))
  const enough = models.reduce((most, model) => Math.max(most, model.ranked), 0) / 2
  const goodness = (model: LeaderboardModel): number | null => {
    if (sort === 'rank') return model.meanRank === null || model.ranked < enough ? null : -model.meanRank
    const entry = model.entries.find(({ benchmarkId }) => benchmarkId === sort)
    const value = entry?.headline.value ?? null
    return value === null ? null : entry?.headline.direction === 'lower' ? -value : value
  }
  return models.toSorted((a, b) => {
    const [left, right] = [goodness(a), goodness(b)]
    if (left === null || right === null) return Number(left === null) - Number(right === null) || byName(a, b)
    return sign * (right - left) || byName(a, b)
  })
}
