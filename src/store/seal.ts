import type { Bindings } from '../../schema/bindings.ts'

/** Raised where a secret must be sealed or a session signed and the Worker has no usable ENCRYPTION_KEY. */
export class SealError extends Error {
  override name = 'SealError'
}

const encoder = new TextEncoder()
const fromBase64 = (text: string) => Uint8Array.from(atob(text), (character) => character.charCodeAt(0))
const toBase64 = (bytes: Uint8Array) => btoa(String.fromCharCode(...bytes))

/** The 32 bytes of ENCRYPTION_KEY. Raises SealError where it is missing or of another length. */
function masterKey(env: Pick<Bindings, 'ENCRYPTION_KEY'>): Uint8Array<ArrayBuffer> {
  const way = 'set it to 32 random bytes in base64: `openssl rand -base64 32 | wrangler secret put ENCRYPTION_KEY`'
  if (!env.ENCRYPTION_KEY) throw new SealError(`ENCRYPTION_KEY is not set; ${way}`)
  let bytes: Uint8Array<ArrayBuffer>
  try {
    bytes = fromBase64(env.ENCRYPTION_KEY)
  } catch {
    throw new SealError(`ENCRYPTION_KEY is no base64; ${way}`)
  }
  if (bytes.length !== 32) throw new SealError(`ENCRYPTION_KEY has ${bytes.length} bytes instead of 32; ${way}`)
  return bytes
}

/** One key per purpose from the master key (HKDF-SHA-256, RFC 5869), so that no key serves two ends. */
async function derivedKey<Algorithm extends AesKeyGenParams | HmacKeyGenParams>(
  env: Pick<Bindings, 'ENCRYPTION_KEY'>,
  purpose: string,
  algorithm: Algorithm,
  usages: KeyUsage[],
): Promise<CryptoKey> {
  const material = await crypto.subtle.importKey('raw', masterKey(env), 'HKDF', false, ['deriveKey'])
  const parameters = { name: 'HKDF', hash: 'SHA-256', salt: new Uint8Array(), info: encoder.encode(purpose) }
  return crypto.subtle.deriveKey(parameters, material, algorithm, false, usages)
}

const sealingKey = (env: Pick<Bindings, 'ENCRYPTION_KEY'>) =>
  derivedKey(env, 'assay/seal/1', { name: 'AES-GCM', length: 256 }, ['encrypt', 'decrypt'])

/** The HMAC-SHA-256 key that signs page sessions. Raises SealError. */
export const sessionKey = (env: Pick<Bindings, 'ENCRYPTION_KEY'>): Promise<CryptoKey> =>
  derivedKey(env, 'assay/session/1', { name: 'HMAC', hash: 'SHA-256', length: 256 }, ['sign', 'verify'])

/** AES-256-GCM under ENCRYPTION_KEY; base64 of 12 bytes of nonce and the sealed text. Raises SealError. */
export async function sealSecret(env: Pick<Bindings, 'ENCRYPTION_KEY'>, text: string): Promise<string> {
  const iv = crypto.getRandomValues(new Uint8Array(12))
  const sealed = await crypto.subtle.encrypt({ name: 'AES-GCM', iv }, await sealingKey(env), encoder.encode(text))
  const bytes = new Uint8Array(iv.length + sealed.byteLength)
  bytes.set(iv)
  bytes.set(new Uint8Array(sealed), iv.length)
  return toBase64(bytes)
}

/** What `sealSecret` sealed. Raises SealError where the key has changed since or the text was tampered with. */
export async function openSecret(env: Pick<Bindings, 'ENCRYPTION_KEY'>, sealed: string): Promise<string> {
  const bytes = fromBase64(sealed)
  const key = await sealingKey(env)
  try {
    const parameters = { name: 'AES-GCM', iv: bytes.subarray(0, 12) }
    return new TextDecoder().decode(await crypto.subtle.decrypt(parameters, key, bytes.subarray(12)))
  } catch {
    throw new SealError(
      'a stored secret does not open with this ENCRYPTION_KEY; restore the key, or set the secret again',
    )
  }
}
