import { createServer, type IncomingMessage } from 'node:http'
import type { AddressInfo } from 'node:net'
import { logprobOf } from './language.ts'
import { type Replies, ReplyDistribution, type Spoken, sampleSeed, tokensOf } from './reply-distribution.ts'

/**
 * An OpenAI-compatible server that answers from a stated distribution: what it says, the log-probabilities that it
 * gives of its tokens and of given text (`echo`), and its samples all follow from the one distribution over replies
 * that `belief` states for a prompt. Chat, completions (lists, n, seed, echo), models.
 */

/** The distribution over replies to a prompt; null where the world does not know it. */
export type Belief = (prompt: string) => Replies | null

export interface KnownServerOptions {
  belief: Belief
  /** 0: any free port. */
  port?: number
  model?: string
  /** False: no log-probabilities at all, of generated text or of given. */
  logprobs?: boolean
  echo?: boolean
}

export interface KnownServer {
  /** With `/v1`. */
  url: string
  requests(): number
  close(): Promise<void>
}

const END = '\nAnswer:'
/** Said to whatever the world does not know: so many different words that a probe sees as many alternatives as it wants. */
const smallTalk: Replies =
  'Hello Good Yes No Well Indeed Certainly Perhaps Maybe Sure Right Fine Okay Nice Great Thanks Please Sorry Hmm Ah Oh So Now Then'
    .split(' ')
    .map((word, place, all) => [`${word} there.`, (2 * (all.length - place)) / (all.length * (all.length + 1))])

interface Body {
  prompt?: string | string[]
  messages?: { role: string; content: string }[]
  n?: number
  temperature?: number
  seed?: number
  max_tokens?: number
  max_completion_tokens?: number
  stop?: string | string[]
  echo?: boolean
  /** A count for completions, a flag for chats. */
  logprobs?: number | boolean
  top_logprobs?: number
}

/** What the server says to a prompt, as `speak` and `score` of the stated distribution. */
export function speakerOf(belief: Belief) {
  const known = new Map<string, ReplyDistribution>()
  const distributionOf = (prompt: string, lead: string): ReplyDistribution => {
    const key = lead + prompt
    let found = known.get(key)
    if (found === undefined) {
      found = new ReplyDistribution(belief(prompt) ?? smallTalk, lead)
      // Enough for all questions on one item; a world of many items must not fill the memory.
      if (known.size > 5000) known.clear()
      known.set(key, found)
    }
    return found
  }
  const leadOf = (prompt: string) => (prompt.endsWith(END) ? ' ' : '')
  return {
    speak:
      (prompt: string, raw: boolean, body: Pick<Body, 'temperature' | 'seed' | 'stop'> & { maxTokens: number }) =>
      (sample: number): Spoken =>
        distributionOf(prompt, raw ? leadOf(prompt) : '').speak({
          temperature: body.temperature ?? 1,
          seed: sampleSeed(body.seed ?? 0, prompt, sample),
          maxTokens: body.maxTokens,
          stop: typeof body.stop === 'string' ? [body.stop] : (body.stop ?? []),
        }),
    /** Tokens of the whole text: the prompt as one, then the reply's. Text without "Answer:" is any text. */
    echo(text: string): { token: string; logprob: number | null }[] {
      const at = text.lastIndexOf(END)
      if (at === -1) {
        const words = tokensOf(text)
        return words.map((token, place) => ({
          token,
          logprob: place === 0 ? null : logprobOf(words.slice(Math.max(0, place - 8), place).join(''), token, 0),
        }))
      }
      const prompt = text.slice(0, at + END.length)
      return [{ token: prompt, logprob: null }, ...distributionOf(prompt, ' ').score(text.slice(prompt.length))]
    },
  }
}

const finite = (value: number | undefined, otherwise: number) =>
  Number.isFinite(value) ? (value as number) : otherwise

