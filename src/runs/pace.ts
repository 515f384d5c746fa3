/** How long a worker's turn at a run lasts, and what it may do in it. */
export interface Pace {
  /** A turn's length; what is left then goes back to the queue. */
  turnMs: number
  /** How long requests that are open at the turn's end may still take. */
  landingMs: number
  /** A turn's length where a shard came to nothing before: one answer may take longer than a turn. */
  longTurnMs: number
  /** Answers older than this are stored. */
  commitMs: number
  /** Requests of one turn: an invocation's subrequests are limited to 10,000. */
  mostRequests: number
  /** Waits between attempts while storage fails; left out: half a minute in all. */
  storageWaits?: readonly number[]
}

/** The pace of production. */
export const normalPace: Pace = {
  turnMs: 60_000,
  landingMs: 30_000,
  longTurnMs: 480_000,
  commitMs: 2000,
  mostRequests: 9000,
}
