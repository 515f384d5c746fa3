import type { BenchmarkSummary, Family, SuiteName } from '../../schema/benchmark.ts'
import type { Dataset, DatasetItem, DatasetQuery } from '../../schema/dataset.ts'
import type { EstimateAnswer, EstimateRequestInput, EstimatorSummary } from '../../schema/estimate.ts'
import type { ItemExchanges } from '../../schema/evidence.ts'
import type { CreatedHook, Delivery, Hook, HookPatch, HookRequestInput } from '../../schema/hook.ts'
import type { ApiKey, CreatedKey, KeyRequest } from '../../schema/key.ts'
import type { Leaderboard, LeaderboardQuery } from '../../schema/leaderboard.ts'
import type { Page } from '../../schema/pagination.ts'
import type { Run, RunReport, RunRequestInput, ScoreRow } from '../../schema/run.ts'
import type { RunStatus, ScoreStatus } from '../../schema/states.ts'
import type { Target, TargetPatch, TargetRequestInput } from '../../schema/target.ts'
import { type FollowOptions, followRun } from './events.ts'
import { type ClientOptions, createSend, type SendOptions } from './http.ts'
import { pages } from './pages.ts'

export { ApiProblem, type ClientOptions, ConnectionError } from './http.ts'
export { collect } from './pages.ts'

/** Where a page begins and how long it is; a type and not an interface, so that it fits a query of named values. */
export type Paging = { cursor?: string | undefined; limit?: number | undefined }
export type RowFilter = { benchmarkId?: string | undefined; status?: ScoreStatus | undefined }
export type Client = ReturnType<typeof createClient>

const part = encodeURIComponent

