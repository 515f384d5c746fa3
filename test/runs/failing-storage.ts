import type { D1Database, D1PreparedStatement, R2Bucket } from '@cloudflare/workers-types'

/** Which calls to storage fail, and how. */
export interface Plan {
  /** The number of the first call that fails, from 1. */
  at: number
  /** `before`: nothing happened. `after`: it happened, but the answer was lost. */
  when: 'before' | 'after'
  /** All calls from then on fail too, as after a kill. */
  forGood: boolean
}

export interface FailingStorage {
  database: D1Database
  bucket: R2Bucket
  /** Calls so far. */
  readonly calls: number
}

/** D1 and R2 whose k-th call fails. */
export function failingStorage(database: D1Database, bucket: R2Bucket, plan: Plan | null): FailingStorage {
  let calls = 0
  let failed = false
  const inner = new WeakMap<object, D1PreparedStatement>()
  async function call<T>(action: () => Promise<T>): Promise<T> {
    const fails = plan !== null && (++calls === plan.at || (plan.forGood && failed))
    if (plan === null) calls++
    if (!fails) return action()
    failed = true
    if (plan.when === 'after' && calls === plan.at) await action()
    throw new Error(`D1_ERROR: storage failed at call ${calls}`)
  }
  const wrap = (statement: D1PreparedStatement): D1PreparedStatement => {
    const wrapped = {
      bind: (...values: unknown[]) => wrap(statement.bind(...values)),
      all: () => call(() => statement.all()),
      run: () => call(() => statement.run()),
      raw: (options?: { columnNames?: false }) => call(() => statement.raw(options)),
      first: (column?: string) => call(() => (column === undefined ? statement.first() : statement.first(column))),
    } as unknown as D1PreparedStatement
    inner.set(wrapped, statement)
    return wrapped
  }
  return {
    database: {
      prepare: (query: string) => wrap(database.prepare(query)),
      batch: (statements: D1PreparedStatement[]) =>
        call(() => database.batch(statements.map((statement) => inner.get(statement) ?? statement))),
    } as unknown as D1Database,
    bucket: {
      put: (...parts: Parameters<R2Bucket['put']>) => call(() => bucket.put(...parts)),
      get: (key: string) => call(() => bucket.get(key)),
      list: (...parts: Parameters<R2Bucket['list']>) => call(() => bucket.list(...parts)),
    } as unknown as R2Bucket,
    get calls() {
      return calls
    },
  }
}
