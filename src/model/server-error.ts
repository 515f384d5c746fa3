import { bareUrl, contextWords, ModelError, quoteServer } from './errors.ts'
import type { ModelErrorKind } from './model.ts'
import { retryAfterMs } from './retry-after.ts'

/** How servers refuse: by a status, or by an error in the body of a good one. Both are judged by the same words. */

interface ErrorBody {
  error?: { message?: unknown; code?: unknown; type?: unknown; param?: unknown } | string
  errors?: { message?: unknown; code?: unknown }[]
  message?: unknown
  detail?: unknown
}

interface Refusal {
  status: number
  message: string
  code: string
}

/** The message and code of an error body of OpenAI's, vLLM's, Ollama's, FastAPI's or Cloudflare's shape. */
function errorOf(text: string): Omit<Refusal, 'status'> {
  let body: ErrorBody
  try {
    body = (JSON.parse(text) ?? {}) as ErrorBody
  } catch {
    return { message: /^\s*</.test(text) ? 'a web page' : text, code: '' }
  }
  const { error } = body
  const first = Array.isArray(body.errors) ? body.errors[0] : undefined
  const message =
    (typeof error === 'string' ? error : error?.message) ?? first?.message ?? body.message ?? body.detail ?? text
  const code =
    (typeof error === 'object' && error !== null ? (error.code ?? error.type) : undefined) ?? first?.code ?? ''
  return { message: typeof message === 'string' ? message : JSON.stringify(message), code: String(code) }
}

/** OpenAI's words for a model that this path does not serve, which it answers with 404: another path does. */
const wrongPath = /not a chat model|\bnot supported\b|only supported in|did you mean to use/i
/** An allowance that no pause of a run brings back. 3036 is Workers AI's daily one. */
const nothingLeft = /daily free allocation|insufficient (credits|balance)/i

function kindOf({ status, message, code }: Refusal): ModelErrorKind {
  // Not the key's fault: OpenAI answers so for reasoning models.
  if (status === 403 && /not allowed to request/i.test(message)) return 'rejected'
  if (status === 401 || status === 403 || status === 402) return 'unauthorized'
  if (code === 'insufficient_quota' || nothingLeft.test(message)) return 'unauthorized'
  if (status === 429 || status === 503 || status === 529) return 'rate_limited'
  if (status === 408 || status === 504) return 'timeout'
  // 424: the model's own process failed (TGI).
  if (status >= 500 || status === 424) return 'server_error'
  if (code === 'model_not_found' || code === 'DeploymentNotFound' || /no such model/i.test(message))
    return 'model_not_found'
  if (status === 404 && /model/i.test(message) && !wrongPath.test(message)) return 'model_not_found'
  if (code === 'out_of_vocabulary') return 'out_of_world'
  if (code === 'tokenizers_differ' || code === 'unsupported') return 'capability_missing'
  if (code === 'context_length_exceeded' || contextWords.test(message)) return 'context_too_long'
  if (/content_filter|content_policy|ResponsibleAI/i.test(`${code} ${message}`)) return 'content_filtered'
  return status === 413 ? 'too_large' : 'rejected'
}

/** What to do about it, around the server's words. */
function advised(kind: ModelErrorKind, { status, message, code }: Refusal, said: string): string {
  if (kind === 'unauthorized')
    return status === 402 || code === 'insufficient_quota' || nothingLeft.test(message)
      ? `The account has nothing left to spend (${said}).`
      : `The key was refused (${said}). Give a valid key for this target.`
  if (kind === 'model_not_found') return `The model is not there (${said}). Check its name.`
  if (kind === 'rejected' && status === 404 && !wrongPath.test(message))
    return `There is no such path (${said}). Check the base URL and the dialect.`
  return said
}

/** The error that an answer with a bad status is. */
export function statusError(
  response: Response,
  text: string,
  url: string,
  apiKey: string | null,
  now: number,
): ModelError {
  const { status } = response
  const where = bareUrl(url)
  if (status === 0 || (status >= 300 && status < 400))
    return new ModelError('unreachable', `${where} redirects. Redirects are not followed: give the final URL.`, {
      status,
    })
  const refusal = { status, ...errorOf(text) }
  const kind = kindOf(refusal)
  const said = `${status} from ${where}: ${quoteServer(refusal.message, apiKey) || 'no reason given'}`
  const wait = kind === 'rate_limited' ? retryAfterMs(response.headers, now) : undefined
  return new ModelError(
    kind,
    advised(kind, refusal, said),
    wait === undefined ? { status } : { status, retryAfterMs: wait },
  )
}

const statusByCode: Record<string, number> = {
  rate_limit_exceeded: 429,
  rate_limit_error: 429,
  overloaded_error: 503,
  server_error: 500,
  internal_error: 500,
  authentication_error: 401,
}

/**
 * The error that stands in the body of an answer with a good status (OpenRouter and other gateways, whose upstream
 * fails after they have begun to answer). Its code is an HTTP status, or OpenAI's name of one.
 */
export function bodyError(error: unknown, apiKey: string | null): ModelError {
  const { message, code } = errorOf(JSON.stringify({ error }))
  const number = Number(code)
  const status = number >= 400 && number < 600 ? number : (statusByCode[code] ?? 400)
  const refusal = { status, message, code }
  const kind = kindOf(refusal)
  const said = `The server reports an error: ${quoteServer(message, apiKey) || 'no reason given'}`
  return new ModelError(kind, advised(kind, refusal, said))
}
