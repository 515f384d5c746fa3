import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { probeTarget } from '../../src/model/probe.ts'
import { createModel } from '../../src/model/session.ts'
import { startServer, type TestServer } from '../servers/openai.ts'
import { connection, echoing, fakeServer, type Sent } from './target.ts'

describe('a server is known by what it does', () => {
  const servers: Partial<Record<'openai' | 'vllm' | 'assay', TestServer>> = {}
  beforeAll(async () => {
    for (const dialect of ['openai', 'vllm', 'assay'] as const)
      servers[dialect] = await startServer({ dialect, seed: 3, apiKey: 'sk-right' })
  })
  afterAll(async () => {
    await Promise.all(Object.values(servers).map((server) => server.close()))
  })
  const target = (dialect: 'openai' | 'vllm' | 'assay', changes = {}) =>
    connection({
      dialect,
      baseUrl: (servers[dialect] as TestServer).url,
      apiKey: 'sk-right',
      capabilities: null,
      ...changes,
    })

  test.each([
    ['openai', 'echo', false],
    ['vllm', 'echo', false],
    ['assay', 'score', true],
  ] as const)('%s', async (dialect, promptLogprobsBy, full) => {
    const found = await probeTarget(target(dialect))
    expect(found).toMatchObject({
      text: true,
      chat: true,
      completions: true,
      promptLists: true,
      multipleSamples: true,
      seed: true,
      logprobs: true,
      topLogprobs: 20,
      prompt_logprobs: true,
      promptLogprobsBy,
      full,
      embeddings: true,
      contextLength: 8192,
    })
    expect(found).toMatchObject(full ? { entailment: true, dropout: true } : { entailment: false })
    expect(found.dropout).toBe(full ? true : undefined)
    expect(found.answerPrefix).toBe(dialect === 'vllm' ? true : undefined)
    if (!full) expect(found.missing.full).toMatch(/full-vocabulary/)
    expect(await probeTarget(target(dialect))).toEqual(found)
  })

  test('costs few requests', async () => {
    const server = servers.openai as TestServer
    server.reset()
    await probeTarget(target('openai'))
    expect(server.stats().requests).toBeLessThanOrEqual(15)
  })

  test('a wrong key, a model that is not there and a wrong dialect say what to do', async () => {
    const wrong = await probeTarget(target('openai', { apiKey: 'sk-wrong-123456' })).catch((error: unknown) => error)
    expect(wrong).toMatchObject({ kind: 'unauthorized', message: /valid key/ })
    expect(String(wrong)).not.toContain('sk-wrong')
    await expect(probeTarget(target('openai', { model: 'gone' }))).rejects.toMatchObject({
      kind: 'model_not_found',
      message: /Check its name/,
    })
    await expect(probeTarget(target('openai', { dialect: 'ollama' }))).rejects.toMatchObject({
      kind: 'rejected',
      message: /base URL and the dialect/,
    })
  })
})

test('a server that ignores a begun reply is not asked to continue one', async () => {
  const { transport } = fakeServer(echoing)
  const target = connection({ dialect: 'vllm' })
  const found = await probeTarget(target, { transport })
  expect(found).toMatchObject({ chat: true, answerPrefix: false })
  const model = createModel({ target: { ...target, capabilities: found }, transport, seed: 1 }).forItem('a')
  await expect(model.chat([{ role: 'user', content: 'q' }], { answerPrefix: 'x' })).rejects.toMatchObject({
    kind: 'capability_missing',
    message: /does not continue/,
  })
})

test('nobody there is unreachable', async () => {
  const server = await startServer()
  const { url } = server
  await server.close()
  await expect(probeTarget(connection({ baseUrl: url, capabilities: null }))).rejects.toMatchObject({
    kind: 'unreachable',
  })
})

test('a private address is refused where only public ones may be called', async () => {
  const { transport, sent } = fakeServer(() => ({}))
  const target = connection({ baseUrl: 'http://169.254.169.254/v1', allowPrivate: false })
  await expect(probeTarget(target, { transport })).rejects.toMatchObject({ kind: 'rejected' })
  expect(sent).toHaveLength(0)
})

