import { env } from 'cloudflare:workers'
import { createApi } from '../../src/api/app.ts'

const api = createApi()
export const bootstrapSecret = 'bootstrap-secret-of-the-tests'

// biome-ignore lint/suspicious/noExplicitAny: answers of any route
type Json = any

/** What an answer came to; `body` is parsed where it is JSON. */
export interface Answer {
  status: number
  headers: Headers
  body: Json
  text: string
}

/** Sends one request to the API as production serves it. A plain object becomes a JSON body. */
export async function send(
  method: string,
  path: string,
  options: { key?: string | null; body?: unknown; headers?: Record<string, string>; bindings?: object } = {},
): Promise<Answer> {
  const headers = new Headers(options.headers)
  if (options.key) headers.set('authorization', `Bearer ${options.key}`)
  const raw =
    options.body === undefined ||
    typeof options.body === 'string' ||
    options.body instanceof FormData ||
    options.body instanceof URLSearchParams ||
    options.body instanceof ReadableStream
  if (!raw) headers.set('content-type', 'application/json')
  const body = (raw ? options.body : JSON.stringify(options.body)) as BodyInit | undefined
  const init: RequestInit = { method, headers, ...(body === undefined ? {} : { body }) }
  const response = await api.request(`https://assay.test${path}`, init, { ...env, ...options.bindings })
  const text = await response.text()
  const json =
    /json/.test(response.headers.get('content-type') ?? '') &&
    !/ndjson|jsonl/.test(response.headers.get('content-type') ?? '')
  return { status: response.status, headers: response.headers, body: json && text ? JSON.parse(text) : null, text }
}

/** A new tenant's first key, and requests with it. */
export async function newTenant(name = 'tenant') {
  const made = await send('POST', '/v1/keys', { key: bootstrapSecret, body: { tenant: name } })
  if (made.status !== 201) throw new Error(`no key: ${made.text}`)
  const { key, tenantId, id } = made.body as { key: string; tenantId: string; id: string }
  return {
    key,
    keyId: id,
    tenantId,
    send: (method: string, path: string, options: Parameters<typeof send>[2] = {}) =>
      send(method, path, { key, ...options }),
  }
}
