import { promisify } from 'node:util'
import { gunzip, gzip } from 'node:zlib'
import type { R2Bucket } from '@cloudflare/workers-types'
import { ulid } from 'ulid'

/** One answered question, as a line of a chunk. */
export interface EvidenceRecord {
  /** Hash of the question, the seed of its samples included. */
  key: string
  question: unknown
  answer: unknown
}

const zip = promisify(gzip)
const unzip = promisify(gunzip)

/** Where a shard's chunks lie. Sets are hashes, tenants prefixed ULIDs: neither holds a slash. */
export const evidencePrefix = (tenantId: string, set: string, shardIndex: number): string =>
  `evidence/${tenantId}/${set}/${shardIndex}/`

/**
 * Stores answered questions as one new gzip JSONL chunk. Chunks are never overwritten, so a worker that lost its
 * lease can only add answers, never take some away.
 */
export async function writeEvidence(
  bucket: R2Bucket,
  tenantId: string,
  set: string,
  shardIndex: number,
  lines: readonly string[],
): Promise<void> {
  if (lines.length === 0) return
  const body = await zip(`${lines.join('\n')}\n`, { level: 1 })
  await bucket.put(`${evidencePrefix(tenantId, set, shardIndex)}${ulid()}`, body, {
    httpMetadata: { contentType: 'application/gzip' },
  })
}

/** Shards of which a set holds answers: one listing for many shards. */
export async function shardsWithEvidence(bucket: R2Bucket, tenantId: string, set: string): Promise<Set<number>> {
  const prefix = `evidence/${tenantId}/${set}/`
  const found = new Set<number>()
  let cursor: string | undefined
  do {
    const listed = await bucket.list({ prefix, delimiter: '/', cursor })
    for (const folder of listed.delimitedPrefixes) found.add(Number.parseInt(folder.slice(prefix.length), 10))
    cursor = listed.truncated ? listed.cursor : undefined
  } while (cursor !== undefined)
  return found
}

/**
 * All answered questions of a shard, oldest chunk first. A chunk or line that cannot be read is left out: its
 * questions are then asked anew.
 */
export async function* readEvidence(
  bucket: R2Bucket,
  tenantId: string,
  set: string,
  shardIndex: number,
): AsyncIterable<EvidenceRecord> {
  let cursor: string | undefined
  do {
    const listed = await bucket.list({ prefix: evidencePrefix(tenantId, set, shardIndex), cursor })
    for (const { key } of listed.objects) {
      const stored = await bucket.get(key)
      if (stored === null) continue
      yield* await recordsOf(await stored.arrayBuffer())
    }
    cursor = listed.truncated ? listed.cursor : undefined
  } while (cursor !== undefined)
}

async function recordsOf(body: ArrayBuffer): Promise<EvidenceRecord[]> {
  let text: string
  try {
    text = (await unzip(body)).toString('utf8')
  } catch {
    return []
  }
  const records: EvidenceRecord[] = []
  for (const line of text.split('\n')) {
    if (line === '') continue
    try {
      const record = JSON.parse(line) as EvidenceRecord
      if (typeof record.key === 'string') records.push(record)
    } catch {
      // A line cut short: left out.
    }
  }
  return records
}
