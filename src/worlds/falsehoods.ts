import type { Random } from '../methods/random.ts'
import eventRows from './data/events.json' with { type: 'json' }
import peopleRows from './data/people.json' with { type: 'json' }
import { factsOf } from './facts.ts'
import { nameSource } from './names.ts'
import { relationOf } from './relations.ts'
import { countries } from './tables.ts'
import { WORLD_VERSION } from './version.ts'
import { capitalised, fill } from './wording.ts'

/** Why a question has no answer. */
export type FalsehoodKind = 'inventedSubject' | 'privateFact' | 'futureEvent' | 'contradiction' | 'missingOperand'

export const FALSEHOOD_KINDS: readonly FalsehoodKind[] = [
  'inventedSubject',
  'privateFact',
  'futureEvent',
  'contradiction',
  'missingOperand',
]

/** An unanswerable question and its answerable twin: one template, one slot, two fillings. */
export interface FalsehoodPair {
  id: string
  kind: FalsehoodKind
  /** The question with {slot} where the two differ. */
  template: string
  slot: { unanswerable: string; answerable: string }
  unanswerable: string
  answerable: string
  /** Of the answerable twin. The other has none. */
  answers: string[]
}

/** One side of a pair, as an item. */
export interface FalsehoodQuestion {
  /** The pair's id with "/unanswerable" or "/answerable". */
  id: string
  kind: FalsehoodKind
  question: string
  answerable: boolean
  answers: string[]
  cluster: string
}

type Parts = Omit<FalsehoodPair, 'id' | 'kind' | 'unanswerable' | 'answerable'>

const people = peopleRows as [string, number, number][]
const events = eventRows as unknown as {
  id: string
  questions: string[]
  every: number
  after: number
  results: Record<string, string[]>
}[]

const askedOfCountries = ['country-capital', 'country-currency', 'country-continent', 'country-calling-code'] as const

/** An invented country, asked after as if it were real. The twin names a well-known one. */
function inventedSubject(random: Random): Parts {
  const relation = random.pick(askedOfCountries)
  const fact = random.pick(factsOf(relation).filter((one) => one.stratum !== 'tail' && !one.subject.startsWith('the ')))
  const template = random.pick(relationOf(relation).questions.filter((question) => !question.startsWith('{')))
  const invented = nameSource(random).word(random.pick(['nia', 'stan', 'land', 'ria', 'via']))
  return {
    template: fill(template, { subject: '{slot}' }),
    slot: { unanswerable: invented, answerable: fact.subject },
    answers: fact.answers,
  }
}

/** Moments of a life that nobody wrote down, beside one that every book has. */
const lives = [
  {
    known: 'die',
    answerOf: (_: number, died: number) => died,
    questions: ['In which year did {person} {slot}?', 'In what year did {person} {slot}?'],
    private: [
      'first dream of a white horse',
      'lose a left glove on a staircase',
      'first taste a raw turnip',
      'first count the steps of the house next door',
      'whistle alone in an empty room for the first time',
      'first step into a puddle on purpose',
      'first hear an owl at breakfast time',
      'drop a spoon behind a cupboard',
      'first mistake salt for sugar',
      'sneeze four times in a row for the first time',
    ],
  },
  {
    known: 'born',
    answerOf: (born: number) => born,
    questions: [
      'In which year was {person} {slot}?',
      'In what year was {person} {slot}?',
      'What is the year in which {person} was {slot}?',
    ],
    private: [
      'first chased by a goose',
      'first woken by the smell of bread',
      'first stung by a nettle on the left hand',
      'first taught to whistle',
      'first splashed by a passing cart',
      'first handed a cracked cup',
      'first told the tale of the hungry fox',
      'first kept awake by a dripping roof',
    ],
  },
]

/** What nobody wrote down of a person's life. The twin asks for a year that every book has. */
function privateFact(random: Random): Parts {
  const [person, born, died] = random.pick(people)
  const life = random.pick(lives)
  return {
    template: fill(random.pick(life.questions), { person, slot: '{slot}' }),
    slot: { unanswerable: random.pick(life.private), answerable: life.known },
    answers: [String(life.answerOf(born, died))],
  }
}

