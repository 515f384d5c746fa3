import { describe, expect, it } from 'vitest'
import type { EstimateRequestInput } from '../../schema/estimate.ts'
import { estimateLimits } from '../../schema/estimate.ts'
import { estimateLines } from '../../src/cli/commands/estimates.ts'
import type { Client } from '../../src/client/client.ts'

/** A client that answers every item with its own number of tokens. */
function counting() {
  const requests: EstimateRequestInput[] = []
  const client = {
    estimators: {
      estimate: async (request: EstimateRequestInput) => {
        requests.push(request)
        const items = request.items.map(({ id, greedyLogprobs }, index) => ({
          id: id ?? null,
          index,
          estimates: { MaximumSequenceProbability: greedyLogprobs?.length ?? null },
          reasons: {},
        }))
        return { items }
      },
    },
  } as unknown as Client
  return { client, requests }
}

const lines = async function* (list: string[]) {
  yield* list
}

describe('estimateLines', () => {
  it('sends groups, keeps the order and names lines without an id by their number', async () => {
    const { client, requests } = counting()
    const input = Array.from({ length: estimateLimits.items + 3 }, () => JSON.stringify({ greedyLogprobs: [-1] }))
    input[1] = JSON.stringify({ id: 'second', greedyLogprobs: [-1, -2] })
    const output: string[] = []
    const count = await estimateLines(client, lines(['', ...input]), { estimators: ['Perplexity'] }, (line) =>
      output.push(line),
    )
    expect(count).toBe(input.length)
    expect(requests.map(({ items }) => items.length)).toEqual([estimateLimits.items, 3])
    expect(requests.every(({ estimators }) => estimators?.[0] === 'Perplexity')).toBe(true)
    expect(output.slice(0, 2).map((line) => JSON.parse(line))).toEqual([
      { id: '2', estimates: { MaximumSequenceProbability: 1 }, reasons: {} },
      { id: 'second', estimates: { MaximumSequenceProbability: 2 }, reasons: {} },
    ])
  })

  it('cuts groups by their size too', async () => {
    const { client, requests } = counting()
    const long = JSON.stringify({ greedyText: 'x'.repeat(10_000) })
    await estimateLines(client, lines(new Array(300).fill(long)), {}, () => {})
    expect(requests.length).toBeGreaterThan(1)
    for (const request of requests) expect(JSON.stringify(request).length).toBeLessThan(estimateLimits.bytes)
  })

  it.each([
    ['{"id":', /Line 2 is no JSON/],
    ['[1]', /Line 2 must be an object/],
  ])('says which line is wrong: %s', async (line, words) => {
    const { client } = counting()
    await expect(estimateLines(client, lines(['{}', line]), {}, () => {})).rejects.toThrow(words)
  })
})
