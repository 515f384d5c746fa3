import { describe, expect, test } from 'vitest'
import type { Capabilities } from '../../schema/capabilities.ts'
import { quoteServer } from '../../src/model/errors.ts'
import type { Sampling } from '../../src/model/model.ts'
import { partReasoning } from '../../src/model/reasoning.ts'
import { createModel } from '../../src/model/session.ts'
import { allCapabilities, connection, fakeServer } from './target.ts'

const messages = [{ role: 'user' as const, content: 'q' }]
const choice = (more: Record<string, unknown> = {}, message: Record<string, unknown> = {}) => ({
  model: 'test-model',
  choices: [{ index: 0, message: { role: 'assistant', content: 'Paris', ...message }, finish_reason: 'stop', ...more }],
  usage: { prompt_tokens: 3, completion_tokens: 1 },
})

/** Asks once, with every retry at once. */
function ask(answer: unknown, options: Sampling = {}) {
  const server = fakeServer(() => (typeof answer === 'function' ? answer() : answer))
  const session = createModel({ target: connection(), transport: server.transport, seed: 1, random: () => 0 })
  return session.forItem('a').chat(messages, options)
}

describe('answers with status 200', () => {
  test.each([
    [
      'a web page',
      () => new Response('<!doctype html><title>Sign in</title>', { headers: { 'content-type': 'text/html' } }),
      'malformed',
    ],
    ['half a JSON', () => new Response('{"choices":[{"index":0,"mess'), 'malformed'],
    ['nothing', () => new Response(''), 'malformed'],
    ['a list', [], 'malformed'],
    ['a number', 5, 'malformed'],
    ['no choices', { model: 'm' }, 'malformed'],
    ['empty choices', { choices: [] }, 'empty'],
    ['null content', choice({}, { content: null }), 'empty'],
    ['too many choices', { choices: [...choice().choices, ...choice().choices] }, 'malformed'],
    ['an error', { error: { message: 'quota', code: 400 } }, 'rejected'],
    ['an error of the key', { error: { message: 'No auth credentials found', code: 401 } }, 'unauthorized'],
    ['an error of credits', { error: { message: 'Insufficient credits', code: 402 } }, 'unauthorized'],
    [
      'an error of length',
      { error: { message: 'This endpoint’s maximum context length is 8192 tokens', code: 400 } },
      'context_too_long',
    ],
    ['an error of load', { error: { message: 'slow down', code: 'rate_limit_exceeded' } }, 'rate_limited'],
    ['an upstream’s error', { error: { message: 'Provider returned error', code: 502 } }, 'server_error'],
    [
      'half a reply and its error',
      choice({ finish_reason: 'error', error: { code: 502, message: 'gone' } }),
      'server_error',
    ],
    ['a reply that a gateway broke off', choice({ finish_reason: 'network_error' }, { content: '' }), 'server_error'],
    ['a reply that was called off', choice({ finish_reason: 'abort' }, { content: '' }), 'server_error'],
    [
      '10 MB, told',
      () => new Response('x'.repeat(10_000_000), { headers: { 'content-length': '10000000' } }),
      'too_large',
    ],
    ['10 MB, untold', () => new Response('x'.repeat(10_000_000)), 'too_large'],
  ])('%s: %$', async (_name, answer, kind) => {
    await expect(ask(answer)).rejects.toMatchObject({ name: 'ModelError', kind })
  })

  test('what an error in a body says is quoted as any other', async () => {
    const error = { message: 'bad \u001b[31mkey\nsk-abc123def456 or my-own-key', code: 400 }
    const server = fakeServer(() => ({ error }))
    const target = connection({ apiKey: 'my-own-key' })
    const session = createModel({ target, transport: server.transport, seed: 1 })
    await expect(session.forItem('a').chat(messages)).rejects.toThrow('reports an error: bad key *** or ***')
  })

  test('a megabyte that breaks off in a string is read in no time', async () => {
    const escaped = '\\"'.repeat(500_000)
    const cut = () => new Response(`{"score":NaN,"choices":[{"index":0,"message":{"content":"${escaped}`)
    const began = performance.now()
    await expect(ask(cut)).rejects.toMatchObject({ kind: 'malformed' })
    expect(performance.now() - began).toBeLessThan(5000)
  })
  test('an answer far past the tokens it was allowed is cut, with its tokens', async () => {
    const words = Array.from({ length: 20_000 }, (_, index) => `w${index} `)
    const content = words.map((token) => ({ token, logprob: -1, bytes: [], top_logprobs: [] }))
    const long = choice({ logprobs: { content } }, { content: words.join('') })
    const [sample] = await ask(long, { maxTokens: 8, topLogprobs: 0 })
    expect(sample?.finishReason).toBe('length')
    expect(sample?.text.length).toBe(4096 + 64 * 8)
    expect(words.join('').startsWith(sample?.tokens?.map(({ token }) => token).join('') ?? 'x')).toBe(true)
    expect(sample?.tokens?.length).toBeGreaterThan(500)
    // What a server could have said within its limit stays as it is.
    const full = await ask(choice({}, { content: 'x'.repeat(4000) }), { maxTokens: 1 })
    expect(full).toEqual([{ text: 'x'.repeat(4000), finishReason: 'stop' }])
  })
  test('numbers of Python are mended outside of strings, and only there', async () => {
    const body = `{"a":NaN,"b":[-Infinity,Infinity],"choices":[{"message":{"content":"NaN \\"NaN -Infinity"},"finish_reason":"stop"}]}`
    expect(await ask(() => new Response(body))).toEqual([{ text: 'NaN "NaN -Infinity', finishReason: 'stop' }])
  })
  test('an empty text is an answer', async () => {
    expect(await ask(choice({}, { content: '' }))).toEqual([{ text: '', finishReason: 'stop' }])
  })
  test('of a filtered answer what is left counts, and where nothing is left the question has none', async () => {
    expect(await ask(choice({ finish_reason: 'content_filter' }, { content: 'Par' }))).toEqual([
      { text: 'Par', finishReason: 'content_filter' },
    ])
    for (const content of [null, ''])
      await expect(ask(choice({ finish_reason: 'content_filter' }, { content }))).rejects.toMatchObject({
        kind: 'content_filtered',
      })
  })
  test('a refusal in its field is what the model said', async () => {
    expect(await ask(choice({}, { content: null, refusal: 'I cannot.' }))).toEqual([
      { text: 'I cannot.', finishReason: 'stop', refusal: 'I cannot.' },
    ])
    expect(await ask(choice({}, { content: 'Paris.', refusal: 'I cannot.' }))).toMatchObject([{ text: 'Paris.' }])
  })
  test('a refusal has its log-probabilities beside those of an answer', async () => {
    const refusal = ['I', ' cannot', '.'].map((token) => ({ token, logprob: -1, bytes: null, top_logprobs: [] }))
    const refused = choice({ logprobs: { content: null, refusal } }, { content: null, refusal: 'I cannot.' })
    const [sample] = await ask(refused, { topLogprobs: 0 })
    expect(sample?.tokens?.map(({ token }) => token)).toEqual(['I', ' cannot', '.'])
    const without = choice({ logprobs: null }, { content: null, refusal: 'I cannot.' })
    expect(await ask(without, { topLogprobs: 0 })).toMatchObject([{ text: 'I cannot.', tokens: [] }])
  })
  test('a reply cut off before its first word is an answer: hidden reasoning took its tokens', async () => {
    expect(await ask(choice({ finish_reason: 'length' }, { content: null }))).toEqual([
      { text: '', finishReason: 'length' },
    ])
  })
  test('reasoning without an answer is an answer cut off', async () => {
    expect(await ask(choice({ finish_reason: 'length' }, { content: null, reasoning_content: 'Well' }))).toEqual([
      { text: '', finishReason: 'length', reasoning: 'Well' },
    ])
  })
  test('content in parts is joined', async () => {
    const parts = [
      { type: 'text', text: 'Pa' },
      { type: 'text', text: 'ris' },
    ]
    expect((await ask(choice({}, { content: parts })))[0]?.text).toBe('Paris')
  })
  test('a redirect is not followed', async () => {
    const answer = new Response(null, { status: 302, headers: { location: 'http://169.254.169.254/' } })
    await expect(ask(answer)).rejects.toMatchObject({ kind: 'unreachable', message: /redirects/ })
  })
})

