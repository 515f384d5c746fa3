import type { Capabilities } from '../../schema/capabilities.ts'
import { randomFrom } from '../../src/methods/random.ts'
import { countBytes } from '../../src/methods/text/words.ts'
import { massOf } from '../../src/model/mass.ts'
import type { Message, Model, Prompt, Sample, Sampling, TokenLogprob, TokenScores } from '../../src/model/model.ts'

/** Everything that a server can give. */
export const fullCapabilities: Capabilities = {
  text: true,
  logprobs: true,
  prompt_logprobs: true,
  full: false,
  chat: true,
  completions: true,
  promptLists: true,
  multipleSamples: true,
  seed: true,
  embeddings: false,
  entailment: false,
  tokenize: false,
  topLogprobs: 20,
  contextLength: 2048,
  promptLogprobsBy: 'score',
  batchInvariant: true,
  missing: {},
  fingerprint: 'world-model',
}

/** How a scripted model replies to a prompt: the texts it may say with their probabilities, which sum to at most 1. */
export type Script = (
  prompt: string,
  asked: { scoring: boolean; repeat: number },
) => [text: string, probability: number][]

export interface ScriptedModel extends Model {
  /** All that was asked, in order. */
  readonly asked: {
    kind: 'chat' | 'complete' | 'score'
    prompt: string
    sampling?: Sampling
    continuations?: string[]
  }[]
}

const tokensOf = (text: string): string[] => text.match(/\s*\S+|\s+$/g) ?? []

/** A reply as tokens: the first carries the reply's probability and the first tokens of the others, the rest are sure. */
function reply(text: string, replies: [string, number][], sampling: Sampling, withTokens: boolean): Sample {
  const stop = Math.min(...(sampling.stop ?? []).map((mark) => text.indexOf(mark)).filter((at) => at >= 0), text.length)
  const kept = tokensOf(text.slice(0, stop))
  const cut = kept.slice(0, sampling.maxTokens ?? 64)
  const first = new Map<string, number>()
  for (const [other, probability] of replies) {
    const token = tokensOf(other)[0] ?? ''
    first.set(token, (first.get(token) ?? 0) + probability)
  }
  const top = [...first]
    .map(([token, probability]) => ({ token, logprob: Math.log(probability) }))
    .sort((a, b) => b.logprob - a.logprob)
    .slice(0, sampling.topLogprobs ?? 0)
  const tokens = cut.map(
    (token, place): TokenLogprob =>
      place === 0
        ? { token, logprob: Math.log(first.get(token) ?? 1e-6), top }
        : { token, logprob: Math.log(0.99), top: [{ token, logprob: Math.log(0.99) }] },
  )
  return {
    text: cut.join(''),
    finishReason: cut.length < kept.length ? 'length' : 'stop',
    ...(withTokens && sampling.topLogprobs !== undefined ? { tokens } : {}),
  }
}

/**
 * A deterministic model in memory: greedy answers are the likeliest reply of the script, samples are drawn by a seed of
 * the prompt, and given text has the probability that the script gives it (spread evenly over its words).
 */
export function scriptedModel(script: Script, given: Partial<Capabilities> = {}): ScriptedModel {
  const capabilities = { ...fullCapabilities, ...given }
  const asked: ScriptedModel['asked'] = []
  const missing = (name: string) => Object.assign(new Error(`no ${name}`), { kind: 'capability_missing' })
  const generate = (prompt: string, sampling: Sampling = {}): Sample[] => {
    const replies = script(prompt, { scoring: false, repeat: sampling.repeat ?? 0 })
    const greedy = replies.reduce((best, one) => (one[1] > best[1] ? one : best), ['', 0] as [string, number])
    return Array.from({ length: sampling.n ?? 1 }, (_, place) => {
      if ((sampling.temperature ?? 0) === 0) return reply(greedy[0], replies, sampling, capabilities.logprobs)
      let rest = randomFrom('scripted', prompt, sampling.repeat ?? 0, place).next()
      const drawn = replies.find(([, probability]) => {
        rest -= probability
        return rest < 0
      })
      return reply((drawn ?? greedy)[0], replies, sampling, capabilities.logprobs)
    })
  }
  const plain = (messages: Message[]) => messages.map((message) => message.content).join('\n')
  return {
    capabilities,
    asked,
    chat: async (messages, sampling) => {
      if (!capabilities.chat) throw missing('chat')
      const prompt = plain(messages)
      asked.push({ kind: 'chat', prompt, ...(sampling ? { sampling } : {}) })
      const prefix = sampling?.answerPrefix
      return generate(prefix === undefined ? prompt : `${prompt}\n${prefix}`, sampling)
    },
    complete: async (prompt, sampling) => {
      asked.push({ kind: 'complete', prompt, ...(sampling ? { sampling } : {}) })
      return generate(prompt, sampling)
    },
    score: async (prompt: Prompt, continuations: string[]): Promise<TokenScores[]> => {
      if (!capabilities.prompt_logprobs) throw missing('prompt_logprobs')
      const text = typeof prompt === 'string' ? prompt : [plain(prompt.messages), prompt.answerPrefix ?? ''].join('\n')
      asked.push({ kind: 'score', prompt: text, continuations })
      const replies = script(text, { scoring: true, repeat: 0 })
      return continuations.map((continuation) => {
        const words = tokensOf(continuation)
        const probability = replies.find(([said]) => said === continuation.trim())?.[1]
        const logprob = probability === undefined ? words.length * -3 : Math.log(probability)
        let start = 0
        const tokens = words.map((token) => {
          const scored = { token, start, end: start + countBytes(token), logprob: logprob / words.length }
          start = scored.end
          return scored
        })
        return { tokens, logprob, scoredTokens: tokens.length, scoredBytes: start, bos: true }
      })
    },
    embed: async () => {
      throw missing('embeddings')
    },
    entail: async () => {
      throw missing('entailment')
    },
    async mass(prompt, phrases) {
      const scores = await this.score(prompt, phrases)
      return massOf(
        phrases,
        scores.map(({ logprob }) => logprob),
      )
    },
    dropout: async () => {
      throw missing('full')
    },
    states: async () => {
      throw missing('full')
    },
    compare: async () => {
      throw missing('full')
    },
  }
}
