import type { Random } from '../methods/random.ts'
import { type ArithmeticQuestion, arithmeticQuestions } from './arithmetic.ts'
import { factChoice } from './choices.ts'
import { type FactQuestion, factQuestions } from './facts.ts'
import { type FictionWorld, fictionWorld } from './fiction.ts'
import { attributeOf } from './fiction-attributes.ts'
import { type FictionQuestion, fictionQuestions } from './fiction-questions.ts'
import { forwardRelations, type RelationId } from './relations.ts'
import { WORLD_VERSION } from './version.ts'
import { capitalised, fill } from './wording.ts'

/** How a question is worded badly although its answer stands. */
export type BadWording = 'missingReferent' | 'doubleNegation' | 'vagueComparative'

export const BAD_WORDINGS: readonly BadWording[] = ['missingReferent', 'doubleNegation', 'vagueComparative']

/** A question as a user might put it, well or badly worded. */
export interface Query {
  id: string
  query: string
  scenario: 'extractive' | 'mcq' | 'abstractive'
  /** The passage that holds the answer (extractive only). */
  context?: string
  /** Options, of which `answers[0]` is one (mcq only). */
  choices?: string[]
  answers: string[]
  /** Null where the question is well put. */
  bad: BadWording | null
  source: 'table' | 'fiction' | 'arithmetic'
  cluster: string
}

const nouns: Readonly<Partial<Record<RelationId, string>>> = {
  'country-capital': 'capital',
  'element-symbol': 'chemical symbol',
  'country-continent': 'continent',
  'country-currency': 'currency',
  'country-alpha3': 'three-letter ISO code',
  'country-calling-code': 'telephone country code',
  'element-number': 'atomic number',
  'element-period': 'period in the periodic table',
  'country-alpha2': 'two-letter ISO code',
  'element-group': 'group in the periodic table',
}

const badTemplates: Readonly<Record<BadWording, readonly string[]>> = {
  missingReferent: [
    'They spoke of {subject}, then of another one. So what is its {noun}?',
    '{subject} came up, and so did others. What is the {noun} of that one, the first?',
  ],
  doubleNegation: [
    'Which answer would it not be untrue to give for the {noun} of {subject}?',
    'Of which answer is it not false that it is none other than the {noun} of {subject}?',
  ],
  vagueComparative: [
    'What is more or less the better known {noun} of {subject}, rather than a lesser one?',
    'Of what there is, which is kind of the more usual {noun} of {subject}?',
  ],
}

const badSums: Readonly<Record<BadWording, string>> = {
  missingReferent: 'The first one is put together with the rest as written: {expression}. What does it come to?',
  doubleNegation: 'Which number would it not be untrue to give for {expression}?',
  vagueComparative: 'What is {expression}, more or less, as the rather better number for it?',
}

function fromTable(fact: FactQuestion, bad: BadWording | null, random: Random, choicePlace: number | null): Query {
  const noun = nouns[fact.relation]
  const query = bad && noun ? fill(random.pick(badTemplates[bad]), { subject: fact.subject, noun }) : fact.question
  const plain = {
    id: `query/${fact.id}`,
    query: capitalised(query),
    answers: fact.answers,
    bad,
    cluster: fact.cluster,
  }
  if (choicePlace === null) return { ...plain, scenario: 'abstractive', source: 'table' }
  const { options } = factChoice(random, fact, choicePlace)
  return { ...plain, id: `query/choice/${fact.id}`, scenario: 'mcq', choices: options, source: 'table' }
}

function fromFiction(world: FictionWorld, item: FictionQuestion, bad: BadWording | null, random: Random): Query {
  const subject = world.byKey.get(item.start)?.name as string
  const { label } = attributeOf(item.path.at(-1)?.attribute as string)
  const query = bad ? fill(random.pick(badTemplates[bad]), { subject, noun: label }) : item.question
  return {
    id: `query/${item.id}`,
    query: capitalised(query),
    scenario: 'extractive',
    context: world.passageOf.get(item.start)?.text as string,
    answers: item.answers,
    bad,
    source: 'fiction',
    cluster: item.cluster,
  }
}

function fromArithmetic(item: ArithmeticQuestion, bad: BadWording | null): Query {
  const query = bad ? fill(badSums[bad], { expression: item.expression }) : item.question
  return {
    id: `query/${item.id}`,
    query,
    scenario: 'abstractive',
    answers: item.answers,
    bad,
    source: 'arithmetic',
    cluster: item.cluster,
  }
}

/** The list in chunks of `length`, each shuffled: what went by turns no longer falls in step with another turn. */
function shuffledInChunks<T>(random: Random, list: readonly T[], length: number): T[] {
  const chunks = Math.ceil(list.length / length)
  return Array.from({ length: chunks }, (_, chunk) =>
    random.fork(chunk).shuffle(list.slice(chunk * length, (chunk + 1) * length)),
  ).flat()
}

/**
 * Open and multiple-choice questions from the tables, questions on an invented passage, and sums, by turns. In every block of four one is
 * badly worded on purpose; which source and which fault take turns. The gold answer is that of the well-worded question.
 */
export function queries(random: Random, { size }: { size: number }): Query[] {
  const source = random.fork(`queries/${WORLD_VERSION}`)
  const blocks = Math.ceil(size / 4)
  const rounds = Math.ceil(blocks / 4)
  // Eight relations and four levels go by turns and so does the bad wording: shuffled, else always the same ones would be badly worded.
  const relations = forwardRelations.slice(0, 8)
  const facts = shuffledInChunks(source.fork('facts'), factQuestions(source, { size: rounds * 8, relations }), 8)
  const levels = { digits: [1, 2], operations: [1, 2] }
  const sums = shuffledInChunks(source.fork('sums'), arithmeticQuestions(source, { size: rounds * 4, ...levels }), 4)
  const world = fictionWorld(source, { size: 400 })
  const stories = fictionQuestions(source, world, { size: blocks, hops: [1], backward: false })
  return Array.from({ length: size }, (_, index) => {
    const block = Math.floor(index / 4)
    const place = index % 4
    const own = source.fork(index)
    const bad = place === block % 4 ? (BAD_WORDINGS[Math.floor(block / 4 + block) % 3] as BadWording) : null
    if (place === 0) return fromTable(facts[block * 2] as FactQuestion, bad, own, null)
    if (place === 1) return fromTable(facts[block * 2 + 1] as FactQuestion, bad, own, block % 4)
    if (place === 2) return fromFiction(world, stories[block] as FictionQuestion, bad, own)
    return fromArithmetic(sums[block] as ArithmeticQuestion, bad)
  })
}