describe('answers with another status', () => {
  test.each<[number, unknown, string]>([
    // Workers AI, by its table of errors: what is used up for today, and what may be free in a moment.
    [
      429,
      {
        success: false,
        errors: [{ code: 3036, message: 'You have used up your daily free allocation of 10,000 neurons.' }],
      },
      'unauthorized',
    ],
    [
      429,
      { success: false, errors: [{ code: 3040, message: 'No more data centers to forward the request to' }] },
      'rate_limited',
    ],
    [404, { success: false, errors: [{ code: 3042, message: 'The model name is invalid' }] }, 'model_not_found'],
    // Azure.
    [
      404,
      { error: { code: 'DeploymentNotFound', message: 'The API deployment for this resource does not exist.' } },
      'model_not_found',
    ],
    [
      400,
      { error: { code: 'content_filter', message: 'The response was filtered', innererror: {} } },
      'content_filtered',
    ],
    [
      404,
      { error: { message: 'This model is only supported in v1/responses and not in v1/chat/completions.' } },
      'rejected',
    ],
    [404, { detail: 'Not Found' }, 'rejected'],
    [500, 'oops', 'server_error'],
    [503, { error: { code: 503, message: 'Loading model', type: 'unavailable_error' } }, 'rate_limited'],
  ])('%i %j: %s', async (status, body, kind) => {
    const server = fakeServer(() => Response.json(body, { status, headers: { 'retry-after': '60' } }))
    const session = createModel({ target: connection(), transport: server.transport, seed: 1, random: () => 0 })
    await expect(session.forItem('a').chat(messages)).rejects.toMatchObject({ kind })
  })
})

