import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { alignByOffsets, alignTokens, utf8Length } from '../../src/model/alignment.ts'

const encoder = new TextEncoder()

test('UTF-8 lengths are those of the encoder', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), (text) => {
      expect(utf8Length(text)).toBe(encoder.encode(text).byteLength)
    }),
    { numRuns: 50 },
  )
})

describe('tokens along a text', () => {
  test('any cutting of any text at characters is found again', () => {
    fc.assert(
      fc.property(fc.array(fc.string({ unit: 'grapheme', minLength: 1 }), { minLength: 1 }), (tokens) => {
        const usable = tokens.filter((token) => !token.includes('\ufffd') && !/[▁ĠĊ]/.test(token))
        fc.pre(usable.length > 0)
        const text = usable.join('')
        const found = alignTokens(usable, text)
        expect(found?.used).toBe(usable.length)
        expect(found?.ends.at(-1)).toBe(encoder.encode(text).byteLength)
        usable.forEach((token, index) => {
          const width = (found?.ends[index] as number) - (found?.starts[index] as number)
          expect(width).toBe(encoder.encode(token).byteLength)
        })
      }),
    )
  })

  test.each<[string, string[], string, [number[], number[], number, number] | null]>([
    ['a beginning-of-sequence token', ['<s>', 'a', 'b'], 'ab', [[0, 0, 1], [0, 1, 2], 1, 3]],
    ['an invisible one', ['', 'ab'], 'ab', [[0, 0], [0, 2], 1, 2]],
    ['one that is text here', ['<s>', 'a'], '<s>a', [[0, 3], [3, 4], 0, 2]],
    ['generated tokens behind', ['ab', 'cd', 'ef'], 'abcd', [[0, 2], [2, 4], 0, 2]],
    [
      'an emoji in four parts',
      ['a', '\ufffd', '\ufffd', '\ufffd', '\ufffd', 'b'],
      'a🎈b',
      [[0, 1, 2, 3, 4, 5], [1, 2, 3, 4, 5, 6], 0, 6],
    ],
    ['half a character at the end', ['a', '\ufffd', '\ufffd'], 'aé', [[0, 1, 2], [1, 2, 3], 0, 3]],
    ['a space of the tokenizer', [' The', ' end'], 'The end', [[0, 3], [3, 7], 0, 2]],
    ['other text', ['x', 'y'], 'ab', null],
    ['half a character in the place of a text', ['\ufffd'], 'The cat sat on the mat.', null],
    ['half a character in the place of a text’s end', ['The', '\ufffd'], 'The cat sat on the mat.', null],
    ['too little', ['a'], 'ab', null],
    ['nothing', [], 'a', null],
  ])('%s', (_name, tokens, text, expected) => {
    const found = alignTokens(tokens, text)
    if (expected === null) expect(found).toBeNull()
    else expect([found?.starts, found?.ends, found?.lead, found?.used]).toEqual(expected)
  })

  test('offsets count characters, not UTF-16 units', () => {
    expect(alignByOffsets([0, 1, 2], '🎈éx')).toEqual({ starts: [0, 4, 6], ends: [4, 6, 7], lead: 0, used: 3 })
    expect(alignByOffsets([3, 1], 'abcd')).toBeNull()
    expect(alignByOffsets([0, 9], 'abcd')).toMatchObject({ used: 1 })
    expect(alignByOffsets([1, 2], 'abcd')).toBeNull()
  })
})
