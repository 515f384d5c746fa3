import type { Row } from '../define.ts'

/** A row that has something to report: index order, its cluster (or its own id where it stands alone), its detail. */
export interface Reported<Detail> {
  index: number
  itemId: string
  cluster: string
  score: number | null
  detail: Detail
}

/** The rows that were evaluated, by item index whatever the order they came in. Lost and skipped items are left out. */
export function reportedRows<Detail>(rows: readonly Row<Detail>[]): Reported<Detail>[] {
  return rows
    .flatMap(({ index, itemId, cluster, status, score, detail }) =>
      (status === 'scored' || status === 'refused') && detail !== null
        ? [{ index, itemId, cluster: cluster ?? itemId, score, detail }]
        : [],
    )
    .sort((first, second) => first.index - second.index)
}

/** Members by key, keys in order of first appearance. */
export function groupBy<T>(list: readonly T[], keyOf: (member: T) => string): Map<string, T[]> {
  const groups = new Map<string, T[]>()
  for (const member of list) {
    const key = keyOf(member)
    const group = groups.get(key)
    if (group) group.push(member)
    else groups.set(key, [member])
  }
  return groups
}

/** The text shortened to what a list of items shows. */
export const clipped = (text: string, most = 500): string =>
  text.length <= most ? text : `${text.slice(0, most - 1)}…`

/** The items a reader should look at first: highest `badness` first (null: not among them), ties by index. */
export function worstItems<Detail>(
  rows: readonly Reported<Detail>[],
  badness: (row: Reported<Detail>) => number | null,
  why: (row: Reported<Detail>) => string,
  most = 10,
): { itemId: string; why: string }[] {
  return rows
    .flatMap((row) => {
      const value = badness(row)
      return value === null ? [] : [{ row, value }]
    })
    .sort((first, second) => second.value - first.value || first.row.index - second.row.index)
    .slice(0, most)
    .map(({ row }) => ({ itemId: row.itemId, why: why(row) }))
}

/** The function, remembering its value for each row: resampling asks for the same rows a thousand times. */
export function remembered<Member extends object, Value>(valueAt: (row: Member) => Value): (row: Member) => Value {
  const known = new WeakMap<Member, { value: Value }>()
  return (row) => {
    const before = known.get(row)
    if (before) return before.value
    const value = valueAt(row)
    known.set(row, { value })
    return value
  }
}