describe('a stop string', () => {
  const entry = (token: string) => ({ token, logprob: -1, bytes: null, top_logprobs: [] })

  test('ends the answer also where the server does not know it, or gives it too', async () => {
    const content = ['Pa', 'ris', '.\n', 'Question', ':'].map(entry)
    const long = choice({ logprobs: { content } }, { content: 'Paris.\nQuestion:' })
    const [sample] = await ask({ ...long, choices: long.choices }, { stop: ['?', '\n'], topLogprobs: 0 })
    expect(sample).toMatchObject({ text: 'Paris.', finishReason: 'stop' })
    expect(sample?.tokens?.map(({ token }) => token)).toEqual(['Pa', 'ris', '.\n'])
    expect(await ask(choice({}, { content: 'Paris\n' }), { stop: ['\n'] })).toMatchObject([{ text: 'Paris' }])
    expect(await ask(choice({ finish_reason: 'length' }, { content: 'Paris' }), { stop: ['\n'] })).toEqual([
      { text: 'Paris', finishReason: 'length' },
    ])
  })

  test('that a model refuses is not asked for again', async () => {
    const server = fakeServer(({ body }) =>
      body.stop === undefined
        ? choice({}, { content: 'Paris\nRome' })
        : Response.json(
            {
              error: {
                message: "Unsupported parameter: 'stop' is not supported with this model.",
                type: 'invalid_request_error',
                param: 'stop',
                code: 'unsupported_parameter',
              },
            },
            { status: 400 },
          ),
    )
    const session = createModel({ target: connection(), transport: server.transport, seed: 1 })
    for (const item of ['a', 'b'])
      expect(await session.forItem(item).chat([{ role: 'user', content: item }], { stop: ['\n'] })).toMatchObject([
        { text: 'Paris' },
      ])
    expect(server.sent.map(({ body }) => body.stop)).toEqual([['\n'], undefined, undefined])
  })
})

