import { env } from 'cloudflare:workers'
import { describe, expect, it } from 'vitest'
import { bootstrapSecret, newTenant, send } from './tenant.ts'

describe('POST /v1/keys', () => {
  it('makes a tenant and its first key with the bootstrap secret, and stores only a hash', async () => {
    const made = await send('POST', '/v1/keys', { key: bootstrapSecret, body: { name: 'first', tenant: 'Acme' } })
    expect(made.status).toBe(201)
    expect(made.body.key).toMatch(/^ask_[\w-]{43}$/)
    expect(made.headers.get('cache-control')).toBe('no-store')
    const rows = await env.DB.prepare('select * from api_keys').all()
    expect(rows.results).toHaveLength(1)
    expect(JSON.stringify(rows.results)).not.toContain(made.body.key)
    const tenants = await env.DB.prepare('select name from tenants').all()
    expect(tenants.results).toEqual([{ name: 'Acme' }])
  })

  it.each([
    ['no key', null],
    ['another secret', 'bootstrap-secret-of-the-testz'],
    ['an unknown key', `ask_${'A'.repeat(43)}`],
  ])('answers 401 to %s', async (_, key) => {
    const answer = await send('POST', '/v1/keys', { key, body: {} })
    expect(answer.status).toBe(401)
    expect(answer.headers.get('content-type')).toBe('application/problem+json')
    expect(answer.headers.get('www-authenticate')).toContain('Bearer')
    expect(answer.body.requestId).toBe(answer.headers.get('x-request-id'))
  })

  it.each([
    ['unset', undefined],
    ['empty', ''],
    ['short', 'short'],
  ])('is shut while the bootstrap secret is %s', async (_, secret) => {
    const answer = await send('POST', '/v1/keys', {
      key: secret || 'undefined',
      body: {},
      bindings: { BOOTSTRAP_SECRET: secret },
    })
    expect(answer.status).toBe(401)
  })

  it('makes another key of the same tenant with an ordinary key, and no tenant', async () => {
    const tenant = await newTenant()
    const second = await tenant.send('POST', '/v1/keys', { body: { name: 'second' } })
    expect(second.status).toBe(201)
    expect(second.body.tenantId).toBe(tenant.tenantId)
    const refused = await tenant.send('POST', '/v1/keys', { body: { tenant: 'Other' } })
    expect(refused.status).toBe(422)
    expect(refused.body.errors[0].pointer).toBe('/tenant')
  })
})

describe('keys of a tenant', () => {
  it('are listed page by page, newest first, without themselves', async () => {
    const tenant = await newTenant()
    for (const name of ['b', 'c', 'd']) await tenant.send('POST', '/v1/keys', { body: { name } })
    const first = await tenant.send('GET', '/v1/keys?limit=3')
    expect(first.body.items.map((key: { name: string }) => key.name)).toEqual(['d', 'c', 'b'])
    const second = await tenant.send('GET', `/v1/keys?limit=3&cursor=${first.body.next}`)
    expect(second.body.items.map((key: { name: string }) => key.name)).toEqual(['default'])
    expect(second.body.next).toBeNull()
    expect(first.text + second.text).not.toContain(tenant.key)
  })

  it('stop working when revoked, at once', async () => {
    const tenant = await newTenant()
    const { body: second } = await tenant.send('POST', '/v1/keys', { body: {} })
    expect((await send('GET', '/v1/keys', { key: second.key })).status).toBe(200)
    expect((await tenant.send('DELETE', `/v1/keys/${second.id}`)).status).toBe(204)
    const after = await send('GET', '/v1/keys', { key: second.key })
    expect(after.status).toBe(401)
    expect(after.body.detail).toContain('revoked')
  })

  it('cannot be revoked by another tenant', async () => {
    const [one, other] = [await newTenant('one'), await newTenant('other')]
    expect((await other.send('DELETE', `/v1/keys/${one.keyId}`)).status).toBe(404)
    expect((await one.send('GET', '/v1/keys')).status).toBe(200)
  })

  it('note when they were last used, at most once an hour', async () => {
    const tenant = await newTenant()
    await tenant.send('GET', '/v1/keys')
    const first = await env.DB.prepare('select last_used_at as at from api_keys').first<{ at: number }>()
    await tenant.send('GET', '/v1/keys')
    const second = await env.DB.prepare('select last_used_at as at from api_keys').first<{ at: number }>()
    expect(first?.at).toBeGreaterThan(0)
    expect(second?.at).toBe(first?.at)
  })
})
