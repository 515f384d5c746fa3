import type { RateLimit } from '@cloudflare/workers-types'
import type { MiddlewareHandler } from 'hono'
import ipaddr from 'ipaddr.js'
import type { ApiContext, ApiEnvironment } from './environment.ts'
import { ProblemError } from './problem.ts'

/** At most `quota` requests in `seconds`, as the binding of this name in wrangler.toml counts them. */
interface RatePolicy {
  name: 'address' | 'key'
  quota: number
  seconds: number
}

/**
 * Who floods is refused: far above what polling, exports page by page or a browser come to. The same figures stand in
 * wrangler.toml, which the platform reads; a binding tells nothing but yes or no.
 */
export const ratePolicies = {
  ADDRESS_LIMIT: { name: 'address', quota: 2000, seconds: 10 },
  KEY_LIMIT: { name: 'key', quota: 1000, seconds: 10 },
} as const satisfies Record<string, RatePolicy>

/** Counts a request; raises a 429 problem past the limit. An operator may have removed the binding: all pass. */
async function count(limiter: RateLimit | undefined, { name, quota, seconds }: RatePolicy, key: string): Promise<void> {
  if (limiter === undefined || (await limiter.limit({ key })).success) return
  const sender = name === 'key' ? 'This API key' : 'This address'
  throw new ProblemError(
    'too-many-requests',
    `${sender} may send ${quota} requests in ${seconds} s; wait ${seconds} s and send this one again.`,
    undefined,
    {
      'retry-after': String(seconds),
      // draft-ietf-httpapi-ratelimit-headers-10
      'ratelimit-policy': `"${name}";q=${quota};w=${seconds}`,
      ratelimit: `"${name}";r=0;t=${seconds}`,
    },
  )
}

/** Who sends, as Cloudflare saw it. One line holds 2^64 addresses of IPv6: its network counts as one. */
export function clientAddress(context: ApiContext): string {
  const stated = context.req.header('cf-connecting-ip') ?? ''
  if (!ipaddr.isValid(stated)) return 'unknown'
  const address = ipaddr.process(stated)
  if (address instanceof ipaddr.IPv4) return address.toString()
  return `${ipaddr.IPv6.networkAddressFromCIDR(`${address.toString()}/64`)}/64`
}

/** Before any key is looked up, so that keys cannot be guessed at speed from one place. */
export const limitAddress: MiddlewareHandler<ApiEnvironment> = async function limitAddress(context, next) {
  await count(context.env.ADDRESS_LIMIT, ratePolicies.ADDRESS_LIMIT, clientAddress(context))
  await next()
}

/** By the key's id, wherever its holder sends from; a page session counts for its key. */
export const limitKey: MiddlewareHandler<ApiEnvironment> = async function limitKey(context, next) {
  const identity = context.get('identity')
  if (identity) await count(context.env.KEY_LIMIT, ratePolicies.KEY_LIMIT, identity.keyId)
  await next()
}
