import type { D1Database, Fetcher, Queue, R2Bucket, RateLimit } from '@cloudflare/workers-types'

/** A wake-up. D1 is the truth: a lost or repeated message changes nothing. */
export type QueueMessage = { kind: 'work'; runId: string } | { kind: 'deliver'; deliveryId: string }

/** What wrangler.toml binds to the Worker. Vars are strings, and may be missing. */
export interface Bindings {
  DB: D1Database
  EVIDENCE: R2Bucket
  QUEUE: Queue<QueueMessage>
  ASSETS: Fetcher
  /** Flood guards, by client address and by key; taken out of wrangler.toml: everybody may send as much as they like. */
  ADDRESS_LIMIT?: RateLimit
  KEY_LIMIT?: RateLimit
  /** Lets POST /v1/keys make the first key; unset: that door is shut. */
  BOOTSTRAP_SECRET?: string
  /** 32 bytes, base64: seals provider keys and hook secrets; signs page cookies. */
  ENCRYPTION_KEY?: string
  /** 'true': targets and callbacks may be loopback or private addresses. */
  ALLOW_PRIVATE_TARGETS?: string
  /** Open connections per invocation: 6 on Cloudflare's edge (the default), more where the runtime allows. */
  MAX_CONNECTIONS?: string
  /** Where people reach this Worker, as `https://assay.example.com`: outbound messages then carry links. */
  PUBLIC_URL?: string
}

/** Who asks: a tenant, by one of its keys. */
export interface Identity {
  tenantId: string
  keyId: string
}

/** What the first middleware leaves for handlers and pages. `identity` is null for somebody unknown. */
export interface RequestVariables {
  requestId: string
  identity: Identity | null
}
