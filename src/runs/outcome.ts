import type { AnyBenchmark, ItemBase, Outcome } from '../benchmarks/define.ts'
import { ModelError } from '../model/errors.ts'
import type { NewScore } from '../store/scores.ts'
import { logFailure } from './log.ts'

/** Longest detail of one row, characters of JSON: a row must fit into a statement, and reports read them all. */
const mostDetail = 200_000

type Place = Pick<NewScore, 'shardId' | 'itemIndex'>

/** A row for an item that has no outcome. `detail.message` says what happened, for people. */
export const errorRow = (place: Place, item: ItemBase | undefined, reason: string, message: string): NewScore => ({
  ...place,
  itemId: item?.id ?? `#${place.itemIndex}`,
  cluster: item?.cluster ?? null,
  status: 'error',
  score: null,
  reason,
  detail: JSON.stringify({ message: message.slice(0, 500) }),
})

/** What a benchmark said of an item, as a row; an outcome that is not of its own shape is an error. */
export function outcomeRow(place: Place, benchmark: AnyBenchmark, item: ItemBase, outcome: Outcome<unknown>): NewScore {
  const parsed = benchmark.row.safeParse(outcome.detail)
  if (!parsed.success) {
    const [issue] = parsed.error.issues
    return errorRow(place, item, 'invalid_row', `${issue?.path.join('.') ?? ''}: ${issue?.message ?? 'not a row'}`)
  }
  const detail = JSON.stringify(parsed.data)
  if (detail.length > mostDetail) return errorRow(place, item, 'too_large', `the row has ${detail.length} characters`)
  const { status, score, reason = null } = outcome
  return {
    ...place,
    itemId: item.id,
    cluster: item.cluster ?? null,
    status,
    score: score !== null && Number.isFinite(score) ? score : null,
    reason,
    detail,
  }
}

/** What an item's failure means: a row, or that it stays open for another time, or that the whole run cannot go on. */
export type Failure =
  | { kind: 'row'; row: NewScore }
  | { kind: 'open'; error: ModelError }
  | { kind: 'unreachable'; error: ModelError }
  | { kind: 'stop'; error: ModelError }

export function judgeFailure(place: Place, item: ItemBase, error: unknown): Failure {
  if (!(error instanceof ModelError)) {
    logFailure('an item could not be evaluated', item.id, error)
    const message = error instanceof Error ? error.message : String(error)
    return { kind: 'row', row: errorRow(place, item, 'evaluate_failed', message) }
  }
  switch (error.kind) {
    case 'rate_limited':
    case 'lease_ending':
    case 'cancelled':
      return { kind: 'open', error }
    case 'unreachable':
      return { kind: 'unreachable', error }
    case 'unauthorized':
    case 'model_not_found':
    case 'budget':
      return { kind: 'stop', error }
    default:
      return { kind: 'row', row: errorRow(place, item, error.kind, error.message) }
  }
}