describe('what a server does not do is found out, with its reason', () => {
  const page = () => new Response('<html>hello</html>', { headers: { 'content-type': 'text/html' } })
  test('a web page', async () => {
    const { transport } = fakeServer(page)
    await expect(probeTarget(connection(), { transport })).rejects.toMatchObject({
      kind: 'malformed',
      message: /web page.*\/v1/,
    })
  })

  const words = 'a cat sat on the mat in the sun and slept'.split(' ')
  /** An OpenAI-like server whose ways are chosen; the count of calls makes it unsteady where asked. */
  const server = (ways: {
    topMost?: number
    logprob?: (token: string, call: number) => number | null
    echo?: boolean
    n?: boolean
    seed?: boolean
    chat?: boolean
    /** A sample's text, by its seed (undefined: none) and its place in the request. */
    draw?: (seed: number | undefined, place: number, call: number) => string
  }) => {
    let call = 0
    return fakeServer(({ body, url }: Sent) => {
      call++
      const refuse = (message: string) => Response.json({ error: { message } }, { status: 400 })
      if (url.endsWith('/models') || url.endsWith('/embeddings')) return refuse('no such path')
      if (body.messages && ways.chat === false) return refuse('no chat template')
      const most = ways.topMost ?? 5
      const wanted = body.messages ? body.top_logprobs : body.logprobs
      if (wanted > most) return refuse(`at most ${most} top log-probabilities`)
      const count = ways.n === false ? 1 : (body.n ?? 1)
      const prompts: string[] = body.messages ? [''] : [body.prompt].flat()
      const text = ways.seed === false && body.temperature > 0 ? `word${call}` : 'cat'
      const choices = prompts.flatMap((prompt) =>
        Array.from({ length: count }, (_, place) => {
          if (body.messages && ways.draw && body.temperature > 0)
            return { message: { content: ways.draw(body.seed, place, call) }, finish_reason: 'stop', logprobs: null }
          if (body.messages) {
            const top = words.slice(0, wanted).map((token, rank) => ({ token, logprob: -1 - rank }))
            const content = [{ token: text, logprob: -1, top_logprobs: top }]
            const logprobs = body.logprobs && most > 0 ? { content } : null
            return { message: { content: text }, finish_reason: 'stop', logprobs }
          }
          const tokens = (body.echo && ways.echo !== false ? prompt : '').match(/ ?[^ ]+/g) ?? []
          const token_logprobs = tokens.map((token, index) =>
            index === 0 ? null : (ways.logprob ?? (() => -1))(token, call),
          )
          return {
            text: prompt + text,
            finish_reason: 'length',
            logprobs: { tokens, token_logprobs, top_logprobs: null },
          }
        }),
      )
      choices.forEach((choice, index) => {
        Object.assign(choice, { index })
      })
      return { model: 'm', choices, usage: { prompt_tokens: 1, completion_tokens: 1 } }
    })
  }
  const probe = (ways: Parameters<typeof server>[0]) => probeTarget(connection(), { transport: server(ways).transport })

  test('the most alternatives', async () => {
    expect(await probe({ topMost: 5 })).toMatchObject({ logprobs: true, topLogprobs: 5 })
    expect(await probe({ topMost: 1 })).toMatchObject({ logprobs: true, topLogprobs: 1 })
    const none = await probe({ topMost: 0 })
    expect(none).toMatchObject({ logprobs: false, topLogprobs: 0 })
    expect(none.missing.logprobs).toBeTruthy()
  })

  test('several samples and seeds', async () => {
    const found = await probe({ n: false, seed: false })
    expect(found).toMatchObject({ multipleSamples: false, seed: false })
    expect(found.missing.multipleSamples).toBeTruthy()
    expect(found.missing.seed).toMatch(/two different answers/)
  })

  test.each<[string, (seed: number | undefined, place: number, call: number) => string, boolean, RegExp | undefined]>([
    ['differ', (seed, place, call) => `${seed ?? call}/${place}`, true, undefined],
    ['are copies', (seed, _, call) => `${seed ?? call}`, false, /^The samples of one request are copies/],
    [
      'are copies with a seed',
      (seed, place, call) => (seed === undefined ? `${call}/${place}` : `${seed}`),
      false,
      /^With a seed the samples of one request are copies/,
    ],
  ])('samples of one request that %s', async (_name, draw, multipleSamples, reason) => {
    const found = await probe({ draw })
    expect(found).toMatchObject({ multipleSamples, seed: true })
    expect(found.missing.sampling).toBeUndefined()
    if (reason === undefined) expect(found.missing.multipleSamples).toBeUndefined()
    else expect(found.missing.multipleSamples).toMatch(reason)
  })

  test('samples that never differ', async () => {
    const found = await probe({ draw: () => 'a cat' })
    expect(found).toMatchObject({ multipleSamples: true, seed: true })
    expect(found.missing.sampling).toMatch(/same sample/)
  })

  test('no chat', async () => {
    const found = await probe({ chat: false })
    expect(found).toMatchObject({ text: true, chat: false, completions: true })
    expect(found.missing.chat).toMatch(/no chat template/)
  })

  // The scrambled sentence ends with "came.", which is less likely there.
  const good = (token: string) => (token === ' came.' ? -9 : -1)
  test('good log-probabilities of given text', async () => {
    expect(await probe({ logprob: good })).toMatchObject({ prompt_logprobs: true, promptLogprobsBy: 'echo' })
  })

  test.each([
    ['silent zeros', () => 0, /0/],
    ['the same for any order', () => -1, /Scrambled/],
    ['numbers that change', (token: string, call: number) => good(token) - call / 10, /apart/],
    ['NaN as null', () => null, /no log-probability/],
    ['above 0', () => 1, /above 0/],
  ])('log-probabilities of given text that are %s', async (_name, logprob, reason) => {
    const found = await probe({ logprob: logprob as (token: string, call: number) => number })
    expect(found).toMatchObject({ prompt_logprobs: false, promptLogprobsBy: null })
    expect(found.missing.prompt_logprobs).toMatch(reason)
  })

  test('an echo without the prompt', async () => {
    expect((await probe({ echo: false })).missing.prompt_logprobs).toMatch(/other tokens/)
  })
})