test('reasoning that the total alone counts is paid for', async () => {
  // xAI: completion_tokens are those of the text, total_tokens those of the reasoning too.
  const usage = { prompt_tokens: 12, completion_tokens: 1, total_tokens: 399 }
  const server = fakeServer(() => ({ ...choice(), usage }))
  const session = createModel({ target: connection(), transport: server.transport, seed: 1 })
  await session.forItem('a').chat(messages)
  expect(session.usage).toMatchObject({ promptTokens: 12, completionTokens: 387 })
})

describe('log-probabilities of generated tokens', () => {
  const entry = (token: string, logprob: unknown, top: unknown[] = []) => ({
    token,
    logprob,
    bytes: [],
    top_logprobs: top,
  })
  const asked = (content: unknown[], text = 'Paris', topLogprobs = 2) =>
    ask(choice({ logprobs: { content } }, { content: text }), { topLogprobs })

  test.each<[string, unknown[], string]>([
    ['NaN', [entry('Paris', Number.NaN)], 'Paris'],
    ['null', [entry('Paris', null)], 'Paris'],
    ['text', [entry('Paris', '-1')], 'Paris'],
    ['above 0', [entry('Paris', 0.5)], 'Paris'],
    ['of another text', [entry('London', -1)], 'Paris'],
    ['all zero', Array.from({ length: 9 }, () => entry('a', 0)), 'aaaaaaaaa'],
    [
      'all certain at once',
      [
        entry('Paris', 0, [
          { token: 'Paris', logprob: 0 },
          { token: 'The', logprob: 0 },
        ]),
      ],
      'Paris',
    ],
    ['without token', [{ logprob: -1 }], 'Paris'],
  ])('%s are refused', async (_name, content, text) => {
    await expect(asked(content, text)).rejects.toMatchObject({ kind: 'invalid_logprobs' })
  })

  test('an unknown shape is named', async () => {
    await expect(ask(choice({ logprobs: { token_ids: [1], scores: [] } }), { topLogprobs: 1 })).rejects.toThrow(
      /token_ids, scores/,
    )
  })

  test('rounding above 0 becomes 0, sentinels 100 nats, and alternatives are sorted and cut', async () => {
    const content = [
      entry('Par', 1e-7, [
        { token: 'a', logprob: -9999 },
        { token: 'b', logprob: -8 },
        { token: 'Par', logprob: 0 },
        { token: 'c', logprob: -9 },
      ]),
      entry('is', -9999),
    ]
    const [sample] = await asked(content)
    expect(sample?.tokens).toEqual([
      {
        token: 'Par',
        logprob: 0,
        top: [
          { token: 'Par', logprob: 0 },
          { token: 'b', logprob: -8 },
        ],
      },
      { token: 'is', logprob: -100, top: [] },
    ])
  })

  test('half a character keeps its bytes', async () => {
    const content = [
      { ...entry('\ufffd', -1), bytes: [0xc3] },
      { ...entry('\ufffd', -2), bytes: [0xa9] },
    ]
    const [sample] = await asked(content, 'é')
    expect(sample?.tokens?.map(({ bytes }) => bytes)).toEqual([[0xc3], [0xa9]])
  })

  test('tokens of the reasoning and of the end are not the answer’s', async () => {
    const content = ['<think>', 'hm', '</think>', '\n\n', 'Par', 'is', '<|im_end|>'].map((token) => entry(token, -1))
    const server = fakeServer(() => choice({ logprobs: { content } }, { content: '<think>hm</think>\n\nParis' }))
    const target = connection({ reasoningTags: ['think'] })
    const session = createModel({ target, transport: server.transport, seed: 1 })
    const [sample] = await session.forItem('a').chat(messages, { topLogprobs: 0 })
    expect(sample?.tokens?.map(({ token }) => token)).toEqual(['Par', 'is'])
  })
})

