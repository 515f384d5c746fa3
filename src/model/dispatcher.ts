import type { Capabilities } from '../../schema/capabilities.ts'
import { createCalls } from './calls.ts'
import { type Clock, systemClock } from './clock.ts'
import {
  defaultMaxBatch,
  defaultMaxConnections,
  defaultTimeoutMs,
  type TargetConnection,
  type Transport,
} from './connection.ts'
import type { Decoded, Dialect, Piece, WireContext } from './dialects/dialect.ts'
import { findDialect } from './dialects/registry.ts'
import { asModelError, ModelError } from './errors.ts'
import { createFlights, type Flight } from './flights.ts'
import { createListSizes } from './list-size.ts'
import { type Account, billedFailure, share } from './metering.ts'
import type { Answer } from './question.ts'
import { createQueue, type Job, kindOf, newJob } from './queue.ts'
import { learnQuirk, noQuirks } from './quirks.ts'
import { backoffMs, isRepeat, mostAttempts, verdict } from './retry.ts'
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
  /** Some questions so far may leave in lists. */
  readonly asksLists: boolean
  /** Width of the window, its widest, and what is open, for those who watch a run. */
  readonly load: { window: number; most: number; open: number; waiting: number }
}

/** Requests whose answers are handed over in one go: what comes in meanwhile waits for that. */
const handedAtOnce = 8

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
  const most = Math.max(1, Math.min(ceiling, target.limits.maxConnections ?? ceiling))
  const throttle = createThrottle(most, random)
  const timeoutMs = (target.limits.requestTimeoutSeconds ?? defaultTimeoutMs / 1000) * 1000
  const context: WireContext = { target, quirks: noQuirks() }
  const sizes = createListSizes(target.limits.maxBatch ?? defaultMaxBatch)
  const queue = createQueue(sizes.of)
  const calls = createCalls()
  const flights = createFlights({ target, dialect, context, transport, clock, timeoutMs, onLanded, onCrashed })
  const retired = new Map<Account, ModelError>()
  let turnComing = false
  let asksLists = false
  /** Answers that have come in and were not handed over yet, by request. */
  const arrived: { job: Job; answer: Answer }[][] = []
  const timer = createTimer(clock, wake)

  function wake(now: number): void {
    handOver()
    timer.wakeAt(flights.expire(now))
    timer.wakeAt(calls.expire(now, () => new ModelError('timeout', "The item's time was used up.")))
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
      timer.wakeAt(flights.send(jobs, now))
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
      calls.finish(job.call, asModelError(error))
      return 'drop'
    }
  }

  function onLanded(flight: Flight, decoded: Decoded, headers: Headers): void {
    const { jobs, sentAt } = flight
    const now = clock.now()
    throttle.succeeded({ sentAt, isList: jobs.length > 1 }, headers, now)
    told(flight, now)
    share(jobs, decoded)
    const answers: { job: Job; answer: Answer }[] = []
    jobs.forEach((job, index) => {
      const answer = decoded.answers[index]
      if (answer instanceof ModelError) judge(job, answer, 1, now)
      else if (answer === undefined)
        judge(job, new ModelError('malformed', 'An answer of the list is missing.'), 1, now)
      else answers.push({ job, answer })
    })
    pump()
    if (arrived.push(answers) === 1) turn(handOverSome)
  }

  /**
   * Hands over answers when the next questions have left. What is made of an answer takes longer than to send a
   * question, and answers come in bunches: handed over at once, the last connection of a bunch would stand idle for all
   * of them.
   */
  function handOver(requests = arrived.length): void {
    for (const answers of arrived.splice(0, requests)) for (const { job, answer } of answers) calls.deliver(job, answer)
    if (arrived.length > 0) turn(handOverSome)
  }
  function handOverSome(): void {
    handOver(handedAtOnce)
  }

  function onCrashed(flight: Flight, error: ModelError): void {
    const { jobs, sentAt } = flight
    const now = clock.now()
    billedFailure(jobs, error)
    if (error.kind === 'rate_limited') (jobs[0] as Job).call.account.usage.throttled++
    throttle.failed({ sentAt, isList: jobs.length > 1 }, error, now)
    if (error.kind === 'timeout') told(flight, now)
    if (learnQuirk(error, context.quirks)) queue.putBack(jobs)
    else {
      // One pause for all: what left together may leave together again.
      const jitter = random()
      // Backwards, so that what goes back to the head of the queue keeps its order.
      for (let index = jobs.length - 1; index >= 0; index--)
        judge(jobs[index] as Job, error, jobs.length, now, () => jitter)
    }
    pump()
  }

  /** Lets the size of later lists learn from this one. */
  function told({ jobs, sentAt }: Flight, now: number): void {
    const { piece } = jobs[0] as Job
    if (piece.group === null) return
    let weight = 0
    for (const job of jobs) weight += job.piece.n
    sizes.returned(kindOf(piece), { weight, sentAt }, now)
  }

  function judge(job: Job, error: ModelError, batch: number, now: number, jitter = random): void {
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
      calls.finish(call, ending ?? error)
      return
    }
    switch (judged) {
      case 'wait':
      case 'again':
        queue.putBack([job])
        timer.wakeAt(Math.max(now, throttle.pausedUntil))
        return
      case 'halve':
      case 'alone':
        job.batchLimit = judged === 'alone' ? 1 : Math.ceil(batch / 2)
        queue.putBack([job])
        return
      case 'retry': {
        // One prompt may be what breaks the server: its list is parted, and nobody is lost for another's sake.
        if (batch > 1) job.batchLimit = job.failures.attempts === mostAttempts - 1 ? 1 : Math.ceil(batch / 2)
        const due = now + backoffMs(job.failures.attempts, jitter)
        if (due >= call.deadline) calls.finish(call, error)
        else {
          queue.delay(job, due)
          timer.wakeAt(due)
        }
        return
      }
      case 'refused':
      case 'fatal':
        calls.finish(call, error)
        drain(error)
        return
      case 'fail':
        calls.finish(call, error)
        // Nobody has answered since this question was first asked: those that wait would fare no better.
        if (error.kind === 'unreachable' && throttle.lastSuccessAt < job.firstFailureAt) drain(error)
    }
  }

  /** Ends all questions that wait. */
  function drain(error: ModelError): void {
    for (const job of queue.clear()) calls.finish(job.call, error)
  }

  return {
    target,
    dialect,
    capabilities,
    ask(pieces, account, deadline) {
      if (pieces.length === 0) return Promise.resolve([])
      const { call, answers } = calls.open(pieces.length, account, deadline)
      if (deadline !== Number.POSITIVE_INFINITY) timer.wakeAt(deadline)
      let grouped = false
      pieces.forEach((piece, index) => {
        grouped ||= piece.group !== null
        queue.add(newJob(piece, call, index, throttle.successes))
      })
      asksLists ||= grouped
      if (!grouped) pump()
      else if (!turnComing) {
        turnComing = true
        turn(() => {
          turnComing = false
          pump()
        })
      }
      return answers
    },
    cancel(account, error) {
      handOver()
      calls.end(account, error)
      flights.abandon(error)
      if (calls.size === 0) timer.stop()
    },
    retire(account, error) {
      handOver()
      retired.set(account, error)
      calls.end(account, error, flights.calls())
    },
    get asksLists() {
      return asksLists
    },
    get load() {
      return { window: throttle.width, most, open: flights.size, waiting: queue.size }
    },
  }
}
