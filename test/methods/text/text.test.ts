import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { extractOption } from '../../../src/methods/choice/extract-option.ts'
import { randomFrom } from '../../../src/methods/random.ts'
import { bleuTokens, sentenceBleu } from '../../../src/methods/text/bleu.ts'
import { buildBm25 } from '../../../src/methods/text/bm25.ts'
import { jaccardMatrix, jaccardSimilarity } from '../../../src/methods/text/jaccard.ts'
import { normalizeAnswer } from '../../../src/methods/text/normalize.ts'
import { numbersIn } from '../../../src/methods/text/numbers.ts'
import { porterStem } from '../../../src/methods/text/porter-stem.ts'
import { classifyRefusal } from '../../../src/methods/text/refusal.ts'
import { rouge, rougeTokens } from '../../../src/methods/text/rouge.ts'
import { splitSentences } from '../../../src/methods/text/sentences.ts'
import { linguisticProbability, statedProbability } from '../../../src/methods/text/stated-confidence.ts'
import { countBytes, countWords, wordTokens } from '../../../src/methods/text/words.ts'

it('splitSentences knows abbreviations, initials, decimals and line breaks', () => {
  expect(
    splitSentences('Dr. Smith has 3.5 cats in the U.S. and "more." J. R. Tolkien left! Ok... yes\nEnd e.g. this'),
  ).toEqual(['Dr. Smith has 3.5 cats in the U.S. and "more."', 'J. R. Tolkien left!', 'Ok...', 'yes', 'End e.g. this'])
  expect(splitSentences(' \n ')).toEqual([])
})

it('words and bytes', () => {
  expect(wordTokens("Don't stop, Zoë-Ann: 3 times")).toEqual(["don't", 'stop', 'zoë', 'ann', '3', 'times'])
  expect(countWords(' a  b\nc ')).toBe(3)
  expect(countWords('')).toBe(0)
  expect(countBytes('é€')).toBe(5)
})

it('porterStem', () => {
  const stems = {
    caresses: 'caress',
    ponies: 'poni',
    ties: 'tie',
    cats: 'cat',
    feed: 'feed',
    agreed: 'agre',
    plastered: 'plaster',
    motoring: 'motor',
    sing: 'sing',
    conflated: 'conflat',
    hopping: 'hop',
    falling: 'fall',
    hissing: 'hiss',
    filing: 'file',
    happy: 'happi',
    sky: 'sky',
    enjoy: 'enjoy',
    relational: 'relat',
    conditional: 'condit',
    vietnamization: 'vietnam',
    hopefulness: 'hope',
    triplicate: 'triplic',
    electricity: 'electr',
    adjustment: 'adjust',
    adoption: 'adopt',
    rate: 'rate',
    controlling: 'control',
    dying: 'die',
    died: 'die',
    news: 'news',
    archaeology: 'archaeolog',
    carefully: 'care',
    as: 'as',
  }
  for (const [word, stem] of Object.entries(stems)) expect(porterStem(word), word).toBe(stem)
  expect(porterStem('constructor')).toBe('constructor')
})

describe('similarities', () => {
  const words = fc.array(fc.constantFrom('a', 'b', 'c', 'd'), { maxLength: 8 })

  it('are 1 of a text with itself, symmetric (but for BLEU), and in [0, 1]', () => {
    fc.assert(
      fc.property(words, words, (x, y) => {
        for (const kind of ['rouge1', 'rouge2', 'rougeL'] as const) {
          const value = rouge(x, y, kind)
          expect(value).toBeCloseTo(rouge(y, x, kind), 12)
          expect(value).toBeGreaterThanOrEqual(0)
          expect(value).toBeLessThanOrEqual(1)
          if (x.length >= 2) expect(rouge(x, x, kind)).toBe(1)
        }
        const bleu = sentenceBleu(x, y)
        expect(bleu).toBeGreaterThanOrEqual(0)
        expect(bleu).toBeLessThanOrEqual(1 + 1e-12)
        if (x.length > 0) expect(sentenceBleu(x, x)).toBeCloseTo(1, 12)
      }),
    )
  })

  it('of empty texts are 0', () => {
    expect(rouge([], [], 'rougeL')).toBe(0)
    expect(sentenceBleu([], bleuTokens('a'))).toBe(0)
    expect(jaccardSimilarity('', '')).toBe(0)
    expect(jaccardMatrix(['', ''])).toEqual([
      [1, 0],
      [0, 1],
    ])
    expect(jaccardSimilarity('The cat', 'the dog')).toBeCloseTo(1 / 3)
  })

  it('ROUGE stems long words and drops what is not a letter or digit', () => {
    expect(rougeTokens('The cats, running!')).toEqual(['the', 'cat', 'run'])
  })
})

