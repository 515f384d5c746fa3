import type { MiddlewareHandler } from 'hono'
import { getCookie } from 'hono/cookie'
import type { Identity } from '../../schema/bindings.ts'
import { openDatabase } from '../store/database.ts'
import { findKey, touchKey } from '../store/keys.ts'
import { readSession, sessionCookie } from '../store/sessions.ts'
import type { ApiContext, ApiEnvironment } from './environment.ts'
import { ProblemError } from './problem.ts'

const safeMethods = new Set(['GET', 'HEAD', 'OPTIONS'])

/** The token of `Authorization: Bearer …`, or null. */
export function bearerToken(context: ApiContext): string | null {
  return /^Bearer ([!-~]{1,500})$/i.exec(context.req.header('authorization') ?? '')?.[1] ?? null
}

/** A page of ours sent this, as the browser says; a form on another site cannot forge these headers. */
function fromSameOrigin(context: ApiContext): boolean {
  const origin = context.req.header('origin')
  if (origin === undefined) return context.req.header('sec-fetch-site') === 'same-origin'
  return URL.canParse(origin) && new URL(origin).host === new URL(context.req.url).host
}

/**
 * Who asks: by `Authorization: Bearer ask_…`, else by the session cookie of the pages. Null for nobody we know.
 * What changes state by cookie must come from a page of ours; raises a 403 problem where it does not.
 */
export async function authenticate(context: ApiContext): Promise<Identity | null> {
  const token = bearerToken(context)
  const cookie = token === null ? getCookie(context, sessionCookie) : undefined
  if (token === null && cookie === undefined) return null
  const db = openDatabase(context.env.DB)
  const now = Date.now()
  if (token !== null) {
    const row = await findKey(db, token)
    if (!row) return null
    await touchKey(db, row, now)
    return { tenantId: row.tenantId, keyId: row.id }
  }
  const row = await readSession(context.env, db, cookie as string, now)
  if (!row) return null
  if (!safeMethods.has(context.req.method) && !fromSameOrigin(context)) {
    throw new ProblemError(
      'forbidden',
      'A session cookie counts for changes only from our own pages; send the API key as a bearer token instead.',
    )
  }
  return { tenantId: row.tenantId, keyId: row.id }
}

/** Leaves `identity` in the context for handlers and pages. */
export const identify: MiddlewareHandler<ApiEnvironment> = async function identify(context, next) {
  context.set('identity', await authenticate(context))
  await next()
}

/** The asking tenant; raises a 401 problem for nobody we know. */
export function requireIdentity(context: ApiContext): Identity {
  const identity = context.get('identity')
  if (identity) return identity
  const detail =
    bearerToken(context) === null
      ? 'Send an API key as `Authorization: Bearer ask_…`.'
      : 'This API key is unknown or revoked.'
  throw new ProblemError('unauthorized', detail, undefined, { 'www-authenticate': 'Bearer realm="assay"' })
}

/** Whether two secrets are equal, in time that tells nothing of where they differ (double HMAC under a random key). */
export async function equalSecrets(one: string, other: string): Promise<boolean> {
  const encoder = new TextEncoder()
  const algorithm = { name: 'HMAC', hash: 'SHA-256' }
  const key = await crypto.subtle.importKey('raw', crypto.getRandomValues(new Uint8Array(32)), algorithm, false, [
    'sign',
    'verify',
  ])
  const signature = await crypto.subtle.sign('HMAC', key, encoder.encode(one))
  return crypto.subtle.verify('HMAC', key, signature, encoder.encode(other))
}
