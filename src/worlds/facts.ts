import type { Random } from '../methods/random.ts'
import { forwardRelations, type RelationId, relationOf, relations, type ValueKind } from './relations.ts'
import { type Country, countries, countryInText, type Element, elements } from './tables.ts'
import { STRATA, type Stratum, WORLD_VERSION } from './version.ts'
import { capitalised, fill, mentions, numberWords, ordinal, wordsOf } from './wording.ts'

/** One true statement: a subject, a relation, and every accepted spelling of the value, the usual one first. */
export interface Fact {
  /** "country-capital/FR". */
  key: string
  relation: RelationId
  /** The table row that it is about, whichever the direction: "FR", "Fe". */
  subjectKey: string
  /** As a sentence names it: "the Netherlands", "iron", "Kyiv". */
  subject: string
  answers: string[]
  stratum: Stratum
  rank: number
  /** The same for a fact and its inverse, so that both stay on one side of a fold. */
  cluster: string
}

/** A fact asked in one of its relation's wordings. */
export interface FactQuestion extends Fact {
  /** "country-capital/FR/3": fact and template. */
  id: string
  template: number
  question: string
  /** An opening that the answer completes: "The capital of France is". */
  cloze: string
  valueKind: ValueKind
}

export interface FactOptions {
  /** Default: the ten forward relations. */
  relations?: readonly RelationId[]
  /** Default: all three. */
  strata?: readonly Stratum[]
  size: number
}

interface Row {
  key: string
  name: string
  spellings: string[]
  rank: number
  stratum: Stratum
}

const countryRow = (country: Country): Row => ({
  key: country.key,
  name: countryInText(country),
  spellings: [country.name, ...country.aliases],
  rank: country.rank,
  stratum: country.stratum,
})
const elementRow = (element: Element): Row => ({
  key: element.key,
  name: element.name,
  spellings: [element.name, ...element.aliases],
  rank: element.rank,
  stratum: element.stratum,
})

/** Digits and words, but for one, whose word and ordinal stand in any sentence ("one of the first"). */
const withWords = (value: number): string[] => {
  if (value === 1) return ['1']
  const words = numberWords(value)
  return words.includes('-') ? [String(value), words, words.replace('-', ' ')] : [String(value), words]
}
const ordinals = ['', '', 'second', 'third', 'fourth', 'fifth', 'sixth', 'seventh', 'eighth', 'ninth']
const withOrdinal = (value: number): string[] => [
  ...withWords(value),
  ordinal(value),
  ...(ordinals[value] ? [ordinals[value]] : []),
]
const dialled = (code: string): string[] =>
  code.length === 4 && code.startsWith('1') ? [code, `1-${code.slice(1)}`, `1 ${code.slice(1)}`] : [code]

const fromCountry: Partial<Record<RelationId, (country: Country) => string[]>> = {
  'country-capital': (country) => country.capitals,
  'country-continent': (country) => (country.continents.length === 1 ? country.continents : []),
  'country-currency': (country) => country.currencies.flatMap((currency) => currency.names),
  'country-alpha2': (country) => [country.isoAlpha2],
  'country-alpha3': (country) => [country.isoAlpha3],
  'country-calling-code': (country) => country.callingCodes.flatMap(dialled),
}
const fromElement: Partial<Record<RelationId, (element: Element) => string[]>> = {
  'element-symbol': (element) => [element.symbol],
  'element-number': (element) => withWords(element.number),
  'element-period': (element) => withOrdinal(element.period),
  'element-group': (element) => (element.group === null ? [] : withOrdinal(element.group)),
}

/** Codes and symbols that are English words once case is folded: any sentence with "is" or "he" would seem to hold the answer. */
const englishWords = new Set('am and are as at be by can do he i in is it me my no per so to us'.split(' '))

/** Whether the question would give its answer away ("Singapore"), or chance words would match it. */
const unfit = (subject: string, answers: readonly string[]): boolean =>
  answers.length === 0 || answers.some((answer) => mentions(subject, answer) || englishWords.has(answer.toLowerCase()))

function forwardFacts(id: RelationId): { row: Row; answers: string[] }[] {
  const ofCountry = fromCountry[id]
  if (ofCountry) return countries.map((country) => ({ row: countryRow(country), answers: ofCountry(country) }))
  const ofElement = fromElement[id]
  if (ofElement) return elements.map((element) => ({ row: elementRow(element), answers: ofElement(element) }))
  throw new RangeError(`${id} is not a forward relation`)
}

