import type { Clock } from '../../src/model/clock.ts'
import type { TargetConnection, Transport } from '../../src/model/connection.ts'
import { capable } from '../servers/in-process.ts'

/** Everything that a server can have; tests take away. */
export const allCapabilities = capable({ tokenize: false, contextLength: 4096, promptLogprobsBy: 'echo' })

export const connection = (changes: Partial<TargetConnection> = {}): TargetConnection => ({
  baseUrl: 'http://server.example/v1',
  model: 'test-model',
  dialect: 'openai',
  apiKey: null,
  limits: {},
  reasoningTags: [],
  price: null,
  capabilities: allCapabilities,
  allowPrivate: true,
  ...changes,
})

export interface Sent {
  url: string
  // biome-ignore lint/suspicious/noExplicitAny: bodies of any dialect
  body: any
  headers: Record<string, string>
  init: RequestInit
}

/** A transport that answers from a function and keeps what was sent. */
export function fakeServer(handle: (sent: Sent, index: number) => unknown | Response | Promise<unknown>) {
  const sent: Sent[] = []
  const transport: Transport = async (url, init) => {
    const request: Sent = {
      url,
      body: typeof init.body === 'string' ? JSON.parse(init.body) : undefined,
      headers: init.headers as Record<string, string>,
      init,
    }
    sent.push(request)
    const answer = await handle(request, sent.length - 1)
    return answer instanceof Response ? answer : Response.json(answer)
  }
  return { sent, transport }
}

/** OpenAI's answer to a chat or to completions: each prompt comes back. */
export function echoing({ body }: Sent): unknown {
  const n = body.n ?? 1
  const usage = { prompt_tokens: 10, completion_tokens: 5 }
  if (body.messages) {
    const content = `re: ${body.messages.at(-1).content}`
    const choices = Array.from({ length: n }, (_, index) => ({
      index,
      message: { role: 'assistant', content },
      finish_reason: 'stop',
    }))
    return { model: body.model, choices, usage }
  }
  const prompts: string[] = Array.isArray(body.prompt) ? body.prompt : [body.prompt]
  const choices = prompts.flatMap((prompt, place) =>
    Array.from({ length: n }, (_, sample) => ({
      index: place * n + sample,
      text: `re: ${prompt}`,
      finish_reason: 'stop',
      logprobs: null,
    })),
  )
  return { model: body.model, choices, usage: { prompt_tokens: 10 * prompts.length, completion_tokens: 5 } }
}

/** A clock that stands still until it is told otherwise. */
export function fakeClock(start = 1_700_000_000_000): Clock & { pass(ms: number): Promise<void> } {
  let time = start
  let timers: { due: number; callback: () => void }[] = []
  // Lets everything that answers at once come through: several turns of the loop, as bodies are read in streams.
  const settle = async () => {
    for (let turn = 0; turn < 8; turn++) await new Promise((resolve) => setImmediate(resolve))
  }
  return {
    now: () => time,
    after(ms, callback) {
      const timer = { due: time + ms, callback }
      timers.push(timer)
      return () => {
        timers = timers.filter((other) => other !== timer)
      }
    },
    async pass(ms) {
      const end = time + ms
      await settle()
      for (;;) {
        const next = timers.filter(({ due }) => due <= end).sort((a, b) => a.due - b.due)[0]
        if (next === undefined) break
        timers = timers.filter((other) => other !== next)
        time = Math.max(time, next.due)
        next.callback()
        await settle()
      }
      time = end
      await settle()
    },
  }
}

/** What a promise has come to. */
export function outcome<T>(promise: Promise<T>) {
  const state: { value?: T; error?: unknown; done: boolean } = { done: false }
  promise.then(
    (value) => Object.assign(state, { value, done: true }),
    (error) => Object.assign(state, { error, done: true }),
  )
  return state
}
