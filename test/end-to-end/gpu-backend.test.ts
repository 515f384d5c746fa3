import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { Capabilities, DialectName } from '../../schema/capabilities.ts'
import { freePort } from '../../src/cli/demo/ports.ts'
import { type Started, stop } from '../../src/cli/demo/processes.ts'
import { startBackend, untilHealthy } from '../../src/cli/demo/servers.ts'
import { preparePython } from '../../src/cli/setup/python.ts'
import { type TargetConnection, trimmedBase } from '../../src/model/connection.ts'
import type { Model } from '../../src/model/model.ts'
import { probeTarget } from '../../src/model/probe.ts'
import { createModel } from '../../src/model/session.ts'
import { askAll, record, recordedTarget, replaying } from '../model/dialects/recording.ts'

/** The port against the GPU backend with its small model: what the dialects promise, on real numbers. */
const setup = ((): { python: string } | { missing: string } => {
  try {
    return { python: preparePython({ development: true, say: (line) => console.log(line) }) }
  } catch (error) {
    return { missing: error instanceof Error ? error.message : String(error) }
  }
})()
if ('missing' in setup) console.log(`The GPU backend is not tested: ${setup.missing}`)

let backend: Started
let baseUrl: string
let model: string
beforeAll(async () => {
  if ('missing' in setup) return
  const port = await freePort(31_000 + Math.floor(Math.random() * 9000))
  backend = startBackend(setup.python, port)
  baseUrl = `http://127.0.0.1:${port}/v1`
  await untilHealthy(backend, `${serverOf(baseUrl)}/healthz`, 300)
  const { data } = (await (await fetch(`${baseUrl}/models`)).json()) as { data: { id: string }[] }
  model = data[0]?.id as string
})
afterAll(async () => {
  if (backend) await stop(backend)
})

const serverOf = (url: string) => trimmedBase(url).replace(/\/v1$/, '')
const connection = (dialect: DialectName, capabilities: Capabilities | null = null): TargetConnection => ({
  baseUrl,
  model,
  dialect,
  apiKey: null,
  limits: {},
  reasoningTags: [],
  price: null,
  capabilities,
  allowPrivate: true,
})
const probed = new Map<DialectName, Capabilities>()
async function open(dialect: DialectName): Promise<Model> {
  let capabilities = probed.get(dialect)
  if (capabilities === undefined) {
    capabilities = await probeTarget(connection(dialect), { timeoutMs: 300_000 })
    probed.set(dialect, capabilities)
  }
  return createModel({ target: connection(dialect, capabilities), seed: 1 }).forItem('item')
}
const chatless = 'The capital of France is'
const chat = [{ role: 'user' as const, content: 'What is the capital of France?' }]

