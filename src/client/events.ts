import { EventSourceParserStream } from 'eventsource-parser/stream'
import { type Run, run } from '../../schema/run.ts'
import { finishedStatuses } from '../../schema/states.ts'
import { ConnectionError, type Send, sleep } from './http.ts'

export interface FollowOptions {
  signal?: AbortSignal
  /** Told each time that the stream was lost and is opened again. */
  onReconnect?: (error: unknown) => void
  /** Most tries in a row without an event (default 10); then the last error is raised. */
  attempts?: number
  /** Milliseconds before the next try, until the server says otherwise (default 1000). */
  retryMs?: number
}

/**
 * A run's states as they come, by server-sent events, until it has ended. A lost stream is opened again where it
 * broke off (Last-Event-ID). Raises ApiProblem, and ConnectionError after `attempts` failures in a row.
 */
export async function* followRun(send: Send, runId: string, options: FollowOptions = {}): AsyncGenerator<Run> {
  const { signal, onReconnect, attempts = 10 } = options
  let lastEventId = ''
  let retryMs = options.retryMs ?? 1000
  let failures = 0
  for (;;) {
    let lost: unknown = new ConnectionError('the stream of events ended before the run did')
    try {
      const headers = { accept: 'text/event-stream', ...(lastEventId ? { 'last-event-id': lastEventId } : {}) }
      const response = await send('GET', `/v1/runs/${encodeURIComponent(runId)}/events`, { headers, signal })
      const parser = new EventSourceParserStream({ onRetry: (ms) => (retryMs = Math.min(ms, 10_000)) })
      const stream = response.body?.pipeThrough(new TextDecoderStream() as never).pipeThrough(parser as never)
      for await (const message of (stream ?? []) as AsyncIterable<{ id?: string; data: string }>) {
        lastEventId = message.id ?? lastEventId
        failures = 0
        const state = run.parse(JSON.parse(message.data))
        yield state
        if (finishedStatuses.includes(state.status)) return
      }
    } catch (error) {
      if (signal?.aborted || isFinal(error)) throw error
      lost = error
    }
    failures += 1
    if (failures >= attempts) throw lost
    onReconnect?.(lost)
    await sleep(retryMs, signal)
  }
}

/** A refusal that trying again would not change. */
const isFinal = (error: unknown): boolean => {
  const status = (error as { status?: unknown }).status
  return typeof status === 'number' && status < 500 && status !== 429
}
