import type { Dialect } from '../dialect.ts'
import { claims, describe, descriptionRequests } from './capabilities.ts'
import { encode, split } from './request.ts'
import { decode } from './response.ts'

/** Ollama by its native API. */
export const ollama: Dialect = {
  name: 'ollama',
  claims,
  split,
  encode,
  decode,
  descriptionRequests,
  describe,
  tokenizeRequest: () => null,
}
