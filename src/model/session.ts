import type { Capabilities } from '../../schema/capabilities.ts'
import { answersAsked, seedAndKey } from './canonical.ts'
import type { Clock } from './clock.ts'
import type { TargetConnection, Transport } from './connection.ts'
import { createDispatcher, type Dispatcher, type DispatcherOptions } from './dispatcher.ts'
import { ModelError } from './errors.ts'
import { type EvidenceBook, memoryBook } from './evidence.ts'
import { massOf } from './mass.ts'
import { type Account, newUsage, type Usage } from './metering.ts'
import type { Model, Prompt, ScoreOptions } from './model.ts'
import {
  type Answer,
  type Asker,
  chatQuestion,
  completeQuestion,
  dropoutQuestion,
  type Question,
  scoreQuestion,
  statesQuestion,
} from './question.ts'
import { cutAtStop, cutToLimit } from './samples.ts'
import { totals } from './scored-text.ts'
import type { Spend } from './spend.ts'

export interface SessionOptions extends DispatcherOptions {
  target: TargetConnection
  /** Shared by all sessions on this target in this invocation; left out: one of its own. */
  dispatcher?: Dispatcher
  /** Answers already had; left out: one in memory. */
  book?: EvidenceBook
  /** Left out or null: no budget. */
  spend?: Spend | null
  /** The run's seed: every sampling seed follows from it. */
  seed: number
  /** False: the book is written, but not asked (`fresh` runs begin with an empty book of their own, too). */
  reuse?: boolean
}

export interface ItemOptions {
  /** When the item's time is up, milliseconds since 1970. */
  deadline?: number
}

/** A target opened for one piece of work: a seed, a book of answers, a budget. */
export interface ModelSession {
  readonly capabilities: Capabilities
  readonly usage: Readonly<Usage>
  readonly load: Dispatcher['load']
  /** The port for one item: its sampling seeds follow from the item's id. */
  forItem(itemId: string, options?: ItemOptions): Model
  /** Ends all open questions with ModelError(`kind`), and takes no more. */
  close(kind?: 'cancelled' | 'lease_ending', message?: string): void
  /** Takes no more questions and ends those that wait with ModelError('lease_ending'); those on their way may still be answered. */
  windDown(message?: string): void
}

/**
 * Opens a target. Questions of one tick, from all items, leave in as few requests as its dialect allows; equal
 * questions are asked once; the book is asked before the server.
 * Raises ModelError('capability_missing') where the target has not been probed.
 */
export function createModel(options: SessionOptions): ModelSession {
  const dispatcher = options.dispatcher ?? createDispatcher(options.target, options)
  const { capabilities, dialect } = dispatcher
  const book = options.book ?? memoryBook()
  const usage = newUsage()
  const account: Account = { usage, spend: options.spend ?? null }
  const asked = new Map<string, Promise<Answer>>()
  let closed: ModelError | null = null

  function ask(question: Question, asker: Asker, deadline: number): Promise<Answer> {
    const key = seedAndKey(question, asker)
    if (options.reuse !== false) {
      const known = book.get(key)
      if (known !== undefined) {
        usage.reused += answersAsked(question)
        return Promise.resolve(known.answer)
      }
    }
    const same = asked.get(key)
    if (same !== undefined) return same
    if (closed !== null) return Promise.reject(closed)
    const answer = dispatcher.ask(dialect.split(question, capabilities), account, deadline).then((parts) => {
      const whole = joined(parts)
      if ('maxTokens' in question && whole.samples)
        whole.samples = whole.samples.map((sample) => cutToLimit(cutAtStop(sample, question.stop), question.maxTokens))
      book.put(key, question, whole)
      if (options.reuse !== false) asked.delete(key)
      return whole
    })
    asked.set(key, answer)
    answer.catch(() => asked.delete(key))
    return answer
  }

  return {
    capabilities,
    usage,
    get load() {
      return dispatcher.load
    },
    forItem(itemId, { deadline = Number.POSITIVE_INFINITY } = {}) {
      const asker: Asker = { seed: options.seed, itemId }
      const put = (question: Question) => ask(question, asker, deadline)
      const score = async (prompt: Prompt, continuations: string[], detail: ScoreOptions = {}) => {
        // Nothing to ask: no text has probability 1.
        if (continuations.every((continuation) => continuation === ''))
          return continuations.map(() => totals([], false))
        return (await put(scoreQuestion(prompt, continuations, detail, capabilities))).scores ?? []
      }
      return {
        capabilities,
        score,
        async chat(messages, sampling = {}) {
          return (await put(chatQuestion(messages, sampling, capabilities))).samples ?? []
        },
        async complete(prompt, sampling = {}) {
          return (await put(completeQuestion(prompt, sampling, capabilities))).samples ?? []
        },
        async mass(prompt, phrases) {
          // The backend that scores by lists of its own also sums phrases, and refuses empty ones.
          if (capabilities.promptLogprobsBy === 'score' && phrases.length > 0 && !phrases.includes('')) {
            const { mass } = await put({ kind: 'mass', prompt, phrases })
            if (mass !== undefined) return mass
          }
          const scores = await score(prompt, phrases)
          return massOf(
            phrases,
            scores.map(({ logprob }) => logprob),
          )
        },
        async embed(texts) {
          if (texts.length === 0) return []
          const { vectors = [] } = await put({ kind: 'embed', texts })
          return vectors.map((vector) => Float32Array.from(vector))
        },
        async entail(pairs) {
          if (pairs.length === 0) return []
          return (await put({ kind: 'entail', pairs })).entailments ?? []
        },
        async dropout(prompt, continuation, dropout = {}) {
          const answer = await put(dropoutQuestion(prompt, continuation, dropout))
          return answer.dropout ?? unanswered('dropout')
        },
        async states(prompt, continuations, detail = {}) {
          if (continuations.length === 0) return []
          const { vectors = [] } = await put(statesQuestion(prompt, continuations, detail))
          return vectors.map((vector) => Float32Array.from(vector))
        },
        async compare(reference, texts, { topK } = {}) {
          if (texts.length === 0) return []
          const question = { kind: 'compare' as const, reference, texts, ...(topK === undefined ? {} : { topK }) }
          return (await put(question)).comparisons ?? []
        },
      }
    },
    close(kind = 'cancelled', message = 'The work was called off.') {
      closed ??= new ModelError(kind, message)
      dispatcher.cancel(account, closed)
    },
    windDown(message = 'The time of this work is used up.') {
      closed ??= new ModelError('lease_ending', message)
      dispatcher.retire(account, closed)
    },
  }
}

/** Raises where an answer out of an older book lacks what was asked. */
function unanswered(what: string): never {
  throw new ModelError('malformed', `The stored answer holds no ${what}.`)
}

/** The parts of one question's answer, in order. */
function joined(parts: Answer[]): Answer {
  const [first] = parts
  if (parts.length === 1 && first !== undefined) return first
  const whole: Answer = {}
  for (const { samples, scores, vectors, entailments, comparisons } of parts) {
    if (samples) whole.samples = (whole.samples ?? []).concat(samples)
    if (scores) whole.scores = (whole.scores ?? []).concat(scores)
    if (vectors) whole.vectors = (whole.vectors ?? []).concat(vectors)
    if (entailments) whole.entailments = (whole.entailments ?? []).concat(entailments)
    if (comparisons) whole.comparisons = (whole.comparisons ?? []).concat(comparisons)
  }
  return whole
}

export type { Clock, Transport }
