import { describe, expect, test } from 'vitest'
import type { TargetConnection } from '../../../src/model/connection.ts'
import { createModel } from '../../../src/model/session.ts'
import { allCapabilities, connection, fakeServer, type Sent } from '../target.ts'
import { assayFixture } from './fixtures/assay.ts'
import type { ServerFixture } from './fixtures/fixture.ts'
import { llamaCppFixture } from './fixtures/llama.cpp.ts'
import { ollamaFixture } from './fixtures/ollama.ts'
import { openaiFixture } from './fixtures/openai.ts'
import { sglangFixture } from './fixtures/sglang.ts'
import { tgiFixture } from './fixtures/tgi.ts'
import { vllmFixture, vllmPromptLogprobsFixture } from './fixtures/vllm.ts'
import { workersAiFixture, workersAiOpenaiFixture } from './fixtures/workers-ai.ts'

const fixtures: ServerFixture[] = [
  openaiFixture,
  vllmFixture,
  vllmPromptLogprobsFixture,
  assayFixture,
  llamaCppFixture,
  ollamaFixture,
  workersAiFixture,
  workersAiOpenaiFixture,
  sglangFixture,
  tgiFixture,
]

const question = [{ role: 'user' as const, content: 'What is the capital of France?', id: 'not for the server' }]

