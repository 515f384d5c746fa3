import type { AnyBenchmark, ItemBase } from '../benchmarks/define.ts'
import { type Random, randomFrom } from '../methods/random.ts'
import type { ModelError } from '../model/errors.ts'
import type { RunBenchmarkRow, ShardRow } from '../store/runs.ts'
import type { NewScore } from '../store/scores.ts'
import type { ShardBook } from './book.ts'
import type { ItemSource } from './items.ts'
import type { Models } from './models.ts'
import { errorRow, judgeFailure, outcomeRow } from './outcome.ts'

interface Open {
  index: number
  item: ItemBase
}

/** A shard being worked on: its items begin one by one, at the worker's pace, and their rows gather until committed. */
export interface ShardWork {
  readonly row: ShardRow
  readonly benchmark: RunBenchmarkRow
  readonly book: ShardBook
  readonly models: Models
  /** Items not begun. */
  readonly waiting: number
  /** Items begun and not ended. */
  readonly running: number
  /** Rows were made since it was taken. */
  readonly progressed: boolean
  /** Items that found nobody at the other end. */
  readonly unreachable: number
  /** Why items that have no row were left, if some were. */
  readonly left: ModelError | null
  /** Begins the next item; ends when the item has ended. Never raises. */
  begin(): Promise<void>
  /** Puts the items that found nobody back in line. */
  again(): void
  /** Makes rows of the items that found nobody. */
  giveUp(): void
  takeRows(): NewScore[]
  /** Called off: no row of it may be committed any more. */
  dropped: boolean
}

export interface ShardParts {
  row: ShardRow
  benchmark: RunBenchmarkRow
  definition: AnyBenchmark
  source: ItemSource
  items: (ItemBase | undefined)[]
  /** Indexes that have their row. */
  scored: ReadonlySet<number>
  book: ShardBook
  models: Models
  seed: number
  /** An error that ends the whole run. */
  onStop: (error: ModelError) => void
}

/** Opens a taken shard. Items that have their row are passed over; items that do not exist get an error row. */
export function openShard(parts: ShardParts): ShardWork {
  const { row, definition, source, models, seed, book } = parts
  const { params } = parts.benchmark
  let line: Open[] = []
  let next = 0
  let running = 0
  let progressed = false
  let nobody: (Open & { error: ModelError })[] = []
  let openError: ModelError | null = null
  let rows: NewScore[] = []
  const place = (index: number) => ({ shardId: row.id, itemIndex: index })
  const add = (score: NewScore) => {
    progressed = true
    rows.push(score)
  }
  parts.items.forEach((item, offset) => {
    const index = row.fromIndex + offset
    if (parts.scored.has(index)) return
    if (item !== undefined) line.push({ index, item })
    else add(errorRow(place(index), undefined, 'no_item', 'The benchmark has no item at this place.'))
  })

  async function evaluate({ index, item }: Open): Promise<void> {
    try {
      let random: Random | undefined
      const outcome = await definition.evaluate({
        item,
        ...models.forItem(item.id),
        retriever: source.retriever,
        params,
        // Most benchmarks draw nothing.
        get random() {
          random ??= randomFrom(seed, definition.id, item.id)
          return random
        },
      })
      add(outcomeRow(place(index), definition, item, outcome))
    } catch (error) {
      const failure = judgeFailure(place(index), item, error)
      if (failure.kind === 'row') add(failure.row)
      else {
        if (failure.kind === 'unreachable') nobody.push({ index, item, error: failure.error })
        else openError = failure.error
        if (failure.kind === 'stop') parts.onStop(failure.error)
      }
    }
  }

  return {
    row,
    benchmark: parts.benchmark,
    book,
    models,
    get waiting() {
      return line.length - next
    },
    get running() {
      return running
    },
    get progressed() {
      return progressed
    },
    get unreachable() {
      return nobody.length
    },
    get left() {
      return openError ?? nobody[0]?.error ?? null
    },
    async begin() {
      const open = line[next++]
      if (open === undefined) return
      running++
      await evaluate(open)
      running--
    },
    again() {
      line = nobody
      next = 0
      nobody = []
    },
    giveUp() {
      for (const { index, item, error } of nobody) add(errorRow(place(index), item, error.kind, error.message))
      nobody = []
    },
    takeRows() {
      const taken = rows
      rows = []
      return taken
    },
    dropped: false,
  }
}