describe('buildBm25', () => {
  const index = buildBm25([
    { id: 'c', text: 'the cat sat on the mat' },
    { id: 'a', text: 'a dog sat' },
    { id: 'b', text: 'a dog sat' },
    { id: 'd', text: 'nothing here', title: 'Zebra' },
  ])

  it('ranks by the formula, ties by id, and only what shares a word', () => {
    const found = index.search('Dog!', 10)
    expect(found.map(({ passage }) => passage.id)).toEqual(['a', 'b'])
    const length = (6 + 3 + 3 + 3) / 4
    const expected = (Math.log(1 + 2.5 / 2.5) * 2.2) / (1 + 1.2 * (0.25 + (0.75 * 3) / length))
    expect(found[0]?.score).toBeCloseTo(expected, 12)
    expect(index.search('zebra', 1)[0]?.passage.id).toBe('d')
    expect(index.search('unicorn', 3)).toEqual([])
    expect(index.search('', 3)).toEqual([])
    expect(index.search('sat', 2)).toHaveLength(2)
  })

  it('does not depend on the order of the passages, and wants distinct ids', () => {
    const random = randomFrom('bm25')
    const passages = Array.from({ length: 300 }, (_, i) => ({
      id: `p${i}`,
      text: Array.from({ length: 20 }, () => `w${random.integer(0, 80)}`).join(' '),
    }))
    const ids = (list: typeof passages) =>
      buildBm25(list)
        .search('w1 w2 w3', 20)
        .map(({ passage }) => passage.id)
    expect(ids(random.shuffle(passages))).toEqual(ids(passages))
    expect(() =>
      buildBm25([
        { id: 'x', text: 'a' },
        { id: 'x', text: 'b' },
      ]),
    ).toThrow(RangeError)
    expect(buildBm25([]).search('a', 1)).toEqual([])
  })
})

it.each([
  ['I am 85% confident.', 0.85],
  ['Confidence: 0.7', 0.7],
  ['Probability: 90', 0.9],
  ['0.35', 0.35],
  ['8/10', 0.8],
  ['75', 0.75],
  ['The year was 1912.', null],
  ['150%', null],
  ['', null],
])('statedProbability of %j is %j', (text, expected) => {
  expect(statedProbability(text)).toBe(expected)
})

it('linguisticProbability takes the more specific expression', () => {
  expect(linguisticProbability('This is almost certain.')).toBe(0.95)
  expect(linguisticProbability('Highly unlikely')).toBe(0.05)
  expect(linguisticProbability('uncertainly put')).toBeNull()
})

it('megabytes of hostile text are read in linear time', () => {
  const size = 500_000
  const hostile = [
    'a',
    ' ',
    '.',
    '"',
    '“',
    '1,111',
    'do not ',
    'answer is A ',
    '<think>',
    '\n',
    'x=1 ',
    '(((',
    "'a",
  ].map((piece) => piece.repeat(size / piece.length))
  hostile.push(`answer${' '.repeat(size)}x`, `answer is A${' '.repeat(size)}x`, `${'1'.repeat(size)},`)
  for (const text of hostile) {
    classifyRefusal(text)
    extractOption(text, ['one', 'two'])
    numbersIn(text)
    splitSentences(text)
    normalizeAnswer(text)
    statedProbability(text)
    wordTokens(text)
    rougeTokens(text)
  }
}, 60_000)
