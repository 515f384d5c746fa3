import type { Capabilities } from '../../schema/capabilities.ts'
import { AddressError, assertAllowedAddress } from './address.ts'
import { systemClock } from './clock.ts'
import { sha256, type TargetConnection, type Transport } from './connection.ts'
import type { Dialect, Piece, SelfDescription, WireContext } from './dialects/dialect.ts'
import { findDialect } from './dialects/registry.ts'
import { ModelError } from './errors.ts'
import { exchange } from './exchange.ts'
import type { Sample, TokenScores } from './model.ts'
import type { Answer, ChatQuestion, CompleteQuestion, Question, SamplingQuestion } from './question.ts'

/**
 * What a target can do, found by asking it: a name or a version promises nothing. About twenty tiny requests; each
 * capability that is missing keeps its reason.
 */

/** A sentence and the same words out of order: any language model finds the first more likely. */
export const fluent = 'The children went to school in the morning and came home in the afternoon.'
export const scrambled = 'The morning school in children to went the and afternoon home the in came.'
/** Two askings of one text may differ by this much, nats. */
const mostDrift = 1e-3
const probeTimeoutMs = 60_000

export interface ProbeOptions {
  transport?: Transport
  /** Longest wait for one answer, milliseconds. */
  timeoutMs?: number
}

interface Prober {
  target: TargetConnection
  dialect: Dialect
  /** Sends one request. Raises ModelError. */
  send(request: { url: string; body?: unknown }): Promise<unknown>
  /** Asks pieces as the dialect does. Raises ModelError, also the first piece's own. */
  ask(pieces: Piece[]): Promise<Answer[]>
}

/**
 * Probes a target. Raises ModelError (`unreachable`, `unauthorized`, `model_not_found`, `malformed`, `rate_limited`)
 * where it cannot be used at all, with what to do in the message.
 */
export async function probeTarget(target: TargetConnection, options: ProbeOptions = {}): Promise<Capabilities> {
  try {
    assertAllowedAddress(target.baseUrl, target.allowPrivate)
  } catch (error) {
    if (error instanceof AddressError) throw new ModelError('rejected', error.message)
    throw error
  }
  const prober = createProber(target, options)
  const { dialect } = prober
  const description = await describeTarget(prober)
  const missing: Record<string, string> = { ...dialect.claims.reasons }
  const found: Capabilities = {
    text: false,
    logprobs: false,
    prompt_logprobs: false,
    full: false,
    chat: false,
    completions: false,
    promptLists: false,
    multipleSamples: false,
    seed: false,
    embeddings: false,
    entailment: false,
    tokenize: false,
    topLogprobs: 0,
    contextLength: description.contextLength,
    promptLogprobsBy: null,
    batchInvariant: description.batchInvariant,
    missing,
    fingerprint: '',
  }
  missing.entailment = 'The server has no entailment surface.'
  await probeText(prober, found)
  await probeSampling(prober, found)
  await probeLogprobs(prober, found)
  await probeGivenText(prober, found)
  if (dialect.claims.answerPrefix && found.chat) await probeAnswerPrefix(prober, found)
  await probeRest(prober, found)
  found.fingerprint = description.fingerprint ?? fingerprintOf(target, description, found)
  return found
}

function createProber(target: TargetConnection, { transport, timeoutMs = probeTimeoutMs }: ProbeOptions): Prober {
  const dialect = findDialect(target.dialect)
  const context: WireContext = { target, quirks: { maxCompletionTokens: false } }
  const send: Prober['send'] = async (request) => {
    for (let attempt = 1; ; attempt++) {
      try {
        return await sendOnce(request)
      } catch (error) {
        const wait = error instanceof ModelError && error.kind === 'rate_limited' ? (error.retryAfterMs ?? 1000) : null
        if (wait === null || wait > 10_000 || attempt >= 3) throw error
        await new Promise<void>((resolve) => void setTimeout(resolve, wait))
      }
    }
  }
  const sendOnce: Prober['send'] = async (request) => {
    const controller = new AbortController()
    const timer = setTimeout(() => {
      controller.abort(new ModelError('timeout', `No answer from the target within ${timeoutMs / 1000} s.`))
    }, timeoutMs)
    try {
      const carry: Transport = transport ?? ((url, init) => fetch(url, init))
      return (await exchange(carry, target, request, controller.signal, systemClock.now)).body
    } finally {
      clearTimeout(timer)
    }
  }
  const ask: Prober['ask'] = async (pieces) => {
    const asked = () => send(dialect.encode(pieces, context))
    const body = await asked().catch((error: unknown) => {
      if (!(error instanceof ModelError) || !/max_completion_tokens/.test(error.message)) throw error
      context.quirks.maxCompletionTokens = true
      return asked()
    })
    return dialect.decode(pieces, body, context).answers.map((answer) => {
      if (answer instanceof ModelError) throw answer
      return answer
    })
  }
  return { target, dialect, send, ask }
}

