import type { Capabilities, DialectName } from '../../../schema/capabilities.ts'
import type { Transport } from '../../../src/model/connection.ts'
import { answerTo, type ServerSettings } from '../../servers/in-process.ts'
import { llamaCppFixture } from './fixtures/llama.cpp.ts'
import { ollamaFixture } from './fixtures/ollama.ts'
import { openaiFixture } from './fixtures/openai.ts'
import { sglangFixture } from './fixtures/sglang.ts'
import { tgiFixture } from './fixtures/tgi.ts'
import { vllmFixture } from './fixtures/vllm.ts'
import { workersAiFixture } from './fixtures/workers-ai.ts'

/**
 * Whole servers of each family, for the probe: one made-up model behind the ways of each, as the sources that the
 * fixtures cite have them. What they leave out, refuse or ignore is what the probe must find.
 */

// biome-ignore lint/suspicious/noExplicitAny: bodies of any dialect
type Body = any
interface Reply {
  status: number
  body: unknown
}

export interface Flavour {
  name: string
  dialect: DialectName
  baseUrl: string
  serve(path: string, body: Body): Reply
  /** What a probe must find. */
  finds: Partial<Capabilities>
  /** Names of what must be told as missing, with words of the reason. */
  misses: Record<string, RegExp>
}

const base =
  (dialect: ServerSettings['dialect']) =>
  (path: string, body: Body): Reply =>
    answerTo({ method: body === undefined ? 'GET' : 'POST', path, body: body ?? null }, { dialect, seed: 3 })

const plain = base('openai')
const withVllm = base('vllm')
const notFound: Reply = { status: 404, body: { detail: 'Not Found' } }

/** Chooses of an answer what `change` makes of them. */
function changed({ status, body }: Reply, change: (choice: Body) => Body): Reply {
  const { choices, ...rest } = body as Body
  return Array.isArray(choices) ? { status, body: { ...rest, choices: choices.map(change) } } : { status, body }
}

/** OpenAI's words for a model that another path serves, as its users report them. */
const wrongPath = (message: string): Reply => ({
  status: 404,
  body: { error: { message, type: 'invalid_request_error', param: 'model', code: null } },
})

function openaiChatModel(path: string, body: Body): Reply {
  if (path === '/v1/completions')
    return wrongPath(
      'This is a chat model and not supported in the v1/completions endpoint. Did you mean to use v1/chat/completions?',
    )
  if (body?.top_logprobs > 20) return openaiFixture.tooManyAlternatives as Reply
  return path === '/v1/embeddings' ? { ...plain('/v1/none', body), status: 403 } : plain(path, body)
}

const unsupported = (message: string, param: string): Reply => ({
  status: 400,
  body: { error: { message, type: 'invalid_request_error', param, code: 'unsupported_value' } },
})

function openaiReasoningModel(path: string, body: Body): Reply {
  if (body?.max_tokens !== undefined && path === '/v1/chat/completions')
    return unsupported(
      "Unsupported parameter: 'max_tokens' is not supported with this model. Use 'max_completion_tokens' instead.",
      'max_tokens',
    )
  if (body?.temperature !== undefined && body.temperature !== 1)
    return unsupported(
      "Unsupported value: 'temperature' does not support 0 with this model. Only the default (1) value is supported.",
      'temperature',
    )
  // What it thinks takes the tokens of small limits.
  if (body?.max_completion_tokens < 16)
    return {
      status: 400,
      body: {
        error: {
          message:
            'Could not finish the message because max_tokens or model output limit was reached. Please try again with higher max_tokens.',
          type: 'invalid_request_error',
          param: null,
          code: null,
        },
      },
    }
  if (body?.logprobs)
    return {
      status: 403,
      body: {
        error: {
          message: 'You are not allowed to request logprobs from this model',
          type: 'invalid_request_error',
          param: null,
          code: null,
        },
      },
    }
  return openaiChatModel(path, body)
}

/** Base models behind the legacy path give five alternatives at most. */
function legacyCompletions(path: string, body: Body): Reply {
  if (path === '/v1/chat/completions')
    return wrongPath(
      'This is not a chat model and thus not supported in the v1/chat/completions endpoint. Did you mean to use v1/completions?',
    )
  if (path === '/v1/completions' && body.logprobs > 5)
    return unsupported(`${body.logprobs} is greater than the maximum of 5 - 'logprobs'`, 'logprobs')
  return plain(path, body)
}

