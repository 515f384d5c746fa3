import { chanceItem } from '../../src/benchmarks/uncertainty/pair-cheating.items.ts'
import type { PairItem } from '../../src/benchmarks/uncertainty/pair-cheating.ts'
import { randomFrom } from '../../src/methods/random.ts'
import { type ChanceQuestion, chanceQuestions } from '../../src/worlds/chance.ts'
import { listed, numberWords } from '../../src/worlds/wording.ts'
import type { KnownQuestion } from '../servers/known-world.ts'

/** The questions of the known world as items of each benchmark. */

export const idkItems = (questions: readonly KnownQuestion[]) =>
  questions.map(({ id, question, answers, kind }) => ({ id, prompt: question, answers, stratum: kind }))

export const iterativeItems = (questions: readonly KnownQuestion[]) =>
  questions.map(({ id, question, answers, kind, wrong }) => ({
    id,
    question,
    answers,
    wrong,
    kind: kind === 'ambiguous' ? 'multi' : 'single',
  }))

export const estimatorItems = (questions: readonly KnownQuestion[]) =>
  questions.map(({ id, question, answers, kind }) => ({ id, question, answers, stratum: kind }))

export const pairItems = (questions: readonly ChanceQuestion[]): PairItem[] => questions.map(chanceItem)

/** The generator's sorts of experiment come round after as many. */
const SORTS = 10

/** Independent chance experiments of a seed, each stated or partly hidden as a coin falls. */
export const experiments = (seed: string | number, size: number): ChanceQuestion[] =>
  Array.from({ length: size }, (_, index) => {
    const random = randomFrom('truth', seed, index)
    const known = random.next() < 0.5
    // The generator gives the sorts of experiment in turn, and none twice: of each list one, at a place drawn by chance.
    const questions = chanceQuestions(random.fork('question'), { size: random.integer(1, SORTS), known })
    return { ...(questions.at(-1) as ChanceQuestion), id: `experiment/${index}`, cluster: `experiment/${index}` }
  })

/**
 * Partly hidden urns, each beside a stated one of which an exact Bayesian says just the same: n + 1 balls of each colour
 * where n were seen. What is not known and what is truly open then differ in nothing but that.
 */
export function twinExperiments(seed: string | number, size: number): ChanceQuestion[] {
  return chanceQuestions(randomFrom('twins', seed), { size, known: false }).flatMap((hidden, index) => {
    const counts = hidden.outcomes.map((_, place) => 1 + hidden.seen.filter((one) => one === place).length)
    const total = counts.reduce((sum, one) => sum + one, 0)
    const balls = counts.map(
      (count, place) => `${numberWords(count)} ${hidden.outcomes[place]} ${count === 1 ? 'ball' : 'balls'}`,
    )
    const stated: ChanceQuestion = {
      ...hidden,
      id: `twin/${index}`,
      cluster: `twin/${index}`,
      kind: 'urn',
      known: true,
      description: `Urn ${index} holds ${listed(balls)}. One ball is drawn blindly.`,
      question: 'Which colour is the ball?',
      pstar: counts.map((count) => count / total),
      exact: { numerators: counts, denominator: total },
      seen: [],
      draws: [],
      reference: null,
    }
    return [hidden, stated]
  })
}
