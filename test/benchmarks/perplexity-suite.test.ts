import { describe, expect, it } from 'vitest'
import type { Row } from '../../src/benchmarks/define.ts'
import { type PerplexityDetail, perplexitySuite } from '../../src/benchmarks/likelihood/perplexity-suite.ts'
import { headOf, windowsOf } from '../../src/benchmarks/likelihood/windows.ts'
import { countBytes } from '../../src/methods/text/words.ts'
import { impossibleLogprob } from '../../src/model/logprobs.ts'
import type { TokenScores } from '../../src/model/model.ts'
import { metricOf, reportOf, rowsOf } from './running.ts'
import { scriptedModel } from './world-model.ts'

const target = scriptedModel(() => [])
const row = (index: number, more: Partial<PerplexityDetail>): Row<PerplexityDetail> => ({
  index,
  itemId: `text/${index}`,
  cluster: null,
  status: 'scored',
  score: null,
  reason: null,
  detail: {
    domain: 'news',
    language: 'en',
    excerpt: 'e',
    nll: 6,
    tokens: 3,
    bytes: 11,
    words: 2,
    infTokens: 0,
    surprisals: [
      [14, 1],
      [29, 1],
      [43, 1],
    ],
    gzipBytes: 22,
    bos: true,
    windows: 1,
    entropyRate: null,
    baseline: null,
    ...more,
  },
})

