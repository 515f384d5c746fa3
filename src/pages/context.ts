import type { Context } from 'hono'
import type { Bindings, RequestVariables } from '../../schema/bindings.ts'
import type { ItemExchanges } from '../../schema/evidence.ts'
import type { RunRow } from '../store/runs.ts'

/** One exchange about an item: what was asked of a model and what it answered. */
export type Exchange = ItemExchanges['exchanges'][number]

/** What pages need of rooms that they may not import; the Worker's entry passes it in. */
export interface PageServices {
  /** Wakes workers of an unfinished run that stalled. */
  wake: (env: Bindings, run: RunRow) => Promise<unknown>
  /** What was asked about an item and what was answered, in order. */
  itemEvidence: (
    env: Bindings,
    tenantId: string,
    runId: string,
    benchmarkId: string,
    itemIndex: number,
  ) => Promise<readonly Exchange[]>
}

/** The identity comes from the first middleware of the API, which runs before every page. */
export type PageEnvironment = { Bindings: Bindings; Variables: RequestVariables & { services: PageServices } }
export type PageContext = Context<PageEnvironment>

/** The tenant that is logged in, or null. */
export const tenantOf = (context: PageContext): string | null => context.get('identity')?.tenantId ?? null
