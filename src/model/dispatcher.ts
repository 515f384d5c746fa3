import type { Capabilities } from '../../schema/capabilities.ts'
import { type Clock, systemClock } from './clock.ts'
import {
  defaultMaxBatch,
  defaultMaxConnections,
  defaultTimeoutMs,
  type TargetConnection,
  type Transport,
} from './connection.ts'
import type { Dialect, Piece, WireContext } from './dialects/dialect.ts'
import { findDialect } from './dialects/registry.ts'
import { ModelError } from './errors.ts'
import { type Exchanged, exchange } from './exchange.ts'
import { type Account, billedFailure, estimateCost, share } from './metering.ts'
import type { Answer } from './question.ts'
import { type Call, createQueue, type Job } from './queue.ts'
import { backoffMs, isRepeat, verdict } from './retry.ts'
import { createThrottle } from './throttle.ts'
import { createTimer } from './timer.ts'

export interface DispatcherOptions {
  /** Most requests open at once, as the runtime allows; the target's own limit lowers it. */
  maxConnections?: number
  transport?: Transport
  clock?: Clock
  /** Jitter of retries only; never touches what is asked. */
  random?: () => number
  /** Calls back when the calls of this tick have come in. */
  turn?: (callback: () => void) => void
}

/** Sends the questions of all sessions on one target: few requests, few at once, retried. One per target and invocation. */
export interface Dispatcher {
  readonly target: TargetConnection
  readonly dialect: Dialect
  readonly capabilities: Capabilities
  /** Answers of the pieces, in their order. Raises ModelError. `deadline` in milliseconds since 1970. */
  ask(pieces: Piece[], account: Account, deadline: number): Promise<Answer[]>
  /** Ends an account's open questions with `error`, and requests that nobody else waits for. */
  cancel(account: Account, error: ModelError): void
  /** Ends an account's questions that wait with `error`; those on their way may still be answered, but not repeated. */
  retire(account: Account, error: ModelError): void
  /** Width of the window and what is open, for those who watch a run. */
  readonly load: { window: number; open: number; waiting: number }
}

interface Flight {
  jobs: Job[]
  sentAt: number
  deadline: number
  controller: AbortController
  done: boolean
}

