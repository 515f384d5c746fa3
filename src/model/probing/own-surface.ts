import type { Capabilities } from '../../../schema/capabilities.ts'
import { ModelError } from '../errors.ts'
import type { Question } from '../question.ts'
import { type Prober, reasonOf, samplesOf, simplest, tried } from './prober.ts'

/** What no public API has: full distributions, passes with dropout, entailment. Found by asking, as all else. */

/** A premise, what follows from it, and what cannot be true beside it. */
export const premise = 'The cat is asleep on the sofa.'
const pairs: [string, string][] = [
  [premise, premise],
  [premise, 'No animal is asleep.'],
]

export async function probeOwnSurface({ dialect, ask }: Prober, found: Capabilities): Promise<void> {
  const { claims } = dialect
  const answerTo = (question: Question, change: Partial<Capabilities>) =>
    tried(ask(dialect.split(question, { ...found, ...change })))
  if (claims.full) {
    const answer = await answerTo(simplest(found, { topLogprobs: 1, entropy: true }), { full: true })
    const tokens = answer instanceof ModelError ? [] : (samplesOf(answer)[0]?.tokens ?? [])
    found.full = tokens.length > 0 && tokens.every(({ entropy }) => entropy !== undefined)
    if (!found.full)
      found.missing.full = answer instanceof ModelError ? reasonOf(answer) : 'The answer holds no entropies.'
  }
  if (claims.dropout && found.full) {
    const question = {
      kind: 'dropout' as const,
      prompt: 'Once upon a',
      continuation: ' time',
      passes: 4,
      rate: 0.1,
      seed: 0,
    }
    const answer = await answerTo(question, { dropout: true })
    const tokens = answer instanceof ModelError ? [] : (answer[0]?.dropout?.tokens ?? [])
    found.dropout = tokens.length > 0
    if (!found.dropout)
      found.missing.dropout = answer instanceof ModelError ? reasonOf(answer) : 'The answer holds no tokens.'
  }
  if (claims.entailment) {
    const answer = await answerTo({ kind: 'entail', pairs }, { entailment: true })
    if (answer instanceof ModelError) {
      found.missing.entailment = reasonOf(answer)
      return
    }
    const [same, opposite] = answer.flatMap(({ entailments = [] }) => entailments)
    // A judge that cannot tell a sentence from its contrary would make noise of every meaning class.
    found.entailment =
      same !== undefined && opposite !== undefined && same.entail > same.contradict && same.entail > opposite.entail
    if (found.entailment) delete found.missing.entailment
    else
      found.missing.entailment =
        'Its judge finds that a sentence follows from itself no more than that it contradicts itself, or than its contrary does.'
  }
}