describe('tokens of the answer, where some are half a character', () => {
  const emoji = [0xf0, 0x9f, 0x99, 0x82]
  const bytes = { told: (at: number) => [emoji[at]], untold: () => [0xef, 0xbf, 0xbd] }
  const half = (at: number, spell: keyof typeof bytes) => ({ token: '\ufffd', bytes: bytes[spell](at) })
  const of = async (words: (string | { token: string; bytes: (number | undefined)[] })[], text: string) => {
    const content = words.map((word) => ({
      ...(typeof word === 'string' ? { token: word, bytes: null } : word),
      logprob: -1,
      top_logprobs: [],
    }))
    const server = fakeServer(() => choice({ logprobs: { content } }, { content: text }))
    const target = connection({ reasoningTags: ['think'] })
    const session = createModel({ target, transport: server.transport, seed: 1 })
    const [sample] = await session.forItem('a').chat(messages, { topLogprobs: 0 })
    return sample?.tokens?.map(({ token }) => token)
  }

  test.each(['told', 'untold'] as const)('are not those of the reasoning; their bytes %s', async (spell) => {
    const smile = [0, 1, 2, 3].map((at) => half(at, spell))
    const opening = ['<think>', 'hm', ...smile, '</think>', '\n\n']
    expect(await of([...opening, 'Par', 'is', '<|im_end|>'], '<think>hm🙂</think>\n\nParis')).toEqual(['Par', 'is'])
    expect(await of([...opening, 'a', ...smile, 'b', '</s>'], '<think>hm🙂</think>\n\na🙂b')).toEqual([
      'a',
      ...Array(4).fill('\ufffd'),
      'b',
    ])
    expect(await of([...opening, '猫', ...smile, 'b', '</s>'], '<think>hm🙂</think>\n\n猫🙂b')).toHaveLength(6)
    expect(await of([...opening, ...smile, '</s>'], '<think>hm🙂</think>\n\n🙂')).toEqual(Array(4).fill('\ufffd'))
    expect(await of([...opening, 'a', ...smile.slice(0, 2)], '<think>hm🙂</think>\n\na\ufffd')).toEqual([
      'a',
      '\ufffd',
      '\ufffd',
    ])
  })

  test('are found in no time, whatever is repeated', async () => {
    const many = Array.from({ length: 20_000 }, () => 'a')
    const began = performance.now()
    expect(await of([...many, half(0, 'untold'), 'b', '</s>'], `${'a'.repeat(1000)}é`)).toHaveLength(1001)
    expect(performance.now() - began).toBeLessThan(3000)
  })

  test('are none where there is only reasoning', async () => {
    expect(await of(['<think>', 'hm'], '<think>hm')).toEqual([])
    expect(await of(['<|im_end|>'], '')).toEqual(['<|im_end|>'])
  })
})

