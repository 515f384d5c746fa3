import { serverRoot, sha256, type TargetConnection } from '../../connection.ts'
import type { Claims, DescriptionRequest, SelfDescription, WireRequest } from '../dialect.ts'
import { modelsRequest, claims as openaiClaims, readModels } from '../openai/capabilities.ts'
import { isObject } from '../openai/response.ts'

/** What llama.cpp's server can have. */
export const claims: Claims = {
  ...openaiClaims,
  promptLogprobsBy: [],
  multipleSamples: false,
  tokenize: true,
  reasons: {
    multipleSamples: 'llama.cpp gives at most as many replies a request as it has slots.',
    prompt_logprobs:
      'llama.cpp gives no log-probabilities of given text: its echo holds those of the generated token only (llama.cpp#27174).',
    full: 'llama.cpp has no full-vocabulary quantities.',
  },
}

export const descriptionRequests = (target: TargetConnection): DescriptionRequest[] => [
  modelsRequest(target),
  { url: `${serverRoot(target.baseUrl)}/props`, as: 'props' },
]

export function describe(answers: Record<string, unknown>, target: TargetConnection): SelfDescription {
  const { models, identity } = readModels(answers.models, target.model)
  const props = isObject(answers.props) ? answers.props : {}
  const settings = isObject(props.default_generation_settings) ? props.default_generation_settings : {}
  const contextLength = settings.n_ctx ?? props.n_ctx
  const template = typeof props.chat_template === 'string' ? sha256(props.chat_template) : null
  return {
    identity: [identity, props.model_path ?? null, props.build_info ?? null, template],
    contextLength: typeof contextLength === 'number' && contextLength > 0 ? contextLength : null,
    batchInvariant: null,
    models,
  }
}

export const tokenizeRequest = (target: TargetConnection, text: string): WireRequest => ({
  url: `${serverRoot(target.baseUrl)}/tokenize`,
  body: { content: text, add_special: true },
})
