import type { ModelErrorKind } from './model.ts'

/** A question to a target that has no answer. The message never holds a key or a URL's query. */
export class ModelError extends Error {
  readonly kind: ModelErrorKind
  /** How long the target asked to be left alone. */
  readonly retryAfterMs: number | undefined
  /** The HTTP status, where there was an answer. */
  readonly status: number | undefined

  constructor(kind: ModelErrorKind, message: string, details: { retryAfterMs?: number; status?: number } = {}) {
    super(message)
    this.name = 'ModelError'
    this.kind = kind
    this.retryAfterMs = details.retryAfterMs
    this.status = details.status
  }
}

/** Anything raised while an answer was read, as an error of this room. */
export const asModelError = (error: unknown): ModelError =>
  error instanceof ModelError
    ? error
    : new ModelError('malformed', `The answer could not be read: ${error instanceof Error ? error.message : 'unknown'}`)

/** Control characters, ANSI escapes and newlines, which could forge a log line or a page. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
const controls = /\u001b\[[0-9;]*[A-Za-z]|[\u0000-\u001f\u007f-\u009f\u2028\u2029]+/g
const secretLike = /\b(?:sk|pk|hf|key|gsk|xai)[-_][A-Za-z0-9*_-]{6,}|\bBearer\s+\S+/g

/**
 * A server's words, fit to be shown: one line, at most `most` characters, without the target's key, anything that
 * looks like a key, or the query of a URL.
 */
export function quoteServer(text: string, apiKey: string | null, most = 300): string {
  let quoted = text.slice(0, 4000)
  if (apiKey) quoted = quoted.split(apiKey).join('***')
  quoted = quoted
    .replace(controls, ' ')
    .replace(/\s+/g, ' ')
    .replace(secretLike, '***')
    .replace(/(https?:\/\/[^\s?#"']+)\?[^\s"']*/g, '$1')
    .trim()
  return quoted.length > most ? `${quoted.slice(0, most)}…` : quoted
}

/** How servers say that a prompt does not fit. */
export const contextWords =
  /context.{0,20}(length|window|size)|maximum.{0,20}(context|token|length)|prompt is too long|input.{0,20}too long|too many (input )?tokens|n_ctx|max_model_len|inputs`? (tokens|must have less than)/i

/** A URL without credentials, query and fragment. */
export function bareUrl(url: string): string {
  try {
    const { origin, pathname } = new URL(url)
    return `${origin}${pathname}`
  } catch {
    return 'an address that is no URL'
  }
}
