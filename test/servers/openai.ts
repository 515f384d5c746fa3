import { createHash } from 'node:crypto'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { pathToFileURL } from 'node:url'
import { parseArgs } from 'node:util'
import { ApiError, type Asked, answer } from './answers.ts'
import { createStats, drawFault, type FaultRates, rateLimiter } from './faults.ts'
import { defaultSettings, type ServerSettings } from './in-process.ts'

/**
 * A deterministic OpenAI-compatible server without a model, for tests, benches and fault trials:
 * `node test/servers/openai.ts --port 0 --latency 50 --seed 1 --fail-rate 0.1 --dialect vllm`.
 * Chat, completions (lists, n, echo, log-probabilities), embeddings, models; `GET /stats`, `POST /reset`.
 */

export interface ServerOptions extends Partial<FaultRates> {
  /** 0: any free port. */
  port?: number
  /** Milliseconds before each answer. */
  latency?: number
  seed?: number
  /** `vllm` adds prompt_logprobs, continued replies, /tokenize and /version; `assay` the GPU backend's own surface. */
  dialect?: 'openai' | 'vllm' | 'assay'
  model?: string
  /** Requests a second before 429 with Retry-After; 0: no limit. */
  rateLimit?: number
  /** Most requests worked on at once before 429; 0: no limit. */
  concurrency?: number
  apiKey?: string | null
  /** Share of sums answered right. */
  accuracy?: number
  contextLength?: number
}

export interface TestServer {
  /** With `/v1`. */
  url: string
  port: number
  stats(): ReturnType<ReturnType<typeof createStats>['report']>
  reset(): void
  /** Changes faults and limits of the running server. */
  change(options: Partial<FaultRates> & { latency?: number }): void
  close(): Promise<void>
}

const json = { 'content-type': 'application/json' }

/** Starts a server on 127.0.0.1. */
export async function startServer(options: ServerOptions = {}): Promise<TestServer> {
  const settings: ServerSettings = { ...defaultSettings, ...options }
  const stats = createStats()
  const limiter = rateLimiter(settings.rateLimit)
  let working = 0

  const send = (response: ServerResponse, status: number, body: unknown, headers: Record<string, string> = {}) => {
    const text = typeof body === 'string' ? body : JSON.stringify(body)
    stats.counts.statuses[status] = (stats.counts.statuses[status] ?? 0) + 1
    response.writeHead(status, { ...json, 'content-length': Buffer.byteLength(text), ...headers })
    response.end(text)
  }
  const sendError = (response: ServerResponse, error: ApiError) =>
    send(
      response,
      error.status,
      { error: { message: error.message, type: error.code, code: error.code } },
      error.headers,
    )

  async function handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const cameAt = performance.now()
    const path = (request.url ?? '/').split('?')[0] as string
    if (path === '/stats') return send(response, 200, stats.report())
    if (path === '/reset' && request.method === 'POST') {
      stats.reset()
      limiter.reset()
      return send(response, 200, {})
    }
    const body = request.method === 'POST' ? await read(request) : ''
    const { counts } = stats
    counts.requests++
    counts.paths[path] = (counts.paths[path] ?? 0) + 1
    if (settings.apiKey !== null && request.headers.authorization !== `Bearer ${settings.apiKey}`)
      return sendError(response, new ApiError(401, 'invalid_api_key', 'Incorrect API key provided.'))
    counts.inFlight++
    counts.maxInFlight = Math.max(counts.maxInFlight, counts.inFlight)
    let left = false
    const leave = () => {
      if (left) return
      left = true
      counts.inFlight--
      working--
    }
    working++
    response.on('close', leave)
    const tooMany = settings.concurrency > 0 && working > settings.concurrency
    const wait = tooMany ? 50 : limiter.take(Date.now())
    if (wait !== null) {
      const headers = { 'retry-after': String(Math.ceil(wait / 1000)), 'retry-after-ms': String(wait) }
      return sendError(response, new ApiError(429, 'rate_limit_exceeded', 'Rate limit reached.', headers))
    }
    const bodyHash = createHash('sha256').update(body).digest('base64')
    const attempt = stats.receive(path + bodyHash)
    const fault = request.method === 'POST' ? drawFault(settings, path, bodyHash, attempt, settings.seed) : null
    if (fault !== null) counts.faults[fault] = (counts.faults[fault] ?? 0) + 1
    if (fault === 'hang') return
    // From the request's arrival on: Node's timers are late by a millisecond or two already.
    if (settings.latency > 0)
      await new Promise((resolve) => setTimeout(resolve, settings.latency - (performance.now() - cameAt)))
    if (fault === 'drop') return void response.destroy()
    if (fault === 'fail') return sendError(response, new ApiError(500, 'server_error', 'The server had an error.'))
    try {
      const asked: Asked = { method: request.method ?? 'GET', path, body: body === '' ? null : parse(body) }
      const answered = answer(asked, settings)
      const text = JSON.stringify(answered.body)
      if (fault === 'broken') return send(response, 200, text.slice(0, Math.floor(text.length / 2)))
      if (fault === 'truncated') {
        response.writeHead(200, { ...json, 'content-length': Buffer.byteLength(text) })
        response.write(text.slice(0, Math.floor(text.length / 2)), () => response.destroy())
        return
      }
      counts.answers += answered.answers
      for (const prompt of answered.prompts) stats.prompt(prompt)
      stats.answered(path + bodyHash)
      send(response, 200, text)
    } catch (error) {
      sendError(response, error instanceof ApiError ? error : new ApiError(500, 'server_error', String(error)))
    }
  }

  const server = createServer((request, response) => {
    handle(request, response).catch(() => response.destroy())
  })
  server.keepAliveTimeout = 30_000
  await new Promise<void>((resolve) => server.listen(settings.port, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  return {
    url: `http://127.0.0.1:${port}/v1`,
    port,
    stats: () => stats.report(),
    reset: () => {
      stats.reset()
      limiter.reset()
    },
    change: (changed) => void Object.assign(settings, changed),
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve())
        server.closeAllConnections()
      }),
  }
}

