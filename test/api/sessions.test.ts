import { describe, expect, it } from 'vitest'
import { ownPath } from '../../src/api/sessions.ts'
import { newTenant, send } from './tenant.ts'

const login = (key: string, next = '/runs', more = {}) =>
  send('POST', '/login', { body: new URLSearchParams({ key, next }), ...more })
const cookieOf = (answer: { headers: Headers }) => answer.headers.get('set-cookie')?.split(';')[0] ?? ''

describe('POST /login', () => {
  it('sets a guarded cookie that reads as its key does, and goes on to the page', async () => {
    const tenant = await newTenant()
    const answer = await login(tenant.key)
    expect([answer.status, answer.headers.get('location')]).toEqual([303, '/runs'])
    const attributes = answer.headers.get('set-cookie') ?? ''
    for (const part of ['HttpOnly', 'SameSite=Lax', 'Secure', 'Path=/', 'Max-Age=604800']) {
      expect(attributes).toContain(part)
    }
    expect(attributes).not.toContain(tenant.key)
    const keys = await send('GET', '/v1/keys', { headers: { cookie: cookieOf(answer) } })
    expect(keys.body.items[0].id).toBe(tenant.keyId)
  })

  it('sends a wrong key back to the login page', async () => {
    const answer = await login('ask_wrong', '/runs?a=1&b=2')
    expect([answer.status, answer.headers.get('location')]).toEqual([
      303,
      '/login?error=key&next=%2Fruns%3Fa%3D1%26b%3D2',
    ])
    expect(answer.headers.get('set-cookie')).toBeNull()
  })

  it('says which setting is missing where no session can be signed', async () => {
    const tenant = await newTenant()
    const answer = await login(tenant.key, '/', { bindings: { ENCRYPTION_KEY: undefined } })
    expect([answer.status, answer.body.detail]).toEqual([503, expect.stringContaining('ENCRYPTION_KEY')])
  })

  it.each([
    ['/runs/run_1?x=1#y', '/runs/run_1?x=1#y'],
    ['//evil.example', '/'],
    ['/\\evil.example', '/'],
    ['https://evil.example', '/'],
    ['/a\r\nset-cookie: x=1', '/'],
    [undefined, '/'],
  ])('goes on from %j to %j', (next, path) => {
    expect(ownPath(next)).toBe(path)
  })
})

describe('a session cookie', () => {
  it('ends with its key, when tampered with, and with another signing key', async () => {
    const tenant = await newTenant()
    const cookie = cookieOf(await login(tenant.key))
    const read = (value: string, more = {}) => send('GET', '/v1/keys', { headers: { cookie: value }, ...more })
    expect((await read(cookie)).status).toBe(200)
    const [name, token = ''] = cookie.split('=')
    const [keyId, expires = '', signature] = token.split('.')
    expect((await read(`${name}=${keyId}.${Number(expires) + 1}.${signature}`)).status).toBe(401)
    expect((await read(`${cookie.slice(0, -2)}AA`)).status).toBe(401)
    const other = { bindings: { ENCRYPTION_KEY: btoa('x'.repeat(32)) } }
    expect((await read(cookie, other)).status).toBe(401)
    await tenant.send('DELETE', `/v1/keys/${tenant.keyId}`)
    expect((await read(cookie)).status).toBe(401)
  })

  it('changes state only from our own pages', async () => {
    const tenant = await newTenant()
    const cookie = cookieOf(await login(tenant.key))
    const make = (headers: Record<string, string>) =>
      send('POST', '/v1/keys', { body: {}, headers: { cookie, ...headers } })
    expect((await make({})).status).toBe(403)
    expect((await make({ origin: 'https://evil.example' })).status).toBe(403)
    expect((await make({ origin: 'null' })).status).toBe(403)
    expect((await make({ 'sec-fetch-site': 'cross-site' })).status).toBe(403)
    expect((await make({ origin: 'https://assay.test' })).status).toBe(201)
    expect((await make({ 'sec-fetch-site': 'same-origin' })).status).toBe(201)
  })

  it('is taken away by POST /logout', async () => {
    const answer = await send('POST', '/logout')
    expect(answer.status).toBe(303)
    expect(answer.headers.get('set-cookie')).toMatch(/^assay_session=;.*Max-Age=0/)
  })
})
