import { openaiRoot, type TargetConnection } from '../../connection.ts'
import type { Claims, DescriptionRequest, SelfDescription } from '../dialect.ts'
import { isObject } from './response.ts'

/** What a server of OpenAI's API can have. */
export const claims: Claims = {
  chat: true,
  completions: true,
  promptLists: true,
  multipleSamples: true,
  seed: true,
  logprobs: true,
  promptLogprobsBy: ['echo'],
  full: false,
  embeddings: true,
  tokenize: false,
  reasons: {
    full: "OpenAI's API has no full-vocabulary quantities.",
    tokenize: "OpenAI's API has no tokenizer endpoint.",
  },
}

export const modelsRequest = (target: TargetConnection): DescriptionRequest => ({
  url: `${openaiRoot(target.baseUrl)}/models`,
  as: 'models',
})

/** The server's list of models, and its entry for this one without times and permission ids. */
export function readModels(answer: unknown, model: string) {
  const list = isObject(answer) && Array.isArray(answer.data) ? answer.data.filter(isObject) : null
  const entry = list?.find((listed) => listed.id === model)
  const length = entry?.max_model_len ?? entry?.context_length ?? entry?.context_window
  const named = entry && {
    id: entry.id,
    owned_by: entry.owned_by,
    root: entry.root,
    version: entry.version,
    fingerprint: entry.fingerprint,
    contextLength: length,
  }
  return {
    models: list?.map((listed) => String(listed.id)) ?? null,
    identity: named ?? null,
    contextLength: typeof length === 'number' && length > 0 ? length : null,
  }
}

export const descriptionRequests = (target: TargetConnection): DescriptionRequest[] => [modelsRequest(target)]

export function describe(answers: Record<string, unknown>, target: TargetConnection): SelfDescription {
  const { models, identity, contextLength } = readModels(answers.models, target.model)
  return { identity, contextLength, batchInvariant: null, models }
}
