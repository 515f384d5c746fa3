import type { Bindings } from '../../schema/bindings.ts'
import { findBenchmark } from '../benchmarks/catalogue.ts'
import { openDatabase } from '../store/database.ts'
import { finishedRun, getRun, type RunRow, requestCancel } from '../store/runs.ts'
import { finishRun } from './finish.ts'
import type { FindBenchmark } from './plan.ts'

/**
 * Stops a tenant's run and reports on the rows that it has. Workers notice within two seconds; what they had not
 * committed is not in the report, though its answers are kept. A run that has ended stays as it is. Null where the
 * tenant has no such run.
 */
export async function cancelRun(
  env: Bindings,
  tenantId: string,
  runId: string,
  find: FindBenchmark = findBenchmark,
): Promise<RunRow | null> {
  const db = openDatabase(env.DB)
  const run = await getRun(db, tenantId, runId)
  if (run === null || finishedRun(run)) return run
  await requestCancel(db, tenantId, runId, Date.now())
  await finishRun(env, runId, find)
  return getRun(db, tenantId, runId)
}
