import { distance } from 'fastest-levenshtein'
import { describe, expect, it } from 'vitest'
import { characterErrorRate, corrupt, NOISE_KINDS } from '../../../src/methods/perturbation/noise.ts'
import {
  keepsAnchors,
  paraphrases,
  withClausesTurned,
  withSynonyms,
} from '../../../src/methods/perturbation/paraphrase.ts'
import { withSwappedLetters } from '../../../src/methods/perturbation/typos.ts'
import { withShuffledWords, withSwappedWords } from '../../../src/methods/perturbation/words.ts'
import { randomFrom } from '../../../src/methods/random.ts'

const TEXT = Array.from(
  { length: 8 },
  () => 'The miller near the old bridge sold 1205 sacks of corn, and his daughter counted them twice.',
).join(' ')

describe.each(NOISE_KINDS)('corrupt %s', (kind) => {
  it('is a function of the seed and changes the text at every severity', () => {
    for (const severity of [1, 2, 3, 4, 5]) {
      const once = corrupt(TEXT, kind, severity, randomFrom('n', severity))
      expect(once).toBe(corrupt(TEXT, kind, severity, randomFrom('n', severity)))
      expect(once).not.toBe(TEXT)
    }
  })

  it('survives short and empty texts', () => {
    for (const text of ['', 'a', '7', ' ', 'ab']) expect(typeof corrupt(text, kind, 5, randomFrom(1))).toBe('string')
  })

  it('raises on a severity that is none', () => {
    for (const severity of [0, 6, 1.5, Number.NaN])
      expect(() => corrupt('a', kind, severity, randomFrom(1))).toThrow(RangeError)
  })
})

it.each(['typo', 'typo:swap', 'typo:drop', 'typo:insert', 'typo:neighbour', 'case'] as const)(
  '%s makes about as many character errors as its severity says, and leaves digits alone',
  (kind) => {
    for (const severity of [1, 2, 3, 4]) {
      const noisy = corrupt(TEXT, kind, severity, randomFrom('rate', kind, severity))
      const rate = distance(TEXT, noisy) / TEXT.length
      expect(rate).toBeGreaterThan(0.6 * characterErrorRate(severity))
      expect(rate).toBeLessThan(1.4 * characterErrorRate(severity))
      expect(noisy.match(/\d+/g)).toEqual(TEXT.match(/\d+/g))
    }
  },
)

it('words that are shuffled or swapped are still the same words', () => {
  const sorted = (text: string) => text.split(' ').sort()
  expect(sorted(withShuffledWords(TEXT, randomFrom(3), 0.5))).toEqual(sorted(TEXT))
  const swapped = withSwappedWords('one two three', randomFrom(3))
  expect(sorted(swapped)).toEqual(sorted('one two three'))
  expect(swapped).not.toBe('one two three')
  expect(withSwappedWords('same same', randomFrom(3))).toBe('same same')
})

it('withSwappedLetters hits a tenth of the words and keeps their letters', () => {
  const noisy = withSwappedLetters(TEXT, randomFrom(5))
  const [before, after] = [TEXT.split(' '), noisy.split(' ')]
  const hit = before.filter((word, i) => word !== after[i])
  expect(hit.length).toBe(Math.round(before.length / 10))
  before.forEach((word, i) => {
    expect([...(after[i] as string)].sort()).toEqual([...word].sort())
  })
})

describe('paraphrases', () => {
  it.each([
    'What is the capital of France?',
    'Who wrote Hamlet?',
    'What is 12 + 7?',
    'If Anna has 3 apples and buys 2, how many does she have?',
    'Zzz',
  ])('of %j are five, distinct, other than it, and keep its numbers and names', (question) => {
    const list = paraphrases(question, 5, randomFrom('p', question))
    expect(new Set(list).size).toBe(5)
    expect(list).not.toContain(question)
    for (const text of list) expect(keepsAnchors(question, text)).toBe(true)
    expect(paraphrases(question, 5, randomFrom('p', question))).toEqual(list)
  })

  it('turn clauses both ways', () => {
    expect(withClausesTurned('If it rains, who gets wet?')).toBe('Who gets wet, if it rains?')
    expect(withClausesTurned('Who gets wet, if it rains?')).toBe('If it rains, who gets wet?')
    expect(withClausesTurned('Who gets wet?')).toBeNull()
  })

  it('synonyms leave names alone', () => {
    expect(withSynonyms('Is Little Rock a big town?', randomFrom(1))).toBe('Is Little Rock a large town?')
    expect(withSynonyms('Nothing here', randomFrom(1))).toBeNull()
  })

  it('anchors: a lost number, a new one, a lost name', () => {
    expect(keepsAnchors('Did Anna eat 3?', 'Did Anna eat?')).toBe(false)
    expect(keepsAnchors('Did Anna eat 3?', 'Did Anna eat 3 of 4?')).toBe(false)
    expect(keepsAnchors('Did Anna eat 3?', 'Did he eat 3?')).toBe(false)
    expect(keepsAnchors('Did Anna eat 3?', 'Anna: did she eat 3?')).toBe(true)
  })
})