/** Opens a target for one invocation. Raises ModelError('capability_missing') before the target's first probe. */
export function createDispatcher(target: TargetConnection, options: DispatcherOptions = {}): Dispatcher {
  const { capabilities } = target
  if (capabilities === null) throw new ModelError('capability_missing', 'The target has not been probed yet.')
  const dialect = findDialect(target.dialect)
  const clock = options.clock ?? systemClock
  const random = options.random ?? Math.random
  const transport: Transport = options.transport ?? ((url, init) => fetch(url, init))
  const turn = options.turn ?? ((callback) => void setTimeout(callback, 0))
  const ceiling = options.maxConnections ?? defaultMaxConnections
  const throttle = createThrottle(Math.max(1, Math.min(ceiling, target.limits.maxConnections ?? ceiling)), random)
  const timeoutMs = (target.limits.requestTimeoutSeconds ?? defaultTimeoutMs / 1000) * 1000
  const context: WireContext = { target, quirks: { maxCompletionTokens: false } }
  const queue = createQueue(target.limits.maxBatch ?? defaultMaxBatch)
  const flights = new Set<Flight>()
  const calls = new Set<Call>()
  const retired = new Map<Account, ModelError>()
  let turnComing = false
  const timer = createTimer(clock, wake)

  function wake(now: number): void {
    for (const flight of flights) {
      if (flight.deadline <= now) {
        const error = new ModelError('timeout', `No answer within ${Math.round((now - flight.sentAt) / 1000)} s.`)
        crash(flight, error)
        flight.controller.abort(error)
      } else timer.wakeAt(flight.deadline)
    }
    for (const call of calls) {
      if (call.deadline <= now) finish(call, new ModelError('timeout', "The item's time was used up."))
      else if (call.deadline !== Number.POSITIVE_INFINITY) timer.wakeAt(call.deadline)
    }
    const next = queue.release(now)
    if (next !== null) timer.wakeAt(next)
    pump()
  }

  /** Sends what may be sent. While a tick is being collected only questions that go alone leave. */
  function pump(): void {
    const now = clock.now()
    if (now < throttle.pausedUntil) {
      if (queue.size > 0) timer.wakeAt(throttle.pausedUntil)
      return
    }
    while (flights.size < throttle.width) {
      const jobs = queue.take(turnComing, reserve)
      if (jobs.length === 0) break
      send(jobs, now)
    }
  }

  /** Whether a question's most still fits the budget: `wait` where requests in flight may leave enough. */
  function reserve(job: Job): 'go' | 'wait' | 'drop' {
    const { spend } = job.call.account
    if (spend === null) return 'go'
    try {
      spend.reserve(job.estimate)
      return 'go'
    } catch (error) {
      if (spend.outstanding > 0) {
        // Another target's dispatcher may share the budget, so that no answer of ours need come.
        timer.wakeAt(clock.now() + 50)
        return 'wait'
      }
      finish(job.call, asModelError(error))
      return 'drop'
    }
  }

  function send(jobs: Job[], now: number): void {
    const { usage } = (jobs[0] as Job).call.account
    usage.requests++
    if (jobs.some((job) => job.sent)) usage.retries++
    let latest = 0
    for (const job of jobs) {
      job.sent = true
      latest = Math.max(latest, job.call.deadline)
    }
    const controller = new AbortController()
    const flight: Flight = { jobs, sentAt: now, deadline: Math.min(now + timeoutMs, latest), controller, done: false }
    flights.add(flight)
    timer.wakeAt(flight.deadline)
    let request: ReturnType<Dialect['encode']>
    try {
      request = dialect.encode(
        jobs.map((job) => job.piece),
        context,
      )
    } catch (error) {
      crash(flight, asModelError(error))
      return
    }
    exchange(transport, target, request, controller.signal, clock.now).then(
      (exchanged) => land(flight, exchanged),
      (error) => crash(flight, asModelError(error)),
    )
  }

  function land(flight: Flight, exchanged: Exchanged): void {
    if (flight.done) return
    const { jobs } = flight
    const now = clock.now()
    let decoded: ReturnType<Dialect['decode']>
    try {
      decoded = dialect.decode(
        jobs.map((job) => job.piece),
        exchanged.body,
        context,
      )
    } catch (error) {
      crash(flight, asModelError(error))
      return
    }
    flight.done = true
    flights.delete(flight)
    throttle.succeeded({ sentAt: flight.sentAt, isList: jobs.length > 1 }, exchanged.headers, now)
    share(jobs, decoded)
    jobs.forEach((job, index) => {
      const answer = decoded.answers[index]
      if (answer instanceof ModelError) judge(job, answer, 1, now)
      else if (answer === undefined)
        judge(job, new ModelError('malformed', 'An answer of the list is missing.'), 1, now)
      else deliver(job, answer)
    })
    pump()
  }

  function deliver(job: Job, answer: Answer): void {
    const { call } = job
    if (call.settled) return
    call.answers[job.index] = answer
    if (--call.open === 0) finish(call, null)
  }

  function crash(flight: Flight, error: ModelError): void {
    if (flight.done) return
    flight.done = true
    flights.delete(flight)
    const now = clock.now()
    billedFailure(flight.jobs, error)
    throttle.failed({ sentAt: flight.sentAt, isList: flight.jobs.length > 1 }, error, now)
    if (
      error.kind === 'rejected' &&
      /max_completion_tokens/.test(error.message) &&
      !context.quirks.maxCompletionTokens
    ) {
      context.quirks.maxCompletionTokens = true
      queue.putBack(flight.jobs)
    } else {
      // Backwards, so that what goes back to the head of the queue keeps its order.
      for (let index = flight.jobs.length - 1; index >= 0; index--)
        judge(flight.jobs[index] as Job, error, flight.jobs.length, now)
    }
    pump()
  }

  function judge(job: Job, error: ModelError, batch: number, now: number): void {
    const { call } = job
    if (call.settled) return
    if (job.successesSeen !== throttle.successes) {
      job.successesSeen = throttle.successes
      job.failures.refusals = 0
    }
    if (job.firstFailureAt === null) job.firstFailureAt = now
    const judged = verdict(error, job.failures, batch)
    const ending = retired.get(call.account)
    if (isRepeat(judged) && (ending !== undefined || call.deadline <= now)) {
      finish(call, ending ?? error)
      return
    }
    switch (judged) {
      case 'wait':
      case 'again':
        queue.putBack([job])
        timer.wakeAt(Math.max(now, throttle.pausedUntil))
        return
      case 'halve':
        job.batchLimit = Math.ceil(batch / 2)
        queue.putBack([job])
        return
      case 'retry': {
        const due = now + backoffMs(job.failures.attempts, random)
        if (due >= call.deadline) finish(call, error)
        else {
          queue.delay(job, due)
          timer.wakeAt(due)
        }
        return
      }
      case 'refused':
      case 'fatal':
        finish(call, error)
        drain(error)
        return
      case 'fail':
        finish(call, error)
        // Nobody has answered since this question was first asked: those that wait would fare no better.
        if (error.kind === 'unreachable' && throttle.lastSuccessAt < job.firstFailureAt) drain(error)
    }
  }

  /** Ends all questions that wait. */
  function drain(error: ModelError): void {
    for (const job of queue.clear()) finish(job.call, error)
  }

  function finish(call: Call, error: ModelError | null): void {
    if (call.settled) return
    call.settled = true
    calls.delete(call)
    if (error === null) call.resolve(call.answers)
    else call.reject(error)
  }

  const asModelError = (error: unknown): ModelError =>
    error instanceof ModelError
      ? error
      : new ModelError(
          'malformed',
          `The answer could not be read: ${error instanceof Error ? error.message : 'unknown'}`,
        )

  return {
    target,
    dialect,
    capabilities,
    ask(pieces, account, deadline) {
      return new Promise<Answer[]>((resolve, reject) => {
        const call: Call = {
          account,
          answers: new Array(pieces.length),
          open: pieces.length,
          settled: false,
          deadline,
          resolve,
          reject,
        }
        if (pieces.length === 0) return resolve([])
        calls.add(call)
        if (deadline !== Number.POSITIVE_INFINITY) timer.wakeAt(deadline)
        let grouped = false
        pieces.forEach((piece, index) => {
          grouped ||= piece.group !== null
          queue.add({
            piece,
            call,
            index,
            estimate: estimateCost(piece, index),
            failures: { attempts: 0, hangs: 0, refusals: 0 },
            successesSeen: throttle.successes,
            firstFailureAt: null,
            batchLimit: Number.POSITIVE_INFINITY,
            sent: false,
          })
        })
        if (!grouped) pump()
        else if (!turnComing) {
          turnComing = true
          turn(() => {
            turnComing = false
            pump()
          })
        }
      })
    },
    cancel(account, error) {
      for (const call of calls) if (call.account === account) finish(call, error)
      for (const flight of flights) {
        if (!flight.jobs.every((job) => job.call.settled)) continue
        crash(flight, error)
        flight.controller.abort(error)
      }
      if (calls.size === 0) timer.stop()
    },
    retire(account, error) {
      retired.set(account, error)
      const flying = new Set<Call>()
      for (const { jobs } of flights) for (const { call } of jobs) flying.add(call)
      for (const call of calls) if (call.account === account && !flying.has(call)) finish(call, error)
    },
    get load() {
      return { window: throttle.width, open: flights.size, waiting: queue.size }
    },
  }
}
