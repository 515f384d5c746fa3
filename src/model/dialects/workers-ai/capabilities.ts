import type { TargetConnection } from '../../connection.ts'
import type { Claims, DescriptionRequest, SelfDescription } from '../dialect.ts'
import { modelsRequest, readModels } from '../openai/capabilities.ts'
import { speaksOpenai } from './request.ts'

/** What Workers AI can have. */
export const claims: Claims = {
  chat: true,
  completions: true,
  promptLists: false,
  multipleSamples: false,
  seed: true,
  logprobs: false,
  promptLogprobsBy: [],
  full: false,
  embeddings: true,
  tokenize: false,
  reasons: {
    promptLists: 'Workers AI takes one prompt a request.',
    multipleSamples: 'Workers AI gives one reply a request.',
    logprobs: 'Workers AI gives no log-probabilities.',
    prompt_logprobs: 'Workers AI gives no log-probabilities of given text.',
    full: 'Workers AI has no full-vocabulary quantities.',
    tokenize: 'Workers AI has no tokenizer endpoint.',
  },
}

export const descriptionRequests = (target: TargetConnection): DescriptionRequest[] =>
  speaksOpenai(target.baseUrl) ? [modelsRequest(target)] : []

export function describe(answers: Record<string, unknown>, target: TargetConnection): SelfDescription {
  const { models, identity, contextLength } = readModels(answers.models, target.model)
  return { identity, contextLength, batchInvariant: null, models }
}