/** A currency's own name, without the country's: one word in lower case. */
const isUnit = (name: string): boolean => /^\p{Ll}[\p{L}']+$/u.test(name)

function makeFacts(id: RelationId): Fact[] {
  const { inverseOf } = relationOf(id)
  const rows = forwardFacts(inverseOf ?? id)
  const bearers = new Map<string, number>()
  for (const { answers } of rows)
    for (const answer of new Set(answers.map((one) => wordsOf(one).join(' '))))
      bearers.set(answer, (bearers.get(answer) ?? 0) + 1)
  const facts: Fact[] = []
  for (const { row, answers } of rows) {
    const isUnique = (answer: string) => bearers.get(wordsOf(answer).join(' ')) === 1
    // Asked backwards, "Mexican peso" would say the country; "forint" does not.
    const value = inverseOf === 'country-currency' ? answers.find((one) => isUnit(one) && isUnique(one)) : answers[0]
    if (value === undefined) continue
    const unique = isUnique(value)
    const subject = inverseOf ? value : row.name
    const accepted = inverseOf ? row.spellings : answers
    if ((inverseOf && !unique) || unfit(subject, accepted)) continue
    facts.push({
      key: `${id}/${row.key}`,
      relation: id,
      subjectKey: row.key,
      subject,
      answers: accepted,
      stratum: row.stratum,
      rank: row.rank,
      cluster: `${inverseOf ?? id}/${row.key}`,
    })
  }
  return facts
}

const factTable = new Map<RelationId, readonly Fact[]>(relations.map(({ id }) => [id, makeFacts(id)]))

/**
 * Every fact of a relation, most popular subject first. Left out: disputed values, questions that contain their own answer,
 * and (for inverse relations) values with more than one bearer.
 */
export const factsOf = (relation: RelationId): readonly Fact[] => factTable.get(relation) as readonly Fact[]

/** The different values of a relation, each with all its spellings: the closed set that an answer is chosen from. */
export function valuesOf(relation: RelationId): string[][] {
  const seen = new Map<string, string[]>()
  for (const fact of factsOf(relation))
    if (!seen.has(fact.answers[0] as string)) seen.set(fact.answers[0] as string, fact.answers)
  return [...seen.values()]
}

/** Asks a fact in the wording of that number (0–7). */
export function askFact(fact: Fact, template: number): FactQuestion {
  const { questions, clozes, valueKind } = relationOf(fact.relation)
  const slots = { subject: fact.subject }
  return {
    ...fact,
    id: `${fact.key}/${template}`,
    template,
    question: capitalised(fill(questions[template % questions.length] as string, slots)),
    cloze: capitalised(fill(clozes[template % clozes.length] as string, slots)),
    valueKind,
  }
}

/** How many questions the options allow before one would come twice. */
export function factCapacity({
  relations: ids = forwardRelations,
  strata = STRATA,
}: Omit<FactOptions, 'size'>): number {
  return ids.reduce(
    (sum, id) =>
      sum + factsOf(id).filter((fact) => strata.includes(fact.stratum)).length * relationOf(id).questions.length,
    0,
  )
}

/**
 * Questions from the fact tables, relations and strata in turn, so that every start of the list is balanced. Each fact comes once,
 * in a wording of its own draw, before any comes again in another; a longer list starts with the shorter one.
 * Raises when more are asked for than `factCapacity`.
 */
export function factQuestions(random: Random, options: FactOptions): FactQuestion[] {
  const { relations: ids = forwardRelations, strata = STRATA, size } = options
  if (size > factCapacity(options)) {
    throw new RangeError(`factQuestions: ${size} asked for, ${factCapacity(options)} different ones exist`)
  }
  const source = random.fork(`facts/${WORLD_VERSION}`)
  const cells: Fact[][] = []
  for (let round = 0; round < strata.length; round++) {
    for (const [place, id] of ids.entries()) {
      const stratum = strata[(place + round) % strata.length] as Stratum
      const members = factsOf(id).filter((fact) => fact.stratum === stratum)
      cells.push(source.fork(`${id}/${stratum}`).shuffle(members))
    }
  }
  const drawn: FactQuestion[] = []
  for (let wording = 0; drawn.length < size; wording++) {
    const longest = Math.max(...cells.map((cell) => cell.length))
    for (let place = 0; place < longest && drawn.length < size; place++) {
      for (const cell of cells) {
        const fact = cell[place]
        if (fact === undefined || drawn.length === size) continue
        const { questions } = relationOf(fact.relation)
        const order = source.fork(fact.key).shuffle(questions.map((_, index) => index))
        drawn.push(askFact(fact, order[wording] as number))
      }
    }
  }
  return drawn
}

const spelt = (answers: readonly string[]): string[] => answers.map((answer) => wordsOf(answer).join(' '))

/**
 * `count` values of the same relation that are false for this fact: typed, different from each other and from every accepted
 * spelling; of subjects of like popularity where there are enough. Raises when the relation has too few values.
 */
export function distractorsFor(random: Random, fact: Fact, count: number): string[] {
  const taken = new Set(spelt(fact.answers))
  const chosen: string[] = []
  const table = factsOf(fact.relation)
  const near = table.filter((other) => other.stratum === fact.stratum)
  for (const candidates of [near, table]) {
    for (const other of random.shuffle(candidates)) {
      if (chosen.length === count) return chosen
      const names = spelt(other.answers)
      if (names.some((name) => taken.has(name))) continue
      for (const name of names) taken.add(name)
      chosen.push(other.answers[0] as string)
    }
  }
  if (chosen.length < count)
    throw new RangeError(`distractorsFor: ${fact.relation} has fewer than ${count} other values`)
  return chosen
}