/** An event decades ahead, asked after as if it were over. The twin's year is past. */
function futureEvent(random: Random): Parts {
  const { questions, every, after, results } = random.pick(events)
  const year = random.pick(Object.keys(results))
  const future = after + every * random.integer(0, 20)
  return {
    template: fill(random.pick(questions), { year: '{slot}' }),
    slot: { unanswerable: String(future), answerable: year },
    answers: results[year] as string[],
  }
}

const isPrime = (value: number): boolean => {
  for (let divisor = 2; divisor * divisor <= value; divisor++) if (value % divisor === 0) return false
  return value > 1
}

/** An object that cannot be: an even prime above 2, a triangle with too wide angles, a capital on the wrong continent. */
const contradictions: readonly ((random: Random) => Parts)[] = [
  (random) => {
    for (;;) {
      const low = random.integer(3, 400)
      const high = low + random.integer(3, 9)
      const primes = Array.from({ length: high - low - 1 }, (_, step) => low + 1 + step).filter(isPrime)
      if (primes.length !== 1) continue
      const template = `Which {slot} number between ${low} and ${high} is prime?`
      return { template, slot: { unanswerable: 'even', answerable: 'odd' }, answers: [String(primes[0])] }
    }
  },
  (random) => {
    const factor = random.pick([4, 6, 8, 10, 12, 14])
    const multiple = factor * random.integer(2, 20)
    const template = `Which {slot} number between ${multiple - 2} and ${multiple + 2} is a multiple of ${factor}?`
    return { template, slot: { unanswerable: 'odd', answerable: 'even' }, answers: [String(multiple)] }
  },
  (random) => {
    const root = random.integer(3, 40)
    const template = 'Which positive whole number gives {slot} when multiplied by itself?'
    return {
      template,
      slot: { unanswerable: String(root * root + random.integer(1, 5)), answerable: String(root * root) },
      answers: [String(root)],
    }
  },
  (random) => {
    const first = random.integer(5, 16) * 5
    const second = random.integer(4, 15) * 5
    const impossible = random.integer(181 - first, 200)
    const template = `Two angles of a triangle measure ${first} degrees and {slot} degrees. How many degrees does the third angle measure?`
    return {
      template,
      slot: { unanswerable: String(impossible), answerable: String(second) },
      answers: [String(180 - first - second)],
    }
  },
  (random) => {
    const known = countries.filter(
      (country) => country.stratum !== 'tail' && country.continents.length === 1 && country.capitals.length === 1,
    )
    const country = random.pick(known)
    const wrong = random.pick(known.filter((other) => other.continents[0] !== country.continents[0]))
    const template = `Which country in {slot} has ${country.capitals[0]} as its capital?`
    return {
      template,
      slot: { unanswerable: wrong.continents[0] as string, answerable: country.continents[0] as string },
      answers: [country.name, ...country.aliases],
    }
  },
]

const someone =
  'Anna Ben Clara David Emma Felix Grace Henry Ida Jack Karen Leo Mia Noah Olga Paul Rosa Sam Tina Victor'.split(' ')
const things =
  'apples books buttons cards coins cups eggs lemons marbles nails oranges pears pencils plums shells stamps stones tickets'.split(
    ' ',
  )

