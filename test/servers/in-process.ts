import type { Capabilities } from '../../schema/capabilities.ts'
import { ApiError, type Asked, answer } from './answers.ts'

/** The deterministic test server without its port: what it would answer, its settings, and what a probe of it finds. */

export const defaultSettings = {
  port: 0,
  latency: 0,
  seed: 0,
  dialect: 'vllm' as 'openai' | 'vllm' | 'assay',
  model: 'test-model',
  rateLimit: 0,
  concurrency: 0,
  apiKey: null as string | null,
  accuracy: 0.7,
  contextLength: 8192,
  failRate: 0,
  hangRate: 0,
  malformedRate: 0,
  dropRate: 0,
}
export type ServerSettings = typeof defaultSettings

/** Status and body of the answer to one request; errors in OpenAI's shape. */
export function answerTo(asked: Asked, changes: Partial<ServerSettings> = {}): { status: number; body: unknown } {
  try {
    return { status: 200, body: answer(asked, { ...defaultSettings, ...changes }).body }
  } catch (error) {
    if (!(error instanceof ApiError)) throw error
    const { status, code, message } = error
    return { status, body: { error: { message, type: code, param: null, code } } }
  }
}

/** Everything that a server of vLLM's kind can have; tests take away and add. */
export const capable = (changes: Partial<Capabilities> = {}): Capabilities => ({
  text: true,
  logprobs: true,
  prompt_logprobs: true,
  full: false,
  chat: true,
  completions: true,
  promptLists: true,
  multipleSamples: true,
  seed: true,
  embeddings: true,
  entailment: false,
  tokenize: true,
  topLogprobs: 20,
  contextLength: 8192,
  promptLogprobsBy: 'prompt_logprobs',
  batchInvariant: null,
  missing: {},
  fingerprint: 'f',
  ...changes,
})
