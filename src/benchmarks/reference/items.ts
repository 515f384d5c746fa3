import { randomFrom } from '../../methods/random.ts'
import {
  EXPOSURE_CLASSES,
  falseAnswers,
  questionOf,
  type ReferenceFact,
  type ReferenceWorld,
  statementOf,
} from '../../worlds/reference.ts'
import { findBenchmark } from '../catalogue.ts'

/** How a benchmark is put in the reference standard's words. */
export interface ReferenceForm {
  /** Parameters of its runs on the standard: answers are one word, and no paraphrase may leave the vocabulary. */
  params: Record<string, unknown>
  /** One fact as an item of the benchmark. */
  itemOf: (fact: ReferenceFact, world: ReferenceWorld) => Record<string, unknown>
}

/** The first words of every plain text of the standard. */
export const OPENING = 'Here is a fact.'

/** Seldom taught is what a shift is of known questions here; what was never taught nobody can know. */
const ENSEMBLE_SPLITS = { known: 'id', ambiguous: 'id', rare: 'shifted', unknown: 'ood' } as const

const goldsOf = (fact: ReferenceFact): string[] => fact.answers.map((one) => one.answer)
const named = (fact: ReferenceFact) => ({ id: fact.id })
const drawn = (fact: ReferenceFact, world: ReferenceWorld, count: number): string[] =>
  falseAnswers(world, fact, count, randomFrom('reference-item', world.seed, fact.id))

/** Three statements about others, and the one that answers; where it stands differs from fact to fact. */
function passagesOf(fact: ReferenceFact, world: ReferenceWorld) {
  const random = randomFrom('reference-passages', world.seed, fact.id)
  const told = (entity: string, answer: string) => ({
    id: `${fact.relation}/${entity}`,
    text: statementOf(fact.relation, entity, answer),
  })
  const others = random
    .sample(
      world.entities.filter((entity) => entity !== fact.entity),
      3,
    )
    .map((entity) => told(entity, random.pick(world.values[fact.relation] as string[])))
  return random.shuffle([told(fact.entity, (fact.answers[0] as { answer: string }).answer), ...others])
}

/** The likeliest answer among three of the same relation that are not true of the entity; unknown facts have no right one. */
function choicesOf(fact: ReferenceFact, world: ReferenceWorld) {
  const answer = goldsOf(fact)[0] as string
  const choices = randomFrom('reference-choices', world.seed, fact.id).shuffle([answer, ...drawn(fact, world, 3)])
  return {
    ...named(fact),
    question: questionOf(fact),
    choices,
    label: fact.exposure === 'unknown' ? null : choices.indexOf(answer),
  }
}