describe('log-probabilities of given text', () => {
  const score = (
    tokens: string[],
    token_logprobs: unknown[],
    text_offset?: number[],
    capabilities: Partial<Capabilities> = {},
  ) => {
    const logprobs = { tokens, token_logprobs, text_offset, top_logprobs: null }
    const body = JSON.stringify({ choices: [{ index: 0, text: '', logprobs }] }).replaceAll('"NaN"', 'NaN')
    const server = fakeServer(() => new Response(body))
    const target = connection({ capabilities: { ...allCapabilities, ...capabilities } })
    return createModel({ target, transport: server.transport, seed: 1, random: () => 0 })
      .forItem('a')
      .score('The cat', [' sat'])
  }

  test.each<[string, string[], unknown[]]>([
    ['NaN', ['The', ' cat', ' sat'], [null, -1, 'NaN']],
    ['null inside', ['The', ' cat', ' sat'], [null, -1, null]],
    ['all zero', ['The', ' cat', ' sat'], [null, 0, 0]],
    ['above 0', ['The', ' cat', ' sat'], [null, -1, 2]],
    ['of another text', ['A', ' dog', ' ran'], [null, -1, -1]],
    ['of half the text', ['The', ' cat'], [null, -1]],
    ['of nothing', [], []],
  ])('%s are refused', async (_name, tokens, values) => {
    await expect(score(tokens, values)).rejects.toMatchObject({ kind: 'invalid_logprobs' })
  })

  test('a token across the border belongs to the continuation', async () => {
    const [scores] = await score(['The', ' ca', 't sat'], [null, -1, -2])
    expect(scores).toMatchObject({ logprob: -2, scoredTokens: 1, scoredBytes: 4 })
    expect(scores?.tokens).toEqual([{ token: 't sat', start: 0, end: 4, logprob: -2 }])
  })

  test('the first token of all has no context, and its bytes are not scored', async () => {
    const server = fakeServer(() => ({
      choices: [
        { index: 0, text: '', logprobs: { tokens: ['Thé', ' cat'], token_logprobs: [0, -2], top_logprobs: null } },
      ],
    }))
    const session = createModel({ target: connection(), transport: server.transport, seed: 1 })
    const [scores] = await session.forItem('a').score('', ['Thé cat'])
    expect(scores).toEqual({
      tokens: [
        { token: 'Thé', start: 0, end: 4, logprob: null },
        { token: ' cat', start: 4, end: 8, logprob: -2 },
      ],
      logprob: -2,
      scoredTokens: 1,
      scoredBytes: 4,
      bos: false,
    })
  })

  test('raw spellings of tokenizers are understood', async () => {
    const [scores] = await score(['▁The', '▁cat', '▁sat'], [null, -1, -2])
    expect(scores).toMatchObject({ logprob: -2, scoredBytes: 4 })
    const [bytes] = await score(['The', 'Ġcat', 'Ġsat'], [null, -1, -3])
    expect(bytes).toMatchObject({ logprob: -3 })
  })

  test('offsets help where the spelling does not', async () => {
    const [scores] = await score(['tok1', 'tok2', 'tok3'], [null, -1, -2], [0, 3, 7])
    expect(scores?.tokens).toEqual([{ token: 'tok3', start: 0, end: 4, logprob: -2 }])
  })

  test('a chat is not scored where only raw text can be', async () => {
    const server = fakeServer(() => ({}))
    const model = createModel({ target: connection(), transport: server.transport, seed: 1 }).forItem('a')
    await expect(model.score({ messages }, ['x'])).rejects.toMatchObject({ kind: 'capability_missing' })
  })
})

describe('reasoning', () => {
  test.each([
    ['plain', ['think'], 'plain', undefined, false],
    ['<think>a</think>b', ['think'], 'b', 'a', false],
    ['a</think>\n\nb', ['think'], 'b', 'a', false],
    ['<think>a</think>b<think>c</think>d', ['think'], 'bd', 'a\nc', false],
    ['<think>a', ['think'], '', 'a', true],
    ['<think>a</think>b', [], '<think>a</think>b', undefined, false],
    ['<reason>a</reason> b', ['think', 'reason'], 'b', 'a', false],
  ] as const)('%s', (text, tags, answer, reasoning, unclosed) => {
    expect(partReasoning(text, tags)).toEqual({ text: answer, reasoning, unclosed })
  })

  test('a megabyte of opening tags takes no time', () => {
    expect(partReasoning('<think>'.repeat(150_000), ['think']).unclosed).toBe(true)
    expect(partReasoning('<think></think>'.repeat(70_000), ['think']).text).toBe('')
  })
})

test('what servers say is quoted without keys, queries and control characters', () => {
  const quoted = quoteServer(
    'bad \u001b[31mkey\n my-own-key, sk-abc123def456, see https://x.example/a?token=1',
    'my-own-key',
  )
  expect(quoted).toBe('bad key ***, ***, see https://x.example/a')
  expect(quoteServer('x'.repeat(1000), null).length).toBeLessThan(310)
})