describe('perplexity-suite', () => {
  it('gives the four units of a text counted by hand: nll 2 + 1 + 3, 2 words, 11 bytes', () => {
    const report = reportOf(perplexitySuite, [row(0, {})], { target })
    expect(metricOf(report, 'tokenPerplexity').value).toBeCloseTo(7.389056, 6)
    expect(metricOf(report, 'wordPerplexity').value).toBeCloseTo(20.085537, 6)
    expect(metricOf(report, 'bytePerplexity').value).toBeCloseTo(1.725392, 6)
    expect(report.headline.value).toBeCloseTo(0.786925, 6)
    const [token, word] = ['tokenPerplexity', 'wordPerplexity'].map((id) => metricOf(report, id).value as number) as [
      number,
      number,
    ]
    expect(word).toBeCloseTo(token ** (3 / 2), 9)
    expect(metricOf(report, 'surprisal95').value).toBe(4.3)
    expect(metricOf(report, 'gzipBitsPerByte').value).toBe(16)
  })

  it('sums before it divides: documents weigh by their bytes', () => {
    const report = reportOf(perplexitySuite, [row(0, {}), row(1, { nll: 60, bytes: 29, tokens: 7, words: 5 })], {
      target,
    })
    expect(report.headline.value).toBeCloseTo(66 / Math.LN2 / 40, 12)
  })

  it('tells how far generated text lies above its entropy', () => {
    const report = reportOf(perplexitySuite, [row(0, { entropyRate: 0.5 }), row(1, {})], { target })
    expect(metricOf(report, 'excessBits').value).toBeCloseTo(6 / Math.LN2 / 11 - 0.5, 12)
  })

  it('counts words and bytes of exactly what was scored', async () => {
    const items = [{ id: 'a', text: 'one two three' }]
    // Without a beginning token the first token has no probability.
    const bare = {
      ...target,
      score: async (): Promise<TokenScores[]> => [
        {
          tokens: [
            { token: 'one', start: 0, end: 3, logprob: null },
            { token: ' two', start: 3, end: 7, logprob: -1 },
            // As the port writes −∞.
            { token: ' three', start: 7, end: 13, logprob: impossibleLogprob },
          ],
          logprob: -1 + impossibleLogprob,
          scoredTokens: 2,
          scoredBytes: 10,
          bos: false,
        },
      ],
    }
    const [first] = (await rowsOf(perplexitySuite, bare, { items })) as Row<PerplexityDetail>[]
    expect(first?.detail).toMatchObject({ nll: 101, tokens: 2, bytes: 10, words: 2, infTokens: 1, bos: false })
  })

  it('compares documents with a baseline: per byte always, per token where both read the same tokens', () => {
    const rows = [
      row(0, { baseline: { nll: 9, tokens: 3, bytes: 11 } }),
      row(1, { nll: 60, tokens: 7, bytes: 29, baseline: { nll: 51, tokens: 7, bytes: 29 } }),
      // Without a baseline's score it is no pair.
      row(2, { nll: 600 }),
    ]
    const report = reportOf(perplexitySuite, rows, { target })
    expect(metricOf(report, 'baselineRatio.byte')).toMatchObject({ value: expect.closeTo(Math.exp(6 / 40), 12), n: 2 })
    expect(metricOf(report, 'baselineRatio.token').value).toBeCloseTo(Math.exp(6 / 10), 12)
    const other = reportOf(perplexitySuite, [row(0, { baseline: { nll: 9, tokens: 4, bytes: 11 } })], { target })
    expect(metricOf(other, 'baselineRatio.byte').value).toBeCloseTo(Math.exp(-3 / 11), 12)
    expect(metricOf(other, 'baselineRatio.token')).toMatchObject({ value: null, reason: 'undefined' })
    expect(metricOf(reportOf(perplexitySuite, [row(0, {})], { target }), 'baselineRatio.byte')).toMatchObject({
      value: null,
      reason: 'not_asked',
    })
  })

  it('asks the baseline for the same text, and does without one that scores none', async () => {
    const items = [{ id: 'a', text: 'one two three' }]
    const baseline = scriptedModel(() => [['one two three', Math.exp(-12)]])
    const [first] = (await rowsOf(perplexitySuite, target, { items, roles: { baseline } })) as Row<PerplexityDetail>[]
    expect(first?.detail).toMatchObject({ nll: 9, baseline: { nll: expect.closeTo(12, 9), tokens: 3, bytes: 13 } })
    const silent = scriptedModel(() => [], { prompt_logprobs: false })
    const [second] = (await rowsOf(perplexitySuite, target, {
      items,
      roles: { baseline: silent },
    })) as Row<PerplexityDetail>[]
    expect(second).toMatchObject({ status: 'scored', detail: { baseline: null } })
  })

  it('slides windows over what is too long, each byte scored once', async () => {
    const text = Array.from({ length: 400 }, (_, index) => `wörd${index}`).join(' ')
    const seen: { context: string; piece: string }[] = []
    const limited = {
      ...target,
      capabilities: { ...target.capabilities, contextLength: 256 },
      score: async (context: unknown, [piece]: string[]) => {
        if (countBytes(`${context}${piece}`) > 400)
          throw Object.assign(new Error('too long'), { kind: 'context_too_long' })
        seen.push({ context: String(context), piece: piece as string })
        return target.score(String(context), [piece as string])
      },
    }
    const [first] = (await rowsOf(perplexitySuite, limited, {
      items: [{ id: 'long', text }],
    })) as Row<PerplexityDetail>[]
    expect(first?.status).toBe('scored')
    expect(first?.detail?.bytes).toBe(countBytes(text))
    expect(first?.detail?.windows).toBeGreaterThan(5)
    const report = reportOf(perplexitySuite, [first as Row<unknown>], { target: limited })
    expect(report.caveats.map((caveat) => caveat.code)).toContain('windowed')
  })

  it('skips with a reason what even small windows cannot hold', async () => {
    const never = {
      ...target,
      score: () => Promise.reject(Object.assign(new Error('too long'), { kind: 'context_too_long' })),
    }
    const [first] = await rowsOf(perplexitySuite, never, { items: [{ id: 'long', text: 'a b c' }] })
    expect(first).toMatchObject({ status: 'skipped', reason: 'too_long' })
  })

  it('imports JSON lines', () => {
    const importer = perplexitySuite.importers?.jsonl
    expect(perplexitySuite.item.parse(importer?.toItem({ text: 'Some text.', language: 'en' }, 2))).toMatchObject({
      id: 'text/2',
      text: 'Some text.',
      domain: 'unstated',
      language: 'en',
    })
    expect(() => importer?.toItem({ body: 'x' }, 0)).toThrow(/text/)
  })
})

describe('windowsOf', () => {
  it('joins to the text, keeps words whole and contexts within half a window', () => {
    const text = Array.from({ length: 300 }, (_, index) => `größe ${index}`).join('\n')
    const windows = windowsOf(text, 200)
    expect(windows.map((one) => one.piece).join('')).toBe(text)
    expect(windows[0]?.context).toBe('')
    for (const { context, piece } of windows.slice(1)) {
      expect(countBytes(context)).toBeLessThanOrEqual(100)
      expect(countBytes(context)).toBeGreaterThan(60)
      expect(countBytes(piece)).toBeLessThanOrEqual(100)
      expect(text).toContain(context + piece)
    }
  })
  it('cuts inside a word only where a word is longer than the window', () => {
    expect(headOf('one two three', 9)).toBe('one two')
    expect(headOf('ééééé', 5)).toBe('éé')
    expect(
      windowsOf('x'.repeat(50), 10)
        .map((one) => one.piece)
        .join(''),
    ).toBe('x'.repeat(50))
  })
})
