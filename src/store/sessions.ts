import type { Bindings } from '../../schema/bindings.ts'
import type { Database } from './database.ts'
import { findKeyById, type KeyRow } from './keys.ts'
import { SealError, sessionKey } from './seal.ts'

/** Name of the cookie that pages and event streams accept. */
export const sessionCookie = 'assay_session'
export const sessionSeconds = 7 * 24 * 3600

const encoder = new TextEncoder()
const base64url = (bytes: ArrayBuffer) =>
  btoa(String.fromCharCode(...new Uint8Array(bytes)))
    .replaceAll('+', '-')
    .replaceAll('/', '_')
    .replaceAll('=', '')

function fromBase64url(text: string): Uint8Array<ArrayBuffer> | null {
  try {
    const base64 = text.replaceAll('-', '+').replaceAll('_', '/')
    return Uint8Array.from(atob(base64), (character) => character.charCodeAt(0))
  } catch {
    return null
  }
}

/** A cookie value bound to one key: its id, an expiry, and their HMAC. Raises SealError without ENCRYPTION_KEY. */
export async function makeSession(env: Bindings, keyId: string, now: number): Promise<string> {
  const text = `${keyId}.${Math.floor(now / 1000) + sessionSeconds}`
  const signature = await crypto.subtle.sign('HMAC', await sessionKey(env), encoder.encode(text))
  return `${text}.${base64url(signature)}`
}

/** The unrevoked key that a cookie value stands for; null where it is forged, expired, or its key is revoked. */
export async function readSession(env: Bindings, db: Database, value: string, now: number): Promise<KeyRow | null> {
  const match = /^(key_\w{1,40})\.(\d{1,12})\.([\w-]{20,100})$/.exec(value)
  if (!match) return null
  const [, keyId, expires, signature] = match as unknown as [string, string, string, string]
  const bytes = fromBase64url(signature)
  if (!bytes || Number(expires) * 1000 <= now) return null
  try {
    const text = encoder.encode(`${keyId}.${expires}`)
    if (!(await crypto.subtle.verify('HMAC', await sessionKey(env), bytes, text))) return null
  } catch (error) {
    if (error instanceof SealError) return null
    throw error
  }
  return findKeyById(db, keyId)
}
