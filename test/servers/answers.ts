import type { ServerSettings } from './in-process.ts'
import { alternatives, contextOf, embed, hash, logprobOf, replyTo, tokenize } from './language.ts'
import { generate, info, other, score } from './own-surface.ts'

/** What the test server answers, path by path. Pure: the same request always gets the same bytes. */

export class ApiError extends Error {
  readonly status: number
  readonly code: string
  readonly headers: Record<string, string>
  constructor(status: number, code: string, message: string, headers: Record<string, string> = {}) {
    super(message)
    this.status = status
    this.code = code
    this.headers = headers
  }
}

export interface Asked {
  method: string
  path: string
  // biome-ignore lint/suspicious/noExplicitAny: bodies come from the wire
  body: any
}
export interface Answered {
  body: unknown
  /** Choices and results in it. */
  answers: number
  /** Names of what was answered, to count what is asked twice. */
  prompts: string[]
}

export interface Message {
  role: string
  content: string | { text?: string }[]
}

/** A chat as the text that the "model" sees. */
export const chatText = (messages: Message[]): string =>
  messages
    .map(({ role, content }) => {
      const text = typeof content === 'string' ? content : content.map((part) => part.text ?? '').join('')
      return `<|${role}|>\n${text}\n`
    })
    .join('')

export const opened = '<|assistant|>\n'

const invalid = (message: string) => new ApiError(400, 'invalid_request_error', message)

export function answer({ method, path, body }: Asked, settings: ServerSettings): Answered {
  const alone = (value: unknown): Answered => ({ body: value, answers: 0, prompts: [] })
  const { dialect, model, contextLength } = settings
  if (method === 'GET') {
    if (path === '/v1/models')
      return alone({
        object: 'list',
        data: [{ id: model, object: 'model', created: 0, owned_by: 'test', max_model_len: contextLength }],
      })
    if (path === '/version' && dialect !== 'openai') return alone({ version: '1.0.0' })
    if (path === '/v1/assay/info' && dialect === 'assay') return alone(info(settings))
    throw new ApiError(404, 'not_found', 'Not Found')
  }
  if (body === null || typeof body !== 'object') throw invalid('The body must be a JSON object.')
  if (body.model !== undefined && body.model !== model)
    throw new ApiError(404, 'model_not_found', `The model ${body.model} does not exist.`)
  if (path === '/v1/chat/completions') return chat(body, settings)
  if (path === '/v1/completions') return completions(body, settings)
  if (path === '/v1/embeddings') return embeddings(body, settings)
  if (path === '/tokenize' && dialect !== 'openai') {
    const tokens = tokenize(String(body.prompt ?? '')).map(({ text }) => hash(text) % 50_000)
    return alone({ count: tokens.length, max_model_len: contextLength, tokens })
  }
  if (dialect === 'assay' && path === '/v1/assay/generate') return generate(body, settings)
  if (dialect === 'assay' && path === '/v1/assay/score') return score(body, settings)
  const own = dialect === 'assay' && path.startsWith('/v1/assay/') ? other(path.slice(10), body, settings) : null
  if (own !== null) return own
  throw new ApiError(404, 'not_found', 'Not Found')
}

export interface Written {
  text: string
  tokens: { text: string; context: string }[]
  finish: 'stop' | 'length'
  promptTokens: number
}

export interface Drawing {
  temperature?: number
  seed?: number | null
  max_tokens?: number
  stop?: string | string[] | null
}

