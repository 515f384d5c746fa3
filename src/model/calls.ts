import type { ModelError } from './errors.ts'
import type { Account } from './metering.ts'
import type { Answer } from './question.ts'
import type { Call, Job } from './queue.ts'

/** Questions that somebody waits for. */
export interface Calls {
  readonly size: number
  /** A call of so many pieces, and what its asker awaits. */
  open(pieces: number, account: Account, deadline: number): { call: Call; answers: Promise<Answer[]> }
  /** A piece's answer; the last one settles the call. */
  deliver(job: Job, answer: Answer): void
  /** Settles a call: with its answers (null), or with an error. Settled calls stay as they are. */
  finish(call: Call, error: ModelError | null): void
  /** Ends an account's calls, but those that `except` names. */
  end(account: Account, error: ModelError, except?: ReadonlySet<Call>): void
  /** Ends calls whose time is up with `error`; the next deadline, infinite where there is none. */
  expire(now: number, error: () => ModelError): number
}

export function createCalls(): Calls {
  const calls = new Set<Call>()
  const finish: Calls['finish'] = (call, error) => {
    if (call.settled) return
    call.settled = true
    calls.delete(call)
    if (error === null) call.resolve(call.answers)
    else call.reject(error)
  }
  return {
    get size() {
      return calls.size
    },
    open(pieces, account, deadline) {
      const { promise: answers, resolve, reject } = Promise.withResolvers<Answer[]>()
      const call: Call = {
        account,
        answers: new Array(pieces),
        open: pieces,
        settled: false,
        deadline,
        resolve,
        reject,
      }
      calls.add(call)
      return { call, answers }
    },
    deliver(job, answer) {
      const { call } = job
      if (call.settled) return
      call.answers[job.index] = answer
      if (--call.open === 0) finish(call, null)
    },
    finish,
    end(account, error, except) {
      for (const call of calls) if (call.account === account && !except?.has(call)) finish(call, error)
    },
    expire(now, error) {
      let next = Number.POSITIVE_INFINITY
      for (const call of calls) {
        if (call.deadline <= now) finish(call, error())
        else next = Math.min(next, call.deadline)
      }
      return next
    },
  }
}
