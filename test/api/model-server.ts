import { onTestFinished, vi } from 'vitest'
import { answerTo } from '../servers/in-process.ts'

/** Where the model server of the tests seems to be. */
export const modelUrl = 'https://model.example.com/v1'
export const modelKey = 'provider-key-of-the-tests-0123456789'

/** One request as a fake host got it. */
export interface Received {
  url: URL
  method: string
  headers: Headers
  body: string
  init: RequestInit
}

type Host = (request: Received) => Response | Promise<Response>

/**
 * Answers what the Worker sends out during this test: `model.example.com` is the deterministic test server, asking for
 * a key; other hosts are as given, and whatever is not listed cannot be reached. Gives back what was sent, in order.
 */
export function serveHosts(hosts: Record<string, Host> = {}): Received[] {
  const received: Received[] = []
  const all: Record<string, Host> = { 'model.example.com': serveModel, ...hosts }
  const spy = vi.spyOn(globalThis, 'fetch').mockImplementation(async (input, init = {}) => {
    const request = new Request(input as RequestInfo, init as RequestInit)
    const one = {
      url: new URL(request.url),
      method: request.method,
      headers: request.headers,
      body: await request.text(),
      init: init as RequestInit,
    }
    received.push(one)
    const host = all[one.url.hostname]
    if (!host) throw new TypeError('network connection lost')
    return (await host(one)) as never
  })
  onTestFinished(() => spy.mockRestore())
  return received
}

function serveModel({ url, method, headers, body }: Received): Response {
  if (headers.get('authorization') !== `Bearer ${modelKey}`) {
    return Response.json({ error: { message: 'Incorrect API key provided' } }, { status: 401 })
  }
  const asked = { method, path: url.pathname, body: body === '' ? {} : JSON.parse(body) }
  const told = answerTo(asked, { seed: 1 })
  return Response.json(told.body, { status: told.status })
}
