import type { Random } from '../methods/random.ts'
import peopleRows from './data/people.json' with { type: 'json' }
import { type Entity, type FictionWorld, fictionWorld, statementOf, valueSpellings } from './fiction.ts'
import { type Attribute, attributeOf } from './fiction-attributes.ts'
import { type Country, countries, countryInText, type Element, elements } from './tables.ts'
import { WORLD_VERSION } from './version.ts'
import { capitalised, fill } from './wording.ts'

/** What the false continuations get wrong. */
export type ErrorType = 'entity' | 'number' | 'date' | 'relation' | 'circumstance'

export const ERROR_TYPES: readonly ErrorType[] = ['entity', 'number', 'date', 'relation', 'circumstance']

/** A paragraph, its true last sentence, and three false ones that differ from it in one slot (FACTOR, Muhlgay et al. 2023). */
export interface Continuation {
  id: string
  /** Ends in a space: prefix + completion is the text. */
  prefix: string
  completion: string
  contradictions: [string, string, string]
  errorType: ErrorType
  /** `table`: the model must know it. `fiction`: the prefix says it in other words. */
  source: 'table' | 'fiction'
  /** What the paragraph is about. */
  docId: string
  cluster: string
}

interface Made {
  prefix: string
  /** The last sentence with {slot}. */
  template: string
  truth: string
  falsehoods: string[]
  docId: string
}

const people = peopleRows as [string, number, number][]

/** Three of the candidates that differ from the truth and from each other; null when there are too few. */
function threeOthers(random: Random, truths: readonly string[], candidates: readonly string[]): string[] | null {
  const others = [...new Set(candidates)].filter((one) => !truths.includes(one))
  return others.length < 3 ? null : random.sample(others, 3)
}

/** Opening sentences about a country that leave out the capital, the continent or the calling code. */
function countryPrefix(country: Country, without: 'capital' | 'continent' | 'code'): string {
  const name = countryInText(country)
  const money = country.currencies[0]?.names[0]
  const sentences = [`${capitalised(name)} is a member of the community of states.`]
  if (without !== 'continent' && country.continents.length === 1)
    sentences.push(`The country belongs to ${country.continents[0]}.`)
  sentences.push(`In international lists it goes by the letters ${country.isoAlpha3}.`)
  if (without !== 'capital' && country.capitals[0])
    sentences.push(`The seat of its government is ${country.capitals[0]}.`)
  sentences.push(`Shops there take the ${money}.`)
  return `${sentences.join(' ')} `
}

const wellKnown = countries.filter((country) => country.stratum !== 'tail')

function tableEntity(random: Random): Made | null {
  const country = random.pick(wellKnown)
  const [capital] = country.capitals
  if (capital === undefined) return null
  const cities = wellKnown.flatMap((other) => other.capitals.slice(0, 1))
  const falsehoods = threeOthers(random, country.capitals, cities)
  const template = `The capital of ${countryInText(country)} is {slot}.`
  return (
    falsehoods && {
      prefix: countryPrefix(country, 'capital'),
      template,
      truth: capital,
      falsehoods,
      docId: `country/${country.key}`,
    }
  )
}

function tableCircumstance(random: Random): Made | null {
  const country = random.pick(wellKnown)
  const [continent, second] = country.continents
  if (continent === undefined || second !== undefined || country.capitals[0] === undefined || country.severalSeats)
    return null
  const falsehoods = threeOthers(
    random,
    [continent],
    wellKnown.flatMap((other) => other.continents),
  )
  const template = `Travellers who visit ${country.capitals[0]}, its capital, find themselves in {slot}.`
  return (
    falsehoods && {
      prefix: countryPrefix(country, 'continent'),
      template,
      truth: continent,
      falsehoods,
      docId: `country/${country.key}`,
    }
  )
}

/** Opening sentences about an element that give neither its number nor its neighbours. */
function elementPrefix(element: Element): string {
  return (
    `${capitalised(element.name)} is one of the chemical elements. Chemists write it ${element.symbol}. ` +
    `In the periodic table it belongs to the row with the number ${element.period}. `
  )
}

