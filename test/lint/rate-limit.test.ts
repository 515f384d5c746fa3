import { fileURLToPath } from 'node:url'
import { expect, it } from 'vitest'
import { unstable_readConfig } from 'wrangler'
import { ratePolicies } from '../../src/api/rate-limit.ts'

interface Bound {
  name: string
  namespace_id: string
  simple: { limit: number; period: number }
}

it('tells refused requests the limits that the platform reads', () => {
  const config = fileURLToPath(new URL('../../wrangler.toml', import.meta.url))
  const bound: Bound[] = unstable_readConfig({ config }).ratelimits
  expect(bound.map(({ name, simple }) => [name, simple])).toEqual(
    Object.entries(ratePolicies).map(([name, { quota, seconds }]) => [name, { limit: quota, period: seconds }]),
  )
  // Bindings of one namespace count together.
  expect(new Set(bound.map(({ namespace_id }) => namespace_id)).size).toBe(bound.length)
})
