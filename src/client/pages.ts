import type { Page } from '../../schema/pagination.ts'

/** Everything of a list, page by page as it is read: `for await (const target of pages(client.targets.list))`. */
export async function* pages<T, Query extends { cursor?: string | undefined }>(
  list: (query: Query) => Promise<Page<T>>,
  query: Query,
): AsyncGenerator<T> {
  let cursor = query.cursor
  for (;;) {
    const page = await list({ ...query, cursor })
    yield* page.items
    if (page.next === null) return
    cursor = page.next
  }
}

/** All that an iterator yields, as a list. */
export async function collect<T>(iterator: AsyncIterable<T>): Promise<T[]> {
  const all: T[] = []
  for await (const one of iterator) all.push(one)
  return all
}
