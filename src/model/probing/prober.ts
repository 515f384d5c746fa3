import type { Capabilities } from '../../../schema/capabilities.ts'
import { systemClock } from '../clock.ts'
import type { TargetConnection, Transport } from '../connection.ts'
import type { Dialect, Piece, WireContext } from '../dialects/dialect.ts'
import { findDialect } from '../dialects/registry.ts'
import { ModelError } from '../errors.ts'
import { exchange } from '../exchange.ts'
import type { Sample } from '../model.ts'
import type { Answer, ChatQuestion, CompleteQuestion, Question, SamplingQuestion } from '../question.ts'
import { learnQuirk, noQuirks, type Quirks } from '../quirks.ts'

/** How a probe asks: one request at a time, with questions as small as they can be. */

const probeTimeoutMs = 60_000

export interface ProbeOptions {
  transport?: Transport
  /** Longest wait for one answer, milliseconds. */
  timeoutMs?: number
}

export interface Prober {
  target: TargetConnection
  dialect: Dialect
  /** What the server has refused so far. */
  quirks: Readonly<Quirks>
  /** Sends one request. Raises ModelError. */
  send(request: { url: string; body?: unknown }): Promise<unknown>
  /** Asks pieces as the dialect does. Raises ModelError, also the first piece's own. */
  ask(pieces: Piece[]): Promise<Answer[]>
}

export function createProber(
  target: TargetConnection,
  { transport, timeoutMs = probeTimeoutMs }: ProbeOptions,
): Prober {
  const dialect = findDialect(target.dialect)
  const context: WireContext = { target, quirks: noQuirks() }
  const send: Prober['send'] = async (request) => {
    for (let attempt = 1; ; attempt++) {
      try {
        return await sendOnce(request)
      } catch (error) {
        const wait = error instanceof ModelError && error.kind === 'rate_limited' ? (error.retryAfterMs ?? 1000) : null
        if (wait === null || wait > 10_000 || attempt >= 3) throw error
        await new Promise<void>((resolve) => void setTimeout(resolve, wait))
      }
    }
  }
  const sendOnce: Prober['send'] = async (request) => {
    const controller = new AbortController()
    const timer = setTimeout(() => {
      controller.abort(new ModelError('timeout', `No answer from the target within ${timeoutMs / 1000} s.`))
    }, timeoutMs)
    try {
      const carry: Transport = transport ?? ((url, init) => fetch(url, init))
      return (await exchange(carry, target, request, controller.signal, systemClock.now)).body
    } finally {
      clearTimeout(timer)
    }
  }
  const ask: Prober['ask'] = async (pieces) => {
    const asked = (asking = pieces): Promise<unknown> =>
      send(dialect.encode(asking, context)).catch((error: unknown) => {
        if (!(error instanceof ModelError)) throw error
        if (learnQuirk(error, context.quirks)) return asked(asking)
        if (asking === pieces && noRoomToThink.test(error.message)) return asked(pieces.map(withRoomToThink))
        throw error
      })
    const body = await asked()
    return dialect.decode(pieces, body, context).answers.map((answer) => {
      if (answer instanceof ModelError) throw answer
      return answer
    })
  }
  return { target, dialect, quirks: context.quirks, send, ask }
}

/** OpenAI's words where what a reasoning model thinks takes all the tokens that a reply may have. */
const noRoomToThink = /max_tokens or model output limit was reached/i
const withRoomToThink = (piece: Piece): Piece =>
  'maxTokens' in piece.question ? { ...piece, question: { ...piece.question, maxTokens: 4096 } } : piece

/** Failures that make a target unusable, whatever was asked. */
export const isFatal = (error: unknown): boolean =>
  !(error instanceof ModelError) ||
  ['unreachable', 'unauthorized', 'model_not_found', 'rate_limited', 'timeout', 'cancelled'].includes(error.kind)

export const reasonOf = (error: unknown) => (error instanceof Error ? error.message : String(error))

/** The value, or the error when it leaves the target usable. */
export async function tried<T>(asking: Promise<T>): Promise<T | ModelError> {
  try {
    return await asking
  } catch (error) {
    if (isFatal(error) || !(error instanceof ModelError)) throw error
    return error
  }
}

/** All capabilities that the dialect knows, so that its pieces can be made before they are proven. */
export const assumed = (found: Capabilities, change: Partial<Capabilities>): Capabilities => ({
  ...found,
  chat: true,
  completions: true,
  ...change,
})

export const greeting = (more: Partial<SamplingQuestion> = {}): ChatQuestion => ({
  kind: 'chat',
  messages: [{ role: 'user', content: 'Tell me about a random animal.' }],
  n: 1,
  temperature: 0,
  topP: 1,
  maxTokens: 4,
  ...more,
})
export const opening = (more: Partial<SamplingQuestion> = {}): CompleteQuestion => ({
  kind: 'complete',
  prompt: 'Once upon a time there was a',
  n: 1,
  temperature: 0,
  topP: 1,
  maxTokens: 4,
  ...more,
})

export const samplesOf = (answers: Answer[]): Sample[] => answers.flatMap(({ samples = [] }) => samples)

/** The question that the target understands: a chat, or raw text where it has no chat. */
export const simplest = (found: Capabilities, more: Partial<SamplingQuestion>): Question =>
  found.chat ? greeting(more) : opening(more)
