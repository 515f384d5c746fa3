import type { Run } from '../../schema/run.ts'
import { finishedStatuses } from '../../schema/states.ts'
import { formatDuration } from './format.ts'

/** A state of a run and when it was seen, milliseconds. */
export interface Seen {
  at: number
  run: Run
}

/** Speed is told from what was seen within this time. */
const windowMs = 15_000
const barWidth = 20

const doneOf = (run: Run, benchmarkId: string): number => {
  const counts = run.benchmarks.find((benchmark) => benchmark.benchmarkId === benchmarkId)?.counts
  return counts ? counts.total - counts.open : 0
}

/** Items a second lately, by `done` of each state; null until two states tell it. */
export function rateOf(seen: readonly Seen[], done: (run: Run) => number): number | null {
  const last = seen.at(-1)
  const first = seen.find(({ at }) => last !== undefined && at >= last.at - windowMs)
  if (!last || !first || last.at <= first.at) return null
  const rate = ((done(last.run) - done(first.run)) * 1000) / (last.at - first.at)
  return rate > 0 ? rate : null
}

function bar(done: number, total: number): string {
  const full = total === 0 ? barWidth : Math.floor((done / total) * barWidth)
  return `${'█'.repeat(full)}${'░'.repeat(barWidth - full)}`
}

function line(name: string, nameWidth: number, done: number, total: number, rate: number | null): string {
  const digits = String(total).length
  const count = `${String(done).padStart(digits)}/${total}`
  const speed = rate === null || done >= total ? '' : `  ${rate.toFixed(1)} items/s`
  const left = rate === null || done >= total ? '' : `  ${formatDuration((total - done) / rate)} left`
  return `${name.padEnd(nameWidth)}  ${bar(done, total)}  ${count}${speed}${left}`
}

/** How fast the target is asked, and whether it refuses; null where nothing is known. */
function trafficLine({ traffic }: Run, at: number, nameWidth: number): string | null {
  if (traffic === null) return null
  const { connections, requestsPerMinute, throttled, lastThrottledAt } = traffic
  const parts: string[] = []
  if (connections !== null) {
    const { open, allowed, most } = connections
    const cut = allowed < most ? ` (at most ${most})` : ''
    parts.push(`${open} of ${allowed} connections${cut}`, `${requestsPerMinute ?? 0} requests/min`)
  }
  if (lastThrottledAt !== null) {
    const seconds = Math.max(0, Math.round((at - Date.parse(lastThrottledAt)) / 1000))
    parts.push(`${throttled} throttled, ${formatDuration(seconds)} ago`)
  }
  return parts.length === 0 ? null : `${'target'.padEnd(nameWidth)}  ${parts.join('  ')}`
}

/**
 * One line per benchmark and one for the whole: done of total, items a second, time left; and one for how fast the
 * target is asked, where that is known. Pure.
 */
export function progressLines(seen: readonly Seen[]): string[] {
  const last = seen.at(-1)
  if (!last) return []
  const { at, run } = last
  const width = Math.max(6, ...run.benchmarks.map(({ benchmarkId }) => benchmarkId.length))
  const lines = run.benchmarks.map(({ benchmarkId, size, counts }) => {
    const rate = rateOf(seen, (state) => doneOf(state, benchmarkId))
    const lost = counts.error > 0 ? `  ${counts.error} lost` : ''
    return line(benchmarkId, width, doneOf(run, benchmarkId), size, rate) + lost
  })
  const { done, total } = run.progress
  const status = finishedStatuses.includes(run.status) ? `  ${run.status}` : ''
  const speed = rateOf(seen, (state) => state.progress.done)
  const traffic = trafficLine(run, at, width)
  return [...lines, line('all', width, done, total, speed) + status, ...(traffic === null ? [] : [traffic])]
}

/** What progress is shown on: standard error, or a test's own. */
export interface ProgressStream {
  isTTY?: boolean | undefined
  write(text: string): unknown
}

/** Redraws in place on a terminal; elsewhere a line now and then, at the start, every ten seconds and at the end. */
export function createProgress(stream: ProgressStream, now: () => number = Date.now) {
  const seen: Seen[] = []
  let drawn = 0
  let told = Number.NEGATIVE_INFINITY
  const draw = () => {
    const lines = progressLines(seen)
    // A line that is there no longer is wiped.
    while (lines.length < drawn) lines.push('')
    const back = drawn > 0 ? `\u001b[${drawn}A` : ''
    stream.write(back + lines.map((text) => `\u001b[2K${text}\n`).join(''))
    drawn = lines.length
  }
  return {
    show(run: Run): void {
      const at = now()
      seen.push({ at, run })
      while (seen.length > 2 && (seen[1] as Seen).at < at - windowMs) seen.shift()
      if (stream.isTTY) draw()
      else if (at - told >= 10_000 || finishedStatuses.includes(run.status)) {
        told = at
        const whole = progressLines(seen).slice(run.benchmarks.length)
        stream.write(whole.map((text) => `${text}\n`).join(''))
      }
    },
    /** What is written next stands below; the display is drawn anew after it. */
    note(text: string): void {
      stream.write(`${text}\n`)
      drawn = 0
    },
  }
}