/** Every route of the API as a function. Raises ApiProblem (what the API said) and ConnectionError (no answer). */
export function createClient(options: ClientOptions) {
  const send = createSend(options)
  const json = async <T>(method: string, path: string, options?: SendOptions): Promise<T> =>
    (await send(method, path, options)).json() as Promise<T>
  const none = async (method: string, path: string): Promise<void> => {
    await (await send(method, path)).body?.cancel()
  }

  const keys = {
    create: (body: KeyRequest = {}) => json<CreatedKey>('POST', '/v1/keys', { body }),
    list: (query: Paging = {}) => json<Page<ApiKey>>('GET', '/v1/keys', { query }),
    revoke: (keyId: string) => none('DELETE', `/v1/keys/${part(keyId)}`),
  }

  const targets = {
    create: (body: TargetRequestInput, query: { force?: boolean } = {}) =>
      json<Target>('POST', '/v1/targets', { body, query }),
    list: (query: Paging = {}) => json<Page<Target>>('GET', '/v1/targets', { query }),
    all: () => pages<Target, Paging>(targets.list, { limit: 200 }),
    get: (targetId: string) => json<Target>('GET', `/v1/targets/${part(targetId)}`),
    update: (targetId: string, body: TargetPatch, query: { force?: boolean } = {}) =>
      json<Target>('PATCH', `/v1/targets/${part(targetId)}`, { body, query }),
    probe: (targetId: string) => json<Target>('POST', `/v1/targets/${part(targetId)}/probe`),
    remove: (targetId: string) => none('DELETE', `/v1/targets/${part(targetId)}`),
  }

  const benchmarks = {
    list: (query: { family?: Family; suite?: SuiteName } = {}) =>
      json<Page<BenchmarkSummary>>('GET', '/v1/benchmarks', { query }),
    get: (benchmarkId: string) => json<BenchmarkSummary>('GET', `/v1/benchmarks/${part(benchmarkId)}`),
  }

  const datasets = {
    /** `file` is text or a stream of bytes; `contentType` as `text/csv` or `application/x-ndjson`. */
    create: (query: DatasetQuery, file: string | Uint8Array | ReadableStream<Uint8Array>, contentType: string) =>
      json<Dataset>('POST', '/v1/datasets', { query, body: file, contentType }),
    list: (query: Paging = {}) => json<Page<Dataset>>('GET', '/v1/datasets', { query }),
    all: () => pages<Dataset, Paging>(datasets.list, { limit: 200 }),
    get: (datasetId: string) => json<Dataset>('GET', `/v1/datasets/${part(datasetId)}`),
    items: (datasetId: string, query: Paging = {}) =>
      json<Page<DatasetItem>>('GET', `/v1/datasets/${part(datasetId)}/items`, { query }),
    remove: (datasetId: string) => none('DELETE', `/v1/datasets/${part(datasetId)}`),
  }

  const estimators = {
    list: () => json<Page<EstimatorSummary>>('GET', '/v1/estimators'),
    /** Uncertainty of answers of your own, by any estimators; nothing is stored. */
    estimate: (body: EstimateRequestInput) => json<EstimateAnswer>('POST', '/v1/estimates', { body }),
  }

  const runPath = (runId: string) => `/v1/runs/${part(runId)}`
  const runs = {
    /** With an `idempotencyKey` a repeated request starts nothing twice. */
    create: (body: RunRequestInput, { idempotencyKey }: { idempotencyKey?: string } = {}) =>
      json<Run>('POST', '/v1/runs', {
        body,
        ...(idempotencyKey === undefined ? {} : { headers: { 'idempotency-key': idempotencyKey } }),
      }),
    list: (query: Paging & { status?: RunStatus; targetId?: string } = {}) =>
      json<Page<Run>>('GET', '/v1/runs', { query }),
    get: (runId: string) => json<Run>('GET', runPath(runId)),
    cancel: (runId: string) => json<Run>('POST', `${runPath(runId)}/cancel`),
    publish: (runId: string) => json<Run>('POST', `${runPath(runId)}/publish`),
    unpublish: (runId: string) => json<Run>('POST', `${runPath(runId)}/unpublish`),
    report: (runId: string) => json<RunReport>('GET', `${runPath(runId)}/report`),
    rescore: (runId: string) => json<RunReport>('POST', `${runPath(runId)}/rescore`),
    rows: (runId: string, query: Paging & RowFilter = {}) =>
      json<Page<ScoreRow>>('GET', `${runPath(runId)}/rows`, { query }),
    allRows: (runId: string, filter: RowFilter = {}) =>
      pages((query: Paging & RowFilter) => runs.rows(runId, query), { ...filter, limit: 200 }),
    /** The rows as one file, streamed. */
    exportRows: (runId: string, query: { format: 'jsonl' | 'csv' } & RowFilter) =>
      send('GET', `${runPath(runId)}/rows/export`, { query, headers: { accept: '*/*' } }),
    evidence: (runId: string, benchmarkId: string, index: number) =>
      json<ItemExchanges>('GET', `${runPath(runId)}/benchmarks/${part(benchmarkId)}/items/${index}/evidence`),
    /** The run's states until it has ended. */
    follow: (runId: string, options: FollowOptions = {}) => followRun(send, runId, options),
  }

  const hooks = {
    create: (body: HookRequestInput) => json<CreatedHook>('POST', '/v1/hooks', { body }),
    list: (query: Paging = {}) => json<Page<Hook>>('GET', '/v1/hooks', { query }),
    get: (hookId: string) => json<Hook>('GET', `/v1/hooks/${part(hookId)}`),
    update: (hookId: string, body: HookPatch) => json<Hook>('PATCH', `/v1/hooks/${part(hookId)}`, { body }),
    rotate: (hookId: string) => json<CreatedHook>('POST', `/v1/hooks/${part(hookId)}/rotate`),
    test: (hookId: string) => json<Delivery>('POST', `/v1/hooks/${part(hookId)}/test`),
    deliveries: (hookId: string, query: Paging = {}) =>
      json<Page<Delivery>>('GET', `/v1/hooks/${part(hookId)}/deliveries`, { query }),
    remove: (hookId: string) => none('DELETE', `/v1/hooks/${part(hookId)}`),
  }

  return {
    health: () => json<{ status: 'ok'; version: string }>('GET', '/healthz'),
    keys,
    targets,
    benchmarks,
    datasets,
    estimators,
    runs,
    leaderboard: (query: Partial<LeaderboardQuery> & { scope?: 'all' | 'published' } = {}) =>
      json<Leaderboard>('GET', '/v1/leaderboard', { query }),
    hooks,
  }
}
