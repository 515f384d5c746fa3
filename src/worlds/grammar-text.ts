import type { Random } from '../methods/random.ts'
import { nameSource } from './names.ts'
import { WORLD_VERSION } from './version.ts'
import { capitalised } from './wording.ts'

type WordClass = 'noun' | 'verb' | 'adjective' | 'adverb'

interface Choice<T> {
  value: T
  probability: number
}

/** An invented language: word lists, and sentence forms in which each mark is a word class drawn independently. */
export interface GrammarLanguage {
  words: Readonly<Record<WordClass, readonly Choice<string>[]>>
  sentences: readonly Choice<string>[]
  /**
   * Bits per character of an endless text, exactly: the entropy of a sentence over its expected length, the space after it included.
   * A reader who knows the grammar needs this much; nobody can need less on average.
   */
  entropyRate: number
}

/** A text of an invented language. Plain ASCII, so characters are bytes. */
export interface GrammarText {
  id: string
  text: string
  /** −log₂ of the probability of exactly this text, given the number of sentences. */
  bits: number
  /** The language's rate; `bits` over the text's length tends to it. */
  entropyRate: number
}

const forms: readonly Choice<string>[] = [
  { value: 'the {noun} {verb} the {noun}.', probability: 0.4 },
  { value: 'the {adjective} {noun} {verb} the {noun}.', probability: 0.2 },
  { value: 'the {noun} {adverb} {verb} the {adjective} {noun}.', probability: 0.2 },
  { value: 'a {noun} {verb}, and the {noun} {verb} {adverb}.', probability: 0.1 },
  { value: 'no {adjective} {noun} {verb} a {noun}.', probability: 0.1 },
]

const slotsOf = (form: string): WordClass[] => [...form.matchAll(/\{(\w+)\}/g)].map((match) => match[1] as WordClass)

const entropyOf = (choices: readonly Choice<unknown>[]): number =>
  choices.reduce((sum, { probability }) => sum - probability * Math.log2(probability), 0)

const meanLength = (choices: readonly Choice<string>[]): number =>
  choices.reduce((sum, { value, probability }) => sum + probability * value.length, 0)

/** Words with probabilities that fall as 1/rank. */
function ranked(words: readonly string[]): Choice<string>[] {
  const total = words.reduce((sum, _, place) => sum + 1 / (place + 1), 0)
  return words.map((value, place) => ({ value, probability: 1 / (place + 1) / total }))
}

/** An invented language from a seed. Its word lists are disjoint, so every text has one reading and its probability is exact. */
export function grammarLanguage(random: Random): GrammarLanguage {
  const names = nameSource(random.fork(`language/${WORLD_VERSION}`))
  const list = (count: number) => ranked(Array.from({ length: count }, () => names.word().toLowerCase()))
  const words = { noun: list(24), verb: list(12), adjective: list(12), adverb: list(8) }
  let bits = entropyOf(forms)
  let length = 0
  for (const { value, probability } of forms) {
    const slots = slotsOf(value)
    const fixed = value.replace(/\{\w+\}/g, '').length + 1
    bits += probability * slots.reduce((sum, slot) => sum + entropyOf(words[slot]), 0)
    length += probability * slots.reduce((sum, slot) => sum + meanLength(words[slot]), fixed)
  }
  return { words, sentences: forms, entropyRate: bits / length }
}

function choose<T>(random: Random, choices: readonly Choice<T>[]): Choice<T> {
  let rest = random.next()
  for (const choice of choices) {
    rest -= choice.probability
    if (rest < 0) return choice
  }
  return choices.at(-1) as Choice<T>
}

/**
 * Held-out texts, one invented language for each, which no model can have read. `sentences` in a text, default 20
 * (about 700 characters).
 */
export function grammarTexts(
  random: Random,
  { size, sentences = 20 }: { size: number; sentences?: number },
): GrammarText[] {
  const source = random.fork(`grammar/${WORLD_VERSION}`)
  return Array.from({ length: size }, (_, index) => {
    const own = source.fork(index)
    const language = grammarLanguage(own)
    let bits = 0
    const written = Array.from({ length: sentences }, () => {
      const form = choose(own, language.sentences)
      bits -= Math.log2(form.probability)
      const sentence = form.value.replace(/\{(\w+)\}/g, (_mark, slot: WordClass) => {
        const word = choose(own, language.words[slot])
        bits -= Math.log2(word.probability)
        return word.value
      })
      return capitalised(sentence)
    })
    return { id: `grammar/${index}`, text: written.join(' '), bits, entropyRate: language.entropyRate }
  })
}
