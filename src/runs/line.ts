/** What waits in a line: something of a benchmark, with items that have not begun. */
interface Waiting {
  readonly benchmark: { readonly id: string }
  readonly waiting: number
}

/** Who begins the next item: benchmarks in turn. */
export interface Line<Work extends Waiting> {
  add(work: Work): void
  remove(work: Work): void
  /** The next with an item to begin that `may`; of each benchmark the first that was added. */
  next(may: (work: Work) => boolean): Work | undefined
}

/**
 * An empty line. Of one benchmark one shard is emptied before the next is begun: answers lie in few chunks, and leases
 * end early.
 */
export function createLine<Work extends Waiting>(): Line<Work> {
  const lines = new Map<string, Work[]>()
  return {
    add(work) {
      const line = lines.get(work.benchmark.id)
      if (line === undefined) lines.set(work.benchmark.id, [work])
      else line.push(work)
    },
    remove(work) {
      const line = lines.get(work.benchmark.id) ?? []
      const place = line.indexOf(work)
      if (place >= 0) line.splice(place, 1)
      if (line.length === 0) lines.delete(work.benchmark.id)
    },
    next(may) {
      for (const [benchmarkId, line] of lines) {
        const work = line.find((one) => one.waiting > 0 && may(one))
        if (work === undefined) continue
        lines.delete(benchmarkId)
        lines.set(benchmarkId, line)
        return work
      }
      return undefined
    },
  }
}
