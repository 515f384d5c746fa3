import type { Dialect } from '../dialect.ts'
import { claims, describe, descriptionRequests, tokenizeRequest } from './capabilities.ts'
import { encode, split } from './request.ts'
import { decode } from './response.ts'

/** llama.cpp's `llama-server`. */
export const llamaCpp: Dialect = {
  name: 'llama.cpp',
  claims,
  split,
  encode,
  decode,
  descriptionRequests,
  describe,
  tokenizeRequest,
}