describe.skipIf('missing' in setup)('the GPU backend', () => {
  test('has all that its dialect claims, found by asking', async () => {
    const { capabilities } = await open('assay')
    // So small a model, asked to judge, tells no sentence from its contrary; a cross-encoder is given by --nli.
    expect(Object.keys(capabilities.missing)).toEqual(['entailment'])
    expect(capabilities).toMatchObject({
      text: true,
      logprobs: true,
      prompt_logprobs: true,
      full: true,
      dropout: true,
      embeddings: true,
      entailment: false,
      multipleSamples: true,
      seed: true,
      promptLogprobsBy: 'score',
      topLogprobs: 20,
    })
  })

  test('is to every dialect that it speaks the same model', async () => {
    const [own, vllm, openai] = await Promise.all([open('assay'), open('vllm'), open('openai')])
    for (const other of [vllm, openai]) {
      expect(await other.chat(chat, { maxTokens: 12 })).toMatchObject(await own.chat(chat, { maxTokens: 12 }))
      const texts = [' sat on the mat.', ' sat é 猫 🙂', ' Once upon a time']
      const [mine, theirs] = await Promise.all([own.score('The cat', texts), other.score('The cat', texts)])
      for (let place = 0; place < texts.length; place++) {
        const [a, b] = [mine[place], theirs[place]]
        expect(b?.logprob).toBeCloseTo(a?.logprob as number, 2)
        expect(b).toMatchObject({ scoredTokens: a?.scoredTokens, scoredBytes: a?.scoredBytes })
        expect(b?.tokens.at(-1)?.end).toBe(Buffer.byteLength(texts[place] as string))
      }
    }
  })

  test('measures what its samples and texts say twice alike', async () => {
    const own = await open('assay')
    const asked = { maxTokens: 12, topLogprobs: 20, entropy: true, terms: true } as const
    const [sample] = await own.chat(chat, asked)
    const [scored] = await own.score({ messages: chat }, [sample?.text as string], { entropy: true, terms: true })
    const shared = Math.min(sample?.tokens?.length ?? 0, scored?.tokens.length ?? 0)
    expect(shared).toBeGreaterThan(3)
    for (let place = 0; place < shared; place++) {
      const [generated, given] = [sample?.tokens?.[place], scored?.tokens[place]]
      expect(given?.logprob).toBeCloseTo(generated?.logprob as number, 3)
      expect(given?.entropy).toBeCloseTo(generated?.entropy as number, 3)
      for (const term of ['renyi', 'fisherRao', 'selfCertainty'] as const)
        expect(given?.terms?.[term]).toBeCloseTo(generated?.terms?.[term] as number, 2)
      // Greedy: the chosen token leads its alternatives.
      expect(generated?.top[0]?.logprob).toBe(generated?.logprob)
    }
  })

  test('finds the mass of phrases as their scores say', async () => {
    const own = await open('assay')
    const phrases = [' Paris', ' Paris, the', ' Lyon', " I don't know"]
    const { phrases: masses, total } = await own.mass('The capital of France is', phrases)
    const scores = await own.score('The capital of France is', phrases)
    masses.forEach(({ logprob, mass }, place) => {
      expect(logprob).toBeCloseTo(scores[place]?.logprob as number, 3)
      expect(mass).toBeCloseTo(Math.exp(logprob), 6)
    })
    expect(total).toBeLessThanOrEqual(1)
    expect(total).toBeGreaterThan(masses[0]?.mass as number)
  })

  test('makes passes with dropout whose parts add up', async () => {
    const own = await open('assay')
    const passes = 10
    const { tokens, ...told } = await own.dropout('The capital of France is', ' Paris, a city', { passes, seed: 1 })
    expect(told).toMatchObject({ passes, rate: 0.1, inserted: true })
    for (const token of tokens) {
      expect(token.predictiveEntropy).toBeCloseTo(token.aleatoricEntropy + token.epistemicEntropy, 3)
      const pairwise = (token.expectedPairwiseKl * (passes - 1)) / passes
      expect(pairwise).toBeCloseTo(token.epistemicEntropy + token.reverseMutualInformation, 2)
      expect(token.groupEpistemicEntropies).toHaveLength(5)
    }
    const still = await own.dropout('The capital of France is', ' Paris', { passes: 2, rate: 0 })
    const [scored] = await own.score('The capital of France is', [' Paris'])
    expect(still.tokens[0]?.logprob).toBeCloseTo(scored?.logprob as number, 3)
    expect(still.tokens[0]?.epistemicEntropy).toBeLessThan(1e-4)
  })

  test('tells states of its own middle', async () => {
    const own = await open('assay')
    const [paris, again, sentence] = await own.states(chatless, [' Paris', ' Paris', ' a city in the north.'])
    expect(paris).toHaveLength(576)
    expect(again).toEqual(paris)
    expect(sentence).not.toEqual(paris)
    const [embedding] = await own.states(chatless, [' Paris'], { layer: 0 })
    const [last] = await own.states(chatless, [' Paris'], { layer: 0, pool: 'last' })
    // One token: its mean is itself.
    expect(last).toEqual(embedding)
    await expect(own.states(chatless, [' Paris'], { layer: 31 })).rejects.toMatchObject({ kind: 'rejected' })
  })

  test('differs from itself in nothing', async () => {
    const own = await open('assay')
    const [compared] = await own.compare(model, ['The cat sat on the mat.'])
    expect(compared?.tokens.length).toBeGreaterThan(3)
    for (const token of compared?.tokens ?? []) {
      expect(token).toMatchObject({ topAgree: true, topKOverlap: 1 })
      expect(Math.max(token.klForward, token.klBackward, token.jensenShannon)).toBeLessThan(1e-6)
      expect(Math.abs(token.logprobDelta)).toBeLessThan(1e-6)
    }
  })

  test('judges entailment in probabilities, and embeds by meaning', async () => {
    const own = await open('assay')
    const trusting = connection('assay', { ...own.capabilities, entailment: true })
    const judged = await createModel({ target: trusting, seed: 1 })
      .forItem('item')
      .entail([
        ['The cat is asleep on the sofa.', 'The cat is asleep on the sofa.'],
        ['The cat is asleep on the sofa.', 'No animal is asleep.'],
      ])
    expect(judged).toHaveLength(2)
    for (const { entail, neutral, contradict, by } of judged) {
      expect(entail + neutral + contradict).toBeCloseTo(1, 5)
      expect(by).toMatch(/^judge:/)
    }
    const [cat, kitten, weather] = (await own.embed(['a cat', 'a kitten', 'tomorrow it will rain'])) as [
      Float32Array,
      Float32Array,
      Float32Array,
    ]
    const cosine = (a: Float32Array, b: Float32Array) =>
      a.reduce((sum, value, place) => sum + value * (b[place] as number), 0) / (Math.hypot(...a) * Math.hypot(...b))
    expect(cosine(cat, kitten)).toBeGreaterThan(cosine(cat, weather))
  })

  test.each(['assay', 'vllm'] as const)('is recorded as %s, and its record answers the same', async (dialect) => {
    const recording = await record({ dialect, model, baseUrl, apiKey: null }, 'gpu-backend', (url, init) =>
      fetch(url, init),
    )
    const again = await askAll(recordedTarget(recording), replaying(recording))
    expect(again).toEqual({ capabilities: recording.capabilities, answers: recording.answers })
    expect(again.answers.tooLong).toEqual({ error: 'context_too_long' })
    expect(again.answers.wrongModel).toEqual({ error: 'model_not_found' })
  })
})
