import type { Random } from '../../methods/random.ts'
import { arithmeticQuestions } from '../../worlds/arithmetic.ts'
import { factQuestions } from '../../worlds/facts.ts'
import { foreignChoices } from '../../worlds/foreign-choices.ts'
import type { Stratum } from '../../worlds/version.ts'
import type { DropoutItem, DropoutParams } from './dropout-uncertainty.ts'

/** Known questions, a third foreign ones of the same lengths, and a sixth known ones in growing corruption. */
export function dropoutItems(random: Random, size: number, { level, kinds }: DropoutParams): DropoutItem[] {
  const foreign = Math.floor(size / 3)
  const corrupted = Math.floor(size / 6)
  const known = size - foreign
  const sums = Math.floor(known / 4)
  const strata: Stratum[] = level === 'easy' ? ['head'] : ['head', 'torso', 'tail']
  const facts = factQuestions(random, { size: known - sums, strata }).map(
    (fact): DropoutItem => ({
      id: fact.id,
      cluster: fact.cluster,
      prompt: fact.question,
      answers: fact.answers,
      kind: 'text',
      split: 'id',
      severity: 0,
      answerSet: fact.relation,
    }),
  )
  const arithmetic = arithmeticQuestions(random, { size: sums, digits: level === 'easy' ? [1] : [1, 2, 3] }).map(
    (sum): DropoutItem => ({
      id: sum.id,
      cluster: sum.cluster,
      prompt: sum.question,
      answers: sum.answers,
      kind: 'number',
      split: 'id',
      severity: 0,
    }),
  )
  const clean = [...facts, ...arithmetic]
  return [
    ...clean.map((one, index): DropoutItem => {
      // The last ones, facts and sums alike, each in one kind and severity.
      const turn = index - (clean.length - corrupted)
      if (turn < 0) return one
      return {
        ...one,
        id: `${one.id}/corrupted`,
        severity: 1 + (turn % 5),
        corruption: kinds[Math.floor(turn / 5) % kinds.length],
      }
    }),
    ...foreignChoices(random, { size: foreign, lengths: clean.map(({ prompt }) => prompt.length) }).map(
      ({ id, cluster, question }): DropoutItem => ({
        id,
        cluster,
        prompt: question,
        answers: [],
        kind: 'text',
        split: 'ood',
        severity: 0,
      }),
    ),
  ]
}
