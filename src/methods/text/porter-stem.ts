/** Irregular forms that the suffix rules would part. */
const IRREGULAR: Readonly<Record<string, string>> = {
  sky: 'sky',
  skies: 'sky',
  dying: 'die',
  lying: 'lie',
  tying: 'tie',
  news: 'news',
  innings: 'inning',
  inning: 'inning',
  outings: 'outing',
  outing: 'outing',
  cannings: 'canning',
  canning: 'canning',
  howe: 'howe',
  proceed: 'proceed',
  exceed: 'exceed',
  succeed: 'succeed',
}

type SuffixRule = readonly [suffix: string, replacement: string]

const STEP_2: readonly SuffixRule[] = [
  ['ational', 'ate'],
  ['tional', 'tion'],
  ['enci', 'ence'],
  ['anci', 'ance'],
  ['izer', 'ize'],
  ['bli', 'ble'],
  ['alli', 'al'],
  ['entli', 'ent'],
  ['eli', 'e'],
  ['ousli', 'ous'],
  ['ization', 'ize'],
  ['ation', 'ate'],
  ['ator', 'ate'],
  ['alism', 'al'],
  ['iveness', 'ive'],
  ['fulness', 'ful'],
  ['ousness', 'ous'],
  ['aliti', 'al'],
  ['iviti', 'ive'],
  ['biliti', 'ble'],
  ['fulli', 'ful'],
]

const STEP_3: readonly SuffixRule[] = [
  ['icate', 'ic'],
  ['ative', ''],
  ['alize', 'al'],
  ['iciti', 'ic'],
  ['ical', 'ic'],
  ['ful', ''],
  ['ness', ''],
]

const STEP_4: readonly string[] =
  'al ance ence er ic able ible ant ement ment ent ion ou ism ate iti ous ive ize'.split(' ')

/** Letters as vowel or consonant: y is a vowel after a consonant. */
function shape(word: string): string {
  let [result, last] = ['', '']
  for (const letter of word) {
    // The last letter is kept apart: asking a growing string for its end would cost its whole length each time.
    last = 'aeiou'.includes(letter) || (letter === 'y' && last === 'c') ? 'v' : 'c'
    result += last
  }
  return result
}

/** Porter's m: how often a vowel is followed by a consonant. */
const measure = (stem: string): number => shape(stem).match(/vc/g)?.length ?? 0

const endsConsonantVowelConsonant = (stem: string): boolean => {
  const pattern = shape(stem)
  return (pattern.endsWith('cvc') && !/[wxy]$/.test(stem)) || pattern === 'vc'
}

/** The first rule whose suffix fits decides, whether or not its condition then holds. */
function replaceSuffix(word: string, rules: readonly SuffixRule[]): string {
  const rule = rules.find(([suffix]) => word.endsWith(suffix))
  if (!rule) return word
  const stem = word.slice(0, word.length - rule[0].length)
  return measure(stem) > 0 ? stem + rule[1] : word
}

function withoutPlural(word: string): string {
  if (word.endsWith('ies')) return word.slice(0, word.length === 4 ? -1 : -2)
  if (word.endsWith('sses')) return word.slice(0, -2)
  return word.endsWith('s') && !word.endsWith('ss') ? word.slice(0, -1) : word
}

function withoutPastOrGerund(word: string): string {
  if (word.endsWith('ied')) return word.slice(0, word.length === 4 ? -1 : -2)
  if (word.endsWith('eed')) return measure(word.slice(0, -3)) > 0 ? word.slice(0, -1) : word
  const suffix = ['ed', 'ing'].find(
    (ending) => word.endsWith(ending) && shape(word.slice(0, -ending.length)).includes('v'),
  )
  if (!suffix) return word
  const stem = word.slice(0, -suffix.length)
  if (/(?:at|bl|iz)$/.test(stem)) return `${stem}e`
  if (stem.length > 1 && stem.at(-1) === stem.at(-2) && shape(stem).endsWith('c'))
    return /[lsz]$/.test(stem) ? stem : stem.slice(0, -1)
  return measure(stem) === 1 && endsConsonantVowelConsonant(stem) ? `${stem}e` : stem
}

function withoutDerivation(word: string): string {
  if (word.endsWith('alli') && measure(word.slice(0, -4)) > 0) return withoutDerivation(word.slice(0, -2))
  if (word.endsWith('logi')) return measure(word.slice(0, -3)) > 0 ? word.slice(0, -1) : word
  return replaceSuffix(word, STEP_2)
}

function withoutEnding(word: string): string {
  const suffix = STEP_4.find((ending) => word.endsWith(ending))
  if (!suffix) return word
  const stem = word.slice(0, word.length - suffix.length)
  return measure(stem) > 1 && (suffix !== 'ion' || /[st]$/.test(stem)) ? stem : word
}

function tidied(word: string): string {
  let result = word
  if (word.endsWith('e')) {
    const stem = word.slice(0, -1)
    const m = measure(stem)
    if (m > 1 || (m === 1 && !endsConsonantVowelConsonant(stem))) result = stem
  }
  return result.endsWith('ll') && measure(result.slice(0, -1)) > 1 ? result.slice(0, -1) : result
}

/**
 * Porter's stem of a lower-case word, with the refinements that the common ROUGE implementations stem by: irregular
 * forms, "dies" → "die", y → i only after a consonant, -alli first, -fulli and -logi; words of two letters stay.
 * M. F. Porter, An algorithm for suffix stripping, Program 14 (1980).
 */
export function porterStem(word: string): string {
  const irregular = Object.hasOwn(IRREGULAR, word) ? IRREGULAR[word] : undefined
  if (irregular !== undefined) return irregular
  if (word.length <= 2) return word
  let stem = withoutPastOrGerund(withoutPlural(word))
  if (stem.length > 2 && stem.endsWith('y') && shape(stem.slice(0, -1)).endsWith('c')) stem = `${stem.slice(0, -1)}i`
  return tidied(withoutEnding(replaceSuffix(withoutDerivation(stem), STEP_3)))
}
