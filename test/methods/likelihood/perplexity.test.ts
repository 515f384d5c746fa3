import { expect, it } from 'vitest'
import {
  bitsPerByte,
  bitsPerByteInterval,
  bytePerplexity,
  negativeLogLikelihood,
  pooled,
  surprisalTail,
  tokenPerplexity,
  wordPerplexity,
} from '../../../src/methods/likelihood/perplexity.ts'
import { randomFrom } from '../../../src/methods/random.ts'

const text = { nll: 6, tokens: 3, words: 2, bytes: 11 }

it('of nll 2, 1, 3 over two words and eleven bytes', () => {
  expect(negativeLogLikelihood([-2, -1, -3])).toEqual({ nll: 6, tokens: 3, infTokens: 0 })
  expect(tokenPerplexity(text)).toBeCloseTo(7.389056, 6)
  expect(wordPerplexity(text)).toBeCloseTo(20.085537, 6)
  expect(bytePerplexity(text)).toBeCloseTo(1.725392, 6)
  expect(bitsPerByte(text)).toBeCloseTo(0.786925, 6)
  expect(wordPerplexity(text)).toBeCloseTo((tokenPerplexity(text) as number) ** (3 / 2), 9)
})

it('an impossible token counts 100 nats and is told', () => {
  expect(negativeLogLikelihood([-Infinity, Number.NaN, -1, -500])).toEqual({ nll: 301, tokens: 4, infTokens: 3 })
  expect(negativeLogLikelihood([-100, -99.9])).toEqual({ nll: 199.9, tokens: 2, infTokens: 1 })
  expect(negativeLogLikelihood([])).toEqual({ nll: 0, tokens: 0, infTokens: 0 })
})

it('has no value without units or beyond what a number holds', () => {
  const empty = { nll: 0, tokens: 0, words: 0, bytes: 0 }
  for (const measure of [tokenPerplexity, wordPerplexity, bytePerplexity, bitsPerByte])
    expect(measure(empty)).toBeNull()
  expect(wordPerplexity({ nll: 1e6, tokens: 10_000, words: 1, bytes: 9 })).toBeNull()
})

it('pools sums, not perplexities, and bootstraps the ratio', () => {
  const texts = [text, { nll: 60, tokens: 10, words: 9, bytes: 50 }]
  expect(bitsPerByte(pooled(texts))).toBeCloseTo(66 / Math.LN2 / 61)
  const interval = bitsPerByteInterval([...texts, ...texts, ...texts], { random: randomFrom('bpb') })
  expect(interval?.low).toBeGreaterThanOrEqual(bitsPerByte(text) as number)
  expect(interval?.high).toBeLessThanOrEqual(60 / Math.LN2 / 50 + 1e-12)
})

it('shows the tail', () => {
  expect(surprisalTail([-Math.LN2, -Math.LN2, -Math.LN2, -11 * Math.LN2])?.highShare).toBe(0.25)
  expect(surprisalTail([])).toBeNull()
})
