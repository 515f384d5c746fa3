import type { EvidenceBook, Recorded } from '../model/evidence.ts'
import type { EvidenceRecord } from '../store/evidence.ts'

/** The answers of one shard: those already stored, and new ones on their way to storage. */
export interface ShardBook extends EvidenceBook {
  /** New answers since the last call, as lines of a chunk. */
  takeLines(): string[]
}

/** A book that begins with what storage holds. */
export async function openBook(stored: AsyncIterable<EvidenceRecord> | Iterable<EvidenceRecord>): Promise<ShardBook> {
  const known = new Map<string, Recorded>()
  for await (const { key, question, answer } of stored) known.set(key, { question, answer } as Recorded)
  let lines: string[] = []
  return {
    get: (key) => known.get(key),
    put(key, question, answer) {
      known.set(key, { question, answer })
      lines.push(JSON.stringify({ key, question, answer } satisfies EvidenceRecord))
    },
    takeLines() {
      const taken = lines
      lines = []
      return taken
    },
  }
}

/** The part of a book that holds the answers of the target with this role: two targets may be asked the same. */
export const bookOfRole = (book: EvidenceBook, role: string): EvidenceBook => ({
  get: (key) => book.get(`${role}:${key}`),
  put: (key, question, answer) => book.put(`${role}:${key}`, question, answer),
})
