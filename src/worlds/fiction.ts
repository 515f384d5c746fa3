import type { Random } from '../methods/random.ts'
import {
  type Attribute,
  animalNouns,
  attributeOf,
  attributesOf,
  type EntityKind,
  firmNouns,
  townEndings,
  wordValues,
} from './fiction-attributes.ts'
import { type NameSource, nameSource } from './names.ts'
import { WORLD_VERSION } from './version.ts'
import { capitalised, fill } from './wording.ts'

/** An invented person, town, firm or species with its record. */
export interface Entity {
  /** "person/17". */
  key: string
  kind: EntityKind
  /** As a sentence names it: "Tavin Morrask", "the sorvel heron". */
  name: string
  /** Accepted as an answer, the full name first. */
  aliases: string[]
  /** Attribute id to value; a value that is an entity is its key. */
  values: Record<string, string | number>
}

/** A closed world of invented entities: what it says is all that is true. */
export interface FictionWorld {
  entities: readonly Entity[]
  byKey: ReadonlyMap<string, Entity>
  /** One passage about each entity, in world order: the corpus that questions over this world are answered from. */
  passages: readonly FictionPassage[]
  /** The passage about the entity of that key. */
  passageOf: ReadonlyMap<string, FictionPassage>
}

/** What statements are made from. */
type Records = Pick<FictionWorld, 'byKey'>

/** One statement of the world: who, what, and the words. */
export interface FictionSentence {
  entity: string
  attribute: string
  /** The value as it stands in the text. */
  value: string
  text: string
}

/** A passage about one entity; `sentences` joined by spaces are its text. */
export interface FictionPassage {
  id: string
  title: string
  text: string
  entity: string
  sentences: FictionSentence[]
  /** Ids of the passages about entities that this one names. */
  links: string[]
}

export interface FictionOptions {
  /** Entities, and so passages, in all. At least 20. Default 1,000. */
  size?: number
}

const shares: readonly [EntityKind, number][] = [
  ['town', 0.2],
  ['firm', 0.15],
  ['species', 0.15],
]

/** Deals the members of `list` out one by one, in random order, so that none comes twice. */
function dealer<T>(random: Random, list: readonly T[]): () => T {
  const order = random.shuffle(list)
  let next = 0
  return () => order[next++ % order.length] as T
}

function nameOf(kind: EntityKind, names: NameSource, random: Random): { name: string; aliases: string[] } {
  if (kind === 'person') {
    const family = names.word()
    const name = `${names.word()} ${family}`
    return { name, aliases: [name, family] }
  }
  if (kind === 'town') {
    const name = names.word(random.pick(townEndings))
    return { name, aliases: [name] }
  }
  const own = names.word()
  if (kind === 'firm') {
    const name = `${own} ${random.pick(firmNouns)}`
    return { name, aliases: [name, own] }
  }
  const name = `the ${own.toLowerCase()} ${random.pick(animalNouns)}`
  return { name, aliases: [name, name.slice(4), own.toLowerCase()] }
}

/**
 * A world of invented people (half), towns, firms and species, eight attributes each. No name is real or comes twice; attributes marked
 * unique have no value twice; a firm is younger than its founder, a species' discovery later than its discoverer's birth.
 * The passages come with it: for a given source and size they are always the same.
 */
