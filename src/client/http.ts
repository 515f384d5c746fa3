import { type Problem, problem } from '../../schema/problem.ts'

/** The API said no: the problem it answered with, or what stood in its place. */
export class ApiProblem extends Error {
  override name = 'ApiProblem'
  readonly problem: Problem
  constructor(problem: Problem) {
    super(problem.detail)
    this.problem = problem
  }

  get status(): number {
    return this.problem.status
  }

  /** The stable code at the end of `type`, to switch on. */
  get code(): string {
    return this.problem.type.split(':').at(-1) ?? ''
  }
}

/** The server cannot be reached at all. */
export class ConnectionError extends Error {
  override name = 'ConnectionError'
}

export interface ClientOptions {
  /** Where the server answers, as `http://127.0.0.1:8787`. */
  baseUrl: string
  /** Left out: only what is open to everybody. */
  apiKey?: string | undefined
  /** The global `fetch` unless a test brings its own. */
  fetch?: (url: string, init: RequestInit) => Promise<Response>
}

export interface SendOptions {
  query?: Record<string, string | number | boolean | undefined> | undefined
  /** Becomes JSON, unless `contentType` says what it is. */
  body?: unknown
  contentType?: string
  headers?: Record<string, string>
  signal?: AbortSignal | undefined
}

export type Send = (method: string, path: string, options?: SendOptions) => Promise<Response>

const pathOf = (path: string, query: SendOptions['query']) => {
  const given = Object.entries(query ?? {}).filter(([, value]) => value !== undefined)
  const search = new URLSearchParams(given.map(([name, value]) => [name, String(value)])).toString()
  return search === '' ? path : `${path}?${search}`
}

/** The cause of a failed fetch in one line: Node hides it one level down. */
function causeOf(error: unknown): string {
  const { cause, message } = error as Error & { cause?: { code?: string; message?: string } }
  return cause?.code ?? cause?.message ?? message
}

async function problemOf(response: Response): Promise<Problem> {
  const text = await response.text().catch(() => '')
  try {
    return problem.parse(JSON.parse(text))
  } catch {
    const detail = `The server answered HTTP ${response.status} without a problem document: ${text.slice(0, 200)}`
    return {
      type: 'about:blank',
      title: response.statusText || 'Error',
      status: response.status,
      detail,
      requestId: response.headers.get('x-request-id') ?? '',
    }
  }
}

/** Times that a request is sent while it is refused for its rate. */
const mostTries = 5
/** The server's waits are seconds; who asks for more has another reason than a burst of ours. */
const longestWaitMs = 60_000

/** Milliseconds until a request that was refused for its rate (429) may be sent again; null: not by itself. */
function waitOf({ status, headers }: Response, body: unknown): number | null {
  const asked = headers.get('retry-after') ?? ''
  // A stream that was read cannot be sent twice.
  if (status !== 429 || body instanceof ReadableStream || !/^\d+$/.test(asked)) return null
  const wait = Number(asked) * 1000
  return wait <= longestWaitMs ? wait : null
}

/** Waits; raises the signal's reason where it fires before. */
export function sleep(ms: number, signal?: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    signal?.throwIfAborted()
    const abort = () => {
      clearTimeout(timer)
      reject(signal?.reason)
    }
    const timer = setTimeout(() => {
      signal?.removeEventListener('abort', abort)
      resolve()
    }, ms)
    signal?.addEventListener('abort', abort, { once: true })
  })
}

/**
 * Sends requests to one server. What is refused for its rate was not done: it is sent again after the wait that the
 * server asks for. Raises ApiProblem for answers past 399 and ConnectionError where there is none.
 */
export function createSend({ baseUrl, apiKey, fetch = globalThis.fetch }: ClientOptions): Send {
  const base = baseUrl.replace(/\/+$/, '')
  return async (method, path, { query, body, contentType, headers, signal } = {}) => {
    const json = body !== undefined && contentType === undefined
    const init: RequestInit & { duplex?: 'half' } = {
      method,
      headers: {
        accept: 'application/json, application/problem+json',
        ...(apiKey ? { authorization: `Bearer ${apiKey}` } : {}),
        ...(body === undefined ? {} : { 'content-type': contentType ?? 'application/json' }),
        ...headers,
      },
      ...(body === undefined ? {} : { body: json ? JSON.stringify(body) : (body as BodyInit) }),
      ...(body instanceof ReadableStream ? { duplex: 'half' } : {}),
      ...(signal ? { signal } : {}),
    }
    for (let tries = 1; ; tries++) {
      let response: Response
      try {
        response = await fetch(`${base}${pathOf(path, query)}`, init)
      } catch (error) {
        if (signal?.aborted) throw error
        throw new ConnectionError(`${base} cannot be reached: ${causeOf(error)}`)
      }
      if (response.ok) return response
      const wait = tries < mostTries ? waitOf(response, body) : null
      if (wait === null) throw new ApiProblem(await problemOf(response))
      await response.body?.cancel()
      await sleep(wait, signal)
    }
  }
}
