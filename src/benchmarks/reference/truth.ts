import {
  FULL_WORLD,
  pairQuestions,
  questionOf,
  REDUCED_WORLD,
  type ReferenceWorld,
  referenceWorld,
} from '../../worlds/reference.ts'

/** The full or the reduced world of a seed. */
export const worldOfSeed = (seed: number, reduced = false): ReferenceWorld =>
  referenceWorld(seed, reduced ? REDUCED_WORLD : FULL_WORLD)

/** What is known of every question by construction, one record each. */
export const truthOf = (world: ReferenceWorld): Record<string, unknown>[] => [
  ...world.facts.map(({ answers, ...fact }) => ({
    ...fact,
    question: questionOf(fact),
    pstar: Object.fromEntries(answers.map((one) => [one.answer, one.share])),
  })),
  ...world.pairs.flatMap((pair) =>
    Object.entries(pairQuestions(pair)).map(([direction, { question, answer }]) => ({
      id: `${pair.id}/${direction}`,
      relation: 'guide',
      exposure: 'pair',
      split: pair.split,
      question,
      pstar: { [answer]: 1 },
    })),
  ),
]
