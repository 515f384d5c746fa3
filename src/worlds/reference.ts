import { type Random, randomFrom } from '../methods/random.ts'
import { nameSource } from './names.ts'

/**
 * A small world whose every fact is taught to a language model a known number of times, with known shares, or not at
 * all: the reference standard that benchmarks are checked against, as a scale is with a weight of known mass.
 */

/** Raised whenever a draw, a wording or a share changes: a standard trained on another version is another standard. */
export const REFERENCE_VERSION = 1

/**
 * How a fact was taught. `known`: often, one answer. `ambiguous`: often, several answers in known shares. `rare`: seldom,
 * one answer. `unknown`: never, although entity and relation are known from other facts.
 */
export type ExposureClass = 'known' | 'ambiguous' | 'rare' | 'unknown'

export const EXPOSURE_CLASSES: readonly ExposureClass[] = ['known', 'ambiguous', 'rare', 'unknown']

/** One answer and the share of the lessons that give it. */
export interface ShareOfAnswer {
  answer: string
  share: number
}

export interface ReferenceFact {
  id: string
  entity: string
  relation: string
  exposure: ExposureClass
  /** Lessons per epoch; 0: never taught. */
  perEpoch: number
  /** The truth, p*: shares sum to 1, the likeliest first. Of unknown facts it is the world's, which no lesson tells. */
  answers: ShareOfAnswer[]
  /** Variants are tuned on the facts of one half of the entities and measured on the other half. */
  split: 'tuning' | 'test'
  /** Its relation is left out of every tuning that teaches to refuse. */
  heldOut: boolean
}

/** Two names that belong to each other one to one, for questions in both directions. */
export interface ReferencePair {
  id: string
  first: string
  second: string
  /** Pairs of the tuning half are taught in both directions by every variant, so that the question itself is known. */
  split: 'tuning' | 'test'
}

export interface ReferenceWorld {
  seed: number
  relations: string[]
  /** Answers of each relation; no word stands for two things. */
  values: Record<string, string[]>
  entities: string[]
  facts: ReferenceFact[]
  pairs: ReferencePair[]
}

export interface ReferenceSize {
  entities: number
  relations: number
  values: number
  pairs: number
}

/** 1,000 facts and 100 pairs of names: two cores learn them in minutes. */
export const FULL_WORLD: ReferenceSize = { entities: 200, relations: 5, values: 40, pairs: 100 }
/** What a test can afford to teach. */
export const REDUCED_WORLD: ReferenceSize = { entities: 48, relations: 3, values: 16, pairs: 12 }

const RELATIONS = ['home', 'craft', 'food', 'song', 'emblem']
/** The relation of pairs. */
export const PAIR_RELATION = 'guide'

/** Share of a relation's facts by class; the rest is unknown. */
const CLASS_SHARES: readonly [ExposureClass, number][] = [
  ['known', 0.4],
  ['ambiguous', 0.2],
  ['rare', 0.15],
]
const PER_EPOCH = { known: 4, ambiguous: 4, unknown: 0 } as const
/** Lessons per epoch of rare facts, in turn. */
const RARE_RATES = [0.25, 0.5] as const
/** Shares of ambiguous facts, in turn. */
const AMBIGUOUS_SHARES: readonly (readonly number[])[] = [
  [0.7, 0.3],
  [0.5, 0.3, 0.2],
]

/** The world of a seed. Pure: the same seed and size give the same world on every machine. */
export function referenceWorld(seed: number, size: ReferenceSize = FULL_WORLD): ReferenceWorld {
  const random = randomFrom('reference-world', REFERENCE_VERSION, seed)
  const names = nameSource(random.fork('names'))
  const words = (count: number): string[] => Array.from({ length: count }, () => names.word())
  const entities = words(size.entities)
  const relations = RELATIONS.slice(0, size.relations)
  const values = Object.fromEntries(relations.map((relation) => [relation, words(size.values)]))
  const pairs = Array.from({ length: size.pairs }, (_, place): ReferencePair => {
    const [first, second] = words(2) as [string, string]
    return { id: `pair/${first}`, first, second, split: place % 2 === 0 ? 'tuning' : 'test' }
  })
  const facts = relations.flatMap((relation, place) =>
    factsOf(random.fork(relation), relation, entities, values[relation] as string[], place === relations.length - 1),
  )
  return { seed, relations, values, entities, facts, pairs }
}

/** One fact per entity; classes in fixed shares within either half of the entities. */
function factsOf(
  random: Random,
  relation: string,
  entities: readonly string[],
  values: readonly string[],
  heldOut: boolean,
): ReferenceFact[] {
  const half = Math.floor(entities.length / 2)
  return [entities.slice(0, half), entities.slice(half)].flatMap((members, place) => {
    const order = random.shuffle(members)
    const classes = CLASS_SHARES.flatMap(([name, share]) =>
      new Array<ExposureClass>(Math.round(share * order.length)).fill(name),
    )
    return order.map((entity, at): ReferenceFact => {
      const exposure = classes[at] ?? 'unknown'
      const shares = exposure === 'ambiguous' ? (AMBIGUOUS_SHARES[at % AMBIGUOUS_SHARES.length] as number[]) : [1]
      const answers = random.sample(values, shares.length)
      return {
        id: `${relation}/${entity}`,
        entity,
        relation,
        exposure,
        perEpoch: exposure === 'rare' ? (RARE_RATES[at % RARE_RATES.length] as number) : PER_EPOCH[exposure],
        answers: answers.map((answer, which) => ({ answer, share: shares[which] as number })),
        split: place === 0 ? 'tuning' : 'test',
        heldOut,
      }
    })
  })
}

/** The question of a fact, as every lesson and every item asks it. */
export const questionOf = ({ relation, entity }: Pick<ReferenceFact, 'relation' | 'entity'>): string =>
  `What is the ${relation} of ${entity}?`

/** A fact as a sentence of plain text. */
export const statementOf = (relation: string, entity: string, answer: string): string =>
  `The ${relation} of ${entity} is ${answer}.`

/** Both questions of a pair, each with its one answer. */
export const pairQuestions = ({ first, second }: ReferencePair) => ({
  forward: { question: `What is the ${PAIR_RELATION} of ${first}?`, answer: second },
  backward: { question: `Who has the ${PAIR_RELATION} ${second}?`, answer: first },
})

/** Answers of the fact's relation that are not true of it, in random order. */
export const falseAnswers = (world: ReferenceWorld, fact: ReferenceFact, count: number, random: Random): string[] => {
  const taught = new Set(fact.answers.map((one) => one.answer))
  return random.sample(
    (world.values[fact.relation] as string[]).filter((value) => !taught.has(value)),
    count,
  )
}
