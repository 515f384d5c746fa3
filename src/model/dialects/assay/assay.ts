import type { Dialect } from '../dialect.ts'
import { tokenizeRequest } from '../vllm/capabilities.ts'
import { claims, describe, descriptionRequests } from './capabilities.ts'
import { encode, split } from './request.ts'
import { decode } from './response.ts'

/** The GPU backend: its own lists of questions, and vLLM's surface for the rest. */
export const assay: Dialect = {
  name: 'assay',
  claims,
  split,
  encode,
  decode,
  descriptionRequests,
  describe,
  tokenizeRequest,
}
