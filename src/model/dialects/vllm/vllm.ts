import type { Dialect } from '../dialect.ts'
import { claims, describe, descriptionRequests, tokenizeRequest } from './capabilities.ts'
import { encode, split } from './request.ts'
import { decode } from './response.ts'

/** vLLM, and servers that speak its additions to OpenAI's API. */
export const vllm: Dialect = {
  name: 'vllm',
  claims,
  split,
  encode,
  decode,
  descriptionRequests,
  describe,
  tokenizeRequest,
}
