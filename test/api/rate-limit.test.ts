import { env } from 'cloudflare:workers'
import { describe, expect, it } from 'vitest'
import { type Answer, newTenant, send } from './tenant.ts'

const byKey = { ADDRESS_LIMIT: undefined, KEY_LIMIT: env.TEST_LIMIT }
const byAddress = { ADDRESS_LIMIT: env.TEST_LIMIT, KEY_LIMIT: undefined }
const from = (address: string, more: Record<string, string> = {}) => ({
  bindings: byAddress,
  headers: { 'cf-connecting-ip': address, ...more },
})

/** What `TEST_LIMIT` lets pass; twice as much where a minute ends in between. */
const limit = 3

/** Sends until it is refused: the statuses that came before, and the refusal. */
async function untilRefused(request: (turn: number) => Promise<Answer>) {
  const passed: number[] = []
  for (let turn = 0; turn <= 2 * limit; turn++) {
    const answer = await request(turn)
    if (answer.status === 429) return { passed, refusal: answer }
    passed.push(answer.status)
  }
  throw new Error(`never refused: ${passed}`)
}

/** A key of the right form that there is not. */
const guess = (turn: number) => `ask_${String(turn).repeat(43)}`

describe('a key that sends too many requests', () => {
  it('is refused by a problem that says how long to wait, and nothing is done', async () => {
    const tenant = await newTenant()
    const { passed, refusal } = await untilRefused(() => tenant.send('POST', '/v1/keys', { body: {}, bindings: byKey }))
    expect(passed.length).toBeGreaterThanOrEqual(limit)
    expect(new Set(passed)).toEqual(new Set([201]))
    expect(refusal.headers.get('content-type')).toBe('application/problem+json')
    expect(refusal.headers.get('retry-after')).toBe('10')
    expect(refusal.headers.get('ratelimit-policy')).toBe('"key";q=1000;w=10')
    expect(refusal.headers.get('ratelimit')).toBe('"key";r=0;t=10')
    expect(refusal.body).toMatchObject({
      type: 'urn:assay:problem:too-many-requests',
      status: 429,
      instance: '/v1/keys',
      requestId: refusal.headers.get('x-request-id'),
    })
    expect(refusal.body.detail).toContain('wait 10 s')
    const keys = await tenant.send('GET', '/v1/keys')
    expect(keys.body.items).toHaveLength(1 + passed.length)
  })

  it('hinders no other key, of its tenant or of another', async () => {
    const [tenant, other] = [await newTenant(), await newTenant('other')]
    const second = await tenant.send('POST', '/v1/keys', { body: { name: 'second' } })
    await untilRefused(() => tenant.send('GET', '/v1/keys', { bindings: byKey }))
    for (const key of [second.body.key, other.key]) {
      expect((await send('GET', '/v1/keys', { key, bindings: byKey })).status).toBe(200)
    }
    expect((await send('GET', '/healthz', { bindings: byKey })).status).toBe(200)
  })

  it('is counted by its id, also for the session that it opened', async () => {
    const tenant = await newTenant()
    const counted: string[] = []
    const limiter = {
      limit: async ({ key }: { key: string }) => {
        counted.push(key)
        return { success: true }
      },
    }
    const bindings = { KEY_LIMIT: limiter }
    await tenant.send('GET', '/v1/keys', { bindings })
    const login = await send('POST', '/login', { body: new URLSearchParams({ key: tenant.key, next: '/' }) })
    const cookie = login.headers.get('set-cookie')?.split(';')[0] ?? ''
    expect((await send('GET', '/v1/keys', { headers: { cookie }, bindings })).status).toBe(200)
    expect(counted).toEqual([tenant.keyId, tenant.keyId])
  })
})

describe('an address that sends too many requests', () => {
  it('cannot go on guessing keys, nor learn that it found one', async () => {
    const tenant = await newTenant()
    const address = '203.0.113.7'
    const { passed, refusal } = await untilRefused((turn) =>
      send('GET', '/v1/keys', { key: guess(turn), ...from(address) }),
    )
    expect(passed.length).toBeGreaterThanOrEqual(limit)
    expect(new Set(passed)).toEqual(new Set([401]))
    expect(refusal.headers.get('ratelimit-policy')).toBe('"address";q=2000;w=10')
    const bindings = { ADDRESS_LIMIT: { limit: async () => ({ success: false }) } }
    expect((await tenant.send('GET', '/v1/keys', { bindings })).status).toBe(429)
    expect((await send('GET', '/v1/keys', { key: guess(0), ...from('203.0.113.8') })).status).toBe(401)
  })

  it('cannot go on guessing at the login form', async () => {
    const { passed } = await untilRefused((turn) =>
      send('POST', '/login', { body: new URLSearchParams({ key: guess(turn) }), ...from('203.0.113.9') }),
    )
    expect(new Set(passed)).toEqual(new Set([303]))
  })

  it('is one network of IPv6, and one address of IPv4 however it is written', async () => {
    const ask = (address: string) => send('GET', '/healthz', from(address))
    await untilRefused((turn) => ask(`2001:db8:1:2::${turn + 1}`))
    expect((await ask('2001:db8:1:3::1')).status).toBe(200)
    const spellings = ['203.0.113.10', '::ffff:203.0.113.10', '::ffff:cb00:710a']
    await untilRefused((turn) => ask(spellings[turn % spellings.length] as string))
  })
})

it('lets all pass where an operator took the bindings out', async () => {
  const tenant = await newTenant()
  const bindings = { ADDRESS_LIMIT: undefined, KEY_LIMIT: undefined }
  for (let turn = 0; turn <= 2 * limit; turn++) {
    expect((await tenant.send('GET', '/v1/keys', { bindings })).status).toBe(200)
  }
})

it('finds both limits bound, with room', async () => {
  expect(await env.ADDRESS_LIMIT?.limit({ key: 'a-test' })).toEqual({ success: true })
  expect(await env.KEY_LIMIT?.limit({ key: 'a-test' })).toEqual({ success: true })
})
