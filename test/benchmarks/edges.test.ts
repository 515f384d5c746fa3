import { describe, expect, it } from 'vitest'
import { benchmarkSummary } from '../../schema/benchmark.ts'
import { catalogue, findBenchmark, summarize } from '../../src/benchmarks/catalogue.ts'
import { checkEdges, reportOf, rowsOf } from './running.ts'
import { scriptedModel } from './world-model.ts'

/** A model that says the same few things to anything. */
const vague = (given = {}) =>
  scriptedModel(
    (_, { scoring }) =>
      scoring
        ? []
        : [
            ['Paris', 0.4],
            ["I don't know", 0.3],
            ['B. True 7', 0.2],
            ['True', 0.1],
          ],
    given,
  )

describe.each(catalogue.map((benchmark) => [benchmark.id, benchmark] as const))('%s', (id, benchmark) => {
  it('is listed with JSON Schemas of its parameters and items', () => {
    const summary = summarize(benchmark)
    expect(benchmarkSummary.parse(summary)).toEqual(summary)
    expect(summary.params.type).toBe('object')
    expect(findBenchmark(id)).toBe(benchmark)
  })

  it('makes items that its own item shape takes, the same for the same seed', async () => {
    const target = vague()
    const first = await rowsOf(benchmark, target, { size: 8 })
    expect(first).toHaveLength(8)
    expect(new Set(first.map((row) => row.itemId)).size).toBe(8)
    expect(await rowsOf(benchmark, vague(), { size: 8 })).toEqual(first)
  })

  it('survives the edges', async () => {
    const target = vague()
    checkEdges(benchmark, await rowsOf(benchmark, target, { size: 8 }), { target })
  })

  it.each([
    ['no log-probabilities of given text', { prompt_logprobs: false }],
    ['text only', { prompt_logprobs: false, logprobs: false, topLogprobs: 0 }],
    ['completions only', { chat: false }],
  ])('reports on a target that gives %s', async (_, given) => {
    const target = vague(given)
    if (benchmark.needs.some((need) => !target.capabilities[need])) return
    const rows = await rowsOf(benchmark, target, { size: 8 })
    const { headline } = reportOf(benchmark, rows, { target })
    expect(headline.n).toBeLessThanOrEqual(8)
  })
})
