import type { Random } from '../methods/random.ts'
import { countries, elements } from './tables.ts'
import { WORLD_VERSION } from './version.ts'
import { fill, numberWords } from './wording.ts'

/** A set of which any member is a right answer. */
export interface Membership {
  /** "country-in/Africa". */
  key: string
  /** "a country in Africa": completes "Name …". */
  phrase: string
  /** Every member with all its spellings. */
  members: string[][]
}

/** A question with many right answers, all of them known. */
export interface MembershipQuestion extends Membership {
  id: string
  question: string
  /** Opening that a member completes. */
  cloze: string
  /** All spellings of all members. */
  answers: string[]
  template: number
  cluster: string
}

const questions = [
  'Name {phrase}.',
  'Give one example of {phrase}.',
  'Can you name {phrase}?',
  'Tell me the name of {phrase}.',
  'What is an example of {phrase}?',
  'Think of {phrase}. What is it?',
  'Please name one example of {phrase}.',
  'Give the name of {phrase}.',
]

const spellings = (row: { name: string; aliases: string[] }): string[] => [row.name, ...row.aliases]
const numbers = (keep: (value: number) => boolean, from: number, to: number): string[][] =>
  Array.from({ length: to - from + 1 }, (_, step) => from + step)
    .filter(keep)
    .map((value) => [String(value), numberWords(value)])

const isPrime = (value: number): boolean => {
  for (let divisor = 2; divisor * divisor <= value; divisor++) if (value % divisor === 0) return false
  return value > 1
}

function* allMemberships(): Generator<Membership> {
  for (const continent of ['Africa', 'Asia', 'Europe', 'North America', 'South America', 'Oceania']) {
    const members = countries.filter((country) => country.continents.includes(continent)).map(spellings)
    yield { key: `country-in/${continent}`, phrase: `a country in ${continent}`, members }
    yield { key: `capital-in/${continent}`, phrase: `a capital city in ${continent}`, members: capitalsIn(continent) }
  }
  for (const letter of 'ABCDEFGHIJKLMNOPQRSTUVWXYZ') {
    const starting = countries.filter((country) => country.name.startsWith(letter)).map(spellings)
    const article = 'AEFHILMNORSX'.includes(letter) ? 'an' : 'a'
    // A letter with few countries would be a puzzle rather than an open question.
    if (starting.length >= 4)
      yield {
        key: `country-letter/${letter}`,
        phrase: `a country whose name begins with ${article} ${letter}`,
        members: starting,
      }
    const chemical = elements.filter((element) => element.name.startsWith(letter.toLowerCase())).map(spellings)
    if (chemical.length >= 4)
      yield {
        key: `element-letter/${letter}`,
        phrase: `a chemical element whose name begins with ${article} ${letter}`,
        members: chemical,
      }
  }
  const families: [string, string, (group: number | null, symbol: string) => boolean][] = [
    ['noble-gas', 'a noble gas', (group) => group === 18],
    ['halogen', 'a halogen', (group) => group === 17],
    ['alkali-metal', 'an alkali metal', (group, symbol) => group === 1 && symbol !== 'H'],
    ['alkaline-earth-metal', 'an alkaline earth metal', (group) => group === 2],
  ]
  for (const [key, phrase, keep] of families) {
    const members = elements
      .filter((element) => keep(element.group, element.symbol))
      .map((element) => [...spellings(element), element.symbol])
    yield { key: `element-family/${key}`, phrase, members }
  }
  for (let period = 2; period <= 7; period++) {
    const members = elements.filter((element) => element.period === period).map(spellings)
    yield { key: `element-period/${period}`, phrase: `a chemical element of period ${period}`, members }
  }
  yield { key: 'number/two-digit-prime', phrase: 'a two-digit prime number', members: numbers(isPrime, 10, 99) }
  yield { key: 'number/one-digit-prime', phrase: 'a prime number below ten', members: numbers(isPrime, 2, 9) }
  yield {
    key: 'number/square',
    phrase: 'a square number between 10 and 200',
    members: numbers((one) => Number.isInteger(Math.sqrt(one)), 10, 200),
  }
  yield {
    key: 'number/power-of-two',
    phrase: 'a power of two between 3 and 600',
    members: numbers((one) => Number.isInteger(Math.log2(one)), 3, 600),
  }
  yield {
    key: 'number/odd',
    phrase: 'an odd number between 20 and 40',
    members: numbers((one) => one % 2 === 1, 20, 40),
  }
  yield {
    key: 'number/even',
    phrase: 'an even number between 50 and 80',
    members: numbers((one) => one % 2 === 0, 50, 80),
  }
  for (const factor of [3, 4, 6, 7, 8, 9, 11, 12]) {
    yield {
      key: `number/multiple-of-${factor}`,
      phrase: `a multiple of ${factor} between 20 and 100`,
      members: numbers((one) => one % factor === 0, 20, 100),
    }
  }
}

function capitalsIn(continent: string): string[][] {
  return countries
    .filter((country) => country.continents.includes(continent) && country.capitals.length > 0)
    .map((country) => country.capitals)
}

/** Every set there is: countries and capitals by continent, countries and elements by letter, element families and periods, numbers. */
export const memberships: readonly Membership[] = [...allMemberships()]

/**
 * Questions with many right answers, whose whole gold set is known. Each set comes once before any comes again in another wording.
 * Raises beyond eight wordings of every set.
 */
export function membershipQuestions(random: Random, { size }: { size: number }): MembershipQuestion[] {
  if (size > memberships.length * questions.length) {
    throw new RangeError(`membershipQuestions: ${size} asked for, ${memberships.length * questions.length} exist`)
  }
  const source = random.fork(`memberships/${WORLD_VERSION}`)
  const order = source.shuffle(memberships)
  return Array.from({ length: size }, (_, index) => {
    const set = order[index % order.length] as Membership
    const wordings = source.fork(set.key).shuffle(questions.map((_, place) => place))
    const template = wordings[Math.floor(index / order.length)] as number
    return {
      ...set,
      id: `${set.key}/${template}`,
      question: fill(questions[template] as string, { phrase: set.phrase }),
      cloze: `One example of ${set.phrase} is`,
      answers: set.members.flat(),
      template,
      cluster: set.key,
    }
  })
}
