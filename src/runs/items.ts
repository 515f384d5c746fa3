import type { AnyBenchmark, ItemBase } from '../benchmarks/define.ts'
import { randomFrom } from '../methods/random.ts'
import { buildBm25 } from '../methods/text/bm25.ts'
import type { Retriever } from '../model/model.ts'
import type { Database } from '../store/database.ts'
import { pageItems } from '../store/datasets.ts'
import type { RunBenchmarkRow } from '../store/runs.ts'

/** The items of one benchmark of a run, and what they are looked up in. */
export interface ItemSource {
  /** Items from ≤ i < to; undefined where the benchmark has fewer. */
  slice(from: number, to: number): Promise<(ItemBase | undefined)[]>
  /** Over the benchmark's own passages; null where it has none. */
  readonly retriever: Retriever | null
}

/**
 * Opens the items of a run benchmark: made from the run's seed (once, however often slices are asked for), or read
 * from a dataset. An uploaded item that the benchmark no longer understands is undefined.
 */
export function openItems(
  db: Database,
  benchmark: AnyBenchmark,
  row: Pick<RunBenchmarkRow, 'datasetId' | 'size' | 'params'>,
  seed: number,
): ItemSource {
  const { datasetId, size, params } = row
  let made: ItemBase[] | undefined
  let retriever: Retriever | null | undefined
  return {
    async slice(from, to) {
      if (datasetId === null) {
        made ??= benchmark.builtin?.(randomFrom(seed, benchmark.id, 'items'), size, params) ?? []
        const own = made
        return Array.from({ length: to - from }, (_, place) => own[from + place])
      }
      const read = new Map<number, ItemBase>()
      for (const { index, body } of await pageItems(db, datasetId, from, to - from)) {
        const parsed = benchmark.item.safeParse(JSON.parse(body))
        if (parsed.success) read.set(index, parsed.data as ItemBase)
      }
      return Array.from({ length: to - from }, (_, place) => read.get(from + place))
    },
    get retriever() {
      retriever ??= benchmark.corpus
        ? retrieverOver(benchmark.corpus(randomFrom(seed, benchmark.id, 'corpus'), size, params))
        : null
      return retriever
    },
  }
}

function retrieverOver(passages: Parameters<typeof buildBm25>[0]): Retriever {
  const index = buildBm25(passages)
  return {
    search: async (query, k) =>
      index.search(query, k).map(({ passage, score }) => ({ ...passage, title: passage.title ?? '', score })),
  }
}
