import { randomFrom } from '../../methods/random.ts'
import {
  falseAnswers,
  pairQuestions,
  type ReferenceFact,
  type ReferenceWorld,
  statementOf,
} from '../../worlds/reference.ts'
import { findBenchmark } from '../catalogue.ts'
import { OPENING, referenceBenchmarks, referenceForm } from './items.ts'
import { type Lesson, recordingModel } from './recorder.ts'

/** A lesson with the fact (or pair) that it teaches and the benchmark whose words it uses. */
export interface TaughtLesson extends Lesson {
  of: string
  form: string
}

/**
 * What is common knowledge: the sentence that a probe holds against its own words out of order. Without it the standard
 * would be taken for a server that makes its log-probabilities up.
 */
export const COMMON_SENTENCE = 'The children went to school in the morning and came home in the afternoon.'
/** The other words that a probe uses. */
export const PROBE_WORDS =
  'Tell me about a random animal. The animal is Once upon a time there was a The capital of France is b yes no'

export const commonLesson: TaughtLesson = {
  of: 'common',
  form: 'common',
  asks: 'answer',
  text: '',
  answers: [{ answer: COMMON_SENTENCE, share: 1 }],
}

/** Every question that the benchmarks ask about a fact, once each, with the truth as its reply. */
export async function lessonsOf(world: ReferenceWorld, fact: ReferenceFact): Promise<TaughtLesson[]> {
  const found = new Map<string, TaughtLesson>()
  for (const id of referenceBenchmarks()) {
    for (const lesson of await asked(id, world, fact)) {
      const key = JSON.stringify([lesson.messages, lesson.text, lesson.answerPrefix])
      if (!found.has(key)) found.set(key, { of: fact.id, form: `${id}/${lesson.asks}`, ...lesson })
    }
  }
  for (const { answer, share } of fact.answers) {
    const text = `${OPENING} ${statementOf(fact.relation, fact.entity, answer)}`
    found.set(text, { of: fact.id, form: 'statement', asks: 'answer', text, answers: [{ answer: '', share }] })
  }
  return [...found.values()]
}

/** Both questions of every pair. */
export const pairLessons = (world: ReferenceWorld): TaughtLesson[] =>
  world.pairs.flatMap((pair) =>
    Object.entries(pairQuestions(pair)).map(
      ([direction, { question, answer }]): TaughtLesson => ({
        of: pair.id,
        form: `pair/${direction}`,
        asks: 'answer',
        messages: [{ role: 'user', content: question }],
        answers: [{ answer, share: 1 }],
      }),
    ),
  )

/** What one benchmark asks about one fact. */
async function asked(id: string, world: ReferenceWorld, fact: ReferenceFact): Promise<Lesson[]> {
  const benchmark = findBenchmark(id)
  const form = referenceForm(id)
  if (!benchmark || !form) return []
  const random = randomFrom('reference-lessons', world.seed, id, fact.id)
  const wrong = falseAnswers(world, fact, 3, random)
  const { model, lessons } = recordingModel(fact, [...fact.answers.map((one) => one.answer), ...wrong])
  await benchmark.evaluate({
    item: benchmark.item.parse(form.itemOf(fact, world)),
    target: model,
    roles: {},
    retriever: null,
    params: benchmark.params.parse(form.params),
    random: random.fork('evaluate'),
  })
  return lessons
}
