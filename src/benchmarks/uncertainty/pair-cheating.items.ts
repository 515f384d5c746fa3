import type { Random } from '../../methods/random.ts'
import { type ChanceQuestion, chanceQuestions } from '../../worlds/chance.ts'
import type { PairItem } from './pair-cheating.ts'

/** A described experiment as an item: p* is its composition, which a hidden one was itself drawn for. */
export function chanceItem({
  id,
  cluster,
  description,
  question,
  outcomes,
  pstar,
  draws,
  known,
  reference,
}: ChanceQuestion): PairItem {
  const labels = draws.flat()
  return {
    id,
    cluster,
    x: `${description} ${question}`,
    outcomes,
    wording: 'draw',
    pstar,
    counts: outcomes.map((_, place) => labels.filter((one) => one === place).length),
    known,
    // Where all is stated the exact Bayesian is the expert: another's draw tells nothing.
    reference: reference
      ? { probabilities: reference.p, conditional: reference.given }
      : { probabilities: pstar, conditional: outcomes.map(() => pstar) },
  }
}

/** Random experiments, half with the composition stated and half with it partly hidden. */
export const chanceItems = (random: Random, size: number): PairItem[] =>
  chanceQuestions(random, { size }).map(chanceItem)
