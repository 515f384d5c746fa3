import type { Determinism, Execution } from '../../schema/run.ts'
import type { RunRow } from './run-rows.ts'
import type { UsageTotal } from './usage.ts'

/** What a run's two askings of one question show. */
function determinismView(kept: Determinism | null): Execution['determinism'] {
  if (kept === null) return null
  const { first, second } = kept
  const asked = [first, second].filter((answer) => answer !== null).length
  const failed = first?.error ?? second?.error ?? null
  if (first === null || second === null || failed !== null) {
    const note = failed === null ? 'The run ended before the question was asked again.' : `No answer: ${failed}`
    return { asked, equalText: null, largestLogprobDifference: null, note }
  }
  const equalText = first.text === second.text
  const [before, after] = [first.logprobs, second.logprobs]
  const largestLogprobDifference =
    equalText && before !== null && after !== null && before.length === after.length
      ? Math.max(0, ...before.map((value, place) => Math.abs(value - (after[place] ?? value))))
      : null
  return {
    asked,
    equalText,
    largestLogprobDifference,
    note: equalText
      ? largestLogprobDifference === null
        ? 'The same question gave the same text at the start and at the end of the run.'
        : 'The same question gave the same text at the start and at the end of the run; the difference is that of its log-probabilities.'
      : 'The same question gave another text at the end of the run than at its start, although nothing was sampled.',
  }
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