/** What the server answers, path by path: a status and a JSON value. */
export function knownAnswers({
  belief,
  model = 'known-distribution',
  logprobs = true,
  echo = true,
}: KnownServerOptions) {
  const speaker = speakerOf(belief)

  function completions(body: Body) {
    const prompts = typeof body.prompt === 'string' ? [body.prompt] : (body.prompt ?? [])
    const n = body.n ?? 1
    const choices = prompts.flatMap((prompt, place): object[] => {
      if (body.echo) {
        const tokens = speaker.echo(prompt).map((one) => ({ ...one, top: [] }))
        return [{ index: place, text: prompt, finish_reason: 'length', logprobs: legacy(tokens, 0) }]
      }
      const speak = speaker.speak(prompt, true, { ...body, maxTokens: finite(body.max_tokens, 16) })
      return Array.from({ length: n }, (_, sample) => {
        const { text, tokens, finish } = speak(sample)
        const shown = typeof body.logprobs === 'number' && logprobs ? legacy(tokens, body.logprobs) : null
        return { index: place * n + sample, text, finish_reason: finish, logprobs: shown }
      })
    })
    return { object: 'text_completion', model, choices, usage: usage(prompts.join('').length, choices.length) }
  }

  function chat(body: Body) {
    const prompt = (body.messages ?? []).map(({ content }) => content).join('\n')
    const maxTokens = finite(body.max_completion_tokens ?? body.max_tokens, 256)
    const speak = speaker.speak(prompt, false, { ...body, maxTokens })
    const choices = Array.from({ length: body.n ?? 1 }, (_, index) => {
      const { text, tokens, finish } = speak(index)
      const content = tokens.map(({ token, logprob, top }) => ({
        token,
        logprob,
        top_logprobs: top.slice(0, body.top_logprobs ?? 0),
      }))
      return {
        index,
        message: { role: 'assistant', content: text },
        finish_reason: finish,
        logprobs: body.logprobs && logprobs ? { content } : null,
      }
    })
    return { object: 'chat.completion', model, choices, usage: usage(prompt.length, choices.length) }
  }

  const refused = (status: number, message: string) => ({
    status,
    value: { error: { message, type: 'invalid_request_error' } } as object,
  })
  return (path: string, text: string): { status: number; value: object } => {
    if (path === '/v1/models')
      return { status: 200, value: { object: 'list', data: [{ id: model, object: 'model', max_model_len: 8192 }] } }
    const body = (text === '' ? {} : JSON.parse(text)) as Body
    if (path === '/v1/chat/completions') return { status: 200, value: chat(body) }
    if (path !== '/v1/completions') return refused(404, 'Not Found')
    if (body.echo && !(echo && logprobs)) return refused(400, 'echo is not supported.')
    return { status: 200, value: completions(body) }
  }
}

/** Starts a server on 127.0.0.1. */
export async function startKnownServer(options: KnownServerOptions): Promise<KnownServer> {
  const answer = knownAnswers(options)
  let requests = 0
  const server = createServer((request, response) => {
    requests++
    read(request).then(
      (text) => {
        const { status, value } = answer((request.url ?? '/').split('?')[0] as string, text)
        response.writeHead(status, { 'content-type': 'application/json' })
        response.end(JSON.stringify(value))
      },
      () => response.destroy(),
    )
  })
  server.keepAliveTimeout = 30_000
  await new Promise<void>((resolve) => server.listen(options.port ?? 0, '127.0.0.1', resolve))
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/v1`,
    requests: () => requests,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve())
        server.closeAllConnections()
      }),
  }
}

const usage = (characters: number, completionTokens: number) => ({
  prompt_tokens: Math.ceil(characters / 4),
  completion_tokens: completionTokens,
  total_tokens: Math.ceil(characters / 4) + completionTokens,
})

/** Log-probabilities as legacy completions give them. */
function legacy(
  tokens: { token: string; logprob: number | null; top: { token: string; logprob: number }[] }[],
  most: number,
) {
  let offset = 0
  const offsets = tokens.map(({ token }) => {
    const start = offset
    offset += token.length
    return start
  })
  return {
    tokens: tokens.map(({ token }) => token),
    token_logprobs: tokens.map(({ logprob }) => logprob),
    top_logprobs: tokens.map(({ top }) =>
      Object.fromEntries(top.slice(0, most).map(({ token, logprob }) => [token, logprob])),
    ),
    text_offset: offsets,
  }
}

function read(request: IncomingMessage): Promise<string> {
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = []
    request.on('data', (chunk: Buffer) => chunks.push(chunk))
    request.on('end', () => resolve(Buffer.concat(chunks).toString()))
    request.on('error', reject)
  })
}
