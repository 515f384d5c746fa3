import type { Dialect } from '../dialect.ts'
import { claims, describe, descriptionRequests } from './capabilities.ts'
import { encode, split } from './request.ts'
import { decode } from './response.ts'

/** Cloudflare Workers AI by its REST API. */
export const workersAi: Dialect = {
  name: 'workers-ai',
  claims,
  split,
  encode,
  decode,
  descriptionRequests,
  describe,
  tokenizeRequest: () => null,
}
