import type { Capabilities } from '../../../schema/capabilities.ts'
import { ModelError } from '../errors.ts'
import type { TokenScores } from '../model.ts'
import type { Answer } from '../question.ts'
import { assumed, type Prober, reasonOf, tried } from './prober.ts'

/** Whether log-probabilities of given text are what they say. */

/** A sentence and the same words out of order: any language model finds the first more likely. */
export const fluent = 'The children went to school in the morning and came home in the afternoon.'
export const scrambled = 'The morning school in children to went the and afternoon home the in came.'
/** Two askings of one text may differ by this much, nats. */
const mostDrift = 1e-3
export async function probeGivenText({ dialect, ask }: Prober, found: Capabilities): Promise<void> {
  const reasons: string[] = []
  for (const by of dialect.claims.promptLogprobsBy) {
    const change: Partial<Capabilities> = { prompt_logprobs: true, promptLogprobsBy: by }
    const scored = async (): Promise<TokenScores[]> => {
      const pieces = [fluent, scrambled].flatMap((text) =>
        dialect.split({ kind: 'score', prompt: '', continuations: [text] }, assumed(found, change)),
      )
      const lists =
        pieces.length > 1 && !found.promptLists && by !== 'score' ? pieces.map((piece) => [piece]) : [pieces]
      const answers: Answer[] = []
      for (const list of lists) answers.push(...(await ask(list)))
      return answers.flatMap(({ scores = [] }) => scores)
    }
    const first = await tried(scored())
    const second = first instanceof ModelError ? first : await tried(scored())
    const reason =
      first instanceof ModelError
        ? reasonOf(first)
        : second instanceof ModelError
          ? reasonOf(second)
          : doubt(first as [TokenScores, TokenScores], second as [TokenScores, TokenScores])
    if (reason === null) {
      found.prompt_logprobs = true
      found.promptLogprobsBy = by
      return
    }
    reasons.push(`${by}: ${reason}`)
  }
  found.missing.prompt_logprobs =
    reasons.join(' ') || found.missing.prompt_logprobs || 'The server gives no log-probabilities of given text.'
}

/** Why two askings of the known pair cannot be trusted; null where they can. */
export function doubt(first: [TokenScores, TokenScores], second: [TokenScores, TokenScores]): string | null {
  const [good, bad] = first
  if (good.scoredTokens < 2 || bad.scoredTokens < 2) return 'Fewer than two tokens of a sentence were scored.'
  if (!(good.logprob > bad.logprob))
    return 'Scrambled words scored as likely as a sentence: these are no log-probabilities.'
  const drift = Math.max(Math.abs(good.logprob - second[0].logprob), Math.abs(bad.logprob - second[1].logprob))
  return drift > mostDrift ? `The same text scored ${drift.toPrecision(2)} nats apart when asked twice.` : null
}