function tableNumber(random: Random): Made | null {
  const element = random.pick(elements.filter((one) => one.stratum !== 'tail'))
  const near = Array.from({ length: 13 }, (_, step) => element.number - 6 + step).filter(
    (one) => one >= 1 && one <= 118,
  )
  const falsehoods = threeOthers(random, [String(element.number)], near.map(String))
  const template = `The atomic number of ${element.name} is {slot}.`
  return (
    falsehoods && {
      prefix: elementPrefix(element),
      template,
      truth: String(element.number),
      falsehoods,
      docId: `element/${element.key}`,
    }
  )
}

const places = ['directly before', 'directly after', 'directly above', 'directly below'] as const

/** Whether `first` stands there, as seen from `second`, in the 18-column table. */
export function standsThere(place: (typeof places)[number], first: Element, second: Element): boolean {
  const step = { 'directly before': 1, 'directly after': -1 } as const
  if (place === 'directly before' || place === 'directly after') return first.number + step[place] === second.number
  if (first.group === null || first.group !== second.group) return false
  return place === 'directly above' ? first.period + 1 === second.period : first.period - 1 === second.period
}

function tableRelation(random: Random): Made | null {
  const element = random.pick(elements.filter((one) => one.stratum !== 'tail' && one.group !== null))
  const truth = random.pick(places)
  const neighbour = elements.find((other) => standsThere(truth, element, other))
  if (neighbour === undefined) return null
  const falsehoods = places.filter((place) => !standsThere(place, element, neighbour))
  const template = `In the periodic table, ${element.name} stands {slot} ${neighbour.name}.`
  return falsehoods.length === 3
    ? { prefix: elementPrefix(element), template, truth, falsehoods, docId: `element/${element.key}` }
    : null
}

function tableDate(random: Random): Made | null {
  const [person, born, died] = random.pick(people)
  const asksBirth = random.next() < 0.5
  const year = asksBirth ? born : died
  const years = people
    .map(([, from, to]) => (asksBirth ? from : to))
    .filter((one) => (asksBirth ? one < died - 20 : one > born + 20))
  const near = [...new Set(years)].sort((a, b) => Math.abs(a - year) - Math.abs(b - year)).slice(0, 9)
  const falsehoods = threeOthers(random, [String(year)], near.map(String))
  const other = asksBirth ? `${person} died in ${died}.` : `${person} was born in ${born}.`
  const prefix = `${person} is remembered in many countries. Streets, schools and squares carry the name. ${other} `
  const template = asksBirth ? `${person} was born in {slot}.` : `${person} died in {slot}.`
  return falsehoods && { prefix, template, truth: String(year), falsehoods, docId: `person/${person}` }
}

/** The entity's passage as prefix, then one of its statements in a wording that the passage does not use. */
function restated(
  random: Random,
  world: FictionWorld,
  entity: Entity,
  attribute: Attribute,
  candidates: readonly string[],
): Made | null {
  const passage = world.passageOf.get(entity.key)
  const stated = passage?.sentences.find((sentence) => sentence.attribute === attribute.id)
  const statements = attribute.sentences
    .map((_, wording) => wording)
    .filter((wording) => {
      const long = statementOf(world, entity, attribute.id, wording).text
      const short = statementOf(world, entity, attribute.id, wording, true).text
      return stated?.text !== long && stated?.text !== short
    })
  if (passage === undefined || stated === undefined || statements.length === 0) return null
  const sentence = attribute.sentences[random.pick(statements)] as string
  const falsehoods = threeOthers(random, valueSpellings(world, entity, attribute), candidates)
  const template = capitalised(fill(sentence, { name: entity.name, value: '{slot}' }))
  return falsehoods && { prefix: `${passage.text} `, template, truth: stated.value, falsehoods, docId: passage.id }
}

