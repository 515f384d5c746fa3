import type { TargetConnection, Transport } from './connection.ts'
import type { WireRequest } from './dialects/dialect.ts'
import { bareUrl, ModelError, quoteServer } from './errors.ts'
import { statusError } from './server-error.ts'

/** Largest answer that is read; memory of a Worker is 128 MB. */
export const maxBodyBytes = 8 * 1024 * 1024

export interface Exchanged {
  body: unknown
  bytes: number
  headers: Headers
}

/**
 * Sends one request and reads its JSON. Redirects are not followed: they could lead into a private network.
 * Raises ModelError of every kind that a status or a body can mean; `signal` ends it.
 */
export async function exchange(
  transport: Transport,
  target: Pick<TargetConnection, 'apiKey'>,
  request: Omit<WireRequest, 'body'> & { body?: unknown },
  signal: AbortSignal,
  now: () => number,
): Promise<Exchanged> {
  const headers: Record<string, string> = { accept: 'application/json' }
  if (request.body !== undefined) headers['content-type'] = 'application/json'
  if (target.apiKey !== null) headers.authorization = `Bearer ${target.apiKey}`
  let response: Response
  try {
    const init: RequestInit = {
      headers,
      redirect: 'manual',
      signal,
      method: request.body === undefined ? 'GET' : 'POST',
    }
    if (request.body !== undefined) init.body = JSON.stringify(request.body)
    response = await transport(request.url, init)
  } catch (error) {
    throw connectionError(error, request.url, signal, target.apiKey)
  }
  const text = await readText(response, request.url, signal, target.apiKey)
  if (response.status >= 200 && response.status < 300)
    return {
      body: parseBody(text, request.url, response, target.apiKey),
      bytes: text.length,
      headers: response.headers,
    }
  throw statusError(response, text, request.url, target.apiKey, now())
}

function connectionError(error: unknown, url: string, signal: AbortSignal, apiKey: string | null): ModelError {
  if (error instanceof ModelError) return error
  if (signal.aborted && signal.reason instanceof ModelError) return signal.reason
  const cause = error instanceof Error && error.cause instanceof Error ? error.cause : error
  const reason = cause instanceof Error ? cause.message : String(cause)
  return new ModelError('unreachable', `No answer from ${bareUrl(url)}: ${quoteServer(reason, apiKey)}`)
}

const tooLarge = (url: string) =>
  new ModelError('too_large', `The answer of ${bareUrl(url)} is larger than ${maxBodyBytes / 1024 / 1024} MB.`)

/** Leaves a body unread. Not awaited: a server may take its time to notice. */
const abandon = (body: ReadableStream<Uint8Array> | null) => {
  body?.cancel().catch(() => {})
}

async function readText(response: Response, url: string, signal: AbortSignal, apiKey: string | null): Promise<string> {
  const length = response.headers.get('content-length')
  try {
    if (length !== null && !response.headers.has('content-encoding')) {
      if (Number(length) > maxBodyBytes) {
        abandon(response.body)
        throw tooLarge(url)
      }
      return await response.text()
    }
    if (response.body === null) return ''
    return await readCapped(response.body, url, signal)
  } catch (error) {
    throw connectionError(error, url, signal, apiKey)
  }
}

async function readCapped(body: ReadableStream<Uint8Array>, url: string, signal: AbortSignal): Promise<string> {
  const reader = body.getReader()
  const decoder = new TextDecoder()
  let bytes = 0
  let text = ''
  for (;;) {
    const { done, value } = await reader.read()
    if (done) return text + decoder.decode()
    bytes += value.byteLength
    if (bytes > maxBodyBytes || signal.aborted) {
      reader.cancel().catch(() => {})
      throw signal.aborted ? signal.reason : tooLarge(url)
    }
    text += decoder.decode(value, { stream: true })
  }
}

/** Numbers that Python servers write and JSON has not, as what checks of log-probabilities know them by. */
const mendedNumbers: Record<string, string> = { NaN: 'null', Infinity: '1e308', '-Infinity': '-1e308' }

/** Where the string that begins before `from` ends: behind its closing quote, or with the text. */
function endOfString(text: string, from: number): number {
  for (let at = from; at < text.length; at++) {
    const character = text[at]
    if (character === '\\') at++
    else if (character === '"') return at + 1
  }
  return text.length
}

/** The text with such numbers outside of strings mended. Linear in its length, also where it breaks off in a string. */
function withMendedNumbers(text: string): string {
  const mark = /"|-?Infinity|NaN/g
  const parts: string[] = []
  let written = 0
  for (let match = mark.exec(text); match !== null; match = mark.exec(text)) {
    const [found] = match
    if (found === '"') mark.lastIndex = endOfString(text, mark.lastIndex)
    else {
      parts.push(text.slice(written, match.index), mendedNumbers[found] as string)
      written = mark.lastIndex
    }
  }
  return parts.join('') + text.slice(written)
}

/** JSON, Python's NaN (as null) and ±Infinity (as a number that logprob checks know) included. Raises ModelError('malformed'). */
function parseBody(text: string, url: string, response: Response, apiKey: string | null): unknown {
  try {
    return JSON.parse(text)
  } catch {
    // Read below.
  }
  if (text.trim() === '') throw new ModelError('malformed', `${bareUrl(url)} answered with an empty body.`)
  if (/^\s*</.test(text) || response.headers.get('content-type')?.includes('text/html'))
    throw new ModelError(
      'malformed',
      `${bareUrl(url)} answered with a web page instead of JSON. Check the base URL: it usually ends in /v1.`,
    )
  if (/NaN|Infinity/.test(text)) {
    try {
      return JSON.parse(withMendedNumbers(text))
    } catch {
      // Broken beyond that.
    }
  }
  const end = quoteServer(text.slice(-60), apiKey)
  throw new ModelError(
    'malformed',
    `${bareUrl(url)} answered with broken JSON (${text.length} characters, ending in: ${end}).`,
  )
}
