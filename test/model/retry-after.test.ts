import { expect, test } from 'vitest'
import { retryAfterMs } from '../../src/model/retry-after.ts'

const now = Date.parse('2026-01-01T00:00:00Z')

test.each<[Record<string, string>, number | undefined]>([
  [{}, undefined],
  [{ 'retry-after': '2' }, 2000],
  [{ 'retry-after': '0.5' }, 500],
  [{ 'retry-after': '0' }, 0],
  [{ 'retry-after': 'Thu, 01 Jan 2026 00:00:05 GMT' }, 5000],
  [{ 'retry-after': 'Wed, 31 Dec 2025 00:00:00 GMT' }, 0],
  [{ 'retry-after': 'Thu, 01 Jan 2026 00:00:05 GMT', date: 'Wed, 31 Dec 2025 23:59:58 GMT' }, 7000],
  [{ 'retry-after': 'Thu, 01 Jan 2026 00:00:05 GMT', date: 'some day' }, 5000],
  [{ 'retry-after': 'soon' }, undefined],
  [{ 'retry-after': '-3' }, undefined],
  [{ 'retry-after': '99999999999' }, 86_400_000],
  [{ 'retry-after-ms': '150', 'retry-after': '1' }, 150],
  [{ 'retry-after-ms': 'x', 'retry-after': '1' }, 1000],
  [{ 'x-ratelimit-remaining-requests': '0', 'x-ratelimit-reset-requests': '1m30s' }, 90_000],
  [{ 'x-ratelimit-remaining-tokens': '0', 'x-ratelimit-reset-tokens': '120ms' }, 120],
  [{ 'x-ratelimit-remaining-requests': '5', 'x-ratelimit-reset-requests': '1m' }, undefined],
  [{ 'ratelimit-remaining': '0', 'ratelimit-reset': '7' }, 7000],
  [{ 'x-ratelimit-remaining': '0', 'x-ratelimit-reset': String(now / 1000 + 9) }, 9000],
  [{ 'x-ratelimit-remaining': '0', 'x-ratelimit-reset': 'later' }, undefined],
])('%j is %s', (headers, wait) => {
  expect(retryAfterMs(new Headers(headers), now)).toBe(wait)
})
