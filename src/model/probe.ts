import type { Capabilities } from '../../schema/capabilities.ts'
import { AddressError, assertAllowedAddress } from './address.ts'
import { sha256, type TargetConnection } from './connection.ts'
import type { SelfDescription, WireContext } from './dialects/dialect.ts'
import { ModelError } from './errors.ts'
import { probeDraws } from './probing/draws.ts'
import { fluent, probeGivenText } from './probing/given-text.ts'
import { probeOwnSurface } from './probing/own-surface.ts'
import {
  assumed,
  createProber,
  greeting,
  opening,
  type ProbeOptions,
  type Prober,
  reasonOf,
  samplesOf,
  simplest,
  tried,
} from './probing/prober.ts'
import type { Question } from './question.ts'
import { noQuirks } from './quirks.ts'

export type { ProbeOptions } from './probing/prober.ts'

/**
 * What a target can do, found by asking it: a name or a version promises nothing. About twenty tiny requests; each
 * capability that is missing keeps its reason.
 */

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
  await probeOwnSurface(prober, found)
  if (prober.quirks.ownTemperature)
    missing.temperature =
      'The model samples at a temperature of its own: greedy answers and other temperatures cannot be had.'
  found.fingerprint = description.fingerprint ?? fingerprintOf(target, description, found)
  return found
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

async function probeSampling(prober: Prober, found: Capabilities): Promise<void> {
  const { dialect, ask } = prober
  const { claims } = dialect
  if (claims.promptLists && found.completions) {
    const pair = [opening(), { ...opening(), prompt: 'The capital of France is' }]
    const pieces = pair.flatMap((question) => dialect.split(question, assumed(found, { promptLists: true })))
    const answers = await tried(ask(pieces))
    found.promptLists = !(answers instanceof ModelError)
    if (answers instanceof ModelError) found.missing.promptLists = reasonOf(answers)
  }
  await probeDraws(prober, found)
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

/**
 * A server that continues the last message writes neither its end nor another opening: its prompt is shorter than
 * when it answers a closed message. One that ignores the request counts the same tokens.
 */
async function probeAnswerPrefix({ dialect, send, target }: Prober, found: Capabilities): Promise<void> {
  const context: WireContext = { target, quirks: noQuirks() }
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
}

/** Hash of what the server says of itself and of what it was found to do. The same on a repeated probe. */
function fingerprintOf(target: TargetConnection, { identity }: SelfDescription, found: Capabilities): string {
  const { missing: _, fingerprint: __, ...abilities } = found
  return sha256(JSON.stringify([target.dialect, target.model, identity, abilities]))
}
