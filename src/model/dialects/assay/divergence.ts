import { ModelError } from '../../errors.ts'
import { checkedLogprob } from '../../logprobs.ts'
import type { ComparedToken, Comparison, DropoutScores, DropoutToken, Entailment } from '../../model.ts'
import type { CompareResult, DropoutResult, EntailResult } from './wire.ts'

/** Quantities of full distributions and judgements, checked: none is passed on that cannot be what it says. */

/** float32 sums of a whole vocabulary. */
const rounding = 1e-3

function assertNumber(value: unknown, what: string): asserts value is number {
  if (typeof value !== 'number' || !Number.isFinite(value))
    throw new ModelError('invalid_logprobs', `${what} is no number.`)
}

/** A divergence or an entropy, nats: rounding below 0 becomes 0. Raises ModelError('invalid_logprobs') below that. */
function notNegative(value: unknown, what: string): number {
  assertNumber(value, what)
  if (value < -rounding) throw new ModelError('invalid_logprobs', `${what} is below 0 (${value}).`)
  return Math.max(0, value)
}

/** A share. Raises ModelError('invalid_logprobs') outside [0, 1]. */
function share(value: unknown, what: string): number {
  const found = notNegative(value, what)
  if (found > 1 + rounding) throw new ModelError('invalid_logprobs', `${what} is above 1 (${found}).`)
  return Math.min(1, found)
}

function assertPlace({ start, end }: { start: number; end: number }, place: number): void {
  if (!Number.isInteger(start) || !Number.isInteger(end) || end < start)
    throw new ModelError('invalid_logprobs', `Token ${place} has no byte offsets.`)
}

/** One continuation under passes with dropout. */
export function dropped({ tokens, passes, rate, inserted }: DropoutResult): DropoutScores {
  if (!Array.isArray(tokens)) throw new ModelError('malformed', 'The answer has no "tokens".')
  const checked = tokens.map((token, place): DropoutToken => {
    assertPlace(token, place)
    const groups: unknown = token.groupEpistemicEntropies
    if (!Array.isArray(groups)) throw new ModelError('malformed', `Token ${place} has no "groupEpistemicEntropies".`)
    return {
      token: token.token,
      ...(token.id === undefined ? {} : { id: token.id }),
      start: token.start,
      end: token.end,
      logprob: checkedLogprob(token.logprob, 'mean distribution'),
      predictiveEntropy: notNegative(token.predictiveEntropy, 'predictiveEntropy'),
      aleatoricEntropy: notNegative(token.aleatoricEntropy, 'aleatoricEntropy'),
      epistemicEntropy: notNegative(token.epistemicEntropy, 'epistemicEntropy'),
      expectedPairwiseKl: notNegative(token.expectedPairwiseKl, 'expectedPairwiseKl'),
      reverseMutualInformation: notNegative(token.reverseMutualInformation, 'reverseMutualInformation'),
      probabilityVariance: notNegative(token.probabilityVariance, 'probabilityVariance'),
      groupEpistemicEntropies: groups.map((value) => notNegative(value, 'groupEpistemicEntropies')),
    }
  })
  assertNumber(passes, 'passes')
  assertNumber(rate, 'rate')
  return { tokens: checked, passes, rate, inserted: inserted === true }
}

/** Two models along one text. */
export function compared({ tokens }: CompareResult): Comparison {
  if (!Array.isArray(tokens)) throw new ModelError('malformed', 'The answer has no "tokens".')
  return {
    tokens: tokens.map((token, place): ComparedToken => {
      assertPlace(token, place)
      assertNumber(token.logprobDelta, 'logprobDelta')
      if (typeof token.topAgree !== 'boolean')
        throw new ModelError('malformed', `Token ${place} does not say whether the likeliest tokens agree.`)
      return {
        token: token.token,
        ...(token.id === undefined ? {} : { id: token.id }),
        start: token.start,
        end: token.end,
        klForward: notNegative(token.klForward, 'klForward'),
        klBackward: notNegative(token.klBackward, 'klBackward'),
        jensenShannon: notNegative(token.jensenShannon, 'jensenShannon'),
        topAgree: token.topAgree,
        topKOverlap: share(token.topKOverlap, 'topKOverlap'),
        logprobDelta: token.logprobDelta,
      }
    }),
  }
}

/** A judgement of three probabilities that sum to 1. */
export function judged({ entail, neutral, contradict }: EntailResult, by: string | undefined): Entailment {
  if (typeof by !== 'string' || by === '') throw new ModelError('malformed', 'The answer does not say what judged.')
  const judgement = {
    entail: share(entail, 'entail'),
    neutral: share(neutral, 'neutral'),
    contradict: share(contradict, 'contradict'),
  }
  const sum = judgement.entail + judgement.neutral + judgement.contradict
  if (Math.abs(sum - 1) > 0.01)
    throw new ModelError('malformed', `The probabilities of a judgement sum to ${sum.toFixed(3)}, not to 1.`)
  return { ...judgement, by }
}
