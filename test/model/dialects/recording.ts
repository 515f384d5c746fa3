import type { Capabilities, DialectName } from '../../../schema/capabilities.ts'
import { type TargetConnection, type Transport, trimmedBase } from '../../../src/model/connection.ts'
import { ModelError } from '../../../src/model/errors.ts'
import type { Model } from '../../../src/model/model.ts'
import { probeTarget } from '../../../src/model/probe.ts'
import { createModel } from '../../../src/model/session.ts'

/** What a real server answered to the conformance questions, kept so that the suite can ask it again without the server. */
export interface Recording {
  format: 1
  dialect: DialectName
  model: string
  /** What served, in the words of whoever recorded it. */
  server: string
  recordedAt: string
  /** The base URL's path; the host is left out. */
  basePath: string
  capabilities: Capabilities
  answers: Record<string, unknown>
  exchanges: { path: string; request: unknown; status: number; response: string }[]
}

type Target = Pick<TargetConnection, 'dialect' | 'model' | 'baseUrl' | 'apiKey'>

const connectionOf = (target: Target, capabilities: Capabilities | null): TargetConnection => ({
  ...target,
  limits: { maxConnections: 1, requestTimeoutSeconds: 300 },
  reasoningTags: ['think'],
  price: null,
  capabilities,
  allowPrivate: true,
})

const chat = [{ role: 'user' as const, content: 'What is the capital of France? Answer with one word.' }]

/** The conformance questions: each asks one thing that dialects differ in. */
const questions: Record<string, (model: Model) => Promise<unknown>> = {
  greedy: (model) => model.chat(chat, { maxTokens: 8 }),
  logprobs: (model) => model.chat(chat, { maxTokens: 8, topLogprobs: 20, entropy: true, terms: true }),
  sampled: (model) => model.chat(chat, { maxTokens: 8, n: 3, temperature: 1, topP: 0.9 }),
  cut: (model) => model.chat([{ role: 'user', content: 'Count from one to fifty.' }], { maxTokens: 3 }),
  stopped: (model) => model.chat([{ role: 'user', content: 'Say: a, b, c' }], { maxTokens: 16, stop: [','] }),
  letters: (model) => model.chat([{ role: 'user', content: 'Repeat: é 猫 🙂' }], { maxTokens: 24, topLogprobs: 1 }),
  opened: (model) => model.chat(chat, { maxTokens: 4, answerPrefix: 'The capital is' }),
  completed: (model) => model.complete('The capital of France is', { maxTokens: 4, topLogprobs: 5 }),
  listed: (model) =>
    Promise.all(['One, two,', 'Once upon a'].map((prompt) => model.complete(prompt, { maxTokens: 4 }))),
  scored: (model) => model.score('The cat', [' sat on the mat.', ' sat é 猫.', ''], { topLogprobs: 3, entropy: true }),
  unprompted: (model) => model.score('', ['The cat sat.']),
  scoredChat: (model) => model.score({ messages: chat }, ['Paris', 'Rome']),
  mass: (model) => model.mass('The capital of France is', [' Paris', ' Paris, of', ' Rome']),
  embedded: async (model) => (await model.embed(['a cat', 'the weather'])).map((vector) => [...vector]),
  entailed: (model) => model.entail([['A cat sleeps on the sofa.', 'An animal sleeps.']]),
  dropped: (model) => model.dropout('The capital of France is', ' Paris', { passes: 5, seed: 1 }),
  tooLong: (model) => {
    const words = 2 * (model.capabilities.contextLength ?? 150_000)
    return model.chat([{ role: 'user', content: 'word '.repeat(words) }], { maxTokens: 1 })
  },
}

/** Probes a target and asks it all questions; an error counts as an answer of its kind. */
export async function askAll(
  target: Target,
  transport: Transport,
): Promise<Pick<Recording, 'capabilities' | 'answers'>> {
  const capabilities = await probeTarget(connectionOf(target, null), { transport, timeoutMs: 300_000 })
  const connection = connectionOf(target, capabilities)
  const session = createModel({ target: connection, transport, seed: 7, random: () => 0 })
  const answers: Record<string, unknown> = {}
  const put = async (name: string, asking: Promise<unknown>) => {
    answers[name] = await asking.catch((error: unknown) => {
      if (!(error instanceof ModelError)) throw error
      return { error: error.kind }
    })
  }
  for (const [name, ask] of Object.entries(questions)) await put(name, ask(session.forItem(name)))
  const wrong = createModel({ target: { ...connection, model: 'no-such-model' }, transport, seed: 7 })
  await put('wrongModel', wrong.forItem('wrong').chat(chat, { maxTokens: 1 }))
  session.close()
  wrong.close()
  return { capabilities, answers: JSON.parse(JSON.stringify(answers)) }
}

/** Long texts are stored by their length: they are made of one word. */
const shortened = (text: string): string => text.replace(/(?:word ){1000,}/g, (run) => `<${run.length / 5} words>`)

/** Records all that is asked and answered. Neither headers nor the host are kept; the key is cut out wherever it stands. */
export async function record(target: Target, server: string, carry: Transport): Promise<Recording> {
  const exchanges: Recording['exchanges'] = []
  const secretless = (text: string) => (target.apiKey ? text.replaceAll(target.apiKey, '***') : text)
  const transport: Transport = async (url, init) => {
    const response = await carry(url, init)
    const text = await response.text()
    exchanges.push({
      path: new URL(url).pathname,
      request: typeof init.body === 'string' ? JSON.parse(secretless(shortened(init.body))) : null,
      status: response.status,
      response: secretless(shortened(text)),
    })
    const headers = new Headers(response.headers)
    for (const name of ['content-length', 'content-encoding']) headers.delete(name)
    return new Response(text, { status: response.status, headers })
  }
  const { capabilities, answers } = await askAll(target, transport)
  return {
    format: 1,
    dialect: target.dialect,
    model: target.model,
    server,
    recordedAt: new Date().toISOString(),
    basePath: new URL(trimmedBase(target.baseUrl)).pathname,
    capabilities,
    answers,
    exchanges,
  }
}

/** A server that answers as a recorded one did. Raises for a question that it was never asked. */
export function replaying({ exchanges }: Recording): Transport {
  const left = [...exchanges]
  const key = (path: string, request: unknown) => `${path} ${JSON.stringify(request)}`
  return async (url, init) => {
    const { pathname } = new URL(url)
    const request = typeof init.body === 'string' ? JSON.parse(shortened(init.body)) : null
    const wanted = key(pathname, request)
    const at = left.findIndex((entry) => key(entry.path, entry.request) === wanted)
    if (at === -1) throw new Error(`never asked when this was recorded: ${wanted.slice(0, 500)}`)
    const [entry] = left.splice(at, 1) as [Recording['exchanges'][number]]
    return new Response(entry.response, { status: entry.status, headers: { 'content-type': 'application/json' } })
  }
}

/** The target that a recording was made of. */
export const recordedTarget = ({ dialect, model, basePath }: Recording): Target => ({
  dialect,
  model,
  baseUrl: `http://recorded.example${basePath}`,
  apiKey: null,
})
