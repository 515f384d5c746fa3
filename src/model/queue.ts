import type { Piece } from './dialects/dialect.ts'
import type { ModelError } from './errors.ts'
import type { Account } from './metering.ts'
import type { Answer } from './question.ts'
import type { Failures } from './retry.ts'
import type { Cost } from './spend.ts'

/** One question that somebody waits for. */
export interface Call {
  account: Account
  answers: Answer[]
  /** Pieces without an answer yet. */
  open: number
  settled: boolean
  deadline: number
  resolve: (answers: Answer[]) => void
  reject: (error: ModelError) => void
}

/** One piece on its way. */
export interface Job {
  piece: Piece
  call: Call
  index: number
  /** The most that it may cost. */
  estimate: Cost
  failures: Failures
  /** The target's successes when this piece was last refused. */
  successesSeen: number
  firstFailureAt: number | null
  /** Most pieces of a request that may carry this one. */
  batchLimit: number
  sent: boolean
}

/** Bytes of prompts in one request: long echoes have killed servers. */
const mostBytes = 256 * 1024

/** What waits to be sent, by group; groups and their members leave in the order they came. */
export interface Queue {
  readonly size: number
  add(job: Job): void
  /** Back to the head of its group. */
  putBack(jobs: Job[]): void
  delay(job: Job, due: number): void
  /** Moves what is due to the head of its group, as it has waited longest; the next due time, or null. */
  release(now: number): number | null
  /** The next request's pieces, each admitted by `admit`; empty when there are none. `aloneOnly`: no lists yet. */
  take(aloneOnly: boolean, admit: (job: Job) => 'go' | 'wait' | 'drop'): Job[]
  /** Empties the queue. */
  clear(): Job[]
}

/** `maxBatch`: most samples that one request may ask for. */
export function createQueue(maxBatch: number): Queue {
  const alone = ''
  const groups = new Map<string, Job[]>()
  let delayed: { job: Job; due: number }[] = []
  const groupOf = (job: Job): Job[] => {
    const key = job.piece.group ?? alone
    let jobs = groups.get(key)
    if (jobs === undefined) {
      jobs = []
      groups.set(key, jobs)
    }
    return jobs
  }

  /** Takes from one group's head; returns how many places are used up in `taken`. */
  function takeFrom(jobs: Job[], isAlone: boolean, admit: (job: Job) => 'go' | 'wait' | 'drop'): Job[] {
    const taken: Job[] = []
    let limit = isAlone ? 1 : maxBatch
    let samples = 0
    let bytes = 0
    let used = 0
    for (; used < jobs.length; used++) {
      const job = jobs[used] as Job
      if (job.call.settled) continue
      const { n, size } = job.piece
      limit = taken.length === 0 ? Math.min(limit, job.batchLimit) : limit
      if (taken.length >= limit || (taken.length > 0 && job.batchLimit <= taken.length)) break
      if (taken.length > 0 && (samples + n > maxBatch || bytes + size > mostBytes)) break
      const admitted = admit(job)
      if (admitted === 'drop') continue
      if (admitted === 'wait') break
      taken.push(job)
      samples += n
      bytes += size
    }
    jobs.splice(0, used)
    return taken
  }

  return {
    get size() {
      let size = delayed.length
      for (const jobs of groups.values()) size += jobs.length
      return size
    },
    add: (job) => void groupOf(job).push(job),
    putBack(jobs) {
      for (let index = jobs.length - 1; index >= 0; index--) groupOf(jobs[index] as Job).unshift(jobs[index] as Job)
    },
    delay: (job, due) => void delayed.push({ job, due }),
    release(now) {
      if (delayed.length === 0) return null
      let next = Number.POSITIVE_INFINITY
      const still: typeof delayed = []
      for (const entry of delayed) {
        if (entry.due <= now) groupOf(entry.job).unshift(entry.job)
        else {
          still.push(entry)
          next = Math.min(next, entry.due)
        }
      }
      delayed = still
      return next === Number.POSITIVE_INFINITY ? null : next
    },
    take(aloneOnly, admit) {
      for (const [key, jobs] of groups) {
        if (aloneOnly && key !== alone) continue
        const taken = takeFrom(jobs, key === alone, admit)
        if (jobs.length === 0 && key !== alone) groups.delete(key)
        if (taken.length > 0) return taken
      }
      return []
    },
    clear() {
      const all = [...groups.values()].flat().concat(delayed.map(({ job }) => job))
      groups.clear()
      delayed = []
      return all
    },
  }
}
