import { env } from 'cloudflare:workers'
import type { QueueMessage } from '../../schema/bindings.ts'
import { createApi } from '../../src/api/app.ts'
import { workOn } from '../../src/runs/work.ts'
import { modelKey, modelUrl } from './model-server.ts'

const api = createApi()

/** Takes messages and wakes nobody: a test says itself when work is done (`workOff`). */
export const quietQueue = { send: async () => {}, sendBatch: async () => {} } as unknown as Queue<QueueMessage>
export const quietEnv = { ...env, QUEUE: quietQueue }
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
  const response = await api.request(`https://assay.test${path}`, init, { ...quietEnv, ...options.bindings })
  const text = new TextDecoder().decode(await response.arrayBuffer())
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

/** Works on a run until it has ended, as the queue's workers would. */
export async function workOff(runId: string): Promise<void> {
  for (let turn = 0; turn < 100; turn++) {
    await workOn(quietEnv, runId)
    const row = await env.DB.prepare('select finished_at as at from runs where id = ?')
      .bind(runId)
      .first<{ at: number }>()
    if (row?.at) return
  }
  throw new Error(`${runId} does not end`)
}

/** A tenant with a probed target on the test server; call `serveHosts` first. */
export async function newTenantWithTarget(name = 'tenant') {
  const tenant = await newTenant(name)
  const made = await tenant.send('POST', '/v1/targets', {
    body: { name: 'Test model', baseUrl: modelUrl, model: 'test-model', dialect: 'vllm', apiKey: modelKey },
  })
  if (made.status !== 201) throw new Error(`no target: ${made.text}`)
  return { ...tenant, targetId: made.body.id as string }
}
