import { ApiError, chatText, type Message, opened } from './answers.ts'
import type { ServerSettings } from './in-process.ts'
import { contextOf, embed, hash, logprobOf, tokenize, uniform } from './language.ts'

/** What the test server makes of dropout, comparison, entailment and embedding: numbers fixed by the text, of the right kind. */

// biome-ignore lint/suspicious/noExplicitAny: bodies come from the wire
type Body = any

const groups = 5

const before = (prompt: Body): string =>
  typeof prompt === 'string' ? prompt : chatText(prompt.messages as Message[]) + opened + (prompt.answerPrefix ?? '')

/** Tokens of `text` that reach past the first `border` bytes, with offsets behind it. */
export function placed(text: string, border: number): { token: string; context: string; start: number; end: number }[] {
  const all = tokenize(text).map((token) => token.text)
  let byte = 0
  return all.flatMap((token, index) => {
    const start = byte
    byte += Buffer.byteLength(token)
    if (byte <= border || index === 0) return []
    return [{ token, context: contextOf(all, index), start: Math.max(0, start - border), end: byte - border }]
  })
}

export function dropout(request: Body, { seed }: ServerSettings): unknown {
  const { passes = 10, rate = 0.1 } = request
  if (!request.continuation) throw new ApiError(400, 'invalid_value', 'continuation must not be empty.')
  const context = before(request.prompt)
  const tokens = placed(context + request.continuation, Buffer.byteLength(context)).map((token) => {
    const draw = (label: string) => uniform(`${token.context}${token.token}${label}${request.seed ?? 0}`, seed)
    const epistemicEntropy = rate * draw('epistemic')
    const aleatoricEntropy = 0.5 + 3 * draw('aleatoric')
    const reverseMutualInformation = epistemicEntropy * (1 + draw('reverse'))
    return {
      token: token.token,
      id: hash(token.token) % 50_000,
      start: token.start,
      end: token.end,
      logprob: logprobOf(token.context, token.token, seed),
      predictiveEntropy: aleatoricEntropy + epistemicEntropy,
      aleatoricEntropy,
      epistemicEntropy,
      // Of any set of distributions: pairwise divergence · (passes − 1) / passes = mutual information + its reverse.
      expectedPairwiseKl: ((epistemicEntropy + reverseMutualInformation) * passes) / (passes - 1),
      reverseMutualInformation,
      probabilityVariance: (rate * draw('variance')) / 10,
      groupEpistemicEntropies: Array.from({ length: groups }, (_, group) => rate * draw(`group ${group}`)),
    }
  })
  return { tokens, passes, rate, inserted: true, bos: false }
}

/** Against itself a model differs in nothing; a reference named `other-…` has another tokenizer. */
export function compare(request: Body, reference: string, { model, seed }: ServerSettings): unknown {
  const same = reference === model
  const tokens = placed(String(request.text), 0).map((token) => {
    const draw = (label: string) => (same ? 0 : uniform(`${token.context}${token.token}${label}${reference}`, seed))
    return {
      token: token.token,
      id: hash(token.token) % 50_000,
      start: token.start,
      end: token.end,
      klForward: draw('forward'),
      klBackward: draw('backward'),
      jensenShannon: draw('both') * Math.LN2,
      topAgree: draw('top') < 0.8,
      topKOverlap: 1 - draw('overlap') / 2,
      logprobDelta: draw('delta') - (same ? 0 : 0.5),
    }
  })
  return { tokens }
}

/** A hypothesis is entailed as far as the premise holds its words; what holds none of them contradicts it. */
export function entail(request: Body): unknown {
  const words = (text: string) => new Set(text.toLowerCase().match(/[\p{L}\p{N}]+/gu) ?? [])
  const premise = words(String(request.premise))
  const hypothesis = [...words(String(request.hypothesis))]
  const held = hypothesis.filter((word) => premise.has(word)).length / Math.max(1, hypothesis.length)
  return { entail: 0.9 * held + 0.05, neutral: 0.05, contradict: 0.9 * (1 - held) }
}

export const embedding = (request: Body): unknown => ({ embedding: embed(String(request.text), 32) })

/** A continuation's state follows from all that was read with it. */
export const states = ({ prompt, continuations, layer = 1, pool }: Body): unknown => ({
  states: (continuations as string[]).map((text) => embed(`${before(prompt)}${text} ${layer} ${pool}`, 8)),
  layer,
  layers: 2,
  pool,
})
