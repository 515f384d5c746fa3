const mostBytes = 1024
const mostWaitMs = 24 * 3_600_000
const busy = new Set([429, 502, 503, 504])

/** The first kilobyte of a response as one line of plain text; the rest is never read. */
export async function readStart(response: Response): Promise<string> {
  if (!response.body) return ''
  const reader = response.body.getReader()
  const chunks: Uint8Array[] = []
  let bytes = 0
  try {
    while (bytes < mostBytes) {
      const { done, value } = await reader.read()
      if (done) break
      chunks.push(value.subarray(0, mostBytes - bytes))
      bytes += value.length
    }
  } finally {
    await reader.cancel().catch(() => {})
  }
  const text = new TextDecoder().decode(new Uint8Array(chunks.flatMap((chunk) => [...chunk])))
  return text
    .replace(/[\p{C}\s]+/gu, ' ')
    .trim()
    .slice(0, 200)
}

/** How long a busy receiver asks to be left alone, by `Retry-After` in seconds or as a date; at most a day, else 0. */
export function retryAfterMs(response: Response, now: number): number {
  const value = response.headers.get('retry-after')?.trim()
  if (!value || !busy.has(response.status)) return 0
  const wait = /^\d+$/.test(value) ? Number(value) * 1000 : Date.parse(value) - now
  return Number.isFinite(wait) ? Math.min(mostWaitMs, Math.max(0, wait)) : 0
}
