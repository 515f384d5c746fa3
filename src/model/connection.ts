import { createHash } from 'node:crypto'
import type { Capabilities, DialectName } from '../../schema/capabilities.ts'
import type { Price, TargetLimits } from '../../schema/states.ts'
import { usualReasoningTags } from '../../schema/target.ts'

/** All that is needed to talk to a target. */
export interface TargetConnection {
  baseUrl: string
  model: string
  dialect: DialectName
  /** Bearer token; null where the server needs none. */
  apiKey: string | null
  limits: TargetLimits
  /** Tags whose content is reasoning, as `think`. */
  reasoningTags: string[]
  price: Price | null
  /** Null before the first probe. */
  capabilities: Capabilities | null
  /** Loopback and private addresses are allowed (local use). */
  allowPrivate: boolean
}

/** Sends one request; `fetch` in production. Must not follow redirects when told `redirect: 'manual'`. */
export type Transport = (url: string, init: RequestInit) => Promise<Response>

export const defaultTimeoutMs = 120_000
export const defaultMaxBatch = 64
/** Open connections that Cloudflare's edge allows an invocation. */
export const defaultMaxConnections = 6

/** Hex SHA-256 of a string's UTF-8. */
export const sha256 = (text: string): string => createHash('sha256').update(text).digest('hex')

/**
 * Names one state of one target: answers are reused only within it. A redeployment told by its id, a changed
 * model or server, other tags of reasoning (which is parted before an answer is kept), and another tenant all make
 * another revision.
 */
export function targetRevision(
  tenantId: string,
  connection: Pick<TargetConnection, 'baseUrl' | 'model' | 'dialect' | 'reasoningTags'>,
  fingerprint: string,
  deploymentId: string | null,
): string {
  const { baseUrl, model, dialect, reasoningTags } = connection
  // The usual tags are left out: stored answers are found by what was hashed before tags were.
  const tags = reasoningTags.join() === usualReasoningTags.join() ? [] : [reasoningTags]
  return sha256(JSON.stringify([tenantId, baseUrl, model, dialect, fingerprint, deploymentId, ...tags]))
}

/** The base URL without a trailing slash, query and fragment. */
export function trimmedBase(baseUrl: string): string {
  const url = new URL(baseUrl)
  return `${url.origin}${url.pathname.replace(/\/+$/, '')}`
}

/** Of the base URL that was asked for last: each request asks for the same again. */
let lastRoot = { baseUrl: '', root: '' }

/** Where `/chat/completions` hangs: a bare host gets `/v1`, any path stays as the user gave it. */
export function openaiRoot(baseUrl: string): string {
  if (lastRoot.baseUrl !== baseUrl) {
    const base = trimmedBase(baseUrl)
    lastRoot = { baseUrl, root: new URL(base).pathname === '/' ? `${base}/v1` : base }
  }
  return lastRoot.root
}

/** The server's own root, above `/v1`, where native endpoints hang. */
export const serverRoot = (baseUrl: string): string => trimmedBase(baseUrl).replace(/\/v1$/, '')