function parse(body: string): unknown {
  try {
    return JSON.parse(body)
  } catch {
    throw new ApiError(400, 'invalid_request_error', 'The body is no JSON.')
  }
}

function read(request: IncomingMessage): Promise<string> {
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = []
    request.on('data', (chunk: Buffer) => chunks.push(chunk))
    request.on('end', () => resolve((chunks.length === 1 ? (chunks[0] as Buffer) : Buffer.concat(chunks)).toString()))
    request.on('error', reject)
  })
}

const number = (text: string | undefined, otherwise: number): number => {
  const value = text === undefined ? otherwise : Number(text)
  if (!Number.isFinite(value)) throw new RangeError(`${text} is no number.`)
  return value
}

async function main(): Promise<void> {
  const text = { type: 'string' } as const
  const { values } = parseArgs({
    options: {
      port: text,
      latency: text,
      seed: text,
      dialect: text,
      model: text,
      'rate-limit': text,
      concurrency: text,
      'api-key': text,
      accuracy: text,
      'fail-rate': text,
      'hang-rate': text,
      'malformed-rate': text,
      'drop-rate': text,
    },
  })
  const server = await startServer({
    port: number(values.port, 0),
    latency: number(values.latency, 0),
    seed: number(values.seed, 0),
    dialect: values.dialect === 'openai' || values.dialect === 'assay' ? values.dialect : 'vllm',
    model: values.model ?? defaultSettings.model,
    rateLimit: number(values['rate-limit'], 0),
    concurrency: number(values.concurrency, 0),
    apiKey: values['api-key'] ?? null,
    accuracy: number(values.accuracy, defaultSettings.accuracy),
    failRate: number(values['fail-rate'], 0),
    hangRate: number(values['hang-rate'], 0),
    malformedRate: number(values['malformed-rate'], 0),
    dropRate: number(values['drop-rate'], 0),
  })
  console.log(JSON.stringify({ url: server.url, port: server.port }))
  const stop = () => void server.close().then(() => process.exit(0))
  process.on('SIGTERM', stop)
  process.on('SIGINT', stop)
}

if (process.argv[1] && import.meta.url === pathToFileURL(process.argv[1]).href) await main()