const fictionSlots: Readonly<Record<Exclude<ErrorType, 'relation'>, readonly string[]>> = {
  entity: [
    'person.birthplace',
    'person.employer',
    'person.mentor',
    'town.mayor',
    'firm.founder',
    'firm.director',
    'species.discoverer',
  ],
  number: ['town.population', 'town.elevation', 'firm.staff', 'species.length', 'species.lifespan'],
  date: ['person.birthYear', 'town.founded', 'firm.founded', 'species.described'],
  circumstance: ['town.festival', 'town.river', 'firm.headquarters', 'species.habitat', 'species.season'],
}

function fictionSlot(random: Random, world: FictionWorld, errorType: Exclude<ErrorType, 'relation'>): Made | null {
  const attribute = attributeOf(random.pick(fictionSlots[errorType]))
  const kin = world.entities.filter((entity) => entity.kind === attribute.of)
  const candidates = random.sample(kin, 12).map((entity) => valueSpellings(world, entity, attribute)[0] as string)
  return restated(random, world, random.pick(kin), attribute, candidates)
}

/** "was born in" against what the records say is not so. */
function fictionRelation(random: Random, world: FictionWorld): Made | null {
  const person = random.pick(world.entities.filter((entity) => entity.kind === 'person'))
  const passage = world.passageOf.get(person.key)
  const bornHere = random.next() < 0.5
  const town = world.byKey.get(String(person.values[bornHere ? 'person.birthplace' : 'person.residence']))
  if (passage === undefined || town === undefined || town.values['town.mayor'] === person.key) return null
  // Birthplace and home differ in every record, so each is false of the other's town.
  const falsehoods = [bornHere ? 'has moved house to' : 'was born in', 'is the mayor of', 'has never set foot in']
  const truth = bornHere ? 'was born in' : 'has moved house to'
  return {
    prefix: `${passage.text} `,
    template: `${person.name} {slot} ${town.name}.`,
    truth,
    falsehoods,
    docId: passage.id,
  }
}

const tableMakers: Readonly<Record<ErrorType, (random: Random) => Made | null>> = {
  entity: tableEntity,
  number: tableNumber,
  date: tableDate,
  relation: tableRelation,
  circumstance: tableCircumstance,
}

/**
 * Continuations, table and fiction by turns, error types by turns in each. The three contradictions of an item share its error type
 * and are false by the tables or by the world's records. Raises when no new item can be found (beyond about 300 of the
 * tables, 1,000 of fiction).
 */
export function continuations(
  random: Random,
  { size, sources = ['table', 'fiction'] }: { size: number; sources?: readonly Continuation['source'][] },
): Continuation[] {
  const source = random.fork(`continuations/${WORLD_VERSION}`)
  const world = sources.includes('fiction') ? fictionWorld(source, { size: 400 }) : null
  const seen = new Set<string>()
  return Array.from({ length: size }, (_, index) => {
    const from = sources[index % sources.length] as Continuation['source']
    const errorType = ERROR_TYPES[Math.floor(index / sources.length) % ERROR_TYPES.length] as ErrorType
    const own = source.fork(index)
    for (let attempt = 0; attempt < 3000; attempt++) {
      let made: Made | null
      if (from === 'table' || world === null) made = tableMakers[errorType](own)
      else made = errorType === 'relation' ? fictionRelation(own, world) : fictionSlot(own, world, errorType)
      if (made === null) continue
      const { prefix, template, truth, falsehoods, docId } = made
      const completion = capitalised(fill(template, { slot: truth }))
      if (seen.has(completion)) continue
      seen.add(completion)
      const contradictions = falsehoods.map((slot) =>
        capitalised(fill(template, { slot })),
      ) as Continuation['contradictions']
      return {
        id: `continuation/${from}/${index}`,
        prefix,
        completion,
        contradictions,
        errorType,
        source: from,
        docId,
        cluster: docId,
      }
    }
    throw new RangeError(`continuations: no new ${from} item of type ${errorType} after ${index}`)
  })
}
