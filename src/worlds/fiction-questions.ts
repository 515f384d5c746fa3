import type { Random } from '../methods/random.ts'
import { type Entity, type FictionWorld, passageId, valueSpellings } from './fiction.ts'
import { type Attribute, attributeOf, attributes, attributesOf } from './fiction-attributes.ts'
import { WORLD_VERSION } from './version.ts'
import { capitalised, fill, mentions } from './wording.ts'

/** One step of a chain of facts: the entity whose passage states it, the attribute, and which way it is read. */
export interface Hop {
  /** Key of the entity whose record holds the fact. */
  entity: string
  attribute: string
  /** From the subject to the value, or (unique attributes only) from the value back to the subject. */
  direction: 'forward' | 'backward'
}

export interface FictionQuestion {
  id: string
  question: string
  answers: string[]
  /** Facts, and passages, that the answer takes. */
  hops: number
  /** The facts in order, the first about the entity named in the question. */
  path: Hop[]
  /** One passage per hop, in order. */
  goldPassages: string[]
  /** The entity that the question starts from. */
  start: string
  cluster: string
}

export interface FictionQuestionOptions {
  size: number
  /** Hops by turns, each 1–3. Default [1]. */
  hops?: readonly number[]
  /** Whether the last fact may be asked backwards ("Which firm did X found?"). Default true. */
  backward?: boolean
}

interface Step {
  hop: Hop
  /** The next entity in terms of {name}. */
  phrase: string
  next: Entity
}

/** Unique attributes turned round: value entity key and attribute to the subject. */
function inverseIndex(world: FictionWorld): Map<string, { subject: Entity; attribute: Attribute }[]> {
  const index = new Map<string, { subject: Entity; attribute: Attribute }[]>()
  for (const attribute of attributes) {
    if (!attribute.unique || attribute.inversePhrase === undefined) continue
    for (const subject of world.entities) {
      if (subject.kind !== attribute.of) continue
      const key = String(subject.values[attribute.id])
      index.set(key, [...(index.get(key) ?? []), { subject, attribute }])
    }
  }
  return index
}

function stepsFrom(world: FictionWorld, inverses: ReturnType<typeof inverseIndex>, entity: Entity): Step[] {
  const steps: Step[] = []
  for (const { id, phrase } of attributesOf(entity.kind)) {
    const next = world.byKey.get(String(entity.values[id]))
    if (phrase && next) steps.push({ hop: { entity: entity.key, attribute: id, direction: 'forward' }, phrase, next })
  }
  for (const { subject, attribute } of inverses.get(entity.key) ?? []) {
    const hop: Hop = { entity: subject.key, attribute: attribute.id, direction: 'backward' }
    steps.push({ hop, phrase: attribute.inversePhrase as string, next: subject })
  }
  return steps
}

/** Follows the hops from an entity and gives every spelling of what they lead to. Raises where the world does not hold them. */
export function followPath(world: FictionWorld, start: string, path: readonly Hop[]): string[] {
  let at = start
  let spellings: string[] = []
  for (const { entity, attribute, direction } of path) {
    const holder = world.byKey.get(entity)
    if (holder === undefined) throw new RangeError(`the world has no ${entity}`)
    const value = String(holder.values[attribute])
    const [from, to] = direction === 'forward' ? [entity, value] : [value, entity]
    if (from !== at) throw new RangeError(`the path breaks at ${entity} ${attribute}`)
    at = to
    spellings = direction === 'forward' ? valueSpellings(world, holder, attributeOf(attribute)) : holder.aliases
  }
  return spellings
}

/** Key of the fact, whichever way it is read. */
const factKey = (hop: Hop): string => `${hop.entity} ${hop.attribute}`

