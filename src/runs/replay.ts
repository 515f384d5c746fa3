import type { AnyBenchmark, ItemBase, Outcome } from '../benchmarks/define.ts'
import { randomFrom } from '../methods/random.ts'
import type { TargetConnection } from '../model/connection.ts'
import type { EvidenceBook, Recorded } from '../model/evidence.ts'
import { createModel } from '../model/session.ts'
import type { RunRow } from '../store/runs.ts'
import type { ItemSource } from './items.ts'
import { openModels } from './models.ts'

/** A question and its answer; `role` null: of the run's own target. */
export interface Exchange extends Recorded {
  role: string | null
}

/** What one item was asked and answered, in the order in which it asked. */
export interface Replayed {
  exchanges: Exchange[]
  /** Null where an answer that the item needs was never had. */
  outcome: Outcome<unknown> | null
}

/** Evaluates items again from stored answers; the target is never asked. */
export function openReplay(
  run: Pick<RunRow, 'seed' | 'target' | 'roles'>,
  definition: AnyBenchmark,
  params: Record<string, unknown>,
  source: ItemSource,
) {
  return async (item: ItemBase, book: EvidenceBook): Promise<Replayed> => {
    const exchanges = new Map<string, Exchange>()
    const models = openModels(
      (role, part) => {
        const target = role === null ? run.target : (run.roles?.[role] ?? run.target)
        const session = createModel({
          target: unreachable(target),
          seed: run.seed,
          book: {
            get(key) {
              const found = part.get(key)
              if (found !== undefined) exchanges.set(`${role} ${key}`, { ...found, role })
              return found
            },
            put() {},
          },
        })
        return { session, price: null }
      },
      (definition.roles ?? []).filter((role) => run.roles?.[role] !== undefined),
      book,
    )
    // Closed before they are asked anything: what the book does not hold stays unanswered.
    models.close('cancelled', 'There is no stored answer to this question.')
    let outcome: Outcome<unknown> | null = null
    try {
      outcome = await definition.evaluate({
        item,
        ...models.forItem(item.id),
        retriever: source.retriever,
        params,
        random: randomFrom(run.seed, definition.id, item.id),
      })
    } catch {
      // What was asked before is still what the caller wants to see.
    }
    return { exchanges: [...exchanges.values()], outcome }
  }
}

/** A target as a run remembers it, of which nobody is asked. */
const unreachable = ({ model, dialect, capabilities }: RunRow['target']): TargetConnection => ({
  baseUrl: 'http://replay.invalid',
  model,
  dialect: dialect as TargetConnection['dialect'],
  apiKey: null,
  limits: {},
  reasoningTags: [],
  price: null,
  capabilities,
  allowPrivate: false,
})
