import { describe, expect, it } from 'vitest'
import { grammarLanguage, grammarTexts } from '../../src/worlds/grammar-text.ts'
import { WORLD_VERSION } from '../../src/worlds/version.ts'
import { seeded } from './draws.ts'

describe('grammarLanguage', () => {
  it('has disjoint word lists and probabilities that sum to one', () => {
    const { words, sentences } = grammarLanguage(seeded(1))
    const all = Object.values(words).flatMap((list) => list.map((choice) => choice.value))
    expect(new Set([...all, 'the', 'a', 'no', 'and']).size).toBe(all.length + 4)
    for (const list of [...Object.values(words), sentences]) {
      expect(list.reduce((sum, choice) => sum + choice.probability, 0)).toBeCloseTo(1, 12)
    }
  })
})

describe('grammarTexts', () => {
  it('are plain ASCII, and their bits are those of the words read back', () => {
    for (const { text, bits } of grammarTexts(seeded(2), { size: 5 })) {
      expect(text).toMatch(/^[\x20-\x7e]+$/)
      expect(text.split('. ')).toHaveLength(20)
      expect(bits).toBeGreaterThan(0)
    }
  })

  it('have the probability that the language gives them', () => {
    const source = seeded(3)
    const made = grammarTexts(source, { size: 1, sentences: 50 })[0] as { text: string; bits: number }
    // The same language, made anew the way the generator makes it, reads the text word by word.
    const language = grammarLanguage(source.fork(`grammar/${WORLD_VERSION}`).fork(0))
    const probability = new Map(
      Object.values(language.words).flatMap((list) => list.map((one) => [one.value, one.probability] as const)),
    )
    const kind = new Map(
      Object.entries(language.words).flatMap(([name, list]) => list.map((one) => [one.value, name] as const)),
    )
    let bits = 0
    for (const sentence of made.text.split(/(?<=\.) /)) {
      const words = sentence.toLowerCase().match(/[a-z]+/g) ?? []
      const form = sentence.toLowerCase().replace(/[a-z]+/g, (word) => (kind.has(word) ? `{${kind.get(word)}}` : word))
      const chosen = language.sentences.find((one) => one.value === form)
      expect(chosen, form).toBeDefined()
      bits -= Math.log2(chosen?.probability as number)
      for (const word of words) if (kind.has(word)) bits -= Math.log2(probability.get(word) as number)
    }
    expect(made.bits).toBeCloseTo(bits, 9)
  })

  it('tend to the exact entropy rate', () => {
    const [long] = grammarTexts(seeded(4), { size: 1, sentences: 20_000 })
    const rate = (long?.bits as number) / ((long?.text.length as number) + 1)
    expect(rate / (long?.entropyRate as number)).toBeGreaterThan(0.99)
    expect(rate / (long?.entropyRate as number)).toBeLessThan(1.01)
  })

  it('are in a language of their own each', () => {
    const [first, second] = grammarTexts(seeded(5), { size: 2 }).map(
      (one) => new Set(one.text.toLowerCase().match(/[a-z]{5,}/g)),
    )
    expect([...(first as Set<string>)].filter((word) => second?.has(word))).toEqual([])
  })
})
