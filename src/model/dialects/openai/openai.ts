import type { Dialect } from '../dialect.ts'
import { claims, describe, descriptionRequests } from './capabilities.ts'
import { encode, split } from './request.ts'
import { decode } from './response.ts'

/** OpenAI, and servers that follow its API without additions that matter here. */
export const openai: Dialect = {
  name: 'openai',
  claims,
  split,
  encode,
  decode,
  descriptionRequests,
  describe,
  tokenizeRequest: () => null,
}