export function fictionWorld(random: Random, { size = 1000 }: FictionOptions = {}): FictionWorld {
  if (!Number.isInteger(size) || size < 20)
    throw new RangeError('fictionWorld: size must be a whole number of at least 20')
  const source = random.fork(`fiction/${WORLD_VERSION}/${size}`)
  const names = nameSource(source.fork('names'))
  const counts = shares.map(([kind, share]) => [kind, Math.floor(size * share)] as const)
  const people = size - counts.reduce((sum, [, count]) => sum + count, 0)
  const entities: Entity[] = []
  for (const [kind, count] of [['person', people] as const, ...counts]) {
    const own = source.fork(kind)
    for (let index = 0; index < count; index++) {
      entities.push({ key: `${kind}/${index}`, kind, ...nameOf(kind, names, own), values: {} })
    }
  }
  const byKey = new Map(entities.map((entity) => [entity.key, entity]))
  const ofKind = (kind: EntityKind) => entities.filter((entity) => entity.kind === kind)
  const values = source.fork('values')
  const provinces = Array.from({ length: Math.max(6, Math.round(size / 60)) }, () => names.word())

  const towns = ofKind('town').map((entity) => entity.key)
  const firms = ofKind('firm').map((entity) => entity.key)
  const mayors = dealer(values, ofKind('person'))
  const founders = dealer(values, ofKind('person'))
  const directors = dealer(values, ofKind('person'))
  const discoverers = dealer(values, ofKind('person'))
  const pupils = values.shuffle(ofKind('person'))
  const buyers = values.shuffle(firms)
  const supplierOf = new Map(buyers.map((firm, place) => [firm, buyers[(place + 1) % buyers.length] as string]))
  const word = (id: string) => values.pick(wordValues[id] as readonly string[])

  for (const [place, person] of pupils.entries()) {
    const birthplace = values.integer(0, towns.length - 1)
    // Any town but the birthplace, so that neither fact can be mistaken for the other.
    const residence = (birthplace + values.integer(1, towns.length - 1)) % towns.length
    person.values = {
      'person.birthYear': values.integer(1905, 1970),
      'person.birthplace': towns[birthplace] as string,
      'person.occupation': word('person.occupation'),
      'person.employer': values.pick(firms),
      'person.mentor': (pupils[(place + 1) % pupils.length] as Entity).key,
      'person.instrument': word('person.instrument'),
      'person.award': names.word(),
      'person.residence': towns[residence] as string,
    }
  }
  for (const town of ofKind('town')) {
    town.values = {
      'town.founded': values.integer(1010, 1840),
      'town.province': values.pick(provinces),
      'town.river': names.word(),
      'town.population': values.integer(120, 9800) * 10,
      'town.mayor': mayors().key,
      'town.speciality': word('town.speciality'),
      'town.elevation': values.integer(3, 1400),
      'town.festival': word('town.festival'),
    }
  }
  for (const firm of ofKind('firm')) {
    const founder = founders()
    firm.values = {
      'firm.founded': (founder.values['person.birthYear'] as number) + values.integer(20, 50),
      'firm.founder': founder.key,
      'firm.headquarters': values.pick(towns),
      'firm.product': word('firm.product'),
      'firm.director': directors().key,
      'firm.staff': values.integer(12, 4800),
      'firm.colour': word('firm.colour'),
      'firm.supplier': supplierOf.get(firm.key) as string,
    }
  }
  for (const species of ofKind('species')) {
    const discoverer = discoverers()
    species.values = {
      'species.discoverer': discoverer.key,
      'species.described': (discoverer.values['person.birthYear'] as number) + values.integer(20, 55),
      'species.habitat': values.pick(towns),
      'species.diet': word('species.diet'),
      'species.colour': word('species.colour'),
      'species.length': values.integer(2, 140),
      'species.lifespan': values.integer(2, 40),
      'species.season': word('species.season'),
    }
  }
  const passages = entities.map((entity) => writePassage(source, { byKey }, entity))
  return { entities, byKey, passages, passageOf: new Map(passages.map((passage) => [passage.entity, passage])) }
}

/** The value as text, every accepted spelling, the full one first. */
export function valueSpellings(world: Records, entity: Entity, attribute: Attribute): string[] {
  const value = entity.values[attribute.id]
  if (value === undefined) throw new RangeError(`${entity.key} has no ${attribute.id}`)
  return world.byKey.get(String(value))?.aliases ?? [String(value)]
}

/** One statement, in the wording of that number. `short` names a person by the family name. */
export function statementOf(
  world: Records,
  entity: Entity,
  id: string,
  wording: number,
  short = false,
): FictionSentence {
  const attribute = attributeOf(id)
  const value = valueSpellings(world, entity, attribute)[0] as string
  const name = short && entity.kind === 'person' ? (entity.aliases[1] as string) : entity.name
  const template = attribute.sentences[wording % attribute.sentences.length] as string
  return { entity: entity.key, attribute: id, value, text: capitalised(fill(template, { name, value })) }
}

export const passageId = (entityKey: string): string => `fiction/${entityKey}`

const closings: Readonly<Record<EntityKind, readonly string[]>> = {
  person: [
    'These facts are taken from the register of persons kept by the county.',
    'The register of persons gives no further particulars.',
  ],
  town: [
    'The figures come from the survey of towns kept by the county.',
    'The survey of towns gives no further particulars.',
  ],
  firm: [
    'The details come from the trade register kept by the county.',
    'The trade register gives no further particulars.',
  ],
  species: [
    'The notes come from the catalogue of animals kept by the county.',
    'The catalogue of animals gives no further particulars.',
  ],
}

/** The passage about one entity: all its attributes in random order and wording, 50 to 120 words. */
function writePassage(random: Random, world: Records, entity: Entity): FictionPassage {
  const own = random.fork(`passage/${entity.key}`)
  const order = own.shuffle(attributesOf(entity.kind))
  const sentences = order.map((attribute, place) =>
    statementOf(world, entity, attribute.id, own.integer(0, 2), place > 0),
  )
  const closing = own.pick(closings[entity.kind])
  const named = order.map((attribute) => String(entity.values[attribute.id])).filter((value) => world.byKey.has(value))
  return {
    id: passageId(entity.key),
    title: entity.name,
    text: [...sentences.map((sentence) => sentence.text), closing].join(' '),
    entity: entity.key,
    sentences,
    links: [...new Set(named)].map(passageId),
  }
}

/** The record as rows of label and value, for tables and data-to-text prompts. */
export function recordOf(world: FictionWorld, entity: Entity): { attribute: string; label: string; value: string }[] {
  return attributesOf(entity.kind).map((attribute) => ({
    attribute: attribute.id,
    label: attribute.label,
    value: valueSpellings(world, entity, attribute)[0] as string,
  }))
}