/** A reply to `context`, cut at stop strings and the token limit. `sample` tells several apart. */
export function write(
  context: string,
  prompt: string,
  drawing: Drawing,
  sample: number,
  settings: ServerSettings,
): Written {
  const { temperature = 1, seed, max_tokens = 16, stop } = drawing
  const promptTokens = Math.ceil(context.length / 4)
  if (promptTokens + max_tokens > settings.contextLength)
    throw new ApiError(
      400,
      'context_length_exceeded',
      `This model's maximum context length is ${settings.contextLength} tokens; ${promptTokens + max_tokens} were asked for.`,
    )
  const draw = temperature > 0 ? hash(`${seed ?? 0}:${sample}`) || 1 : 0
  let text = replyTo(prompt, draw, settings.accuracy, settings.seed)
  let finish: Written['finish'] = 'stop'
  for (const end of typeof stop === 'string' ? [stop] : (stop ?? [])) {
    const at = text.indexOf(end)
    if (at !== -1) text = text.slice(0, at)
  }
  let tokens = tokenize(text)
  if (tokens.length > max_tokens) {
    tokens = tokens.slice(0, max_tokens)
    text = tokens.map((token) => token.text).join('')
    finish = 'length'
  }
  const before = tokenize(context.slice(-80)).map((token) => token.text)
  const all = [...before, ...tokens.map((token) => token.text)]
  return {
    text,
    finish,
    promptTokens,
    tokens: tokens.map((token, index) => ({ text: token.text, context: contextOf(all, before.length + index) })),
  }
}

const usage = (promptTokens: number, completionTokens: number) => ({
  prompt_tokens: promptTokens,
  completion_tokens: completionTokens,
  total_tokens: promptTokens + completionTokens,
})

function whole(value: unknown, name: string, low: number, high: number, otherwise: number): number {
  if (value === undefined || value === null) return otherwise
  if (!Number.isInteger(value) || (value as number) < low || (value as number) > high)
    throw invalid(`${name} must be a whole number from ${low} to ${high}.`)
  return value as number
}

// biome-ignore lint/suspicious/noExplicitAny: bodies come from the wire
type Body = any

function chat(body: Body, settings: ServerSettings): Answered {
  if (!Array.isArray(body.messages) || body.messages.length === 0) throw invalid('messages must be a list.')
  const n = whole(body.n, 'n', 1, 128, 1)
  const top = whole(body.top_logprobs, 'top_logprobs', 0, 20, 0)
  const continued = settings.dialect !== 'openai' && body.continue_final_message === true
  const messages = continued ? body.messages.slice(0, -1) : body.messages
  const prefix = continued ? String(body.messages.at(-1).content) : ''
  const context = chatText(messages) + opened + prefix
  const drawing: Drawing = { ...body, max_tokens: body.max_completion_tokens ?? body.max_tokens ?? 256 }
  const prompt = `${String(messages.at(-1)?.content ?? '')}${prefix}`
  let completionTokens = 0
  let promptTokens = 0
  const choices = Array.from({ length: n }, (_, index) => {
    const written = write(context, prompt, drawing, index, settings)
    completionTokens += written.tokens.length
    promptTokens = written.promptTokens
    const content = written.tokens.map(({ text, context: before }) => ({
      token: text,
      logprob: logprobOf(before, text, settings.seed),
      bytes: [...Buffer.from(text)],
      top_logprobs: alternatives(before, top, settings.seed, text).map((entry) => ({
        ...entry,
        bytes: [...Buffer.from(entry.token)],
      })),
    }))
    return {
      index,
      message: { role: 'assistant', content: written.text, refusal: null },
      logprobs: body.logprobs === true ? { content, refusal: null } : null,
      finish_reason: written.finish,
    }
  })
  const given =
    settings.dialect !== 'openai' && Number.isInteger(body.prompt_logprobs)
      ? promptLogprobs(context, body.prompt_logprobs, settings)
      : {}
  return {
    body: {
      id: `chatcmpl-${hash(context)}`,
      object: 'chat.completion',
      created: 0,
      model: settings.model,
      choices,
      usage: usage(promptTokens, completionTokens),
      ...given,
    },
    answers: n,
    prompts: [`chat ${context} ${n} ${body.seed ?? ''} ${drawing.temperature ?? 1}`],
  }
}

/** vLLM's list of maps, one a token, null for the first. */
function promptLogprobs(text: string, top: number, settings: ServerSettings) {
  const tokens = tokenize(text).map((token) => token.text)
  const ids = tokens.map((token) => hash(token) % 50_000)
  const prompt_logprobs = tokens.map((token, index) => {
    if (index === 0) return null
    const before = contextOf(tokens, index)
    const entries: Record<string, unknown> = {}
    alternatives(before, top, settings.seed).forEach((entry, rank) => {
      entries[hash(entry.token) % 50_000] = { logprob: entry.logprob, rank: rank + 1, decoded_token: entry.token }
    })
    const logprob = logprobOf(before, token, settings.seed)
    entries[ids[index] as number] = { logprob, rank: top + 7, decoded_token: token }
    return entries
  })
  return { prompt_logprobs, prompt_token_ids: ids }
}

