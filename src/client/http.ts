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

/** Sends requests to one server. Raises ApiProblem for answers past 399 and ConnectionError where there is none. */
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
    let response: Response
    try {
      response = await fetch(`${base}${pathOf(path, query)}`, init)
    } catch (error) {
      if (signal?.aborted) throw error
      throw new ConnectionError(`${base} cannot be reached: ${causeOf(error)}`)
    }
    if (!response.ok) throw new ApiProblem(await problemOf(response))
    return response
  }
}
