import type { Clock } from './clock.ts'
import type { TargetConnection, Transport } from './connection.ts'
import type { Decoded, Dialect, WireContext } from './dialects/dialect.ts'
import { asModelError, ModelError } from './errors.ts'
import { type Exchanged, exchange } from './exchange.ts'
import type { Call, Job } from './queue.ts'

/** One request on its way. */
export interface Flight {
  jobs: Job[]
  sentAt: number
  deadline: number
  controller: AbortController
  done: boolean
}

/** Requests on their way: encoded, sent, read, and ended when their time is up. Each ends exactly once. */
export interface Flights {
  readonly size: number
  /** Sends pieces of one group as one request; when it must be looked after is returned. */
  send(jobs: Job[], now: number): number
  /** Ends requests whose time is up; the next deadline, infinite where there is none. */
  expire(now: number): number
  /** Ends requests all of whose questions are settled. */
  abandon(error: ModelError): void
  /** Questions on their way. */
  calls(): Set<Call>
}

export function createFlights(options: {
  target: TargetConnection
  dialect: Dialect
  context: WireContext
  transport: Transport
  clock: Clock
  timeoutMs: number
  onLanded(flight: Flight, decoded: Decoded, headers: Headers): void
  onCrashed(flight: Flight, error: ModelError): void
}): Flights {
  const { target, dialect, context, transport, clock, timeoutMs } = options
  const flights = new Set<Flight>()

  /** False where it has ended before. */
  function end(flight: Flight): boolean {
    if (flight.done) return false
    flight.done = true
    return flights.delete(flight)
  }

  function crash(flight: Flight, error: ModelError): void {
    if (end(flight)) options.onCrashed(flight, error)
  }

  function land(flight: Flight, { body, headers }: Exchanged): void {
    if (flight.done) return
    let decoded: Decoded
    try {
      decoded = dialect.decode(
        flight.jobs.map((job) => job.piece),
        body,
        context,
      )
    } catch (error) {
      crash(flight, asModelError(error))
      return
    }
    end(flight)
    options.onLanded(flight, decoded, headers)
  }

  return {
    get size() {
      return flights.size
    },
    send(jobs, now) {
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
      try {
        const request = dialect.encode(
          jobs.map((job) => job.piece),
          context,
        )
        exchange(transport, target, request, controller.signal, clock.now).then(
          (exchanged) => land(flight, exchanged),
          (error) => crash(flight, asModelError(error)),
        )
      } catch (error) {
        crash(flight, asModelError(error))
      }
      return flight.deadline
    },
    expire(now) {
      let next = Number.POSITIVE_INFINITY
      for (const flight of flights) {
        if (flight.deadline <= now) {
          const error = new ModelError('timeout', `No answer within ${Math.round((now - flight.sentAt) / 1000)} s.`)
          crash(flight, error)
          flight.controller.abort(error)
        } else next = Math.min(next, flight.deadline)
      }
      return next
    },
    abandon(error) {
      for (const flight of flights) {
        if (!flight.jobs.every((job) => job.call.settled)) continue
        crash(flight, error)
        flight.controller.abort(error)
      }
    },
    calls() {
      const flying = new Set<Call>()
      for (const { jobs } of flights) for (const { call } of jobs) flying.add(call)
      return flying
    },
  }
}