function completions(body: Body, settings: ServerSettings): Answered {
  const prompts: string[] = typeof body.prompt === 'string' ? [body.prompt] : body.prompt
  if (!Array.isArray(prompts) || prompts.length === 0 || prompts.some((prompt) => typeof prompt !== 'string'))
    throw invalid('prompt must be a string or a list of strings.')
  const n = whole(body.n, 'n', 1, 128, 1)
  const logprobs =
    body.logprobs === undefined || body.logprobs === null ? null : whole(body.logprobs, 'logprobs', 0, 20, 0)
  const max_tokens = whole(body.max_tokens, 'max_tokens', 0, 1_000_000, 16)
  const given = settings.dialect !== 'openai' && Number.isInteger(body.prompt_logprobs)
  let promptTokens = 0
  let completionTokens = 0
  const choices = prompts.flatMap((prompt, place) =>
    Array.from({ length: n }, (_, sample) => {
      const written = write(prompt, prompt, { ...body, max_tokens }, sample, settings)
      promptTokens += sample === 0 ? written.promptTokens : 0
      completionTokens += written.tokens.length
      const text = body.echo ? prompt + written.text : written.text
      return {
        index: place * n + sample,
        text,
        logprobs: logprobs === null ? null : legacyLogprobs(prompt, written, body.echo === true, logprobs, settings),
        finish_reason: written.finish,
        ...(given ? promptLogprobs(prompt, body.prompt_logprobs, settings) : {}),
      }
    }),
  )
  return {
    body: {
      id: `cmpl-${hash(prompts[0] as string)}`,
      object: 'text_completion',
      created: 0,
      model: settings.model,
      choices,
      usage: usage(promptTokens, completionTokens),
    },
    answers: choices.length,
    prompts: prompts.map((prompt) => `completion ${prompt} ${n} ${body.seed ?? ''} ${body.echo ?? ''}`),
  }
}

function legacyLogprobs(prompt: string, written: Written, echo: boolean, top: number, settings: ServerSettings) {
  const tokens: string[] = []
  const token_logprobs: (number | null)[] = []
  const top_logprobs: (Record<string, number> | null)[] = []
  const text_offset: number[] = []
  let offset = 0
  const push = (token: string, context: string | null, chosen: string | null = null) => {
    tokens.push(token)
    token_logprobs.push(context === null ? null : logprobOf(context, token, settings.seed))
    top_logprobs.push(
      context === null
        ? null
        : Object.fromEntries(
            alternatives(context, top, settings.seed, chosen).map((entry) => [entry.token, entry.logprob]),
          ),
    )
    text_offset.push(offset)
    offset += [...token].length
  }
  if (echo) {
    const own = tokenize(prompt).map((token) => token.text)
    own.forEach((token, index) => {
      push(token, index === 0 ? null : contextOf(own, index))
    })
  }
  for (const { text, context } of written.tokens) push(text, context, text)
  return { tokens, token_logprobs, top_logprobs, text_offset }
}

function embeddings(body: Body, settings: ServerSettings): Answered {
  const input: string[] = typeof body.input === 'string' ? [body.input] : body.input
  if (!Array.isArray(input) || input.length === 0) throw invalid('input must be a string or a list of strings.')
  const dimensions = whole(body.dimensions, 'dimensions', 1, 4096, 64)
  const promptTokens = input.reduce((sum, text) => sum + Math.ceil(text.length / 4), 0)
  return {
    body: {
      object: 'list',
      model: settings.model,
      data: input.map((text, index) => ({ object: 'embedding', index, embedding: embed(text, dimensions) })),
      usage: { prompt_tokens: promptTokens, total_tokens: promptTokens },
    },
    answers: input.length,
    prompts: input.map((text) => `embedding ${text}`),
  }
}
