import type { Determinism, Execution } from '../../schema/run.ts'
import type { RunRow } from './run-rows.ts'
import type { UsageTotal } from './usage.ts'

/** What a run's two askings of one question show. */
function determinismView(kept: Determinism | null): Execution['determinism'] {
  if (kept === null) return null
  const { benchmarkId, itemId, first, second } = kept
  const failed = first.error ?? second.error
  if (failed !== null) {
    const note = `A question of ${itemId} was asked twice; no answer: ${failed}`
    return { benchmarkId, itemId, equalText: null, largestLogprobDifference: null, note }
  }
  const equalText = first.text === second.text
  const [before, after] = [first.logprobs, second.logprobs]
  const largestLogprobDifference =
    equalText && before !== null && after !== null && before.length === after.length
      ? before.reduce((largest, value, place) => Math.max(largest, Math.abs(value - (after[place] ?? value))), 0)
      : null
  const same = `The same question of ${itemId}, asked again at the end of the run, gave`
  const note = !equalText
    ? `${same} another text, although nothing was sampled.`
    : largestLogprobDifference === null
      ? `${same} the same text.`
      : `${same} the same text; the difference is that of its log-probabilities.`
  return { benchmarkId, itemId, equalText, largestLogprobDifference, note }
}

/** What a run has cost and how long it took. */
export function executionView(row: RunRow, used: UsageTotal, rows: number): Execution {
  const seconds = row.startedAt === null || row.finishedAt === null ? null : (row.finishedAt - row.startedAt) / 1000
  return {
    ...used,
    seconds,
    itemsPerSecond: seconds === null || seconds === 0 ? null : rows / seconds,
    determinism: determinismView(row.determinism),
  }
}