function sglang(path: string, body: Body): Reply {
  if (path === '/v1/embeddings' || path === '/version') return notFound
  if (body?.top_k === 0)
    return {
      status: 400,
      body: { object: 'error', message: 'top_k must be -1 (disable) or at least 1, got 0.', type: 'BadRequestError' },
    }
  const { prompt_logprobs: _, ...known } = body ?? {}
  return changed(withVllm(path, body === undefined ? undefined : known), (choice) =>
    choice.logprobs?.text_offset
      ? { ...choice, logprobs: { ...choice.logprobs, text_offset: choice.logprobs.text_offset.map(() => -1) } }
      : choice,
  )
}

function tgi(path: string, body: Body): Reply {
  const invalid = (message: string): Reply => ({
    status: 422,
    body: { error: `Input validation error: ${message}`, error_type: 'validation' },
  })
  if (path === '/v1/embeddings') return notFound
  if (body?.top_logprobs > 5) return tgiFixture.tooManyAlternatives as Reply
  if (body?.top_p >= 1) return invalid('`top_p` must be > 0.0 and < 1.0')
  if (body === undefined) return plain(path, undefined)
  const { n: _, echo: __, ...known } = body
  if (path === '/v1/completions') {
    const { logprobs: ___, ...bare } = known
    return plain(path, bare)
  }
  return changed(plain(path, known), (choice) => {
    const content = choice.logprobs?.content?.map(({ token, logprob, top_logprobs }: Body) => ({
      token,
      logprob,
      top_logprobs: top_logprobs.map((top: Body) => ({ token: top.token, logprob: top.logprob })),
    }))
    return content ? { ...choice, logprobs: { content } } : choice
  })
}

function llamaCpp(path: string, body: Body): Reply {
  if (path === '/props')
    return { status: 200, body: { default_generation_settings: { n_ctx: 4096 }, model_path: '/m.gguf' } }
  if (path === '/tokenize') return { status: 200, body: { tokens: [1, 2, 3] } }
  if (path === '/v1/models') return plain(path, undefined)
  const { n: _, echo: __, ...known } = body
  return changed(plain(path, known), (choice) => {
    const legacy = choice.logprobs?.tokens
    if (!legacy) return choice
    const content = legacy.map((token: string, place: number) => ({
      id: place,
      token,
      bytes: [...Buffer.from(token)],
      logprob: choice.logprobs.token_logprobs[place],
      top_logprobs: Object.entries(choice.logprobs.top_logprobs[place] ?? {}).map(([other, logprob], id) => ({
        id,
        token: other,
        bytes: [...Buffer.from(other)],
        logprob,
      })),
    }))
    return { ...choice, logprobs: { content } }
  })
}

function ollama(path: string, body: Body): Reply {
  if (path === '/api/version') return { status: 200, body: { version: '0.30.0' } }
  if (path === '/api/tags')
    return { status: 200, body: { models: [{ name: 'test-model', model: 'test-model', digest: 'abc' }] } }
  if (path === '/api/show') return { status: 200, body: { model_info: { 'llama.context_length': 2048 } } }
  if (path === '/api/embed') {
    const { data } = plain('/v1/embeddings', { model: body.model, input: body.input }).body as Body
    return { status: 200, body: { model: body.model, embeddings: data.map((entry: Body) => entry.embedding) } }
  }
  if (body?.top_logprobs > 20) return ollamaFixture.tooManyAlternatives as Reply
  const { options = {}, model, logprobs, top_logprobs } = body
  const drawing = { model, temperature: options.temperature, seed: options.seed, max_tokens: options.num_predict }
  const asked = { messages: body.messages ?? [{ role: 'user', content: body.prompt }], logprobs, top_logprobs }
  const { status, body: told } = plain('/v1/chat/completions', { ...drawing, ...asked }) as Body
  if (status !== 200) return { status, body: { error: told.error.message } }
  const [choice] = told.choices
  return {
    status,
    body: {
      model,
      done: true,
      done_reason: choice.finish_reason,
      prompt_eval_count: told.usage.prompt_tokens,
      eval_count: told.usage.completion_tokens,
      ...(path === '/api/chat' ? { message: choice.message } : { response: choice.message.content }),
      ...(logprobs ? { logprobs: choice.logprobs.content } : {}),
    },
  }
}

function workersAi(path: string, body: Body): Reply {
  if (!path.endsWith('/ai/run/test-model'))
    return { status: 404, body: { success: false, errors: [{ message: 'not found' }] } }
  const envelope = (result: unknown): Reply => ({ status: 200, body: { result, success: true, errors: [] } })
  if (body.text) {
    const { data } = plain('/v1/embeddings', { input: body.text }).body as Body
    return envelope({ data: data.map((entry: Body) => entry.embedding) })
  }
  const { messages = [{ role: 'user', content: body.prompt }], temperature, seed, max_tokens } = body
  const told = plain('/v1/chat/completions', { messages, temperature, seed, max_tokens }).body as Body
  return envelope({ response: told.choices[0].message.content, usage: told.usage })
}

