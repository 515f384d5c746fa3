import type { Price } from '../../schema/states.ts'
import type { EvidenceBook } from '../model/evidence.ts'
import type { Model } from '../model/model.ts'
import type { ModelSession } from '../model/session.ts'
import { type Cost, microUsd } from '../model/spend.ts'
import { newId } from '../store/database.ts'
import type { UsageRow } from '../store/usage.ts'
import { bookOfRole } from './book.ts'

/** What a session, or several, have used. */
export interface Used extends Cost {
  requests: number
  retries: number
  throttled: number
  reused: number
  /** Null where a price is unknown. */
  microUsd: number | null
}

/** The run's target and those with roles, opened for one shard: its answers gather in one book. */
export interface Models {
  readonly used: Used
  /** The ports for one item. */
  forItem(itemId: string): { target: Model; roles: Record<string, Model> }
  close(kind: 'cancelled' | 'lease_ending', message: string): void
  windDown(message: string): void
}

/** Opens a session on a target with this book; `role` null: the run's own. */
export type OpenSession = (role: string | null, book: EvidenceBook) => { session: ModelSession; price: Price | null }

/** The sessions of one shard, for its benchmark's roles as far as the run has targets for them. */
export function openModels(open: OpenSession, roles: readonly string[], book: EvidenceBook): Models {
  const own = open(null, book)
  const others = roles.map((role) => ({ role, ...open(role, bookOfRole(book, role)) }))
  const all = [own, ...others]
  return {
    get used() {
      return total(all)
    },
    forItem: (itemId) => ({
      target: own.session.forItem(itemId),
      roles: Object.fromEntries(others.map(({ role, session }) => [role, session.forItem(itemId)])),
    }),
    close(kind, message) {
      for (const { session } of all) session.close(kind, message)
    },
    windDown(message) {
      for (const { session } of all) session.windDown(message)
    },
  }
}

/** What sessions have used together. */
export function total(opened: readonly { session: Pick<ModelSession, 'usage'>; price: Price | null }[]): Used {
  const sum: Used = {
    calls: 0,
    requests: 0,
    retries: 0,
    throttled: 0,
    reused: 0,
    promptTokens: 0,
    completionTokens: 0,
    microUsd: 0,
  }
  for (const { session, price } of opened) {
    const { usage } = session
    sum.calls += usage.calls
    sum.requests += usage.requests
    sum.retries += usage.retries
    sum.throttled += usage.throttled
    sum.reused += usage.reused
    sum.promptTokens += usage.promptTokens
    sum.completionTokens += usage.completionTokens
    const cost = microUsd(usage, price)
    sum.microUsd = cost === null || sum.microUsd === null ? null : sum.microUsd + cost
  }
  return sum
}

/** A row of what was used since `before`. */
export function usageRow(
  run: { id: string; tenantId: string },
  runBenchmarkId: string,
  used: Used,
  before?: Used,
): UsageRow {
  const row = {
    id: newId('use'),
    tenantId: run.tenantId,
    runId: run.id,
    runBenchmarkId,
    ...used,
    createdAt: Date.now(),
  } satisfies UsageRow
  if (before === undefined) return row
  row.calls -= before.calls
  row.requests -= before.requests
  row.retries -= before.retries
  row.throttled -= before.throttled
  row.reused -= before.reused
  row.promptTokens -= before.promptTokens
  row.completionTokens -= before.completionTokens
  if (used.microUsd !== null) row.microUsd = used.microUsd - (before.microUsd ?? 0)
  return row
}