/** Failures that make a target unusable, whatever was asked. */
const isFatal = (error: unknown): boolean =>
  !(error instanceof ModelError) ||
  ['unreachable', 'unauthorized', 'model_not_found', 'rate_limited', 'timeout', 'cancelled'].includes(error.kind)

const reasonOf = (error: unknown) => (error instanceof Error ? error.message : String(error))

/** The value, or the error when it leaves the target usable. */
async function tried<T>(asking: Promise<T>): Promise<T | ModelError> {
  try {
    return await asking
  } catch (error) {
    if (isFatal(error) || !(error instanceof ModelError)) throw error
    return error
  }
}

async function describeTarget({ dialect, target, send }: Prober): Promise<SelfDescription> {
  const answers: Record<string, unknown> = {}
  await Promise.all(
    dialect.descriptionRequests(target).map(async ({ url, body, as }) => {
      try {
        answers[as] = await send({ url, body })
      } catch (error) {
        // Without a description the questions themselves tell what is wrong.
        if (error instanceof ModelError && error.kind === 'unauthorized') throw error
      }
    }),
  )
  return dialect.describe(answers, target)
}

/** All capabilities that the dialect knows, so that its pieces can be made before they are proven. */
const assumed = (found: Capabilities, change: Partial<Capabilities>): Capabilities => ({
  ...found,
  chat: true,
  completions: true,
  ...change,
})

const greeting = (more: Partial<SamplingQuestion> = {}): ChatQuestion => ({
  kind: 'chat',
  messages: [{ role: 'user', content: 'Tell me about a random animal.' }],
  n: 1,
  temperature: 0,
  topP: 1,
  maxTokens: 4,
  ...more,
})
const opening = (more: Partial<SamplingQuestion> = {}): CompleteQuestion => ({
  kind: 'complete',
  prompt: 'Once upon a time there was a',
  n: 1,
  temperature: 0,
  topP: 1,
  maxTokens: 4,
  ...more,
})

const samplesOf = (answers: Answer[]): Sample[] => answers.flatMap(({ samples = [] }) => samples)

async function probeText({ dialect, ask, target }: Prober, found: Capabilities): Promise<void> {
  let firstError: ModelError | null = null
  const works = async (question: Question): Promise<boolean> => {
    const answer = await tried(ask(dialect.split(question, assumed(found, {}))))
    if (!(answer instanceof ModelError)) return true
    firstError ??= answer
    found.missing[question.kind === 'chat' ? 'chat' : 'completions'] = reasonOf(answer)
    return false
  }
  if (dialect.claims.chat) found.chat = await works(greeting())
  if (dialect.claims.completions) found.completions = await works(opening())
  if (!found.chat && !found.completions)
    throw firstError ?? new ModelError('rejected', `The dialect ${target.dialect} has no way to ask for text.`)
  found.text = true
}

/** The question that the target understands: a chat, or raw text where it has no chat. */
const simplest = (found: Capabilities, more: Partial<SamplingQuestion>): Question =>
  found.chat ? greeting(more) : opening(more)

async function probeSampling({ dialect, ask }: Prober, found: Capabilities): Promise<void> {
  const { claims } = dialect
  if (claims.promptLists && found.completions) {
    const pair = [opening(), { ...opening(), prompt: 'The capital of France is' }]
    const pieces = pair.flatMap((question) => dialect.split(question, assumed(found, { promptLists: true })))
    const answers = await tried(ask(pieces))
    found.promptLists = !(answers instanceof ModelError)
    if (answers instanceof ModelError) found.missing.promptLists = reasonOf(answers)
  }
  const drawn = (more: Partial<SamplingQuestion>, change: Partial<Capabilities>) =>
    tried(ask(dialect.split(simplest(found, { temperature: 1, maxTokens: 12, ...more }), { ...found, ...change })))
  if (claims.multipleSamples) {
    const two = await drawn({ n: 2 }, { multipleSamples: true })
    found.multipleSamples = !(two instanceof ModelError) && samplesOf(two).length === 2
    if (!found.multipleSamples)
      found.missing.multipleSamples = two instanceof ModelError ? reasonOf(two) : 'n was not honoured.'
  }
  if (claims.seed) {
    const [first, second] = [await drawn({ seed: 11 }, { seed: true }), await drawn({ seed: 11 }, { seed: true })]
    if (first instanceof ModelError || second instanceof ModelError)
      found.missing.seed = reasonOf(first instanceof ModelError ? first : second)
    else {
      found.seed = samplesOf(first)[0]?.text === samplesOf(second)[0]?.text
      if (!found.seed) found.missing.seed = 'The same seed gave two different answers.'
    }
  }
}