const text: Partial<Capabilities> = { text: true, chat: true, completions: true, seed: true }
const nothingFull = { full: false, entailment: false }

export const flavours: Flavour[] = [
  {
    name: "OpenAI's chat models",
    dialect: 'openai',
    baseUrl: openaiFixture.baseUrl,
    serve: openaiChatModel,
    finds: {
      chat: true,
      completions: false,
      multipleSamples: true,
      logprobs: true,
      topLogprobs: 20,
      embeddings: false,
    },
    misses: { completions: /This is a chat model/, prompt_logprobs: /./, full: /full-vocabulary/ },
  },
  {
    name: "OpenAI's reasoning models",
    dialect: 'openai',
    baseUrl: openaiFixture.baseUrl,
    serve: openaiReasoningModel,
    finds: { chat: true, completions: false, logprobs: false, topLogprobs: 0 },
    misses: { logprobs: /not allowed to request logprobs/, temperature: /of its own/ },
  },
  {
    name: 'legacy completions',
    dialect: 'openai',
    baseUrl: openaiFixture.baseUrl,
    serve: legacyCompletions,
    finds: { ...text, chat: false, promptLists: true, prompt_logprobs: true, promptLogprobsBy: 'echo', topLogprobs: 5 },
    misses: { chat: /not a chat model/, full: /full-vocabulary/ },
  },
  {
    name: 'vLLM',
    dialect: 'vllm',
    baseUrl: vllmFixture.baseUrl,
    serve: withVllm,
    finds: {
      ...text,
      promptLists: true,
      prompt_logprobs: true,
      promptLogprobsBy: 'echo',
      answerPrefix: true,
      tokenize: true,
    },
    misses: { full: /full-vocabulary/, entailment: /no entailment/ },
  },
  {
    name: 'SGLang',
    dialect: 'vllm',
    baseUrl: sglangFixture.baseUrl,
    serve: sglang,
    finds: { ...text, promptLists: true, prompt_logprobs: true, promptLogprobsBy: 'echo', embeddings: false },
    misses: { embeddings: /./, full: /full-vocabulary/ },
  },
  {
    name: 'TGI',
    dialect: 'openai',
    baseUrl: tgiFixture.baseUrl,
    serve: tgi,
    finds: {
      ...text,
      promptLists: true,
      multipleSamples: false,
      logprobs: true,
      topLogprobs: 5,
      prompt_logprobs: false,
    },
    misses: { prompt_logprobs: /./, multipleSamples: /./, embeddings: /./ },
  },
  {
    name: 'llama.cpp',
    dialect: 'llama.cpp',
    baseUrl: llamaCppFixture.baseUrl,
    serve: llamaCpp,
    finds: {
      ...text,
      logprobs: true,
      topLogprobs: 20,
      prompt_logprobs: false,
      multipleSamples: false,
      contextLength: 4096,
      tokenize: true,
    },
    misses: { prompt_logprobs: /27174/, multipleSamples: /slots/ },
  },
  {
    name: 'Ollama',
    dialect: 'ollama',
    baseUrl: ollamaFixture.baseUrl,
    serve: ollama,
    finds: { ...text, logprobs: true, topLogprobs: 20, promptLists: false, embeddings: true, contextLength: 2048 },
    misses: { prompt_logprobs: /no log-probabilities/, tokenize: /./ },
  },
  {
    name: 'Workers AI',
    dialect: 'workers-ai',
    baseUrl: workersAiFixture.baseUrl,
    serve: workersAi,
    finds: { ...text, logprobs: false, topLogprobs: 0, prompt_logprobs: false, embeddings: true },
    misses: { logprobs: /no log-probabilities/, promptLists: /one prompt/ },
  },
  {
    name: 'the GPU backend',
    dialect: 'assay',
    baseUrl: 'http://127.0.0.1:8000/v1',
    serve: base('assay'),
    finds: { ...text, promptLogprobsBy: 'score', full: true, dropout: true, entailment: true, embeddings: true },
    misses: {},
  },
].map((flavour) => ({
  ...flavour,
  finds: flavour.dialect === 'assay' ? flavour.finds : { ...nothingFull, ...flavour.finds },
})) as Flavour[]

/** A transport that leads to a flavour, and what it was sent. */
export function leadingTo({ serve }: Flavour): { transport: Transport; paths: string[] } {
  const paths: string[] = []
  const transport: Transport = async (url, init) => {
    const { pathname } = new URL(url)
    paths.push(pathname)
    const { status, body } = serve(pathname, typeof init.body === 'string' ? JSON.parse(init.body) : undefined)
    return Response.json(body, { status })
  }
  return { transport, paths }
}