describe.each(fixtures)('$name', (fixture) => {
  const open = (answer: unknown | Response | ((sent: Sent) => unknown), changes: Partial<TargetConnection> = {}) => {
    const server = fakeServer((sent) => (typeof answer === 'function' ? answer(sent) : answer))
    const target = connection({
      dialect: fixture.dialect,
      baseUrl: fixture.baseUrl,
      apiKey: 'sk-secret',
      capabilities: { ...allCapabilities, ...fixture.capabilities },
      ...changes,
    })
    const session = createModel({ target, transport: server.transport, seed: 1, random: () => 0 })
    return { sent: server.sent, session, model: session.forItem('item') }
  }

  test('answers a chat, and tells what it cost', async () => {
    const { model, sent, session } = open(fixture.chat.answer)
    const [sample] = await model.chat(question, { maxTokens: 5 })
    expect(sample).toEqual({ text: 'Paris', finishReason: 'stop' })
    expect(sent).toHaveLength(1)
    const [{ url, body, headers, init }] = sent as [Sent]
    expect(new URL(url).pathname).toBe(fixture.chat.path)
    expect(headers.authorization).toBe('Bearer sk-secret')
    expect(init).toMatchObject({ method: 'POST', redirect: 'manual' })
    expect(JSON.stringify(body)).toContain('"temperature":0')
    expect(JSON.stringify(body)).toContain('{"role":"user","content":"What is the capital of France?"}')
    expect(JSON.stringify(body)).not.toContain('seed')
    const [promptTokens, completionTokens] = fixture.chat.usage
    expect(session.usage).toMatchObject({ calls: 1, requests: 1, promptTokens, completionTokens, estimated: false })
  })

  test('gives log-probabilities in one form, or leaves them out where there are none', async () => {
    const answer = fixture.chatLogprobs?.answer ?? fixture.chat.answer
    const { model, sent } = open(answer)
    const [sample] = await model.chat(question, { topLogprobs: 2 })
    expect(sample?.tokens).toEqual(fixture.chatLogprobs?.tokens)
    expect(/logprobs/i.test(JSON.stringify(sent[0]?.body))).toBe(fixture.chatLogprobs !== null)
  })

  test('tells a reply that was cut', async () => {
    const [sample] = await open(fixture.length).model.chat(question, { maxTokens: 2 })
    expect(sample).toEqual({ text: 'It is', finishReason: 'length' })
  })

  test('keeps reasoning apart, by field or by tags', async () => {
    if (fixture.reasoning !== null) {
      const [sample] = await open(fixture.reasoning).model.chat(question)
      expect(sample).toMatchObject({ text: 'Paris', reasoning: 'The user asks.' })
    }
    const tagged = JSON.parse(
      JSON.stringify(fixture.chat.answer).replaceAll('"Paris"', '"<think>\\nThe user asks.\\n</think>\\n\\nParis"'),
    )
    const [sample] = await open(tagged, { reasoningTags: ['think'] }).model.chat(question)
    expect(sample).toMatchObject({ text: 'Paris', reasoning: 'The user asks.', finishReason: 'stop' })
    const cut = JSON.parse(JSON.stringify(tagged).replaceAll('</think>', ''))
    const [unclosed] = await open(cut, { reasoningTags: ['think'] }).model.chat(question)
    expect(unclosed).toMatchObject({ text: '', finishReason: 'length' })
    expect(unclosed?.reasoning).toContain('The user asks.')
  })

  test('states the seed where it samples, another for each item', async () => {
    const { session, sent } = open(fixture.chat.answer)
    await session.forItem('a').chat(question, { temperature: 1 })
    await session.forItem('b').chat(question, { temperature: 1 })
    const seeds = sent.map(({ body }) => /"seed":(\d+)/.exec(JSON.stringify(body))?.[1])
    expect(seeds[0]).toMatch(/^\d+$/)
    expect(Number(seeds[0])).toBeLessThan(2 ** 31)
    expect(seeds[1]).not.toBe(seeds[0])
    const again = open(fixture.chat.answer)
    await again.session.forItem('a').chat(question, { temperature: 1 })
    expect(/"seed":(\d+)/.exec(JSON.stringify(again.sent[0]?.body))?.[1]).toBe(seeds[0])
  })

  test('knows a token that is half a letter by its bytes, where they are told', async () => {
    if (fixture.half === null) return
    const [sample] = await open(fixture.half.answer).model.chat(question, { topLogprobs: 0 })
    expect(sample?.text).toBe('é')
    const bytes = sample?.tokens?.map((token) => token.bytes)
    expect(bytes).toEqual(fixture.half.bytes ? [[0xc3], [0xa9]] : [undefined, undefined])
    expect(sample?.tokens).toMatchObject([
      { token: '\ufffd', logprob: -0.5 },
      { token: '\ufffd', logprob: -0.25 },
    ])
  })

  test('tells a refusal in a field', async () => {
    if (fixture.refusal === null) return
    expect(await open(fixture.refusal).model.chat(question)).toMatchObject([{ text: 'No.', refusal: 'No.' }])
  })

  test('states nothing that a server refuses, and leaves nothing to the model that bends its distribution', async () => {
    const { model, sent } = open(fixture.chat.answer)
    await model.chat(question, { temperature: 1 })
    const { body } = sent[0] as Sent
    const told = { ...body, ...body.options, ...body.requests?.[0] }
    expect(told.temperature).toBe(1)
    // TGI refuses a top_p of 1, SGLang a top_k of 0.
    if (fixture.name === 'TGI') expect(told).not.toHaveProperty('top_p')
    const penalties = { presence_penalty: 0, frequency_penalty: 0 }
    if (fixture.dialect === 'vllm')
      expect(told).toMatchObject({ top_p: 1, top_k: -1, min_p: 0, repetition_penalty: 1, ...penalties })
    if (fixture.dialect === 'llama.cpp' || fixture.dialect === 'ollama')
      expect(told).toMatchObject({ top_p: 1, top_k: 0, min_p: 0, typical_p: 1, repeat_penalty: 1, ...penalties })
    if (fixture.dialect === 'llama.cpp')
      expect(told).toMatchObject({ top_n_sigma: -1, dynatemp_range: 0, adaptive_target: -1, mirostat: 0 })
  })

  test('lets no server cut a prompt that is too long', async () => {
    if (fixture.dialect !== 'ollama') return
    const asked = async (answer: unknown, ask: (model: ReturnType<typeof open>['model']) => Promise<unknown>) => {
      const { model, sent } = open(answer)
      await ask(model)
      return sent[0]?.body
    }
    const uncut = { truncate: false, shift: false }
    expect(await asked(fixture.chat.answer, (model) => model.chat(question))).toMatchObject(uncut)
    expect(await asked(fixture.completion?.answer, (model) => model.complete('The'))).toMatchObject(uncut)
    expect(await asked(fixture.embeddings?.answer, (model) => model.embed(['a', 'b']))).toMatchObject({
      truncate: false,
    })
  })

  test('tells a server that scores no chats from one that answers wrongly', async () => {
    if (fixture.dialect !== 'vllm') return
    const prompt = { messages: [{ role: 'user' as const, content: 'q' }] }
    // SGLang reads over prompt_logprobs.
    await expect(open(fixture.chat.answer).model.score(prompt, ['Paris'])).rejects.toMatchObject({
      kind: 'capability_missing',
    })
  })

  test('scores given text, or says why it cannot', async () => {
    const { model, sent } = open((_: Sent) =>
      // JSON has no -Infinity: Python servers write it all the same.
      fixture.given
        ? new Response(
            JSON.stringify(fixture.given.answer, (_key, value) => (value === -Infinity ? '@inf' : value)).replaceAll(
              '"@inf"',
              '-Infinity',
            ),
          )
        : {},
    )
    const scoring = model.score('The cat', [' sat é'])
    if (fixture.given === null) {
      await expect(scoring).rejects.toMatchObject({ kind: 'capability_missing', message: /has none/ })
      expect(sent).toHaveLength(0)
      return
    }
    expect(await scoring).toEqual([fixture.given.scores])
    expect(new URL((sent[0] as Sent).url).pathname).toBe(fixture.given.path)
  })

  test('opens a reply with given text, or says that it cannot', async () => {
    const { model, sent } = open(fixture.prefix?.answer ?? {})
    const asked = model.chat(question, { answerPrefix: 'The answer is' })
    if (fixture.prefix === null) {
      await expect(asked).rejects.toMatchObject({ kind: 'capability_missing' })
      expect(sent).toHaveLength(0)
    } else {
      expect((await asked)[0]?.text).toBe(' Paris')
      expect(JSON.stringify(sent[0]?.body)).toContain('The answer is')
    }
  })

  test('embeds texts in their order', async () => {
    if (fixture.embeddings === null) return
    const { model, sent } = open(fixture.embeddings.answer)
    expect(await model.embed(['a', 'b'])).toEqual([Float32Array.of(1, 0), Float32Array.of(0, 1)])
    expect(new URL((sent[0] as Sent).url).pathname).toBe(fixture.embeddings.path)
  })

  test('knows a model that is not there, a text too long and a wrong key', async () => {
    const answering = ({ status, body }: { status: number; body: unknown }) =>
      open(() => Response.json(body, { status }))
    if (fixture.modelMissing !== null)
      await expect(answering(fixture.modelMissing).model.chat(question)).rejects.toMatchObject({
        kind: 'model_not_found',
      })
    await expect(answering(fixture.tooLong).model.chat(question)).rejects.toMatchObject({ kind: 'context_too_long' })
    const refused = answering({ status: 401, body: { error: { message: 'Incorrect API key provided: sk-secret' } } })
    const error = await refused.model.chat(question).catch((error: unknown) => error)
    expect(error).toMatchObject({ kind: 'unauthorized' })
    expect(String(error)).not.toContain('sk-secret')
  })
})
