/** Headers by which a server says how long to wait. */

const units: Record<string, number> = { ms: 1, s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 }

/** `1s`, `6m0s`, `120ms` (OpenAI), plain seconds, or seconds since 1970. Null where it is none of them. */
function parseReset(text: string, now: number): number | null {
  const value = text.trim()
  if (/^\d+(\.\d+)?$/.test(value)) {
    const number = Number(value)
    return number > 1e9 ? Math.max(0, number * 1000 - now) : number * 1000
  }
  if (!/^(\d+(\.\d+)?(ms|s|m|h|d))+$/.test(value)) return null
  let total = 0
  for (const [, amount, unit] of value.matchAll(/(\d+(?:\.\d+)?)(ms|s|m|h|d)/g))
    total += Number(amount) * (units[unit as string] as number)
  return total
}

/**
 * Milliseconds to wait by `retry-after-ms`, `retry-after` (seconds or an HTTP date), or the reset of an exhausted
 * `x-ratelimit-*` / `ratelimit-*` pair, in that order; undefined where nothing is said. Never negative, at most a day.
 */
export function retryAfterMs(headers: Headers, now: number): number | undefined {
  const capped = (ms: number) => Math.min(Math.max(0, Math.ceil(ms)), 86_400_000)
  const inMs = headers.get('retry-after-ms')
  if (inMs !== null && /^\s*\d+(\.\d+)?\s*$/.test(inMs)) return capped(Number(inMs))
  const after = headers.get('retry-after')
  if (after !== null) {
    if (/^\s*\d+(\.\d+)?\s*$/.test(after)) return capped(Number(after) * 1000)
    // Date.parse reads a bare number as a year.
    const date = /[A-Za-z]/.test(after) ? Date.parse(after) : Number.NaN
    // By the clock of the server, which may go differently.
    const served = Date.parse(headers.get('date') ?? '')
    if (Number.isFinite(date)) return capped(date - (Number.isFinite(served) ? served : now))
  }
  return exhaustedReset(headers, now)
}

/** Headers of a rate window: how much is left of it, and when it begins anew. */
const windows = ['-requests', '-tokens', ''].flatMap((what) =>
  ['x-ratelimit', 'ratelimit'].map((prefix) => [`${prefix}-remaining${what}`, `${prefix}-reset${what}`] as const),
)

/** Milliseconds until an exhausted rate window opens again; undefined while there is some left. */
export function exhaustedReset(headers: Headers, now: number): number | undefined {
  let longest: number | undefined
  for (const [remainingName, resetName] of windows) {
    const remaining = headers.get(remainingName)
    if (remaining === null || Number(remaining) > 0) continue
    const reset = parseReset(headers.get(resetName) ?? '', now)
    if (reset !== null) longest = Math.max(longest ?? 0, Math.min(reset, 86_400_000))
  }
  return longest
}
