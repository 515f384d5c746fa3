/** Standard Webhooks: how messages in both directions are signed (github.com/standard-webhooks, spec `v1`). */

/** Seconds by which a message's timestamp may differ from ours. */
export const toleranceSeconds = 300

const encoder = new TextEncoder()
const secretPrefix = 'whsec_'

/** Raised for a signing secret of a shape that the scheme does not allow. */
export class SecretError extends Error {
  override name = 'SecretError'
}

/** A new secret: `whsec_` and 32 random bytes in base64. */
export function makeSecret(): string {
  return secretPrefix + btoa(String.fromCharCode(...crypto.getRandomValues(new Uint8Array(32))))
}

/** The 24 to 64 bytes of a `whsec_…` secret. Raises SecretError. */
export function secretBytes(secret: string): Uint8Array<ArrayBuffer> {
  const way = 'a Standard Webhooks secret is `whsec_` and base64 of 24 to 64 bytes; leave it out to have one made'
  let bytes: Uint8Array<ArrayBuffer>
  try {
    const base64 = secret.startsWith(secretPrefix) ? secret.slice(secretPrefix.length) : ''
    bytes = Uint8Array.from(atob(base64), (character) => character.charCodeAt(0))
  } catch {
    throw new SecretError(way)
  }
  if (bytes.length < 24 || bytes.length > 64) throw new SecretError(way)
  return bytes
}

/** An HMAC-SHA-256 key from raw bytes. */
export const hmacKey = (bytes: Uint8Array<ArrayBuffer>): Promise<CryptoKey> =>
  crypto.subtle.importKey('raw', bytes, { name: 'HMAC', hash: 'SHA-256' }, false, ['sign', 'verify'])

const signedText = (id: string, timestamp: number, body: string) => encoder.encode(`${id}.${timestamp}.${body}`)

/** `webhook-signature` by all secrets that count now (two during a rotation). `timestamp` is in seconds. */
export async function sign(secrets: string[], id: string, timestamp: number, body: string): Promise<string> {
  const signatures = secrets.map(async (secret) => {
    const bytes = await crypto.subtle.sign('HMAC', await hmacKey(secretBytes(secret)), signedText(id, timestamp, body))
    return `v1,${btoa(String.fromCharCode(...new Uint8Array(bytes)))}`
  })
  return (await Promise.all(signatures)).join(' ')
}

/** Whether any of the header's signatures fits any of the secrets; WebCrypto's `verify` compares in constant time. */
export async function verify(
  secrets: string[],
  id: string,
  timestamp: number,
  body: string,
  header: string,
): Promise<boolean> {
  const text = signedText(id, timestamp, body)
  for (const secret of secrets) {
    const key = await hmacKey(secretBytes(secret))
    for (const part of header.split(' ').slice(0, 10)) {
      const signature = /^v1,([A-Za-z0-9+/]{43}=)$/.exec(part)?.[1]
      if (signature === undefined) continue
      const bytes = Uint8Array.from(atob(signature), (character) => character.charCodeAt(0))
      if (await crypto.subtle.verify('HMAC', key, bytes, text)) return true
    }
  }
  return false
}
