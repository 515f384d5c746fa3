import { type Answered, ApiError, chatText, type Message, opened, write } from './answers.ts'
import { compare, dropout, embedding, entail, states } from './divergence.ts'
import type { ServerSettings } from './in-process.ts'
import { alternatives, contextOf, hash, logprobOf, tokenize, uniform } from './language.ts'

/** The GPU backend's own surface, answered by the test server: lists in, lists out, each entry with its own fate. */

// biome-ignore lint/suspicious/noExplicitAny: bodies come from the wire
type Body = any

export const info = ({ model, contextLength }: ServerSettings) => ({
  model,
  device: 'cpu',
  dtype: 'float32',
  contextLength,
  vocabSize: 50_000,
  bosToken: null,
  fingerprint: `test-${model}`,
  capabilities: ['text', 'logprobs', 'prompt_logprobs', 'full'],
  batchInvariant: true,
  version: '1.0.0',
})

interface Wanted {
  top: number
  entropy: boolean
  terms: boolean
  seed: number
}

/** The terms of the full distribution; their kinds and signs are right, and they follow the text. */
function termsOf(context: string, seed: number) {
  const draw = (label: string) => uniform(`${context}\u0007${label}`, seed)
  return { renyi: -20 * draw('renyi'), fisherRao: draw('fisher'), selfCertainty: -10 * draw('self') }
}

function ownToken(
  token: string,
  context: string | null,
  { top, entropy, terms, seed }: Wanted,
  chosen: string | null = null,
) {
  return {
    token,
    id: hash(token) % 50_000,
    logprob: context === null ? null : logprobOf(context, token, seed),
    rank: context === null ? null : 1 + (hash(`${context}${token}`) % 40),
    entropy: entropy && context !== null ? 1 + 4 * uniform(`${context}\u0006`, seed) : null,
    ...(terms && context !== null ? { terms: termsOf(context, seed) } : {}),
    top:
      context === null
        ? []
        : alternatives(context, top, seed, chosen).map((entry) => ({ ...entry, id: hash(entry.token) % 50_000 })),
  }
}

const wanted = (request: Body, { seed }: ServerSettings): Wanted => ({
  top: request.topLogprobs ?? 0,
  entropy: request.entropy === true,
  terms: request.terms === true,
  seed,
})

/** One entry's failure stays its own. */
function each(list: Body, one: (request: Body) => unknown): { results: unknown[]; good: number } {
  if (!Array.isArray(list) || list.length === 0)
    throw new ApiError(400, 'invalid_request_error', 'requests must be a list.')
  let good = 0
  const results = list.map((request, index) => {
    try {
      const result = one(request)
      good++
      return result
    } catch (error) {
      if (!(error instanceof ApiError)) throw error
      return { error: { code: error.code, message: error.message, pointer: `/requests/${index}` } }
    }
  })
  return { results, good }
}

export function generate(body: Body, settings: ServerSettings): Answered {
  const prompts: string[] = []
  const { results, good } = each(body.requests, (request) => {
    const isChat = Array.isArray(request.messages)
    const prefix = request.answerPrefix ?? ''
    const context = isChat ? chatText(request.messages as Message[]) + opened + prefix : String(request.prompt)
    const prompt = isChat ? `${request.messages.at(-1).content}${prefix}` : context
    const drawing = {
      temperature: request.temperature ?? 0,
      seed: request.seed,
      max_tokens: request.maxTokens ?? 16,
      stop: request.stop,
    }
    let completionTokens = 0
    let promptTokens = 0
    const choices = Array.from({ length: request.n ?? 1 }, (_, sample) => {
      const written = write(context, prompt, drawing, sample, settings)
      completionTokens += written.tokens.length
      promptTokens = written.promptTokens
      return {
        text: written.text,
        finishReason: written.finish,
        tokens: written.tokens.map(({ text, context: before }) =>
          ownToken(text, before, wanted(request, settings), text),
        ),
      }
    })
    prompts.push(`generate ${context} ${request.n ?? 1} ${request.seed ?? ''}`)
    return { choices, usage: { promptTokens, completionTokens } }
  })
  return { body: { model: settings.model, results }, answers: good, prompts }
}

export function score(body: Body, settings: ServerSettings): Answered {
  const prompts: string[] = []
  const { results, good } = each(body.requests, (request) => {
    const { prompt } = request
    const before =
      typeof prompt === 'string'
        ? prompt
        : chatText(prompt.messages as Message[]) + opened + (prompt.answerPrefix ?? '')
    const border = Buffer.byteLength(before)
    let promptTokens = 0
    const phrases = ((request.phrases ?? []) as string[]).map((phrase) => {
      let logprob = 0
      const all = tokenize(before + phrase).map((token) => token.text)
      let byte = 0
      all.forEach((token, index) => {
        byte += Buffer.byteLength(token)
        if (byte > border && index > 0) logprob += logprobOf(contextOf(all, index), token, settings.seed)
      })
      return { phrase, logprob, mass: Math.exp(logprob) }
    })
    const continuations = ((request.continuations ?? []) as string[]).map((continuation) => {
      const all = tokenize(before + continuation).map((token) => token.text)
      promptTokens += all.length
      let byte = 0
      const tokens = all.flatMap((token, index) => {
        const start = byte
        byte += Buffer.byteLength(token)
        if (byte <= border) return []
        const context = index === 0 ? null : contextOf(all, index)
        const own = ownToken(token, context, wanted(request, settings))
        return [{ ...own, start: Math.max(0, start - border), end: byte - border }]
      })
      const scored = tokens.filter((token) => token.logprob !== null)
      return {
        tokens,
        logprob: scored.reduce((sum, token) => sum + (token.logprob as number), 0),
        scoredTokens: scored.length,
        scoredBytes: scored.reduce((sum, token) => sum + token.end - token.start, 0),
        bos: typeof prompt !== 'string',
      }
    })
    prompts.push(`score ${before} ${JSON.stringify(request.continuations)}`)
    const mass = phrases.reduce((sum, phrase) => sum + phrase.mass, 0)
    return {
      continuations,
      ...(request.phrases ? { phrases, mass } : {}),
      usage: { promptTokens, completionTokens: 0 },
    }
  })
  return { body: { model: settings.model, results }, answers: good, prompts }
}

/** The lists whose entries stand alone: dropout, states, compare, entail, embed. Null for another path. */
export function other(path: string, body: Body, settings: ServerSettings): Answered | null {
  const kinds: Record<string, (request: Body) => unknown> = {
    dropout: (request) => dropout(request, settings),
    states,
    compare: (request) => compare(request, String(body.reference), settings),
    entail,
    embed: embedding,
  }
  const one = kinds[path]
  if (one === undefined) return null
  if (path === 'compare' && String(body.reference).startsWith('other-'))
    throw new ApiError(400, 'tokenizers_differ', 'The models have different tokenizers: compare their bits per byte.')
  const { results, good } = each(body.requests, one)
  const by = path === 'entail' ? { by: `judge:${settings.model}` } : {}
  const prompts = (body.requests as unknown[]).map((request) => `${path} ${JSON.stringify(request)}`)
  return { body: { model: settings.model, ...by, results }, answers: good, prompts }
}
