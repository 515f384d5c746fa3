import { openaiRoot, type TargetConnection } from '../../connection.ts'
import type { Claims, DescriptionRequest, SelfDescription } from '../dialect.ts'
import { modelsRequest, readModels } from '../openai/capabilities.ts'
import { isObject } from '../openai/response.ts'
import { claims as vllmClaims } from '../vllm/capabilities.ts'

/** What the GPU backend can have. */
export const claims: Claims = {
  ...vllmClaims,
  answerPrefix: undefined,
  promptLogprobsBy: ['score'],
  full: true,
  entailment: true,
  dropout: true,
  reasons: {},
}

export const descriptionRequests = (target: TargetConnection): DescriptionRequest[] => [
  modelsRequest(target),
  // One server may hold several models.
  { url: `${openaiRoot(target.baseUrl)}/assay/info?model=${encodeURIComponent(target.model)}`, as: 'info' },
]

export function describe(answers: Record<string, unknown>, target: TargetConnection): SelfDescription {
  const { models } = readModels(answers.models, target.model)
  const info = isObject(answers.info) ? answers.info : {}
  const { contextLength, batchInvariant, fingerprint } = info
  return {
    identity: [info.model, info.dtype, info.vocabSize, info.version],
    contextLength: typeof contextLength === 'number' && contextLength > 0 ? contextLength : null,
    batchInvariant: typeof batchInvariant === 'boolean' ? batchInvariant : null,
    ...(typeof fingerprint === 'string' ? { fingerprint } : {}),
    models,
  }
}
