import { hash32, randomFrom } from '../../src/methods/random.ts'

/** What may be replied to one prompt, with probabilities that sum to 1. No reply is empty. */
export type Replies = readonly (readonly [text: string, probability: number])[]

export interface SpokenToken {
  token: string
  logprob: number
  /** All that might have stood here, likeliest first; the end of the reply is left out. */
  top: { token: string; logprob: number }[]
}

export interface Spoken {
  text: string
  tokens: SpokenToken[]
  finish: 'stop' | 'length'
}

export interface Speaking {
  temperature?: number
  seed?: number
  maxTokens?: number
  stop?: readonly string[]
}

/** Probability of a text that is no reply at all: never 0, because no language model has zeros. */
export const UNHEARD = 1e-9

/** A word with the space before it, or any other single character. */
export const tokensOf = (text: string): string[] => text.match(/ ?[^\s]+|\s/g) ?? []

interface Node {
  /** Probability that a reply goes through here. */
  mass: number
  /** Probability that a reply ends here. */
  end: number
  children: Map<string, Node>
}

const newNode = (): Node => ({ mass: 0, end: 0, children: new Map() })

/**
 * A stated distribution over replies as a language model's: token by token, so that the probabilities of generated
 * tokens, of alternatives and of given text are exactly those that the stated ones imply.
 */
export class ReplyDistribution {
  readonly #root: Node = newNode()

  /** `lead`: what stands before each reply (a space after "Answer:"). */
  constructor(replies: Replies, lead = '') {
    for (const [text, probability] of replies) {
      if (!(probability > 0)) continue
      let node = this.#root
      node.mass += probability
      for (const token of tokensOf(lead + text)) {
        const next = node.children.get(token) ?? newNode()
        node.children.set(token, next)
        next.mass += probability
        node = next
      }
      node.end += probability
    }
  }

  /** One reply: greedy at temperature 0, else drawn token by token by the seed. */
  speak({ temperature = 1, seed = 0, maxTokens = 16, stop = [] }: Speaking): Spoken {
    const random = temperature > 0 ? randomFrom('speak', seed) : null
    const tokens: SpokenToken[] = []
    let text = ''
    for (let node = this.#root; ; ) {
      const options = [...node.children].sort(([, a], [, b]) => b.mass - a.mass)
      const weights = [...options.map(([, child]) => child.mass), node.end]
      const place = random ? drawn(weights, temperature, random.next()) : weights.indexOf(Math.max(...weights))
      const chosen = options[place]
      if (chosen === undefined) return { text, tokens, finish: 'stop' }
      if (tokens.length === maxTokens) return { text, tokens, finish: 'length' }
      const [token, child] = chosen
      const grown = text + token
      const cut = stop.map((mark) => grown.indexOf(mark)).filter((at) => at >= 0)
      if (cut.length > 0) return { text: grown.slice(0, Math.min(...cut)), tokens, finish: 'stop' }
      const top = options.map(([other, one]) => ({ token: other, logprob: logShare(one.mass, node.mass) }))
      tokens.push({ token, logprob: logShare(child.mass, node.mass), top })
      text = grown
      node = child
    }
  }

  /** The tokens of a given text with their log-probabilities, as the opening of a reply. */
  score(text: string): { token: string; logprob: number }[] {
    let node: Node | undefined = this.#root
    return tokensOf(text).map((token) => {
      const child: Node | undefined = node?.children.get(token)
      const logprob = node && child ? logShare(child.mass, node.mass) : Math.log(UNHEARD)
      node = child
      return { token, logprob }
    })
  }
}

/** Just below 0 where a token is certain: some clients take a plain 0 for "unknown". */
const logShare = (part: number, whole: number): number => Math.min(-1e-12, Math.log(part / whole))

function drawn(weights: readonly number[], temperature: number, uniform: number): number {
  const tempered = weights.map((weight) => weight ** (1 / temperature))
  let rest = uniform * tempered.reduce((sum, one) => sum + one, 0)
  for (const [place, weight] of tempered.entries()) {
    rest -= weight
    if (rest < 0) return place
  }
  return tempered.findLastIndex((weight) => weight > 0)
}

/** The seed of one of several samples. */
export const sampleSeed = (seed: number, prompt: string, sample: number): number => hash32(seed, prompt, sample)
