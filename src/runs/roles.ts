import type { Capabilities } from '../../schema/capabilities.ts'
import type { RunRequest } from '../../schema/run.ts'
import type { RunRole } from '../../schema/tables.ts'
import type { AnyBenchmark } from '../benchmarks/define.ts'
import { targetRevision } from '../model/connection.ts'
import type { Database } from '../store/database.ts'
import { getTarget, type TargetRow } from '../store/targets.ts'
import { PlanError, type PlanProblem, pointerTo } from './plan-error.ts'

/** Targets that a run's benchmarks ask beside the run's own, by role. */
export type Roles = Record<string, RunRole>
export type ProbedTarget = TargetRow & { capabilities: Capabilities }

/** A tenant's target of which it is known what it can be asked. Raises PlanError. */
export async function probedTarget(db: Database, tenantId: string, id: string, pointer: string): Promise<ProbedTarget> {
  const target = await getTarget(db, tenantId, id)
  if (target === null) throw new PlanError('not_found', [{ pointer, detail: `There is no target ${id}.` }])
  const { capabilities } = target
  if (capabilities !== null) return { ...target, capabilities }
  const why = target.probeError === null ? '' : ` The last probe failed: ${target.probeError}`
  const detail = `It is not known what this target can be asked: probe it first.${why}`
  throw new PlanError('conflict', [{ pointer, detail }])
}

/** The targets given for roles, as they are now. Raises PlanError where no benchmark of the run has such a role. */
export async function planRoles(
  db: Database,
  tenantId: string,
  request: RunRequest,
  benchmarks: readonly AnyBenchmark[],
): Promise<Roles> {
  const known = [...new Set(benchmarks.flatMap(({ roles }) => roles ?? []))]
  const problems: PlanProblem[] = []
  const roles: Roles = {}
  for (const [role, id] of Object.entries(request.roles)) {
    const pointer = pointerTo('roles', role)
    if (!known.includes(role)) {
      const list = known.length === 0 ? 'they have none' : `they have ${known.join(', ')}`
      problems.push({ pointer, detail: `The benchmarks of this run have no role "${role}": ${list}.` })
      continue
    }
    const target = await probedTarget(db, tenantId, id, pointer)
    if (request.budget.microUsd !== undefined && target.price === null)
      problems.push({ pointer, detail: 'A budget in money needs the price of this target too.' })
    const { name, model, dialect, capabilities, price } = target
    const revision = targetRevision(tenantId, target, capabilities.fingerprint, null)
    roles[role] = { targetId: id, revision, name, model, dialect, capabilities, price }
  }
  if (problems.length > 0) throw new PlanError('invalid', problems)
  return roles
}

/** Revisions of the targets that a benchmark gets beside the run's own. */
export const revisionsOf = (benchmark: AnyBenchmark, roles: Roles): Record<string, string> =>
  Object.fromEntries((benchmark.roles ?? []).flatMap((role) => (roles[role] ? [[role, roles[role].revision]] : [])))