const forms: Record<string, ReferenceForm> = {
  'exact-match': {
    params: { maxTokens: 4 },
    itemOf: (fact) => ({ ...named(fact), prompt: questionOf(fact), answers: goldsOf(fact) }),
  },
  'idk-token': {
    params: { maxTokens: 4, samples: 0, idk: ['[IDK]'], idkIsToken: true },
    itemOf: (fact) => ({
      ...named(fact),
      prompt: questionOf(fact),
      answers: goldsOf(fact),
      stratum: fact.exposure,
    }),
  },
  'refusal-aware': {
    params: { maxTokens: 5 },
    itemOf: (fact) => ({
      ...named(fact),
      question: questionOf(fact),
      answers: goldsOf(fact),
      domain: fact.heldOut ? 'ood' : 'id',
    }),
  },
  'self-evaluation': {
    params: { maxTokens: 4, longShare: 0 },
    itemOf: (fact) => ({ ...named(fact), question: questionOf(fact), answers: goldsOf(fact), stratum: fact.exposure }),
  },
  'query-perturbation': {
    params: { maxTokens: 4, paraphrases: 'rules' },
    itemOf: (fact) => ({ ...named(fact), query: questionOf(fact), answers: goldsOf(fact) }),
  },
  'adaptive-retrieval': {
    params: { maxTokens: 4, passages: 2, samples: 5 },
    itemOf: (fact, world) => ({
      ...named(fact),
      question: questionOf(fact),
      answers: goldsOf(fact),
      source: fact.exposure,
      passages: passagesOf(fact, world),
      goldPassages: [fact.id],
    }),
  },
  'iterative-prompting': {
    params: { maxTokens: 4, amplification: false },
    itemOf: (fact) => ({
      ...named(fact),
      question: questionOf(fact),
      answers: goldsOf(fact),
      kind: fact.exposure === 'ambiguous' ? 'multi' : 'single',
    }),
  },
  'pair-cheating': {
    params: {},
    itemOf: (fact, world) => {
      const outcomes = randomFrom('reference-outcomes', world.seed, fact.id).shuffle([
        ...goldsOf(fact),
        ...drawn(fact, world, 5 - fact.answers.length),
      ])
      const shareOf = (outcome: string) => fact.answers.find((one) => one.answer === outcome)?.share ?? 0
      return {
        ...named(fact),
        x: questionOf(fact),
        outcomes,
        pstar: outcomes.map(shareOf),
        known: fact.exposure === 'known' || fact.exposure === 'ambiguous',
      }
    },
  },
  estimators: {
    params: { maxTokens: 4, samples: 5, shownAnswers: 3, parts: ['truth', 'shownAnswers', 'ownAnswerShown'] },
    itemOf: (fact) => ({ ...named(fact), question: questionOf(fact), answers: goldsOf(fact), stratum: fact.exposure }),
  },
  'joint-reliability': {
    // Corruptions draw words anew each time and most leave the vocabulary: the clean questions alone are asked.
    params: { kinds: ['word-drop'], severities: [1] },
    itemOf: (fact, world) => ({ ...choicesOf(fact, world), split: fact.exposure === 'unknown' ? 'ood' : 'id' }),
  },
  'target-ensemble': {
    params: { pseudo: 2 },
    itemOf: (fact, world) => ({ ...choicesOf(fact, world), split: ENSEMBLE_SPLITS[fact.exposure] }),
  },
  'dropout-uncertainty': {
    params: { maxTokens: 4, passes: 10, otherRates: [] },
    itemOf: (fact) => ({
      ...named(fact),
      prompt: questionOf(fact),
      answers: fact.exposure === 'unknown' ? [] : goldsOf(fact),
      split: fact.exposure === 'unknown' ? 'ood' : 'id',
    }),
  },
  factor: {
    params: {},
    itemOf: (fact, world) => ({
      ...named(fact),
      prefix: OPENING,
      completion: ` ${statementOf(fact.relation, fact.entity, goldsOf(fact)[0] as string)}`,
      contradictions: drawn(fact, world, 3).map((answer) => ` ${statementOf(fact.relation, fact.entity, answer)}`),
      source: fact.exposure,
    }),
  },
  'perplexity-suite': {
    params: {},
    itemOf: (fact) => ({
      ...named(fact),
      text: `${OPENING} ${statementOf(fact.relation, fact.entity, goldsOf(fact)[0] as string)}`,
      domain: fact.exposure,
      language: 'reference',
    }),
  },
}

/** Benchmarks that cannot be asked in the standard's words, and why. */
export const outOfWorld: Record<string, string> = {
  'first-token-vs-text':
    'It misspells words and swaps letters on purpose; the standard reads whole words of a closed vocabulary.',
  'risk-scores':
    'It describes a case by a list of features and asks for numbers; the standard knows facts of single entities and no numbers.',
  'perplexity-consistency': 'It votes over steps of reasoning of several lines; the standard answers in one word.',
}

/** The benchmarks that have items in the standard's words. */
export const referenceBenchmarks = (): string[] => Object.keys(forms).filter((id) => findBenchmark(id) !== undefined)

/** How a benchmark is asked on the standard, or null where it cannot be (`outOfWorld` says why). */
export const referenceForm = (benchmarkId: string): ReferenceForm | null => forms[benchmarkId] ?? null

/** Facts measured of each world unless said otherwise: what two cores enumerate within a minute. */
const MEASURED = 200

/** Facts that variants are measured on: of the half that no tuning saw, classes in turn, about `count`. */
export function measuredFacts(world: ReferenceWorld, count = MEASURED): ReferenceFact[] {
  const random = randomFrom('reference-measured', world.seed)
  const byClass = EXPOSURE_CLASSES.map((name) =>
    random.shuffle(world.facts.filter((fact) => fact.split === 'test' && fact.exposure === name)),
  )
  const total = byClass.reduce((sum, facts) => sum + facts.length, 0)
  const share = Math.min(1, count / total)
  return byClass.flatMap((facts) => facts.slice(0, Math.round(share * facts.length)))
}

/**
 * Items of a benchmark in the standard's words, of its own item shape, for the data-set upload. Raises RangeError for a
 * benchmark that cannot be put so.
 */
export function referenceItems(benchmarkId: string, world: ReferenceWorld, count?: number): Record<string, unknown>[] {
  const form = referenceForm(benchmarkId)
  if (!form)
    throw new RangeError(
      outOfWorld[benchmarkId] ?? `${benchmarkId} has no items in the words of the reference standard.`,
    )
  return measuredFacts(world, count).map((fact) => form.itemOf(fact, world))
}
