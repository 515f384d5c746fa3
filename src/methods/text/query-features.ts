import { wordTokens } from './words.ts'

const QUESTION_WORDS = ['what', 'who', 'when', 'where', 'which', 'why', 'how'] as const
const NEGATIONS = new Set(['not', 'no', 'never', 'none', 'nor', 'neither', 'without', "n't", 'except'])
const PRONOUNS = new Set(['it', 'they', 'them', 'this', 'that', 'these', 'those', 'he', 'she', 'him', 'her', 'there'])
const VAGUE = new Set([
  'better',
  'best',
  'good',
  'bad',
  'big',
  'bigger',
  'more',
  'most',
  'some',
  'thing',
  'stuff',
  'often',
  'several',
])

/** Names of the numbers that `queryFeatures` gives, in order. */
export const QUERY_FEATURES: readonly string[] = [
  'words',
  'characters',
  'meanWordLength',
  'readability',
  'names',
  'numbers',
  'negations',
  'pronouns',
  'vagueWords',
  'questionMark',
  ...QUESTION_WORDS.map((word) => `asks:${word}`),
]

/** Syllables by groups of vowels, a silent final e left out; at least 1. */
const syllables = (word: string): number => Math.max(1, word.replace(/e$/, '').match(/[aeiouy]+/g)?.length ?? 0)

/**
 * Features of a question as worded, without any answer: length, readability (Flesch reading ease of the question as one
 * sentence), names, numbers, negations, dangling pronouns, vague words and the question word. Finite for any text.
 */
export function queryFeatures(query: string): number[] {
  const words = wordTokens(query)
  const count = Math.max(1, words.length)
  const letters = words.reduce((sum, word) => sum + word.length, 0)
  const spoken = words.reduce((sum, word) => sum + syllables(word), 0)
  const share = (set: ReadonlySet<string>) => words.filter((word) => set.has(word)).length
  const asked = words.find((word) => (QUESTION_WORDS as readonly string[]).includes(word))
  return [
    words.length,
    query.length,
    letters / count,
    206.835 - 1.015 * words.length - 84.6 * (spoken / count),
    query.match(/(?<=[\p{L}\p{N},;:'’]\s)\p{Lu}/gu)?.length ?? 0,
    query.match(/(?<!\d)\d/g)?.length ?? 0,
    share(NEGATIONS) + words.filter((word) => word.endsWith("n't") || word.endsWith('n’t')).length,
    share(PRONOUNS),
    share(VAGUE),
    query.includes('?') ? 1 : 0,
    ...QUESTION_WORDS.map((word) => (word === asked ? 1 : 0)),
  ]
}
