import { describe, expect, it } from 'vitest'
import { catalogue } from '../../src/benchmarks/catalogue.ts'
import { createModel } from '../../src/model/session.ts'
import { allCapabilities, connection, fakeServer } from '../model/target.ts'
import { reportOf, rowsOf } from './running.ts'

/** A server that answers anything with a megabyte, whatever length it was allowed; in all with at most what is read. */
function flood(piece: string) {
  const server = fakeServer(({ body }) => {
    const { n = 1, logprobs, prompt } = body as { n?: number; logprobs?: unknown; prompt?: string | string[] }
    const count = n * [prompt].flat().length
    const text = piece.repeat(Math.min(1_000_000, 1_500_000 / count) / piece.length)
    const tokens = [...Array.from({ length: 200 }, () => piece), text.slice(200 * piece.length)]
    const choices = Array.from({ length: count }, (_, index) => ({
      index,
      ...(prompt === undefined ? { message: { role: 'assistant', content: text } } : { text }),
      finish_reason: 'stop',
      ...(logprobs
        ? { logprobs: { content: tokens.map((token) => ({ token, logprob: -0.5, top_logprobs: [] })) } }
        : {}),
    }))
    return { choices, usage: { prompt_tokens: 1, completion_tokens: 1 } }
  })
  const capabilities = { ...allCapabilities, prompt_logprobs: false, full: false, embeddings: false, entailment: false }
  const target = connection({ capabilities })
  return createModel({ target, transport: server.transport, seed: 1 }).forItem('hostile')
}

const asked = catalogue.filter(({ needs }) => needs.every((need) => need === 'text' || need === 'logprobs'))

describe.each(asked.map((benchmark) => [benchmark.id, benchmark] as const))('%s', (_, benchmark) => {
  it.each(['a ', '["(', 'answer is A '])(
    'ends within seconds where each answer is a megabyte of %j',
    async (piece) => {
      const target = flood(piece)
      const began = performance.now()
      const rows = await rowsOf(benchmark, target, { size: 2 })
      reportOf(benchmark, rows, { target })
      expect(performance.now() - began).toBeLessThan(20_000)
      // What is kept of an item fits a row of the database.
      for (const row of rows) expect(JSON.stringify(row.detail).length).toBeLessThan(500_000)
    },
    60_000,
  )
})
