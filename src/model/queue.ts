import { openingText } from './canonical.ts'
import type { Piece } from './dialects/dialect.ts'
import type { ModelError } from './errors.ts'
import { type Account, estimateCost } from './metering.ts'
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

/** A piece that has not been sent yet. */
export const newJob = (piece: Piece, call: Call, index: number, successesSeen: number): Job => ({
  piece,
  call,
  index,
  estimate: estimateCost(piece, index),
  failures: { attempts: 0, hangs: 0, refusals: 0 },
  successesSeen,
  firstFailureAt: null,
  batchLimit: Number.POSITIVE_INFINITY,
  sent: false,
})

/** Pieces of one kind take about as long to answer: the same way of asking, replies of much the same length. */
export function kindOf({ surface, question }: Piece): string {
  if (question.kind !== 'chat' && question.kind !== 'complete') return surface
  return `${surface}:${32 - Math.clz32(question.maxTokens)}`
}

/** Bytes of prompts in one request: long echoes have killed servers. */
const mostBytes = 256 * 1024

/** What waits to be sent, by group; groups leave in the order they came. */
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

interface Group {
  jobs: Job[]
  /** How many at the end came since the group was last ordered. */
  fresh: number
}

/** Questions that share a prefix side by side: a server computes it once a request. What came together is ordered, no more. */
function order(group: Group): void {
  const from = group.jobs.length - group.fresh
  const opened = group.jobs.slice(from).map((job) => ({ job, text: openingText(job.piece.question) }))
  opened.sort((a, b) => (a.text < b.text ? -1 : a.text > b.text ? 1 : 0))
  opened.forEach(({ job }, place) => {
    group.jobs[from + place] = job
  })
}

/** `sizeOf`: how much of a kind one request may carry. */
export function createQueue(sizeOf: (kind: string) => number): Queue {
  const alone = ''
  const groups = new Map<string, Group>()
  let delayed: { job: Job; due: number }[] = []
  const groupOf = (job: Job): Group => {
    const key = job.piece.group ?? alone
    let group = groups.get(key)
    if (group === undefined) {
      group = { jobs: [], fresh: 0 }
      groups.set(key, group)
    }
    return group
  }

  /** Takes from one group's head. */
  function takeFrom(group: Group, isAlone: boolean, admit: (job: Job) => 'go' | 'wait' | 'drop'): Job[] {
    const { jobs } = group
    const most = isAlone || jobs.length === 0 ? 1 : sizeOf(kindOf((jobs[0] as Job).piece))
    if (!isAlone && group.fresh > 1 && jobs.length > most) order(group)
    group.fresh = 0
    const taken: Job[] = []
    let limit = most
    let samples = 0
    let bytes = 0
    let used = 0
    for (; used < jobs.length; used++) {
      const job = jobs[used] as Job
      if (job.call.settled) continue
      const { n, size } = job.piece
      limit = taken.length === 0 ? Math.min(limit, job.batchLimit) : limit
      if (taken.length >= limit || (taken.length > 0 && job.batchLimit <= taken.length)) break
      if (taken.length > 0 && (samples + n > most || bytes + size > mostBytes)) break
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
      for (const { jobs } of groups.values()) size += jobs.length
      return size
    },
    add(job) {
      const group = groupOf(job)
      group.jobs.push(job)
      group.fresh++
    },
    putBack(jobs) {
      for (let index = jobs.length - 1; index >= 0; index--)
        groupOf(jobs[index] as Job).jobs.unshift(jobs[index] as Job)
    },
    delay: (job, due) => void delayed.push({ job, due }),
    release(now) {
      if (delayed.length === 0) return null
      let next = Number.POSITIVE_INFINITY
      const still: typeof delayed = []
      for (const entry of delayed) {
        if (entry.due <= now) groupOf(entry.job).jobs.unshift(entry.job)
        else {
          still.push(entry)
          next = Math.min(next, entry.due)
        }
      }
      delayed = still
      return next === Number.POSITIVE_INFINITY ? null : next
    },
    take(aloneOnly, admit) {
      for (const [key, group] of groups) {
        if (aloneOnly && key !== alone) continue
        const taken = takeFrom(group, key === alone, admit)
        if (group.jobs.length === 0 && key !== alone) groups.delete(key)
        if (taken.length > 0) return taken
      }
      return []
    },
    clear() {
      const all = [...groups.values()].flatMap(({ jobs }) => jobs).concat(delayed.map(({ job }) => job))
      groups.clear()
      delayed = []
      return all
    },
  }
}