function tryQuestion(
  random: Random,
  world: FictionWorld,
  inverses: ReturnType<typeof inverseIndex>,
  hops: number,
  backward: boolean,
) {
  const start = random.pick(world.entities)
  let entity = start
  let name = start.name
  const path: Hop[] = []
  for (let step = 1; step < hops; step++) {
    const ways = stepsFrom(world, inverses, entity).filter(
      (way) => !path.some((hop) => factKey(hop) === factKey(way.hop)),
    )
    if (ways.length === 0) return null
    const { hop, phrase, next } = random.pick(ways)
    path.push(hop)
    name = fill(phrase, { name })
    entity = next
  }
  const turned = backward ? (inverses.get(entity.key) ?? []) : []
  if (turned.length > 0 && random.next() < 0.4) {
    const { subject, attribute } = random.pick(turned)
    path.push({ entity: subject.key, attribute: attribute.id, direction: 'backward' })
    const question = capitalised(fill(random.pick(attribute.inverseQuestions as readonly string[]), { name }))
    return { start, path, question, answers: subject.aliases }
  }
  const last = random.pick(attributesOf(entity.kind))
  path.push({ entity: entity.key, attribute: last.id, direction: 'forward' })
  const question = capitalised(fill(random.pick(last.questions), { name }))
  return { start, path, question, answers: valueSpellings(world, entity, last) }
}

/**
 * Questions over a world, 1 to 3 hops, that need exactly one passage per hop: no passage but the last names the answer, and the question
 * does not. Raises on hops outside 1–3.
 */
export function fictionQuestions(
  random: Random,
  world: FictionWorld,
  options: FictionQuestionOptions,
): FictionQuestion[] {
  const { size, hops = [1], backward = true } = options
  if (hops.length === 0 || hops.some((one) => ![1, 2, 3].includes(one)))
    throw new RangeError('fictionQuestions: hops must be 1, 2 or 3')
  const source = random.fork(`fiction-questions/${WORLD_VERSION}`)
  const inverses = inverseIndex(world)
  const seen = new Set<string>()
  return Array.from({ length: size }, (_, index) => {
    const wanted = hops[index % hops.length] as number
    const own = source.fork(index)
    for (let attempt = 0; attempt < 2000; attempt++) {
      const made = tryQuestion(own, world, inverses, wanted, backward)
      if (made === null) continue
      const { start, path, question, answers } = made
      const holders = [...new Set(path.map((hop) => hop.entity))]
      const key = [start.key, ...path.map(factKey)].join(' ')
      if (holders.length !== wanted || seen.has(key)) continue
      const early = holders.slice(0, -1).map((holder) => world.passageOf.get(holder)?.text ?? '')
      if ([question, ...early].some((text) => answers.some((answer) => mentions(text, answer)))) continue
      seen.add(key)
      return {
        id: `fiction/${key.replaceAll(' ', '/')}`,
        question,
        answers,
        hops: wanted,
        path,
        goldPassages: holders.map(passageId),
        start: start.key,
        cluster: start.key,
      }
    }
    throw new RangeError(`fictionQuestions: this world has fewer than ${size} questions of ${wanted} hops`)
  })
}

/** One fact of a one-to-one attribute asked from both sides. */
export interface FictionPair {
  id: string
  attribute: string
  entity: string
  forward: { question: string; answers: string[] }
  backward: { question: string; answers: string[] }
  /** The passage that states it. */
  passage: string
  cluster: string
}

/** Facts that can be asked forwards and backwards, attributes by turns. Raises when the world has fewer. */
export function fictionPairs(random: Random, world: FictionWorld, { size }: { size: number }): FictionPair[] {
  const source = random.fork(`fiction-pairs/${WORLD_VERSION}`)
  const columns = attributes
    .filter((attribute) => attribute.unique)
    .map((attribute) => ({
      attribute,
      holders: source.fork(attribute.id).shuffle(world.entities.filter((entity) => entity.kind === attribute.of)),
    }))
  const deepest = Math.max(...columns.map(({ holders }) => holders.length))
  const dealt = Array.from({ length: deepest }, (_, place) =>
    columns.flatMap(({ attribute, holders }) =>
      holders.slice(place, place + 1).map((entity) => ({ attribute, entity })),
    ),
  ).flat()
  if (dealt.length < size) throw new RangeError(`fictionPairs: ${size} asked for, this world has ${dealt.length}`)
  return dealt.slice(0, size).map(({ attribute, entity }) => {
    const id = `fiction-pair/${entity.key}/${attribute.id}`
    const own = source.fork(id)
    const answers = valueSpellings(world, entity, attribute)
    const backward = fill(own.pick(attribute.inverseQuestions as readonly string[]), { name: answers[0] as string })
    return {
      id,
      attribute: attribute.id,
      entity: entity.key,
      forward: { question: capitalised(fill(own.pick(attribute.questions), { name: entity.name })), answers },
      backward: { question: capitalised(backward), answers: entity.aliases },
      passage: passageId(entity.key),
      cluster: id,
    }
  })
}