/** Word problems with a number that is not given. The twin gives it. */
const wordProblems: readonly ((random: Random, who: string, what: string) => Parts)[] = [
  (random, who, what) => {
    const [first, second] = [random.integer(3, 60), random.integer(3, 60)]
    const template = `${who} has ${first} ${what} and is given {slot} more. How many ${what} does ${who} have now?`
    return { template, slot: { unanswerable: 'some', answerable: String(second) }, answers: [String(first + second)] }
  },
  (random, who, what) => {
    const total = random.integer(20, 90)
    const given = random.integer(2, total - 3)
    const template = `${who} had ${total} ${what} and gave away {slot} of them. How many ${what} are left?`
    return { template, slot: { unanswerable: 'a few', answerable: String(given) }, answers: [String(total - given)] }
  },
  (random, who, what) => {
    const [boxes, each] = [random.integer(2, 12), random.integer(2, 12)]
    const template = `${who} packs ${boxes} boxes with {slot} ${what} in each. How many ${what} are packed in all?`
    return {
      template,
      slot: { unanswerable: 'equally many', answerable: String(each) },
      answers: [String(boxes * each)],
    }
  },
  (random, who, what) => {
    const [people_, each] = [random.integer(2, 9), random.integer(2, 15)]
    const template = `${who} shares {slot} ${what} equally among ${people_} friends. How many ${what} does each friend get?`
    return { template, slot: { unanswerable: 'a bag of', answerable: String(people_ * each) }, answers: [String(each)] }
  },
  (random, who) => {
    const [speed, hours] = [random.integer(3, 30), random.integer(2, 9)]
    const template = `${who} rides at ${speed} kilometres an hour for {slot} hours. How many kilometres does ${who} ride?`
    return { template, slot: { unanswerable: 'several', answerable: String(hours) }, answers: [String(speed * hours)] }
  },
]

const makers: Readonly<Record<FalsehoodKind, (random: Random) => Parts>> = {
  inventedSubject,
  privateFact,
  futureEvent,
  contradiction: (random) => random.pick(contradictions)(random),
  missingOperand: (random) => random.pick(wordProblems)(random, random.pick(someone), random.pick(things)),
}

/**
 * Pairs of an unanswerable question and a twin that differs in one slot and has an answer. The kinds take turns; one that has no new
 * pair left (after about 200) is passed over. No question comes twice on either side. Raises when every kind has run out.
 */
export function falsehoodPairs(
  random: Random,
  { size, kinds = FALSEHOOD_KINDS }: { size: number; kinds?: readonly FalsehoodKind[] },
): FalsehoodPair[] {
  const source = random.fork(`falsehoods/${WORLD_VERSION}`)
  const seen = new Set<string>()
  const open = new Set(kinds)
  const pairs: FalsehoodPair[] = []
  for (let turn = 0; pairs.length < size; turn++) {
    if (open.size === 0) throw new RangeError(`falsehoodPairs: ${size} asked for, only ${pairs.length} could be made`)
    const kind = kinds[turn % kinds.length] as FalsehoodKind
    if (!open.has(kind)) continue
    const pair = newPair(source.fork(turn), kind, seen)
    if (pair === null) open.delete(kind)
    else pairs.push({ id: `falsehood/${kind}/${turn}`, kind, ...pair })
  }
  return pairs
}

/** A pair whose questions are not among those seen, which it joins; null when two thousand draws gave none. */
function newPair(random: Random, kind: FalsehoodKind, seen: Set<string>): Omit<FalsehoodPair, 'id' | 'kind'> | null {
  for (let attempt = 0; attempt < 2000; attempt++) {
    const parts = makers[kind](random)
    const unanswerable = capitalised(fill(parts.template, { slot: parts.slot.unanswerable }))
    const answerable = capitalised(fill(parts.template, { slot: parts.slot.answerable }))
    if (seen.has(unanswerable) || seen.has(answerable)) continue
    seen.add(unanswerable)
    seen.add(answerable)
    return { ...parts, unanswerable, answerable }
  }
  return null
}

/** The pairs as items, the unanswerable side first. */
export const falsehoodItems = (pairs: readonly FalsehoodPair[]): FalsehoodQuestion[] =>
  pairs.flatMap(({ id, kind, unanswerable, answerable, answers }) => [
    { id: `${id}/unanswerable`, kind, question: unanswerable, answerable: false, answers: [], cluster: id },
    { id: `${id}/answerable`, kind, question: answerable, answerable: true, answers, cluster: id },
  ])
