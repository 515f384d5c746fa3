import { serverRoot, type TargetConnection } from '../../connection.ts'
import type { Claims, DescriptionRequest, SelfDescription } from '../dialect.ts'
import { isObject } from '../openai/response.ts'

/** What Ollama can have. */
export const claims: Claims = {
  chat: true,
  completions: true,
  promptLists: false,
  multipleSamples: false,
  seed: true,
  logprobs: true,
  promptLogprobsBy: [],
  full: false,
  embeddings: true,
  tokenize: false,
  reasons: {
    promptLists: 'Ollama takes one prompt a request.',
    multipleSamples: 'Ollama gives one reply a request.',
    prompt_logprobs: 'Ollama gives no log-probabilities of given text.',
    full: 'Ollama has no full-vocabulary quantities.',
    tokenize: 'Ollama has no tokenizer endpoint.',
  },
}

export function descriptionRequests(target: TargetConnection): DescriptionRequest[] {
  const root = `${serverRoot(target.baseUrl)}/api`
  return [
    { url: `${root}/version`, as: 'version' },
    { url: `${root}/tags`, as: 'tags' },
    { url: `${root}/show`, body: { model: target.model }, as: 'show' },
  ]
}

export function describe(answers: Record<string, unknown>, target: TargetConnection): SelfDescription {
  const tags =
    isObject(answers.tags) && Array.isArray(answers.tags.models) ? answers.tags.models.filter(isObject) : null
  const names = new Set([target.model, `${target.model}:latest`])
  const entry = tags?.find((tag) => names.has(String(tag.name)) || names.has(String(tag.model)))
  const info = isObject(answers.show) && isObject(answers.show.model_info) ? answers.show.model_info : {}
  const length = Object.entries(info).find(([name]) => name.endsWith('.context_length'))?.[1]
  const version = isObject(answers.version) ? (answers.version.version ?? null) : null
  return {
    identity: [entry?.digest ?? null, version],
    contextLength: typeof length === 'number' && length > 0 ? length : null,
    batchInvariant: null,
    models: tags?.map((tag) => String(tag.name)) ?? null,
  }
}
