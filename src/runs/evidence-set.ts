import { sha256 } from '../model/connection.ts'

/** JSON with object keys in order, so that equal values give equal text. */
const ordered = (value: unknown): string =>
  JSON.stringify(value, (_, inner: unknown) =>
    inner !== null && typeof inner === 'object' && !Array.isArray(inner)
      ? Object.fromEntries(Object.entries(inner).sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0)))
      : inner,
  )

/**
 * Names the answers that a benchmark of a run may share with other runs: the hash of target revision, benchmark and
 * version, parameters, origin of the items, seed and slice length (a chunk's place), and the run itself where it asks
 * anew. The number of items is no part of it: answers are looked up by question, so a longer run of the same items
 * reuses a shorter one's.
 */
export const evidenceSet = (parts: {
  targetRevision: string
  benchmarkId: string
  version: number
  params: unknown
  /** SHA-256 of a dataset's items, or null for items made from the seed. */
  itemsSha256: string | null
  seed: number
  shardSize: number
  /** Revisions of the other targets that the benchmark asks, by role. */
  roles: Record<string, string>
  /** The run, where it asks anew. */
  freshRunId: string | null
}): string => sha256(ordered(parts))
