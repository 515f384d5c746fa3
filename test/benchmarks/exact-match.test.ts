import { describe, expect, it } from 'vitest'
import { exactMatch } from '../../src/benchmarks/robustness/exact-match.ts'
import { randomFrom } from '../../src/methods/random.ts'
import { metricOf, reportOf, rowsOf } from './running.ts'
import { scriptedModel } from './world-model.ts'

const items = [
  { id: 'a', prompt: 'What is 2 + 2?', answers: ['4'] },
  { id: 'b', prompt: 'What is the capital of France?', answers: ['Paris'] },
  { id: 'c', prompt: 'What is art?', answers: ['art'] },
]
const answering = () =>
  scriptedModel((prompt) => [
    [prompt.includes('2 + 2') ? 'It is 4, not 5' : prompt.includes('France') ? 'paris' : 'a party', 1],
  ])

describe('exact-match', () => {
  it.each([
    ['contains', [1, 1, 0]],
    ['exact', [0, 1, 0]],
    ['number', [0, 0, 0]],
  ])('judges by %s', async (match, scores) => {
    const rows = await rowsOf(exactMatch, answering(), { items, params: { match } })
    expect(rows.map((row) => row.score)).toEqual(scores)
    const report = reportOf(exactMatch, rows, { target: answering(), params: { match } })
    expect(report.headline.value).toBeCloseTo(scores.reduce((sum, one) => sum + one, 0) / 3, 12)
    expect(report.headline.interval?.method).toBe('wilson')
  })

  it('asks one call an item, by chat or by completion', async () => {
    const chat = answering()
    await rowsOf(exactMatch, chat, { items })
    expect(chat.asked.map((one) => one.kind)).toEqual(['chat', 'chat', 'chat'])
    const raw = answering()
    await rowsOf(exactMatch, raw, { items, params: { mode: 'completion', instruction: 'Be brief.' } })
    expect(raw.asked[0]).toMatchObject({
      kind: 'complete',
      prompt: 'Be brief.\nWhat is 2 + 2?\nAnswer:',
      sampling: { stop: ['\n'], maxTokens: 32 },
    })
  })

  it('tells how lost items could move the headline', async () => {
    const rows = await rowsOf(exactMatch, answering(), { items })
    const lost = {
      ...rows[2],
      index: 3,
      itemId: 'd',
      status: 'error' as const,
      score: null,
      reason: 'timeout',
      detail: null,
      cluster: null,
    }
    const report = reportOf(exactMatch, [...rows, lost], { target: answering() })
    expect(report.caveats[0]?.message).toBe(
      '1 of 4 items have no result (timeout 1). Counting them all as 0 or all as 1 would put the headline between 50.0 % and 75.0 %.',
    )
    expect(metricOf(report, 'cutShare').value).toBe(0)
  })

  it('has 20,000 items of its own', () => {
    const made = exactMatch.builtin?.(randomFrom(1, 'exact-match', 'items'), 20_000, exactMatch.params.parse({})) ?? []
    expect(new Set(made.map((item) => item.id)).size).toBe(20_000)
  })
})