async function probeLogprobs({ dialect, ask }: Prober, found: Capabilities): Promise<void> {
  if (!dialect.claims.logprobs) return
  for (const topLogprobs of [20, 10, 5, 1]) {
    const question = simplest(found, { topLogprobs })
    const answer = await tried(ask(dialect.split(question, { ...found, logprobs: true, topLogprobs })))
    if (answer instanceof ModelError) {
      found.missing.logprobs ??= reasonOf(answer)
      // No log-probabilities at all will not come for fewer alternatives.
      if (answer.kind === 'invalid_logprobs') return
      continue
    }
    const tokens = samplesOf(answer)[0]?.tokens ?? []
    const given = Math.max(0, ...tokens.map(({ top }) => top.length))
    if (tokens.length === 0) {
      found.missing.logprobs = 'Log-probabilities were asked for, and the answer has none.'
      return
    }
    found.logprobs = true
    found.topLogprobs = Math.min(topLogprobs, given)
    delete found.missing.logprobs
    return
  }
}

async function probeGivenText({ dialect, ask }: Prober, found: Capabilities): Promise<void> {
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
  found.missing.prompt_logprobs = reasons.join(' ') || 'The server gives no log-probabilities of given text.'
}

/** Why two askings of the known pair cannot be trusted; null where they can. */
function doubt(first: [TokenScores, TokenScores], second: [TokenScores, TokenScores]): string | null {
  const [good, bad] = first
  if (good.scoredTokens < 2 || bad.scoredTokens < 2) return 'Fewer than two tokens of a sentence were scored.'
  if (!(good.logprob > bad.logprob))
    return 'Scrambled words scored as likely as a sentence: these are no log-probabilities.'
  const drift = Math.max(Math.abs(good.logprob - second[0].logprob), Math.abs(bad.logprob - second[1].logprob))
  return drift > mostDrift ? `The same text scored ${drift.toPrecision(2)} nats apart when asked twice.` : null
}

/**
 * A server that continues the last message writes neither its end nor another opening: its prompt is shorter than
 * when it answers a closed message. One that ignores the request counts the same tokens.
 */
async function probeAnswerPrefix({ dialect, send, target }: Prober, found: Capabilities): Promise<void> {
  const context: WireContext = { target, quirks: { maxCompletionTokens: false } }
  const question = greeting({ maxTokens: 1, answerPrefix: 'The animal is' })
  const opened = dialect.encode(dialect.split(question, found), context)
  const { continue_final_message: _, add_generation_prompt: __, ...closed } = opened.body as Record<string, unknown>
  const counted = async (body: unknown): Promise<number | null> => {
    const answer = (await send({ url: opened.url, body })) as { usage?: { prompt_tokens?: number } } | null
    return answer?.usage?.prompt_tokens ?? null
  }
  const both = await tried(Promise.all([counted(opened.body), counted(closed)]))
  found.answerPrefix = !(both instanceof ModelError) && both[0] !== null && both[1] !== null && both[0] < both[1]
  if (!found.answerPrefix)
    found.missing.answerPrefix =
      both instanceof ModelError ? reasonOf(both) : 'The server does not continue a reply that is begun for it.'
}

async function probeRest({ dialect, ask, send, target }: Prober, found: Capabilities): Promise<void> {
  const { claims } = dialect
  if (claims.embeddings) {
    const pieces = dialect.split({ kind: 'embed', texts: ['a', 'b'] }, { ...found, embeddings: true })
    const answer = await ask(pieces).catch((error: unknown) => error)
    found.embeddings = Array.isArray(answer)
    if (!found.embeddings) found.missing.embeddings = reasonOf(answer)
  }
  const request = claims.tokenize ? dialect.tokenizeRequest(target, fluent) : null
  if (request !== null) {
    const answer = await send(request).catch((error: unknown) => error)
    found.tokenize = !(answer instanceof Error)
    if (!found.tokenize) found.missing.tokenize = reasonOf(answer)
  }
  if (claims.full) {
    const question = simplest(found, { topLogprobs: 1, entropy: true })
    const answer = await tried(ask(dialect.split(question, { ...found, full: true })))
    const tokens = answer instanceof ModelError ? [] : (samplesOf(answer)[0]?.tokens ?? [])
    found.full = tokens.length > 0 && tokens.every(({ entropy }) => entropy !== undefined)
    if (!found.full)
      found.missing.full = answer instanceof ModelError ? reasonOf(answer) : 'The answer holds no entropies.'
  }
}

/** Hash of what the server says of itself and of what it was found to do. The same on a repeated probe. */
function fingerprintOf(target: TargetConnection, { identity }: SelfDescription, found: Capabilities): string {
  const { missing: _, fingerprint: __, ...abilities } = found
  return sha256(JSON.stringify([target.dialect, target.model, identity, abilities]))
}
