import { serverRoot, type TargetConnection } from '../../connection.ts'
import type { Claims, DescriptionRequest, SelfDescription, WireRequest } from '../dialect.ts'
import { modelsRequest, claims as openaiClaims, readModels } from '../openai/capabilities.ts'
import { isObject } from '../openai/response.ts'

/** What vLLM, and servers that speak its additions, can have. */
export const claims: Claims = {
  ...openaiClaims,
  promptLogprobsBy: ['echo', 'prompt_logprobs'],
  tokenize: true,
  answerPrefix: 'proven',
  reasons: { full: "vLLM's API has no full-vocabulary quantities." },
}

export const descriptionRequests = (target: TargetConnection): DescriptionRequest[] => [
  modelsRequest(target),
  { url: `${serverRoot(target.baseUrl)}/version`, as: 'version' },
]

export function describe(answers: Record<string, unknown>, target: TargetConnection): SelfDescription {
  const { models, identity, contextLength } = readModels(answers.models, target.model)
  const version = isObject(answers.version) ? answers.version.version : null
  return { identity: [identity, version ?? null], contextLength, batchInvariant: null, models }
}

export const tokenizeRequest = (target: TargetConnection, text: string): WireRequest => ({
  url: `${serverRoot(target.baseUrl)}/tokenize`,
  body: { model: target.model, prompt: text },
})
