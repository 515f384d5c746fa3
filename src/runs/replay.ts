import type { AnyBenchmark, ItemBase, Outcome } from '../benchmarks/define.ts'
import { randomFrom } from '../methods/random.ts'
import type { EvidenceBook, Recorded } from '../model/evidence.ts'
import { createModel } from '../model/session.ts'
import type { RunRow } from '../store/runs.ts'
import type { ItemSource } from './items.ts'

/** What one item was asked and answered, in the order in which it asked. */
export interface Replayed {
  exchanges: Recorded[]
  /** Null where an answer that the item needs was never had. */
  outcome: Outcome<unknown> | null
}

/** Evaluates items again from stored answers; the target is never asked. */
export function openReplay(
  run: Pick<RunRow, 'seed' | 'target'>,
  definition: AnyBenchmark,
  params: Record<string, unknown>,
  source: ItemSource,
) {
  const { model, dialect, capabilities } = run.target
  return async (item: ItemBase, book: EvidenceBook): Promise<Replayed> => {
    const exchanges = new Map<string, Recorded>()
    const session = createModel({
      target: {
        baseUrl: 'http://replay.invalid',
        model,
        dialect: dialect as Parameters<typeof createModel>[0]['target']['dialect'],
        apiKey: null,
        limits: {},
        reasoningTags: [],
        price: null,
        capabilities,
        allowPrivate: false,
      },
      seed: run.seed,
      book: {
        get(key) {
          const found = book.get(key)
          if (found !== undefined) exchanges.set(key, found)
          return found
        },
        put() {},
      },
    })
    // Closed before it is asked anything: what the book does not hold stays unanswered.
    session.close('cancelled', 'There is no stored answer to this question.')
    let outcome: Outcome<unknown> | null = null
    try {
      outcome = await definition.evaluate({
        item,
        target: session.forItem(item.id),
        roles: {},
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
